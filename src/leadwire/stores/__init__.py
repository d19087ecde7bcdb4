"""Stores that keep call records and answer queries about them."""
