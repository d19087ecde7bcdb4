"""Leads, their fields and activities: the rules, and the store that keeps them."""
