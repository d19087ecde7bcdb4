"""The call log: what a call's record is, how it is redacted, kept, found and exported."""
