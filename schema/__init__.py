"""What the graph is called: types, fields, arguments and their descriptions. This layer speaks GraphQL."""
