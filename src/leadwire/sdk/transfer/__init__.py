"""Leads from a CSV file into an account, and out of one: what the command line does with them."""
