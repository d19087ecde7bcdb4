"""A recorded request, taken apart: what an explanation looks things up in."""

import re
from functools import cached_property
from typing import Final
from urllib.parse import unquote_plus

from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.secrets import MARKER
from leadwire.calls.redaction.tokens import PERSONAL_MARKER
from leadwire.explain.explanation import Place
from leadwire.explain.json_text import Node, Read, read
from leadwire.operations import BY_NAME, Operation

_SEGMENT: Final = re.compile(r"\[(\d{1,9})\]|([^.\[]+)")
_NAMES: Final = ("attribute", "schemaname")
_MARKERS: Final = (MARKER[:-1], PERSONAL_MARKER)
_NODES_MAX: Final = 200_000


class SentRequest:
    """The request of *record*. Nothing here raises, whatever the record holds."""

    def __init__(self, record: CallRecord) -> None:
        self.record = record
        self.operation: Operation | None = BY_NAME.get(record.operation)

    @cached_property
    def body(self) -> Read:
        return read(self.record.request_body)

    @property
    def is_body_whole(self) -> bool:
        """Whether the record has the body as it was sent, but for markers."""
        record = self.record
        kept = len(record.request_body.encode("utf-8", "surrogatepass"))
        return not record.truncated and (kept == record.request_body_bytes or record.redacted > 0)

    @property
    def has_markers(self) -> bool:
        """Whether a value was replaced before the call was recorded."""
        texts = (self.record.path, self.record.query_string, self.record.request_body)
        return any(mark in unquote_plus(text) for text in texts for mark in _MARKERS)

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """Name and value of each parameter of the URL, decoded, in the sender's order."""
        pairs = [part.partition("=") for part in self.record.query_string.split("&") if part]
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]

    def parameter(self, name: str) -> str | None:
        """The first parameter of that name, in any letter case."""
        wanted = name.lower()
        return next((value for known, value in self.parameters if known.lower() == wanted), None)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.record.request_headers.split("\n") if self.record.request_headers else []
        return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    def answer_header(self, name: str) -> str:
        for line in self.record.response_headers.split("\n"):
            known, _, value = line.partition(":")
            if known.strip().lower() == name.lower():
                return value.strip()
        return ""

    def pairs(self, name: str) -> list[tuple[Node, Node | None]]:
        """(object, value) of each pair of Attribute and Value that names *name*."""
        return [(pair, pair.member("Value")) for pair in self.named_pairs if name_in(pair) == name]

    @cached_property
    def named_pairs(self) -> list[Node]:
        """Every object with an Attribute or SchemaName, in the body's order."""
        return [node for node in self.nodes if node.kind == "object" and name_in(node)]

    @cached_property
    def nodes(self) -> list[Node]:
        """Every value of the body, in its order."""
        found: list[Node] = []
        waiting = [self.body.root] if self.body.root else []
        while waiting and len(found) < _NODES_MAX:
            node = waiting.pop()
            found.append(node)
            inner = [member.node for member in node.members] + node.items
            waiting.extend(reversed(inner))
        return found

    def found(self, location: str) -> list[Node]:
        """The values that *location* may mean: ``body.Phone``, ``body[0].Value``.

        Endpoints leave out wrappers and rows, so a name counts wherever it stands.
        """
        segments = segments_of(location.removeprefix("body"))
        root = self.body.root
        if root is None or not segments:
            return [root] if root else []
        direct = _under(root, segments)
        if direct is not None:
            return [direct]
        inner = (_under(node, segments) for node in self.nodes[1:])
        found = list({node.start: node for node in inner if node is not None}.values())
        if not found and len(segments) > 1:  # a wrapper that the body does not have
            return self.found(f"body.{segments[-1]}")
        return found

    def place_of(self, node: Node) -> Place:
        line, column = self.body.line_and_column(node.start)
        return Place(
            part="body", path=node.path, line=line, column=column, start=node.start, end=node.end
        )

    def place_at(self, at: int) -> Place:
        """A single character of the body."""
        line, column = self.body.line_and_column(at)
        return Place(part="body", path="body", line=line, column=column, start=at, end=at + 1)

    def place(self, location: str) -> Place | None:
        """The one place that *location* means; None if it is missing, or there are several."""
        part, _, name = location.partition(".")
        if location in ("path", "method"):
            return Place(part="path" if location == "path" else "method", path=location)
        if part in ("header", "headers"):
            return Place(part="header", path=f"header.{name}" if name else "header")
        if part == "query":
            sent = next((n for n, _ in self.parameters if n.lower() == name.lower()), None)
            return None if name and sent is None else Place(part="query", path=location)
        if not location.startswith("body"):
            return None
        found = self.found(location)
        return self.place_of(found[0]) if len(found) == 1 else None

    def likely_place(self, name: str) -> Place | None:
        """The one place with a similar name; None if there are several, or none.

        Rules name what is wrong by one name, and operations have others: ``activityId`` and ``Id``.
        """
        if self.parameter(name) is not None:
            return Place(part="query", path=f"query.{name}")
        for is_like in (_has_like_name, _has_value):
            found = [node for node in self.nodes if is_like(node, name)]
            if len(found) == 1:
                return self.place_of(found[0])
        parameters = [n for n, _ in self.parameters if _are_like(n, name)] or [
            n for n, _ in self.parameters
        ]
        is_only = len(parameters) == 1 and self.body.root is None
        return Place(part="query", path=f"query.{parameters[0]}") if is_only else None

    def parent_place(self, location: str) -> Place | None:
        """Where a missing member belongs: the deepest value on the way to it."""
        if location.startswith("query"):
            return Place(part="query", path="query")
        node = self.body.root
        if node is None:
            operation = self.operation
            has_body = operation is not None and operation.body is not None
            return Place(part="body" if has_body else "query", path="body" if has_body else "query")
        for segment in segments_of(location.removeprefix("body"))[:-1]:
            inner = _step(node, segment)
            if inner is None:
                break
            node = inner
        return self.place_of(node)

    def value_at(self, place: Place | None) -> str | None:
        """The scalar at *place* as text; None for anything else."""
        if place is None:
            return None
        if place.part == "query":
            return self.parameter(place.path.partition(".")[2])
        node = next((n for n in self.nodes if n.start == place.start and n.end == place.end), None)
        if place.part != "body" or node is None or node.kind in ("object", "array"):
            return None
        return self.source(node) if node.kind != "string" else str(node.value)

    def source(self, node: Node) -> str:
        return self.record.request_body[node.start : node.end]


