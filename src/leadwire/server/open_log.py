"""Open the call log of the settings: embedded, or also shipped to ClickHouse."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from leadwire.calls.redaction.secrets import SecretNames
from leadwire.calls.redaction.tokens import PersonalFields, Tokens
from leadwire.calls.store import CallReader, CallStore, LiveReader, LogDay
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock, IdSource
from leadwire.data_folder.checks import CALLS_PARTS, open_data_folder
from leadwire.data_folder.server_database import compare_with_database
from leadwire.database.places import place_of
from leadwire.disk import read_key
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import CALLS_FOLDER, PERSONAL_KEY_NAME, folder_key, read_identity
from leadwire.installing import how_to_install
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallSource, SqliteCallStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leadwire.stores.clickhouse import ClickHouseCallReader, Connect, TableSettings
    from leadwire.stores.clickhouse.shipper import ShippingState

_NOTE_NAME: Final = "shipped"
_JITTER_DIGITS: Final = 4


class CallLog(NamedTuple):
    """The open store. *shipping* reports its shipping progress, if any."""

    store: CallStore
    days: "Callable[[], Sequence[LogDay]]"
    """The days that this node keeps, oldest first."""
    shipping: "Callable[[], ShippingState] | None" = None
    lost: tuple[int, int] | None = None
    """The first and last call that this start found missing, if any."""


class Personal(NamedTuple):
    """What the settings say about personal values in the log."""

    fields: PersonalFields | None
    """The fields to redact; None: values are kept as sent."""
    token_of: TokenOf | None
    """The token of a value, to search for it; None if no value was ever replaced."""


def open_personal(settings: Settings, *, ids: IdSource | None) -> Personal:
    """What the settings say. With *ids*, a missing key of the tokens is made.

    Raises SetupError when the key cannot be made or read: a search would miss calls.
    """
    place = place_of(settings)
    path = place.part(PERSONAL_KEY_NAME)
    is_on = ids is not None and bool(settings.calls_redact_fields.strip())
    try:
        if ids is not None and is_on:
            key = folder_key(settings.data, path, ids)
            if place.on_server:
                compare_with_database(place, read_identity(settings.data))
        elif path.exists():  # values were replaced earlier: a search must still find them
            key = read_key(path)
        else:
            return Personal(None, None)
    except OSError as error:
        raise SetupError(f"Cannot use {path}: {error.strerror}.") from None
    tokens = Tokens(key)
    fields = PersonalFields(settings.calls_redact_fields, tokens) if is_on else None
    return Personal(fields, tokens.token)


def secret_names(settings: Settings) -> SecretNames:
    """The names of secrets after the settings: added, or allowed."""
    return SecretNames(
        added=settings.calls_secret_names.split(","),
        allowed=settings.calls_harmless_names.split(","),
    )


def open_call_log(
    settings: Settings,
    *,
    folder_id: str,
    clock: Clock,
    ids: IdSource,
    on_stopped: "Callable[[str], None] | None",
) -> CallLog:
    """The log of the data folder with that id. Raises SetupError if it cannot be used.

    *on_stopped* gets, from another thread, the reason why the process must end: see
    SqliteCallStore. A missing ClickHouse does not stop a start: calls are durable here and shipped
    later.
    """
    folder = settings.data / CALLS_FOLDER
    local = SqliteCallStore(
        folder,
        clock=clock,
        folder_id=folder_id,
        on_stopped=on_stopped,
        lookup_budget_ms=settings.calls_search_budget_ms,
    )
    if not settings.calls_clickhouse_url:
        return CallLog(local, local.reader.log_days, lost=local.lost)
    try:
        return _with_clickhouse(local, folder, settings, clock=clock, ids=ids)
    except LeadwireError:
        local.close()
        raise
    except ImportError:
        local.close()
        raise SetupError(
            "calls_clickhouse_url is set, but the ClickHouse client is not installed. "
            + how_to_install("server,clickhouse")
        ) from None


class OpenedReader(NamedTuple):
    calls: LiveReader
    source: str
    """What it reads, in words."""
    close: "Callable[[], None]"
    """Call it at the end."""


def open_call_reader(settings: Settings, *, clock: Clock, only_local: bool) -> OpenedReader:
    """All nodes' calls if the settings name a ClickHouse, else the folder's calls.

    *only_local* always selects the folder's. Raises SetupError if there are none.
    """
    if settings.calls_clickhouse_url and not only_local:
        reader = _clickhouse_reader(settings, clock=clock)
        source = f"ClickHouse at {settings.calls_clickhouse_url}, the calls of every node"
        return OpenedReader(reader, source, reader.close)
    folder = calls_folder(settings)
    local = SqliteCallReader(folder, clock=clock)
    return OpenedReader(local, f"the calls of this node, in {folder}", local.close)


def calls_folder(settings: Settings) -> Path:
    """The folder of this node's calls. Raises SetupError as ``open_data_folder`` does."""
    open_data_folder(place_of(settings), CALLS_PARTS)
    return settings.data / CALLS_FOLDER


def _clickhouse_reader(
    settings: Settings, *, clock: Clock, own_calls: CallReader | None = None
) -> "ClickHouseCallReader":
    # Only here: the client takes a while to import, and few need it.
    from leadwire.stores.clickhouse import ClickHouseCallReader  # noqa: PLC0415

    return ClickHouseCallReader(
        _connect(settings),
        settings=_table(settings),
        clock=clock,
        query_seconds_max=settings.calls_clickhouse_query_seconds_max,
        own_calls=own_calls,
    )


def _table(settings: Settings) -> "TableSettings":
    from leadwire.stores.clickhouse import TableSettings  # noqa: PLC0415

    return TableSettings(
        database=settings.calls_clickhouse_database,
        cluster=settings.calls_clickhouse_cluster,
        retention_days=settings.calls_retention_days,
    )


def _connect(settings: Settings) -> "Connect":
    from leadwire.stores.clickhouse import server  # noqa: PLC0415

    return server(
        settings.calls_clickhouse_url,
        user=settings.calls_clickhouse_user,
        password=settings.calls_clickhouse_password.get_secret_value(),
        ca_file=str(settings.calls_clickhouse_ca_file or ""),
    )


def _with_clickhouse(
    local: SqliteCallStore, folder: Path, settings: Settings, *, clock: Clock, ids: IdSource
) -> CallLog:
    from leadwire.stores.clickhouse import (  # noqa: PLC0415
        ClickHouseCallStore,
        ClickHouseSink,
    )
    from leadwire.stores.clickhouse.shipper import ShippedNote, Shipper  # noqa: PLC0415

    source = SqliteCallSource(folder)
    sink = ClickHouseSink(
        _connect(settings),
        settings=_table(settings),
        make_tables=settings.calls_clickhouse_make_tables,
    )
    shipper = Shipper(
        source,
        sink,
        ShippedNote(folder / _NOTE_NAME, new_node=ids.guid),
        clock=clock,
        jitter=lambda: int(ids.hex_digits(_JITTER_DIGITS), 16) / 16**_JITTER_DIGITS,
    )
    reader = _clickhouse_reader(settings, clock=clock, own_calls=local.reader)
    store = ClickHouseCallStore(local, reader, source=source, sink=sink, shipper=shipper)
    return CallLog(store, local.reader.log_days, shipper.state, local.lost)
