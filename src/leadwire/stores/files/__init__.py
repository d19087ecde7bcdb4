"""Calls in single files, as programs that call keep them: JSON Lines, or one SQLite table."""
