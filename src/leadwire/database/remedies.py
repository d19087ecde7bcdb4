"""What an operator can do about a message of PostgreSQL's driver."""

import re
from typing import Final

from leadwire.database.database import reason_of

_REMEDIES: Final = tuple(
    (re.compile(words), remedy)
    for words, remedy in (
        ("authentication failed", "Correct the user or the password in the address."),
        ("no password supplied", "Give a password in the address, PGPASSWORD or ~/.pgpass."),
        ("no pg_hba.conf entry", "Let this machine and user in by the server's pg_hba.conf."),
        ('role ".*" does not exist', "Make the role with 'createuser', or correct the user."),
        ("not permitted to log in", "Let the role in with 'ALTER ROLE … LOGIN'."),
        (
            "permission denied for database",
            "Its administrator should run 'GRANT CONNECT ON DATABASE … TO' the role.",
        ),
        (
            "permission denied for|must be owner of",
            "Give the role leadwire's tables, with 'REASSIGN OWNED BY … TO …'.",
        ),
        ('database ".*" does not exist', "Make it with 'createdb', or correct the name."),
        ("resolve host|translate host", "Correct the host in the address."),
        (
            "too many (clients|connections)|connection slots|no more connections",
            "Raise the server's max_connections, or use a pooler.",
        ),
        ("No space left|disk full", "Free space on the server's disk."),
        (
            "unsupported startup parameter",
            "The address leads to a pooler: set LEADWIRE_DATABASE_POOLED=true.",
        ),
        (
            "SSL|certificate",
            "Correct sslmode, sslrootcert and the like in the address, or the server's TLS.",
        ),
        (
            "session is|standby mode|target_session_attrs",
            "Start the server that target_session_attrs asks for, or name other hosts.",
        ),
        ("service", "Correct the service in the address, or the service file."),
        (
            r"connection option|invalid \S+ value|unrecognized configuration parameter",
            "Correct the options after the ? in the address.",
        ),
        (
            "starting up|shutting down|recovery mode",
            "Wait until the server has started, and try again.",
        ),
        (
            "closed the connection|connection is (lost|closed)|terminating connection",
            "Look into the server's log, and try again.",
        ),
        ("lock timeout", "Another program holds a lock: end it, or wait, and try again."),
        (
            "connection (failed|is bad|timeout)|timeout expired",
            "Start the server, or correct the host and the port in the address.",
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
