"""leadwire for the tests of an integration: a server of one's own, and fixtures for pytest.

Needs ``leadwire[server]``. ``leadwire.testing.fixtures`` is a plugin for pytest.
"""

try:
    from leadwire.testing.server import Server, ServerFailed
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("leadwire"):
        raise
    raise ModuleNotFoundError(
        f"leadwire.testing needs more than the SDK ({missing.name} is not installed): "
        "pip install 'leadwire[server]'",
        name=missing.name,
    ) from None

__all__ = ["Server", "ServerFailed"]
