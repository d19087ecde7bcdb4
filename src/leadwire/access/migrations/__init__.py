"""Alembic scripts; each is run once, in order."""
