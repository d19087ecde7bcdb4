"""The log of every call, on the caller's side: its level, and the sinks it is written to."""

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
from leadwire.sdk.records import Level, sent_call
from leadwire.sdk.runtime import follow
from leadwire.sdk.shared import Attempt, Shared
from leadwire.visible import visible

LOG_VARIABLE: Final = "LEADWIRE_LOG"

_log = logging.getLogger("leadwire.sdk")


class Sink(Protocol):
    """Keeps records. Called by one thread at a time; what it raises is counted, not passed on."""

    def write(self, record: SentCall) -> None: ...

    def close(self) -> None:
        """Keep what was written, then release everything. May be called twice."""
        ...


class CallLog:
    """Writes a record of every attempt to each of its sinks.

    *level*: ``integration`` keeps the call's signature, URL parameters, request body, status,
    duration, and the body of an error; ``stable`` keeps signature, status and error message;
    ``off`` keeps nothing. It may be set at any time, and holds from the next record on. Without a
    level the one of LEADWIRE_LOG holds, else ``integration``; Misuse is raised for a word that is
    none, since it may have meant to keep less. Keys are in no record at any level.

    Never raises into a call: what a sink could not write is counted in ``lost``, and the first
    loss of a row is told to the logger ``leadwire.sdk``. One log may serve several clients, which
    do not close it: close it yourself, or use it in a ``with`` statement.
    """

    def __init__(self, *sinks: Sink, level: Level | None = None) -> None:
        self._sinks = sinks or (LoggingSink(),)
        self._level: Level = "integration"
        self.level = level or _level_of(os.environ.get(LOG_VARIABLE, "")) or "integration"
        self._lock = threading.Lock()
        self._failing = False
        self._closed = False
        self.lost = 0
        """How many records a sink did not take; each sink counts."""
        follow(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    @property
    def level(self) -> Level:
        return self._level

    @level.setter
    def level(self, level: Level) -> None:
        """Raises Misuse for an unknown level."""
        if level not in get_args(Level):
            raise Misuse(f"The level of a call log is one of {', '.join(get_args(Level))}.")
        self._level = level

    def add(
        self,
        attempt: Attempt,
        outcome: Reply | Failure,
        error: SdkError | None,
        shared: Shared,
    ) -> None:
        """Record an attempt that is over; after ``close`` it is counted as lost."""
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
                    call_id=shared.ids.call_id(attempt.started_at_ms),
                    shared=shared,
                )
            except Exception as fault:  # noqa: BLE001  # a call must not fail for its log
                self._count_lost(fault)
                return
            for sink in self._sinks:
                self._write(sink, record)

    def close(self) -> None:
        """Close every sink; a fault is counted like a lost record. May be called twice."""
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
        except Exception as fault:  # noqa: BLE001  # whatever a sink of somebody else raises
            self._count_lost(fault)

    def _count_lost(self, fault: Exception) -> None:
        self.lost += 1
        if not self._failing:
            self._failing = True
            # The type alone: the text may hold what a record would have redacted.
            _log.error("a call could not be logged: %s", type(fault).__name__)


class LoggingSink:
    """One line a record, for the ``logging`` module: INFO for a success, WARNING for the rest.

    Control characters are escaped, so that no text of an API or a caller makes a line of its own.

    The line holds signature, status, duration and error message; the record itself, with its
    bodies, is the ``call`` attribute of the LogRecord, for handlers that write JSON.
    """

    def __init__(self, logger: logging.Logger | str = "leadwire.calls") -> None:
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger

    def write(self, record: SentCall) -> None:
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
        """Nothing is held."""


def log_from_environment() -> CallLog | None:
    """The log that LEADWIRE_LOG asks for: ``LEVEL`` or ``LEVEL:FILE``; None when it is not set.

    Without a file to the logger ``leadwire.calls``; a file ends in ``.jsonl`` or ``.sqlite``.
    Raises Misuse for another level or file.
    """
    text = os.environ.get(LOG_VARIABLE, "").strip()
    if not text:
        return None
    level = _level_of(text)
    file = text.partition(":")[2]
    return CallLog(_file_sink(Path(file)), level=level) if file else CallLog(level=level)


def _file_sink(path: Path) -> Sink:
    from leadwire.sdk.sinks import JsonLinesSink, SqliteSink  # noqa: PLC0415  # few need them

    if path.suffix == ".jsonl":
        return JsonLinesSink(path)
    if path.suffix in (".sqlite", ".db"):
        return SqliteSink(path)
    raise Misuse(f"{LOG_VARIABLE} names a file that ends in neither .jsonl nor .sqlite.")


def _level_of(text: str) -> Level | None:
    """The level of LEADWIRE_LOG's value; None when it is empty. Raises Misuse for any other."""
    if not text.strip():
        return None
    word = text.partition(":")[0].strip().lower()
    found: Level | None = next((level for level in get_args(Level) if level == word), None)
    if found is None:
        raise Misuse(
            f"{LOG_VARIABLE} begins with one of {', '.join(get_args(Level))}; a file may follow, "
            "as in integration:calls.jsonl."
        )
    return found
