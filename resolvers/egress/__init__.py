"""The way out: every request that the product itself makes leaves through here."""
