"""The history of the tables, alike on PostgreSQL and SQLite; db.migrate walks it up and down."""
