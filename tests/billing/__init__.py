"""Paying, by Stripe."""
