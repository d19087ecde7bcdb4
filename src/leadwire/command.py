"""The entry point ``leadwire``: the command line, if its packages are installed.

Without extras only the SDK is. The extras cli and server add the command line.
"""

import os
import sys
from typing import Final

from leadwire.installing import how_to_install, install_command

_EXIT_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command line, or say what to install."""
    _keep_places()
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


def _keep_places() -> None:
    """Give a standard stream that was closed to nobody else: the next file would take its place.

    A write to a closed standard output fails, as on a full disk.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest free place
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
