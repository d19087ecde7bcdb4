"""The entry point ``leadwire``: the command line, if its packages are installed.

``pip install leadwire`` installs only the SDK. The extras cli and server add the command line.
"""


def main() -> None:
    """Run the command line, or say what to install."""
    try:
        from leadwire.cli import main as command  # noqa: PLC0415  # it may not be installed
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("leadwire"):
            raise
        raise SystemExit(
            f"The command line needs more than the SDK ({missing.name} is not installed): "
            "pip install 'leadwire[cli]' for call, import and export, or 'leadwire[server]'"
        ) from None
    command()
