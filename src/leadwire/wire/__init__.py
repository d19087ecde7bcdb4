"""LeadSquared's REST API v2 over HTTP: the dialect, and nothing but the dialect."""
