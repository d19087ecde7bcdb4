"""The objects of answers, with typed names for the members that are known."""
