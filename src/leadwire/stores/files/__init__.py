"""Calls in single files, as client programs keep them: JSON Lines, or one SQLite table."""
