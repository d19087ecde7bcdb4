"""Activities, their types, and sales activities."""
