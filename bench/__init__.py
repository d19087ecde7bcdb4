"""Benchmarks. Each states its budget, runs its peers beside it, and prints a JSON line a figure."""
