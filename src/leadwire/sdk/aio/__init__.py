"""The asynchronous client and its resources. ``scripts/sdk`` makes the blocking ones from them."""
