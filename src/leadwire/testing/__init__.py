"""leadwire for the tests of an integration: a server of one's own, and fixtures for pytest.

Needs ``leadwire[server]``. ``leadwire.testing.fixtures`` is a plugin for pytest.
"""

from leadwire.testing.server import Server, ServerFailed

__all__ = ["Server", "ServerFailed"]
