"""What is known about a failed call before its cause is looked for."""

import re
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.explain.account import Account
from leadwire.explain.explanation import Holder, Limit, Mistake, Place, Repair
from leadwire.explain.request import SentRequest
from leadwire.operations import Operation
from leadwire.wire.faults import FAULT_KINDS, FaultKind

_NAMED: Final = (
    re.compile(r"'(?P<name>[\w.]{1,100})' is mandatory for"),
    re.compile(r"Parameter Name: (?P<name>[\w.]{1,100}) (?:value is not correct|can not be)"),
    re.compile(r"Parameter Name: You have not passed (?:any )?(?P<name>[\w.]{1,100})\."),
)


class Found(NamedTuple):
    """The cause of a fault. Empty texts leave those of the fault's kind."""

    mistakes: tuple[Mistake, ...] = ()
    repair: Repair | None = None
    title: str = ""
    meaning: str = ""
    no_repair: str = ""
    holder: Holder | None = None
    limit: Limit | None = None
    is_certain: bool = True


class Case:
    """One failed call: its record, its request, the fault and the account.

    *account* is None for a call of no account, and for a client's own log.
    """

    def __init__(self, record: CallRecord, account: Account | None) -> None:
        self.record = record
        self.account = account
        self.request = SentRequest(record)
        self.kind = kind_of(record)

    @property
    def operation(self) -> Operation | None:
        return self.request.operation

    @cached_property
    def location(self) -> str:
        """Where the fault is: as recorded, else as the message names it; else empty."""
        recorded = self.record.exception_location
        if recorded.partition(".")[0].partition("[")[0] in _PARTS:
            return recorded
        if recorded:
            return self._location_of(recorded)
        for pattern in _NAMED:
            match = pattern.search(self.record.exception_message)
            if match:
                return self._location_of(match["name"])
        return ""

    def _location_of(self, name: str) -> str:
        operation = self.operation
        known = () if operation is None else operation.parameters
        is_parameter = any(parameter.name.lower() == name.lower() for parameter in known)
        return f"query.{name}" if is_parameter else f"body.{name}"

    @cached_property
    def place(self) -> Place | None:
        """The value that is wrong; for one that is missing, where it belongs."""
        if not self.location:
            return None
        return (
            self.exact_place
            or (self.request.likely_place(self.name) if self.name else None)
            or self.request.parent_place(self.location)
        )

    @cached_property
    def exact_place(self) -> Place | None:
        """The value of the very name that the rule gave."""
        return self.request.place(self.location) if self.location else None

    @property
    def fix(self) -> str:
        return self.record.exception_fix

    @property
    def name(self) -> str:
        """The last name of the location, as ``Phone``; empty if there is none."""
        last = self.location.rpartition(".")[2]
        return "" if last in ("body", "query", "path", "header", "headers", "method") else last

    def mistake(self, problem: str, *, nearest: tuple[str, ...] = (), fix: str = "") -> Mistake:
        """A mistake at the fault's place."""
        return Mistake(
            problem=problem,
            fix=fix or self.fix,
            place=self.place,
            value=shortened(self.request.value_at(self.place) or ""),
            nearest=nearest,
        )

    def told(self) -> Mistake:
        """The message of the answer, at the fault's place."""
        message = self.record.exception_message.rstrip(".")
        mistake = self.mistake(f"{message}.")
        return msgspec.structs.replace(mistake, is_quote=True)


_PARTS: Final = ("body", "query", "header", "headers", "path", "method")
_VALUE_CHARACTERS_MAX: Final = 200


def shortened(value: str) -> str:
    return value if len(value) <= _VALUE_CHARACTERS_MAX else f"{value[:_VALUE_CHARACTERS_MAX]}…"


_TOLD_APART: Final = {
    "MXInvalidEntityException": (("SqlOperator", "The criterion cannot be used"),),
    "MXMandatoryAttributeMissingException": (("Sender", "The sender is not an active user"),),
    "MXUnAuthorizedAccessException": (("Delete", "Deleting leads is disabled"), ("", "The role")),
    "MXInvalidEntityReferenceException": (("Lead not", "The lead referred"), ("", "A dropdown")),
    "MXInvalidDataTypeException": (("ActivityEvent", "A webhook"), ("", "Details of a company")),
    "DatabaseUnavailableException": (
        ("during a commit", "The database connection was lost"),
        ("cannot be reached", "The database cannot be reached"),
    ),
}
"""Faults that share an exception type: a word of the location or message, and the title's start."""


def kind_of(record: CallRecord) -> FaultKind | None:
    """The kind of fault; None for an exception type that the catalogue does not have."""
    kinds = [kind for kind in FAULT_KINDS if kind.exception_type == record.exception_type]
    if len(kinds) > 1:
        told = f"{record.exception_location} {record.exception_message}"
        for word, title in _TOLD_APART.get(record.exception_type, ()):
            if word in told:
                return next((kind for kind in kinds if kind.title.startswith(title)), kinds[0])
    return kinds[0] if kinds else None
