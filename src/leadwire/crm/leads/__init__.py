"""Leads: fields, rules, searches and bulk writes."""
