"""The entry point ``leadwire``: the command line, where the packages that it needs are installed.

``pip install leadwire`` is the SDK alone; the command line is an extra that the server includes.
"""


def main() -> None:
    """Run the command line; say what to install where it cannot be."""
    try:
        from leadwire.cli import main as command  # noqa: PLC0415  # it may not be there
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("leadwire"):
            raise
        raise SystemExit(
            f"The command line needs more than the SDK ({missing.name} is not installed): "
            "pip install 'leadwire[cli]' for call, import and export, or 'leadwire[server]'"
        ) from None
    command()
