"""What is kept and how it is asked: tables, statements, connections, migrations. This layer speaks SQL."""
