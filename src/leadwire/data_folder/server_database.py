"""The database on a server that belongs to one or more data folders.

It knows the fingerprints of the folders' keys and the mark of the uploaded files. Without the key
of the hashes no key pair works, and without the key of the tokens no personal value is found. So a
node with another key, or with a folder of files of its own, is refused.
"""

import logging
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.data_folder.presence import MAKE_PRESENCE
from leadwire.data_folder.server_checks import refuse_unfit_server, warn_of_loss
from leadwire.database.database import DATABASE_ERRORS, reason_of, transaction
from leadwire.database.expressions import FUNCTIONS
from leadwire.database.migrate import upgrade
from leadwire.database.places import Place
from leadwire.database.unfinished import is_unfinished
from leadwire.errors import SetupError
from leadwire.folder_identity import FILES_FOLDER, MARKER_NAME, Identity

_log = logging.getLogger("leadwire")

_folder_keys: Final = Table(
    "folder_keys",
    MetaData(),
    Column("name", String(40), primary_key=True),
    Column("fingerprint", String(40), nullable=False),
)


def prepare_server_database(place: Place, identity: Identity) -> None:
    """Make the tables or bring them up to date, and compare the keys. Raises SetupError.

    Of several nodes that start at once, one does it, and the others wait.
    """
    engine = place.crm.alone()
    try:
        with engine.connect() as connection:
            refuse_unfit_server(connection, place)
            warn_of_loss(connection)
        with transaction(engine) as connection:
            for statement in FUNCTIONS:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(MAKE_PRESENCE)
            _folder_keys.create(connection, checkfirst=True)
            _compare(connection, place, identity)
        for schema in (ACCESS, CRM):
            upgrade(engine, schema)
        _add_extension(engine, place)
    finally:
        engine.dispose()


def compare_with_database(place: Place, identity: Identity) -> None:
    """Note the keys that the database does not know yet. Raises SetupError for other ones."""
    engine = place.crm.alone()
    try:
        with transaction(engine) as connection:
            _compare(connection, place, identity)
    finally:
        engine.dispose()


def refuse_other_database(place: Place, *, may_be_empty: bool = False) -> None:
    """Raises SetupError for an unfinished copy, or for an empty database unless *may_be_empty*."""
    engine = place.crm.alone()
    try:
        with engine.connect() as connection:
            if is_unfinished(connection):
                raise SetupError(
                    f"The copy to the database {place.crm.place} is unfinished: run the same "
                    "'leadwire db copy' again."
                )
            if not may_be_empty and not is_prepared(connection):
                raise SetupError(
                    f"The database {place.crm.place} has no tables, but {place.folder} has been "
                    "used with one that has: correct the address, or restore the database's dump."
                )
    finally:
        engine.dispose()


def is_prepared(connection: Connection) -> bool:
    """Whether a leadwire has been started on the database, or a copy to it has begun."""
    return inspect(connection).has_table(_folder_keys.name)


def _add_extension(engine: Engine, place: Place) -> None:
    """Add what quick search is fast by; without it, say so."""
    try:
        with transaction(engine) as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DATABASE_ERRORS as error:
        _log.warning(
            "quick search reads every lead, since the extension pg_trgm is not in the database %s "
            "(%s). Its administrator should run 'CREATE EXTENSION pg_trgm'.",
            place.crm.place,
            reason_of(error),
        )


def _compare(connection: Connection, place: Place, identity: Identity) -> None:
    known = dict(connection.execute(select(_folder_keys.c.name, _folder_keys.c.fingerprint)).all())
    own = {**identity.keys}
    marker = place.part(FILES_FOLDER) / MARKER_NAME
    if marker.exists():
        own[FILES_FOLDER] = marker.read_text().strip()
    for name, fingerprint in own.items():
        if name not in known:
            connection.execute(_folder_keys.insert().values(name=name, fingerprint=fingerprint))
        elif known[name] != fingerprint:
            what = "the folder of files" if name == FILES_FOLDER else "the key"
            raise SetupError(
                f"{place.part(name)} is not {what} that the database {place.crm.place} was made "
                "with. A further server needs the keys and files of the first: set shared_folder "
                "to the folder that has them, and start on a new data folder."
            )
