"""What the SDK costs its caller, and how fast it brings leads in."""
