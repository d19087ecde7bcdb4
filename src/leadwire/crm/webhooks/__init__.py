"""Webhooks, the events they listen for, and the queue of deliveries."""
