"""REST doors: documented operations as data, each a stored GraphQL document behind a method and a path."""
