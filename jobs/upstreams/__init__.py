"""Upstreams in time: each is asked again and again, page by page, and what it gives is kept."""
