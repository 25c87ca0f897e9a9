"""Who is calling: reads and verifies the access token of a request."""
