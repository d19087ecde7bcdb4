"""The data folder: made once, and checked by every command that opens it."""
