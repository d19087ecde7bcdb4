"""Opening the call log that the settings ask for: embedded, or shipped to ClickHouse as well."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from leadwire.calls.personal import PersonalFields, Tokens
from leadwire.calls.personal_search import TokenReader
from leadwire.calls.store import CallReader, CallStore
from leadwire.calls.stores.sqlite import SqliteCallStore
from leadwire.clock import Clock, IdSource
from leadwire.errors import LeadwireError, SetupError
from leadwire.key_file import load_key, read_key
from leadwire.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from leadwire.calls.shipper import ShippingState

CALLS_FOLDER: Final = "calls"
PERSONAL_KEY_NAME: Final = "personal.key"
_WITHOUT_PERSONAL_KEY: Final = "without it no call is found by a personal value"
_NOTE_NAME: Final = "shipped"
_JITTER_DIGITS: Final = 4


class CallLog(NamedTuple):
    """The opened store; *shipping* tells how far calls were shipped, where they are."""

    store: CallStore
    shipping: "Callable[[], ShippingState] | None" = None


class Personal(NamedTuple):
    """What is done about personal values: *fields* None: they are kept as sent."""

    fields: PersonalFields | None
    tokens: Tokens | None
    """None when no value was ever replaced here."""

    def reader(self, calls: CallReader) -> CallReader:
        """*calls*, that finds a value also where its token stands."""
        return calls if self.tokens is None else TokenReader(calls, self.tokens)


def open_personal(settings: Settings, *, ids: IdSource) -> Personal:
    """Makes the key of the tokens when the settings need one and there is none.

    Raises SetupError when the key cannot be made or read: a search would pass over calls.
    """
    path = settings.data / PERSONAL_KEY_NAME
    is_on = bool(settings.calls_redact_fields.strip())
    try:
        if is_on:
            key = load_key(path, ids, without=_WITHOUT_PERSONAL_KEY)
        elif path.exists():  # values were replaced once, and are still looked for
            key = read_key(path, without=_WITHOUT_PERSONAL_KEY)
        else:
            return Personal(None, None)
    except OSError as error:
        raise SetupError(f"{path} cannot be used: {error.strerror}.") from None
    tokens = Tokens(key)
    return Personal(PersonalFields(settings.calls_redact_fields, tokens) if is_on else None, tokens)


def open_call_log(settings: Settings, *, clock: Clock, ids: IdSource) -> CallLog:
    """Raises SetupError when the folder or the settings cannot be used.

    An absent ClickHouse is no reason not to start: calls are durable here and shipped later.
    """
    folder = settings.data / CALLS_FOLDER
    local = SqliteCallStore(folder, clock=clock)
    if not settings.calls_clickhouse_url:
        return CallLog(local)
    try:
        return _with_clickhouse(local, folder, settings, clock=clock, ids=ids)
    except LeadwireError:
        local.close()
        raise
    except ImportError:
        local.close()
        raise SetupError(
            "calls_clickhouse_url is set, and the ClickHouse client is not installed: "
            "install leadwire[server,clickhouse]."
        ) from None


def _with_clickhouse(
    local: SqliteCallStore, folder: Path, settings: Settings, *, clock: Clock, ids: IdSource
) -> CallLog:
    # Only here: the client takes a while to import, and few need it.
    from leadwire.calls.shipper import ShippedNote, Shipper  # noqa: PLC0415
    from leadwire.calls.stores.clickhouse import (  # noqa: PLC0415
        ClickHouseCallReader,
        ClickHouseCallStore,
        ClickHouseSink,
        SqliteCallSource,
        TableSettings,
        server,
    )

    table = TableSettings(
        database=settings.calls_clickhouse_database,
        cluster=settings.calls_clickhouse_cluster,
        retention_days=settings.calls_retention_days,
    )
    connect = server(
        settings.calls_clickhouse_url,
        user=settings.calls_clickhouse_user,
        password=settings.calls_clickhouse_password.get_secret_value(),
        ca_file=str(settings.calls_clickhouse_ca_file or ""),
    )
    source = SqliteCallSource(folder)
    sink = ClickHouseSink(
        connect, settings=table, make_tables=settings.calls_clickhouse_make_tables
    )
    shipper = Shipper(
        source,
        sink,
        ShippedNote(folder / _NOTE_NAME, new_node=ids.guid),
        clock=clock,
        jitter=lambda: int(ids.hex_digits(_JITTER_DIGITS), 16) / 16**_JITTER_DIGITS,
    )
    reader = ClickHouseCallReader(
        connect,
        settings=table,
        clock=clock,
        query_seconds_max=settings.calls_clickhouse_query_seconds_max,
    )
    store = ClickHouseCallStore(local, reader, source=source, sink=sink, shipper=shipper)
    return CallLog(store, shipper.state)
