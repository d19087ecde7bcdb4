"""Recording calls: the outermost layer, the draft of a call, and gaps in the log."""
