"""leadwire for integration tests: a private server, and fixtures for pytest.

Needs ``leadwire[server]``. ``leadwire.testing.fixtures`` is a pytest plugin.
"""

try:
    from leadwire.testing.server import Server, ServerFailed
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("leadwire"):
        raise
    raise ModuleNotFoundError(
        f"leadwire.testing needs the server ({missing.name} is not installed). Install it with: "
        "pip install 'leadwire[server]'",
        name=missing.name,
    ) from None

__all__ = ["Server", "ServerFailed"]
