"""The demo content: what a new installation shows, as JSON files and what loads them."""
