"""The blocking classes: made from the asynchronous ones."""
