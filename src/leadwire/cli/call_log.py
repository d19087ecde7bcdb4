"""``leadwire calls`` with all of its commands."""

from leadwire.cli.calls import calls
from leadwire.cli.upkeep import anchor, verify

__all__ = ["calls"]

for command in (verify, anchor):
    calls.add_command(command)
