"""``leadwire calls`` with all of its commands."""

from leadwire.cli.calls import calls
from leadwire.cli.upkeep import verify

__all__ = ["calls"]

calls.add_command(verify)
