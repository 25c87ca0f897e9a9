"""Accounts and their protection: tokens, abilities, signing in, and who is let in with what."""
