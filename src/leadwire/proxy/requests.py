"""The draft of a proxied call: what its head says, with the keys taken out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from leadwire.calls.redaction.redactor import lift_keys
from leadwire.operations import Operation
from leadwire.proxy.head import Field, RequestHead, origin_form
from leadwire.recording.draft import Draft, Keys, Start
from leadwire.recording.recorder import KEY_HEADERS, without_segments
from leadwire.recording.unread import MEDIA_TYPE, unread_request

Identify = Callable[[str, str, bool], Operation | None]
"""The operation of a path and a host, for a call with or without an async key."""


class Reader(NamedTuple):
    """Makes drafts. *peer* is the caller's address."""

    identify: Identify

    def draft(self, head: RequestHead, *, start: Start, peer: str) -> Draft:
        """The draft of a request whose head could be read."""
        path, _, query = origin_form(head.target).partition(b"?")
        return self._draft(head.method, path, query, head.fields, start=start, peer=peer)

    def unread_draft(self, first: bytes, reason: str, *, start: Start, peer: str) -> Draft:
        """The draft of bytes that are not a request, as far as they can be recognised."""
        found = unread_request(first)
        method, path = found.method.encode(), found.target_path
        fields = tuple(found.headers)
        draft = self._draft(method, path, found.query_string, fields, start=start, peer=peer)
        draft.content_type = MEDIA_TYPE
        draft.body, draft.body_bytes = found.text, len(first)
        draft.refusal_reason = reason
        return draft

    def _draft(
        self,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        fields: Sequence[Field],
        *,
        start: Start,
        peer: str,
    ) -> Draft:
        keys = ["", "", ""]
        if query:
            query, keys[:2] = lift_keys(query)
        kept: list[Field] = []
        found = dict.fromkeys(_KEPT_HEADERS, b"")
        for name, value in fields:
            place = KEY_HEADERS.get(name)
            if place is not None:
                keys[place] = keys[place] or value.decode("latin-1")
                continue
            kept.append((name, value))
            if name in found:
                found[name] = value
        path = raw_path.decode("utf-8", "backslashreplace")
        host = found[b"host"].decode("latin-1")
        operation = self.identify(unquote(path), host, bool(keys[2]))
        if operation is not None and operation.more_segments:
            path = without_segments(operation, path)
        return Draft(
            start=start,
            method=method.decode("latin-1"),
            path=path,
            query_string=query.decode("utf-8", "backslashreplace"),
            content_type=found[b"content-type"].decode("latin-1"),
            host=host,
            client_address=peer,
            user_agent=found[b"user-agent"].decode("latin-1"),
            traceparent=found[b"traceparent"].decode("latin-1"),
            headers=kept,
            keys=Keys(*keys),
            operation=operation,
        )


_KEPT_HEADERS = (b"content-type", b"host", b"user-agent", b"traceparent")
