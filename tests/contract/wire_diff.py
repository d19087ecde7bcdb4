"""Compare recorded exchanges of a real account with leadwire's answers, member by member.

``scripts/wire-diff RECORDED`` replays the file against a new server. What is compared is the form:
status, members and their order, types, null and empty text, the form of dates. Values are data and
are never printed, so the report holds nothing of the account.

Exit codes: 0 the forms agree, 1 they differ, 2 a file cannot be read or an option is wrong.
"""

import http.client
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import click
from contract.recorded import Recorded, RecordedFileWrong, read_exchanges

from leadwire.calls.redaction.redactor import Redactor
from leadwire.testing import Server, ServerFailed
from leadwire.wire.routes import find_operation

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_FORMS: Final = (
    ("date-time with milliseconds", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"),
    ("date-time with seconds", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    ("date-time of the American form", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M"),
    ("/Date(…)/", r"/Date\(-?\d+([+-]\d{4})?\)/"),
    ("date-time with T", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
    ("date", r"\d{4}-\d\d-\d\d"),
)
_DATE_FORMS: Final = [(name, re.compile(pattern, re.ASCII)) for name, pattern in _FORMS]
_WORD: Final = re.compile(r"\w{1,80}", re.ASCII)
_WAIT_SECONDS: Final = 30


class Finding(NamedTuple):
    """*is_form*: the forms differ; else the data does, which decides nothing."""

    place: str
    text: str
    is_form: bool = True


class OurAnswer(NamedTuple):
    status: int
    answer: Any
    has_answer: bool


Answering = Callable[[Recorded], OurAnswer]


def compare(recorded: Recorded, ours: OurAnswer) -> list[Finding]:
    """Where the two answers differ, each place once; rows of an array count as one place."""
    if recorded.status != ours.status:
        text = f"{recorded.status} recorded, {ours.status} here{_fault_of(ours.answer)}"
        return [Finding("status", text)]
    if not recorded.has_answer:
        return [Finding("$", "no JSON answer is recorded", is_form=False)]
    if not ours.has_answer:
        return [Finding("$", f"{_type_of(recorded.answer)} recorded, no JSON here")]
    return list(dict.fromkeys(_differences(recorded.answer, ours.answer, "$")))


def _differences(theirs: object, ours: object, at: str) -> Iterator[Finding]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        yield from _of_objects(theirs, ours, at)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for one, other in zip(theirs, ours, strict=False):
            yield from _differences(one, other, f"{at}[]")
        if bool(theirs) != bool(ours):
            text = "rows recorded, none here" if theirs else "no rows recorded, some here"
            yield Finding(at, text, is_form=False)
    else:
        yield from _of_values(theirs, ours, at)


def _of_objects(theirs: dict[str, Any], ours: dict[str, Any], at: str) -> Iterator[Finding]:
    for name, value in theirs.items():
        if name not in ours:
            yield Finding(f"{at}.{_shown(name)}", f"{_type_of(value)} recorded, missing here")
    for name, value in ours.items():
        if name not in theirs:
            yield Finding(f"{at}.{_shown(name)}", f"not recorded, {_type_of(value)} here")
    common = [name for name in theirs if name in ours]
    if common != [name for name in ours if name in theirs]:
        yield Finding(at, "the members have another order here")
    for name in common:
        yield from _differences(theirs[name], ours[name], f"{at}.{_shown(name)}")


def _of_values(theirs: object, ours: object, at: str) -> Iterator[Finding]:
    kind, our_kind = _type_of(theirs), _type_of(ours)
    if at in ("$.Status", "$.ExceptionType") and isinstance(theirs, str) and theirs != ours:
        yield Finding(at, f"{_shown(theirs)} recorded, {_shown(str(ours))} here")
    elif at == "$.ExceptionMessage" and kind == our_kind:
        if _without_data(str(theirs)) != _without_data(str(ours)):
            yield Finding(at, "the text differs")
    elif kind != our_kind:
        # A value that is unset in one account says nothing of the form; null and "" are two forms.
        unset = {"null", "empty text"} & {kind, our_kind}
        is_form = not unset or {kind, our_kind} == {"null", "empty text"}
        both_text = isinstance(theirs, str) and isinstance(ours, str)
        is_form = is_form and not (both_text and "text" in (kind, our_kind))
        yield Finding(at, f"{kind} recorded, {our_kind} here", is_form=is_form)


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict | list):
        return "object" if isinstance(value, dict) else "array"
    if value == "":
        return "empty text"
    return next((name for name, form in _DATE_FORMS if form.fullmatch(str(value))), "text")


def _without_data(text: str) -> str:
    return re.sub(r"\d+", "0", _GUID.sub("", text))


def _shown(name: str) -> str:
    """A member's name, or a word such as an exception type; anything else is not printed."""
    return name if _WORD.fullmatch(name) else "(…)"


def _fault_of(answer: object) -> str:
    kind = answer.get("ExceptionType") if isinstance(answer, dict) else None
    return f" ({_shown(kind)})" if isinstance(kind, str) else ""


class Replay:
    """Sends recorded requests to a server, with the server's keys in place of the recorded ones.

    An id that the real account answered is replaced in later requests by the one that the server
    answered at the same place.
    """

    def __init__(self, server: Server) -> None:
        self._address = urlsplit(server.url)
        self._headers = {
            "x-LSQ-AccessKey": server.account.access_key,
            "x-LSQ-SecretKey": server.account.secret_key,
            "x-api-key": server.account.create_async_key(),
        }
        self._ids: dict[str, str] = {}

    def __call__(self, recorded: Recorded) -> OurAnswer:
        target = self._ours(recorded.path + (f"?{recorded.query}" if recorded.query else ""))
        headers = dict(self._headers)
        if recorded.content_type:
            headers["Content-Type"] = recorded.content_type
        host, port = self._address.hostname or "", self._address.port
        connection = http.client.HTTPConnection(host, port, timeout=_WAIT_SECONDS)
        try:
            body = self._ours(recorded.body).encode() or None
            connection.request(recorded.method, target, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        try:
            ours = OurAnswer(response.status, json.loads(content), has_answer=True)
        except ValueError:
            ours = OurAnswer(response.status, None, has_answer=False)
        self._bind(recorded.answer, ours.answer)
        return ours

    def _ours(self, text: str) -> str:
        return _GUID.sub(lambda found: self._ids.get(found[0].lower(), found[0]), text)

    def _bind(self, theirs: object, ours: object) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for name in theirs.keys() & ours.keys():
                self._bind(theirs[name], ours[name])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self._bind(one, other)
        elif _is_id(theirs) and _is_id(ours):
            self._ids[str(theirs).lower()] = str(ours)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def answers_of(path: Path) -> Answering:
    """Answers from another file of exchanges, in the same order. Raises RecordedFileWrong."""
    others = iter(read_exchanges(path))

    def answer(_recorded: Recorded) -> OurAnswer:
        other = next(others, None)
        if other is None:
            raise RecordedFileWrong(f"{path.name} has fewer exchanges.")
        return OurAnswer(other.status, other.answer, other.has_answer)

    return answer


def report(exchanges: list[Recorded], answering: Answering) -> bool:
    """Print a paragraph for each exchange; whether any form differs."""
    differing = 0
    for number, recorded in enumerate(exchanges, 1):
        operation = find_operation(recorded.path)
        name = operation.name if operation else f"(not served) {_clean(recorded.path)}"
        findings = compare(recorded, answering(recorded))
        has_other_form = any(finding.is_form for finding in findings)
        differing += has_other_form
        click.echo(f"{number}. {_shown(recorded.method)} {name}: {_verdict(findings)}")
        for finding in findings:
            mark = "-" if finding.is_form else "  (data)"
            click.echo(f"   {mark} {finding.place}: {finding.text}")
    same = len(exchanges) - differing
    click.echo(f"{len(exchanges)} exchanges: {same} of the same form, {differing} differ.")
    return differing > 0


def _verdict(findings: list[Finding]) -> str:
    count = sum(finding.is_form for finding in findings)
    return f"{count} difference{'s' * (count > 1)}" if count else "same form"


def _clean(path: str) -> str:
    """An unknown path, without what may be a secret or an id."""
    return re.sub(r"[^/]{25,}", "(…)", Redactor(()).text(path))


@click.command(help=__doc__)
@click.argument("recorded", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with the answers in this file; no server is started.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A server setting.")
def main(recorded: Path, answers: Path | None, settings: tuple[str, ...]) -> None:
    try:
        exchanges = read_exchanges(recorded)
        if answers is not None:
            sys.exit(report(exchanges, answers_of(answers)))
        given = dict(setting.partition("=")[::2] for setting in settings)
        with Server(None, **given) as server:
            sys.exit(report(exchanges, Replay(server)))
    except (RecordedFileWrong, ServerFailed) as wrong:
        click.echo(str(wrong), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
