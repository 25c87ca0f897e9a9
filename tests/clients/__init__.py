"""Clients that others wrote, asking the started server: the audit of GraphQL over HTTP, gql, urql, code generators."""
