"""Upstreams: other products whose usage feed is collected, page by page, whatever they answer and whoever dies."""
