"""Opportunities and their types."""
