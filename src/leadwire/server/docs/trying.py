"""Try an operation from its page: the server runs the call as a key of the signed-in user.

The call is recorded like any other, and its user agent says where it came from. No secret is
needed or shown: the session says who the user is.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from leadwire.access.keys import KeyInfo
from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.forms import Form
from leadwire.console.services import ConsoleServices
from leadwire.operations import Operation
from leadwire.recording.rerun import RerunRequest

AGENT: Final = "leadwire docs (try it)"
_PREFIX: Final = "p-"
"""In front of the name of a parameter in the form."""


class Written(NamedTuple):
    """What stands in the form."""

    key_id: str
    parameters: Mapping[str, str]
    body: str


def is_triable(operation: Operation) -> bool:
    """Whether a form can hold the call: it takes a key pair, and no file."""
    return operation.keys in ("pair", "pair and async") and not operation.form


def own_keys(services: ConsoleServices, viewer: Viewer) -> Sequence[KeyInfo]:
    """The viewer's own pairs that work now. May block."""
    now_ms = services.clock.now_ms()
    pairs = services.account.access.key_pairs(viewer.account_id)
    return [pair for pair in pairs if pair.user_id == viewer.user_id and pair.is_live(now_ms)]


def written_in(form: Form, operation: Operation) -> Written:
    return Written(
        form.text("key"),
        {p.name: form.text(_PREFIX + p.name) for p in operation.parameters},
        # A form's lines end with CRLF, whatever was typed.
        form.raw("body").replace("\r\n", "\n"),
    )


def written_of(record: CallRecord, operation: Operation) -> Written:
    """The form that makes the call of *record* again."""
    sent = dict(parse_qsl(record.query_string))
    return Written(
        record.key_id,
        {p.name: sent.get(p.name, "") for p in operation.parameters},
        record.request_body,
    )


def request_of(operation: Operation, written: Written, viewer: Viewer) -> RerunRequest:
    """The call of a form, as the viewer and the chosen key."""
    query = urlencode({name: value for name, value in written.parameters.items() if value})
    has_body = operation.body is not None
    return RerunRequest(
        record=CallRecord(
            call_id="",
            started_at_ms=0,
            duration_ms=0,
            account_id=viewer.account_id,
            user_id=viewer.user_id,
            key_id=written.key_id,
            operation=operation.name,
            method=operation.method,
            path=operation.url_path,
            status_code=0,
            outcome="aborted",
            client_address=viewer.address,
        ),
        method=operation.method,
        path=operation.url_path,
        query_string=query,
        content_type="application/json" if has_body else "",
        body=written.body.encode("utf-8", "replace") if has_body else b"",
        is_edited=True,
        agent=AGENT,
    )
