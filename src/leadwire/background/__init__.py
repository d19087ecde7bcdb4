"""Work that runs beside the calls: mails, webhooks, asynchronous calls, upkeep."""
