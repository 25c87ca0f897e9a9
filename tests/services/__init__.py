"""The real servers that tests and measurements run against, started for them and gone with them."""
