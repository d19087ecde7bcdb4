"""Alembic's revisions; a database runs each once, in order."""
