"""Where things are kept: one set of tables on SQLite and PostgreSQL, and the queries by subject."""
