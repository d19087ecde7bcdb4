"""``leadwire calls`` with all of its commands."""

from leadwire.cli.calls import calls
from leadwire.cli.upkeep import migrate, verify

__all__ = ["calls"]

for command in (verify, migrate):
    calls.add_command(command)