def name_in(node: Node) -> str:
    """The Attribute or SchemaName of a pair; empty if it is none."""
    for member in node.members:
        if member.name.lower() in _NAMES and isinstance(member.node.value, str):
            return member.node.value
    return ""


def segments_of(path: str) -> list[str | int]:
    """``[0].Fields.mx_City`` as ``[0, "Fields", "mx_City"]``."""
    return [
        int(match[1]) if match[1] is not None else match[2] for match in _SEGMENT.finditer(path)
    ]


def _under(node: Node, segments: list[str | int]) -> Node | None:
    for segment in segments:
        found = _step(node, segment)
        if found is None:
            return None
        node = found
    return node


def _step(node: Node, segment: str | int) -> Node | None:
    if isinstance(segment, int):
        return node.items[segment] if segment < len(node.items) else None
    if node.kind == "object":
        member = node.member(segment)
        return member if member is not None else _value_of_pair(node, segment)
    values = [value for item in node.items if (value := _value_of_pair(item, segment))]
    return values[-1] if values else None  # the last value of a name counts


def _value_of_pair(node: Node, name: str) -> Node | None:
    is_pair = bool(node.members) and name_in(node).lower() == name.lower()
    return (node.member("Value") or node) if is_pair else None


def _has_like_name(node: Node, name: str) -> bool:
    return _are_like(node.path.rpartition(".")[2], name)


def _are_like(one: str, other: str) -> bool:
    short, long = sorted((one.lower(), other.lower()), key=len)
    return bool(short) and (long.startswith(short) or long.endswith(short))


def _has_value(node: Node, name: str) -> bool:
    """Whether a member such as LookupName holds *name*."""
    return node.kind == "string" and node.value == name
