"""The ``leadwire`` script: the command line, or what to install for it."""

import sys


def main() -> None:
    """Run the command line. Without its libraries: a sentence, and exit code 1."""
    try:
        from leadwire.cli import main as commands  # noqa: PLC0415  # what may be missing
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(
            "The command line needs more than the SDK: pip install 'leadwire[cli]' for call, "
            "import and export, 'leadwire[server]' for everything."
        )
    commands()
