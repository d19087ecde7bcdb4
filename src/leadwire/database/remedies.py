"""What an operator can do about a message of PostgreSQL's driver."""

import re
from typing import Final

from leadwire.database.database import reason_of

_REMEDIES: Final = tuple(
    (re.compile(words), remedy)
    for words, remedy in (
        ("authentication failed", "Correct the user or the password in LEADWIRE_DATABASE_URL."),
        ("no password supplied", "Give a password in LEADWIRE_DATABASE_URL, or in ~/.pgpass."),
        ("no pg_hba.conf entry", "Let this machine and user in by the server's pg_hba.conf."),
        ('role ".*" does not exist', "Make the role with 'createuser', or correct the user."),
        ('database ".*" does not exist', "Make it with 'createdb', or correct the name."),
        ("resolve host|translate host", "Correct the host in LEADWIRE_DATABASE_URL."),
        (
            "too many clients|connection slots|no more connections",
            "Raise the server's max_connections, or use a pooler.",
        ),
        ("No space left|disk full", "Free space on the server's disk."),
        (
            "unsupported startup parameter",
            "The address leads to a pooler: set LEADWIRE_DATABASE_POOLED=true.",
        ),
        ("connection option", "Correct the options after the ? in LEADWIRE_DATABASE_URL."),
        (
            "connection (failed|is bad|timeout)|timeout expired",
            "Start the server, or correct the host and the port in LEADWIRE_DATABASE_URL.",
        ),
    )
)
"""The first whose words are in a message is said."""


def explained(error: BaseException) -> str:
    """The database's message and what to do about it, one sentence each."""
    reason = reason_of(error)
    remedies = (remedy for words, remedy in _REMEDIES if words.search(reason))
    end = "" if reason.endswith("?") else "."
    return f"{reason}{end} {next(remedies, '')}".rstrip()
