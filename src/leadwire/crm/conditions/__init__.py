"""Conditions on records, in groups: what an advanced search asks for, and the SQL of it."""
