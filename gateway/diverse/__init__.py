"""The Diverse API: thirteen documented operations of a cram-school administration, kept as doors onto the graph."""
