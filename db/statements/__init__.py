"""From a plan, which is plain data, to one SQL statement whose rows are JSON text, or rows for Python."""
