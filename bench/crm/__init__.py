"""``scripts/bench crm``: what a call costs with a thousand leads, and with a hundred thousand."""
