"""The pages of leads, and of what belongs to them: only for reading."""
