"""The read engine: what a client selects becomes one statement for each root field, or rows where Python must go on."""
