"""The entry point ``leadwire``: the command line, if its packages are installed.

Without extras only the SDK is. The extras cli and server add the command line.
"""

import sys
from typing import Final

from leadwire.installing import how_to_install, install_command

_EXIT_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command line, or say what to install."""
    try:
        from leadwire.cli import main as command  # noqa: PLC0415  # it may not be installed
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("leadwire"):
            raise
        raise SystemExit(
            f"The command line needs more than the SDK: {missing.name} is not installed. "
            f"{how_to_install('cli')}; or for all of it: {install_command('server')}"
        ) from None
    except KeyboardInterrupt:  # while modules are loaded; later the command line sees to it
        sys.stderr.write("Interrupted.\n")
        raise SystemExit(_EXIT_INTERRUPTED) from None
    command()
