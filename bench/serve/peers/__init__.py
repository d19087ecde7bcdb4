"""What leadwire is measured against."""
