"""``scripts/bench store``: the call store beside what a team would use instead of it."""
