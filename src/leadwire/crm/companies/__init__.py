"""Companies and their activities."""
