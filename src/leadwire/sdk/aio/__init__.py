"""The asynchronous client and its resources: the source from which the blocking ones are made."""
