"""Paying: checkouts, the portal, promotion codes, and what follows from what Stripe tells."""
