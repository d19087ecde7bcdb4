"""Conditions of an advanced search, in groups, and their SQL."""
