"""One call: its page, its panel, and its copies for other tools."""
