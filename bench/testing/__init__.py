"""What a test with leadwire costs, beside other servers for tests."""
