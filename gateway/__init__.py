"""The doors through which HTTP comes in: GraphQL, REST, GraphiQL. This layer speaks HTTP."""
