"""The asynchronous classes. ``scripts/sdk`` makes the blocking ones from them."""
