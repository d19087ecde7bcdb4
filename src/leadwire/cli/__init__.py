"""The command line: parse, call one function, print. Exit codes: 0 done, 1 failed, 2 misused."""

import click

from leadwire import __version__
from leadwire.cli.calls import calls
from leadwire.cli.config import config
from leadwire.cli.doctor import doctor
from leadwire.cli.init import init
from leadwire.cli.keys import keys
from leadwire.cli.serve import serve
from leadwire.cli.upkeep import migrate, verify

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="leadwire")
def main() -> None:
    """A self-hosted lead API that speaks LeadSquared's wire protocol and records every call."""


for command in (serve, init, keys, calls, doctor, config):
    main.add_command(command)
for command in (verify, migrate):
    calls.add_command(command)
