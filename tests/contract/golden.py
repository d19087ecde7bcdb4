"""Golden exchanges: reading the files, filling in requests and comparing answers.

A file is a conversation with one fresh server. In a request, ``{name}`` stands for something
known: a key, a user, or an id that an earlier answer bound. In an expected body these texts
stand for values that are not known in advance:

    <guid>  <guid:name>     an id; with a name, bound to it
    <moment> <second>       a date-time with and without milliseconds
    <json-date>             /Date(…)/
    <text>  <text-or-null>  a text that is not empty; any text, or null
    <file:name>             the address of a file; what follows file= is bound
    <wait>                  a whole number of seconds, from 1 to 5
    <any>                   anything

Each exchange says where it is known from, in the words of ``leadwire.operations.operation``:
``documented`` by a page, whose slug begins the source; ``reported`` from live accounts; ``seen`` in
public code; or ``inferred`` from a page or an operation. What is behind the colon is the rule.

``scripts/golden`` lays the files out: what fits on a line stands on one. ``scripts/golden
--sources`` prints what each exchange rests on, with the address of its page.

Members must come in the order of the file. A member ``"..."`` says that there may be others, and
what each of them is. A list that begins with ``"..."`` may hold other elements in between.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from leadwire.access.accounts import FirstAccount
from leadwire.operations.operation import Evidence, EvidenceKind

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.json"))
MORE = "..."

_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PATTERNS = {
    "guid": _GUID,
    "moment": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}",
    "second": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "json-date": r"/Date\(\d+\+0000\)/",
    "text": r"(?s).+",
    "wait": r"[1-5]",
    "file": rf"http://leads\.example\.com/File/Download\?file=(?P<bound>{_GUID}/\S+)",
}
_PLACEHOLDER = re.compile(r"<([a-z-]+)(?::(\w+))?>")
_NAME = re.compile(r"\{(\w+)\}")


class Exchange(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    operation: str
    evidence: EvidenceKind
    source: str
    request: dict[str, Any]
    status: int
    body: Any
    headers: dict[str, str] = {}
    absent: list[str] = []
    """Members that no object of the answer has."""


class Conversation(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    read_in: str
    """Year and month in which the sources were read."""
    exchanges: list[Exchange]
    settings: dict[str, Any] = {}

    def evidence(self) -> list[Evidence]:
        """What each exchange rests on."""
        return [Evidence(e.evidence, e.source, self.read_in) for e in self.exchanges]


def load(path: Path) -> Conversation:
    return msgspec.json.decode(path.read_bytes(), type=Conversation)


def laid_out(text: str) -> str:
    """The JSON *text* so that a reviewer can read a change: see ``scripts/golden``."""
    return _lines(json.loads(text), 0) + "\n"


def _lines(value: Any, indent: int, taken: int = 0) -> str:  # noqa: ANN401  # any JSON
    """*value* on one line where that fits behind *taken* characters, else a member a line."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + taken + len(line) < _COLUMNS and indent >= _FLAT_FROM:
        return line
    inner = " " * (indent + _INDENT)
    if isinstance(value, dict) and value:
        named = (
            (f"{json.dumps(name, ensure_ascii=False)}: ", part) for name, part in value.items()
        )
        parts = [name + _lines(part, indent + _INDENT, len(name)) for name, part in named]
        return "{\n" + ",\n".join(inner + part for part in parts) + "\n" + " " * indent + "}"
    if isinstance(value, list) and value:
        parts = [_lines(part, indent + _INDENT) for part in value]
        return "[\n" + ",\n".join(inner + part for part in parts) + "\n" + " " * indent + "]"
    return line


_COLUMNS: Final = 100
_INDENT: Final = 2
_FLAT_FROM: Final = 6
"""What stands less deep than the members of an exchange is never put on one line."""


def known(keys: FirstAccount) -> dict[str, str]:
    """What every conversation knows at its start."""
    return keys._asdict() | {"access_key_encoded": quote(keys.access_key, safe="")}


