"""SQLite databases: opening them, changing them in units of work, and their migrations."""
