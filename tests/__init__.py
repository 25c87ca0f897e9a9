"""The experiments: through the same app that users run, on real PostgreSQL, SQLite and Redis."""