def fill(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401  # any JSON
    """*value* with every ``{name}`` replaced."""
    if isinstance(value, str):
        return _NAME.sub(lambda match: names[match[1]], value)
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        return {name: fill(item, names) for name, item in value.items()}
    return value


def differences(
    expected: Any,  # noqa: ANN401  # any JSON
    actual: Any,  # noqa: ANN401  # any JSON
    names: dict[str, str],
    at: str = "$",
) -> list[str]:
    """Where *actual* is not as expected; binds names as it goes."""
    if isinstance(expected, str):
        return _of_text(expected, actual, names, at)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _of_object(expected, actual, names, at)
    if isinstance(expected, list) and isinstance(actual, list):
        return _of_list(expected, actual, names, at)
    same = type(expected) is type(actual) and expected == actual
    return [] if same else [f"{at}: {actual!r} instead of {expected!r}"]


def members(value: Any) -> set[str]:  # noqa: ANN401  # any JSON
    """The names of all members of all objects in *value*."""
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


def _of_text(expected: str, actual: object, names: dict[str, str], at: str) -> list[str]:
    placeholder = _PLACEHOLDER.fullmatch(expected)
    if placeholder is None:
        wanted = fill(expected, names)
        return [] if actual == wanted else [f"{at}: {actual!r} instead of {wanted!r}"]
    kind, name = placeholder.groups()
    if kind == "any" or (kind == "text-or-null" and (actual is None or isinstance(actual, str))):
        return []
    if kind not in _PATTERNS or not isinstance(actual, str):
        return [f"{at}: {actual!r} is not {expected}"]
    found = re.fullmatch(_PATTERNS[kind], actual)
    if found is None:
        return [f"{at}: {actual!r} is not {expected}"]
    if name:
        names[name] = found.groupdict().get("bound", actual)
    return []


def _of_object(
    expected: dict[str, Any], actual: dict[str, Any], names: dict[str, str], at: str
) -> list[str]:
    listed = [name for name in expected if name != MORE]
    order = [name for name in actual if name in listed]
    if order != listed:
        return [f"{at}: members {order} instead of {listed}"]
    found = []
    for name, value in actual.items():
        if name in listed:
            found += differences(expected[name], value, names, f"{at}.{name}")
        elif MORE in expected:
            found += differences(expected[MORE], value, names, f"{at}.{name}")
        else:
            found.append(f"{at}.{name}: unexpected, with {value!r}")
    return found


def _of_list(expected: list[Any], actual: list[Any], names: dict[str, str], at: str) -> list[str]:
    if expected[:1] == [MORE]:
        rest = iter(actual)
        return [
            f"{at}: no element is {wanted!r}"
            for wanted in expected[1:]
            if all(differences(wanted, item, names, at) for item in rest)
        ]
    if len(expected) != len(actual):
        return [f"{at}: {len(actual)} elements instead of {len(expected)}"]
    pairs = enumerate(zip(expected, actual, strict=True))
    return [d for i, (e, a) in pairs for d in differences(e, a, names, f"{at}[{i}]")]


def sources() -> list[str]:
    """A line for each exchange: where it is, what it rests on, and the page's address."""
    return [
        " ".join(
            filter(None, (f"{path.stem}: {exchange.name}.", f"{rests_on.sentence}.", rests_on.url))
        )
        for path in FILES
        for conversation in [load(path)]
        for exchange, rests_on in zip(conversation.exchanges, conversation.evidence(), strict=True)
    ]


def main() -> int:
    """Lay every file out; with ``--check``, fail when one is not. ``--sources``: see above."""
    if "--sources" in sys.argv:
        print("\n".join(sources()))  # noqa: T201  # the command's output
        return 0
    changed = [path for path in FILES if laid_out(path.read_text()) != path.read_text()]
    for path in changed:
        print(path.name)  # noqa: T201  # the command's output
        if "--check" not in sys.argv:
            path.write_text(laid_out(path.read_text()))
    return int(bool(changed) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
