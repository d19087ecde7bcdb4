"""``scripts/bench serve``: what a durable, recorded Lead.Create costs, against three peers."""
