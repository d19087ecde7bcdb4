"""Registers every command of ``leadwire calls``."""

from leadwire.cli.calls import calls
from leadwire.cli.erase import erase
from leadwire.cli.upkeep import anchor, verify

__all__ = ["calls"]

for command in (verify, anchor, erase):
    calls.add_command(command)
