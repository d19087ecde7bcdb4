"""The blocking client and its resources: made from the asynchronous ones."""
