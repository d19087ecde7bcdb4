"""Databases on SQLite or PostgreSQL: opening them, changing them in units of work, and their migrations."""
