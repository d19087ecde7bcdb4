"""What the recording proxy costs, beside nginx and mitmproxy."""
