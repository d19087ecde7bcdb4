"""The address of a PostgreSQL database: a URL that libpq reads, as psql and pg_dump do."""

import os
from collections.abc import Mapping
from itertools import cycle
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import psycopg
from psycopg.pq import Conninfo

from leadwire.errors import SetupError

_SCHEMES: Final = ("postgresql://", "postgres://")
_PASSWORD: Final = "password"  # noqa: S105  # a parameter's name
_BEFORE_QUERY: Final = ("user", _PASSWORD, "host", "port", "dbname")
_INVALID: Final = (
    "LEADWIRE_DATABASE_URL is not the address of a PostgreSQL database: write "
    "postgresql://user:password@host:port/name, as for psql. In a password write @ as %40, : as "
    "%3A, / as %2F, a blank as %20 and % as %25, and = in an option as %3D."
)
"""Quotes no part of the address, since any may be a part of the password."""


class Address(NamedTuple):
    parameters: Mapping[str, str]
    """What the URL says, by libpq's names."""
    shown: str
    """The URL for messages, without a password or another secret."""

    @property
    def has_password(self) -> bool:
        return _PASSWORD in self.parameters

    @property
    def options(self) -> str:
        """Settings that the operator wants for each session, as ``-c search_path=crm``."""
        return self.parameters.get("options") or os.environ.get("PGOPTIONS", "")


def read_address(url: str) -> Address:
    """Raises SetupError for a text that is not the URL of a database."""
    if not url.startswith(_SCHEMES):
        raise SetupError(_INVALID)
    try:
        found = Conninfo.parse(url.encode())
    except (psycopg.Error, UnicodeError):
        raise SetupError(_INVALID) from None  # libpq's sentence may quote the password
    given = {one.keyword.decode(): one.val.decode() for one in found if one.val}
    if _is_cut(given) or given.keys().isdisjoint(("dbname", "service")):
        raise SetupError(_INVALID)
    secret = {one.keyword.decode() for one in found if one.dispchar}  # libpq says which
    return Address(given, _shown({n: v for n, v in given.items() if n not in secret}, given))


def _is_cut(given: Mapping[str, str]) -> bool:
    """Whether an unescaped ``@`` or ``/`` cut the password, whose rest counts as host or name."""
    port = given.get("port", "").replace(",", "")
    return "@" in given.get("host", "") + given.get("dbname", "") or not f"0{port}".isdecimal()


def _shown(public: Mapping[str, str], given: Mapping[str, str]) -> str:
    host, port = public.get("host", ""), public.get("port", "")
    query = {name: value for name, value in public.items() if name not in _BEFORE_QUERY}
    if host.startswith("/"):  # the folder of a Unix socket
        query = {"host": host, **({"port": port} if port else {}), **query}
        places = ""
    else:
        places = ",".join(
            (f"[{one}]" if ":" in one else one) + (f":{its_port}" if its_port else "")
            for one, its_port in zip(host.split(","), cycle(port.split(",")), strict=False)
        )
    user = quote(public.get("user", "")) + (":***" if _PASSWORD in given else "")
    name = quote(public.get("dbname", ""))
    end = f"?{urlencode(query, safe='/,', quote_via=quote)}" if query else ""
    return f"postgresql://{user}{'@' if user else ''}{places}/{name}{end}"
