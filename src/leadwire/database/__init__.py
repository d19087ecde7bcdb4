"""Databases on SQLite or PostgreSQL: opening, changing them in units of work, migrations."""
