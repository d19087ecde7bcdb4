"""Delivering webhooks: one worker over the durable queue, and the way out to receivers.

What is to be delivered is written by the rules of ``crm`` in the transaction of the change. Here it
is sent at least once, in order for each webhook, to addresses that may be spoken to.
"""
