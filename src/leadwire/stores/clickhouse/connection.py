"""A lazily opened client of ClickHouse, with safe error messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from leadwire.errors import LeadwireError, SetupError
from leadwire.installing import how_to_install

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_CONNECT_SECONDS_MAX: Final = 5
_ANSWER_SECONDS_MAX: Final = 60
_TIMEOUT_EXCEEDED: Final = 159
_PORTS: Final = {"http": 8123, "https": 8443}

Connect = Callable[[], "Client"]
"""Opens a client. Raises the driver's error while the server is unreachable."""


class ClickHouseUnavailable(LeadwireError):
    """ClickHouse is unreachable or refuses a request. The text contains no data."""


class ClickHouseTooSlow(ClickHouseUnavailable):
    """A query exceeded its time limit."""


def server(url: str, *, user: str = "", password: str = "", ca_file: str = "") -> Connect:
    """How to connect to ``http://host:8123`` or ``https://host:8443``.

    The password travels in a header, never in a URL. Raises SetupError for any other URL, for a URL
    with a password, and if the driver is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError("The address of ClickHouse must be like https://host:8443.")
    if parts.username or parts.password:
        raise SetupError("Give ClickHouse's user and password apart from its address.")
    try:
        import clickhouse_connect  # noqa: PLC0415  # an extra: only who uses ClickHouse has it
    except ImportError:
        raise SetupError(
            f"Calls in ClickHouse need its driver. {how_to_install('server,clickhouse')}"
        ) from None

    def connect() -> "Client":
        return clickhouse_connect.get_client(
            # Not as a DSN, because the driver would ignore its https.
            interface=parts.scheme,
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=user or None,
            password=password,
            ca_cert=ca_file or None,
            client_name="leadwire",
            # A session would allow only one query at a time.
            autogenerate_session_id=False,
            connect_timeout=_CONNECT_SECONDS_MAX,
            send_receive_timeout=_ANSWER_SECONDS_MAX,
        )

    return connect


class Connection:
    """One client for all threads, opened at the first use."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = Lock()
        self._client: Client | None = None

    @contextmanager
    def use(self) -> Iterator["Client"]:
        """The client. Converts the driver's errors to ClickHouseUnavailable."""
        try:
            yield self._opened()
        except Exception as error:
            if not _is_of_the_driver(error):
                raise
            is_too_slow = getattr(error, "code", None) == _TIMEOUT_EXCEEDED
            kind = ClickHouseTooSlow if is_too_slow else ClickHouseUnavailable
            # Drop the cause: the driver's text may hold values of rows and queries.
            raise kind(_explain(error)) from None

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _opened(self) -> "Client":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def _is_of_the_driver(error: Exception) -> bool:
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415  # an extra

    return isinstance(error, ClickHouseError | OSError)


def _explain(error: Exception) -> str:
    code, name = getattr(error, "code", None), getattr(error, "name", None)
    if code is None:
        return f"ClickHouse cannot be reached ({type(error).__name__})."
    return f"ClickHouse refused what it was asked: {name or 'error'} ({code})."
