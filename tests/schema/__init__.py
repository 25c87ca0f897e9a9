"""What the graph says of documents before it runs them."""
