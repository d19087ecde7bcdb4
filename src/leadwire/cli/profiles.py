"""``leadwire profiles``: list the saved hosts and keys."""

import click

from leadwire.cli.printing import say_json, say_table
from leadwire.cli.reporting import as_json
from leadwire.sdk.profiles import hosts_by_profile, profiles_path


@click.group()
def profiles() -> None:
    """List the saved hosts and keys. 'leadwire login' adds one, 'leadwire logout' removes it."""


@profiles.command("list")
@as_json
def list_profiles(*, as_json: bool) -> None:
    """List every profile with its host. Prints no keys."""
    path = profiles_path()
    rows = list(hosts_by_profile(path).items()) if path.exists() else []
    if as_json:
        say_json({"profiles": [{"name": name, "host": host} for name, host in rows]})
    else:
        say_table(("Profile", "Host"), rows)
