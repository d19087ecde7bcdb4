"""The data folder: made once, and checked by everything that opens it."""
