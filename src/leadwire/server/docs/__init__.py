"""Documentation in the server: a page for every operation and every fault, from their tables."""
