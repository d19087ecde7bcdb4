"""The client-side log of every call: its level and its sinks."""

import logging
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, get_args

import msgspec

from leadwire.calls.sent import SentCall
from leadwire.sdk.answers import Failure, Reply
from leadwire.sdk.errors import ClientClosed, Misuse, SdkError
from leadwire.sdk.hooks import Attempt
from leadwire.sdk.masking import Mask
from leadwire.sdk.records import Level, sent_call
from leadwire.sdk.runtime import follow
from leadwire.visible import visible

LOG_VARIABLE: Final = "LEADWIRE_LOG"

_log = logging.getLogger("leadwire.sdk")


class Sink(Protocol):
    """Stores records. One thread calls it at a time. Its errors are counted, not raised."""

    def write(self, record: SentCall) -> None:
        """Store a record."""
        ...

    def close(self) -> None:
        """Flush and release everything. May be called twice."""
        ...


class CallLog:
    """Writes a record of every attempt to each of its sinks.

    *level* ``integration`` keeps the signature, URL parameters, request body, status, duration, and
    error bodies. ``stable`` keeps signature, status and error message. ``off`` keeps nothing. A new
    level applies from the next record. Without *level*, LEADWIRE_LOG decides, else ``integration``.
    Raises Misuse for an unknown level, or for what is no sink. No level keeps keys.

    Never raises into a call. ``lost`` counts records that a sink could not write. The first loss in
    a row is logged to ``leadwire.sdk``. Several clients may share a log; they do not close it.
    Close it yourself, or use a ``with`` statement.
    """

    def __init__(self, *sinks: Sink, level: Level | None = None) -> None:
        for sink in sinks:
            _check_sink(sink)
        self._sinks = sinks or (LoggingSink(),)
        self._level: Level = "integration"
        self.level = level or _level_of(os.environ.get(LOG_VARIABLE, "")) or "integration"
        self._lock = threading.Lock()
        self._failing = False
        self._closed = False
        self.lost = 0
        """Records that a sink did not take, counted per sink."""
        follow(self)

    def after_fork(self) -> None:
        """Use a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    @property
    def level(self) -> Level:
        """What is kept of the next attempt: ``integration``, ``stable`` or ``off``."""
        return self._level

    @level.setter
    def level(self, level: Level) -> None:
        """Raises Misuse for an unknown level."""
        if level not in get_args(Level):
            raise Misuse(f"Invalid level. Choose one of {', '.join(get_args(Level))}.")
        self._level = level

    def add(
        self,
        attempt: Attempt,
        outcome: Reply | Failure,
        error: SdkError | None,
        *,
        mask: Mask,
        user_agent: str,
    ) -> None:
        """Record a finished attempt. After ``close`` it counts as lost."""
        with self._lock:
            if self._closed:
                self._count_lost(ClientClosed("The call log is closed."))
                return
            try:
                record = sent_call(
                    attempt,
                    outcome,
                    error,
                    level=self._level,
                    mask=mask,
                    user_agent=user_agent,
                )
            except Exception as fault:  # noqa: BLE001  # a call must not fail because of its log
                self._count_lost(fault)
                return
            for sink in self._sinks:
                self._write(sink, record)

    def close(self) -> None:
        """Close every sink. An error counts as a lost record. May be called twice."""
        with self._lock:
            self._closed = True
            for sink in self._sinks:
                try:
                    sink.close()
                except Exception as fault:  # noqa: BLE001
                    self._count_lost(fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        sinks = ", ".join(type(sink).__name__ for sink in self._sinks)
        return f"CallLog({sinks}, level={self._level!r}, lost={self.lost})"

    def _write(self, sink: Sink, record: SentCall) -> None:
        try:
            sink.write(record)
            self._failing = False
        except Exception as fault:  # noqa: BLE001  # a caller's sink may raise anything
            self._count_lost(fault)

    def _count_lost(self, fault: Exception) -> None:
        self.lost += 1
        if not self._failing:
            self._failing = True
            # Log only the type: the text may hold what a record would have redacted.
            _log.error("a call could not be logged: %s", type(fault).__name__)


def _check_sink(sink: object) -> None:
    if isinstance(sink, type) or not all(
        callable(getattr(sink, name, None)) for name in ("write", "close")
    ):
        what = f"the class {sink.__name__}" if isinstance(sink, type) else type(sink).__name__
        raise Misuse(
            "A sink must be an object with write and close, such as "
            f"JsonLinesSink('calls.jsonl'), not {what}."
        )


class LoggingSink:
    """Logs one line per record through ``logging``: INFO for a success, else WARNING.

    Control characters are escaped, so no text from an API or a caller can forge a line.

    The line has signature, status, duration and error message. The LogRecord's ``call`` attribute
    has the whole record, for handlers that write JSON.
    """

    def __init__(self, logger: logging.Logger | str = "leadwire.calls") -> None:
        if not isinstance(logger, logging.Logger | logging.LoggerAdapter | str):
            raise Misuse("logger must be a logger of logging, or its name.")
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger

    def write(self, record: SentCall) -> None:
        """Log a record as one line."""
        level = logging.INFO if record.outcome == "success" else logging.WARNING
        if not self._logger.isEnabledFor(level):
            return
        target = f"{record.path}?{record.query_string}" if record.query_string else record.path
        again = f" (attempt {record.attempt})" if record.attempt > 1 else ""
        fault = f" {record.exception_type}: {record.exception_message}".rstrip(" :")
        body = f" {record.request_body}" if record.request_body else ""
        self._logger.log(
            level,
            "%s %s%s -> %s in %.1f ms%s%s",
            record.method,
            visible(target),
            again,
            record.status_code or "no answer",
            record.duration_ms,
            visible(fault),
            visible(body),
            extra={"call": msgspec.structs.asdict(record)},
        )

    def close(self) -> None:
        """There is nothing to release."""


def log_from_environment() -> CallLog | None:
    """The log set by LEADWIRE_LOG (``LEVEL`` or ``LEVEL:FILE``); None if it is not set.

    Without a file it logs to ``leadwire.calls``. A file must end in ``.jsonl`` or ``.sqlite``.
    Raises Misuse for an invalid value.
    """
    text = os.environ.get(LOG_VARIABLE, "").strip()
    if not text:
        return None
    level = _level_of(text)
    file = text.partition(":")[2]
    return CallLog(_file_sink(Path(file)), level=level) if file else CallLog(level=level)


def _file_sink(path: Path) -> Sink:
    from leadwire.sdk.sinks import JsonLinesSink, SqliteSink  # noqa: PLC0415  # most programs use no file

    if path.suffix == ".jsonl":
        return JsonLinesSink(path)
    if path.suffix in (".sqlite", ".db"):
        return SqliteSink(path)
    raise Misuse(f"The file in {LOG_VARIABLE} must end in .jsonl or .sqlite.")


def _level_of(text: str) -> Level | None:
    """The level in LEADWIRE_LOG; None if it is empty. Raises Misuse for an invalid level."""
    if not text.strip():
        return None
    word = text.partition(":")[0].strip().lower()
    found: Level | None = next((level for level in get_args(Level) if level == word), None)
    if found is None:
        raise Misuse(
            f"{LOG_VARIABLE} must start with one of {', '.join(get_args(Level))}. A file may "
            "follow, as in integration:calls.jsonl."
        )
    return found
