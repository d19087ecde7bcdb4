"""Mails, and the outbox that sends them."""
