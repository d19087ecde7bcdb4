"""LeadSquared's REST API v2 over HTTP. This package contains only the dialect."""
