"""GraphQL over HTTP: what is asked, how long it may take, and how the answer is told."""
