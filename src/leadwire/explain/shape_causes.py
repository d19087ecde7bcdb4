"""Causes in the form of a request: path, method, headers, size, and the shape of its body."""

import ast
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from leadwire.explain.case import Case, Found, shortened
from leadwire.explain.explanation import Mistake, Place, Repair
from leadwire.explain.json_text import Node
from leadwire.explain.names import nearest
from leadwire.explain.repairs import (
    Changes,
    Edit,
    json_text,
    placeholder,
    repaired,
    with_parameter,
)
from leadwire.explain.request import segments_of
from leadwire.operations import BY_PATH
from leadwire.operations.operation import Operation
from leadwire.wire.routes import find_operation, nearest_path

JSON_TYPE: Final = "application/json"
_PYTHON_CHARACTERS_MAX: Final = 100_000
_BYTE: Final = re.compile(r"\(byte (\d{1,9})\)")
_EXPECTED: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")


def path_unknown(case: Case) -> Found:
    record = case.record
    place = Place(part="path", path="path")
    if case.fix == "The setting web_forms is off.":
        problem = "Web pages may call this server only if the setting web_forms is on."
        return Found((Mistake(problem=problem, place=place),), no_repair=_OPERATOR)
    near = nearest_path(record.path)
    known = tuple(dict.fromkeys((near, *_same_name(record.path)))) if near else ()
    problem = "No operation has this path."
    mistake = Mistake(problem=problem, place=place, value=shortened(record.path), nearest=known)
    if not near:
        return Found((mistake,), no_repair="No path of the catalogue is like this one.")
    is_same = _plain_path(near) == _plain_path(record.path)
    method = BY_PATH[near.lower()].method
    repair = repaired(
        case.request,
        "The same request to the nearest path.",
        Changes(path=near, method=method),
        if_meant="" if is_same else f"{BY_PATH[near.lower()].name} is meant",
    )
    return Found((mistake,), repair)


def _plain_path(path: str) -> str:
    """*path* without what every path shares: the version, slashes, letter case."""
    return re.sub(r"^/?v\d+(?=/)|[/\s]+|%20", "", path.lower().strip())


def _same_name(path: str) -> list[str]:
    """Paths of other services that end as *path* does."""
    last = path.lower().rstrip("/").rpartition("/")[2]
    found = [o.url_path for known, o in BY_PATH.items() if known.rpartition("/")[2] == last]
    return list(dict.fromkeys(found))[:3]


def method_wrong(case: Case) -> Found:
    operation = case.operation or find_operation(case.record.path)
    place = Place(part="method", path="method")
    if operation is None:
        return Found((Mistake(problem="The method is not allowed.", place=place),))
    problem = f"{operation.name} takes {operation.method}, not {case.record.method}."
    mistake = Mistake(problem=problem, place=place, fix=f"Send it as {operation.method}.")
    says = f"The same request as {operation.method}."
    body: str | None = None
    fill_in: list[str] = []
    header: tuple[str, str] | None = None
    if operation.method == "GET":
        body = ""
    elif operation.body is not None and not case.record.request_body.strip():
        body, fill_in, header = _example_body(operation)
    repair = repaired(
        case.request,
        says,
        Changes(method=operation.method, body=body, header=header),
        fill_in=fill_in,
    )
    return Found((mistake,), repair)


def _example_body(
    operation: Operation,
) -> tuple[str | None, list[str], tuple[str, str] | None]:
    """The example of the catalogue, whose values the reader replaces."""
    if operation.body_optional or operation.form:
        return None, [], None
    return operation.body_example, ["the values of the example body"], ("content-type", JSON_TYPE)


def content_type_wrong(case: Case) -> Found:
    request, operation = case.request, case.operation
    place = Place(part="header", path="header.Content-Type")
    problem = "The body was sent with a content type that this operation does not take."
    mistake = Mistake(
        problem=problem,
        place=place,
        fix=case.fix or f"Send the header Content-Type: {JSON_TYPE}.",
        value=shortened(case.record.request_content_type),
    )
    if operation is not None and operation.form:
        return Found((mistake,), no_repair="A form has to be written by a form library.")
    is_json = request.body.root is not None and request.body.fault is None
    if not is_json:
        return Found(
            (mistake,), no_repair="The body is not JSON either, so it has to be rewritten."
        )
    repair = repaired(
        request,
        "The same body as JSON in UTF-8.",
        Changes(header=("content-type", JSON_TYPE)),
    )
    return Found((mistake,), repair)


def too_large(case: Case) -> Found:
    operation = case.operation
    rows = f" {operation.name} takes {operation.rows_max:,} rows in a call." if (
        operation is not None and operation.rows_max
    ) else ""  # fmt: skip
    problem = f"The body has {case.record.request_body_bytes:,} bytes.{rows}"
    mistake = Mistake(
        problem=problem,
        place=Place(part="body", path="body"),
        fix="Send it in several calls. The limit is the setting request_body_bytes_max.",
    )
    return Found((mistake,), no_repair="The log keeps only the start of a body that is too large.")


def unreadable(case: Case) -> Found:
    """Requests that could not be read at all, or did not arrive: the kind says what to do."""
    kind = case.kind
    part: Any = {"RequestUrlTooLongException": "query", "RequestHeadersTooLargeException": "header"}
    place = Place(
        part=part.get(case.record.exception_type, "body"), path=case.location or "request"
    )
    reason = case.record.refusal_reason
    problem = f"The server read: {reason.rstrip('.')}." if reason else case.record.exception_message
    return Found(
        (Mistake(problem=problem, place=place, fix=kind.help if kind else ""),),
        no_repair="The request could not be read as a whole, so it cannot be corrected here.",
    )


def body_broken(case: Case) -> Found:
    """The body is not JSON, or a form or parameter cannot be read."""
    request, operation = case.request, case.operation
    if case.location == "query":
        problem = case.record.exception_message
        return Found((case.told(),))
    if operation is not None and operation.form:
        return Found((case.mistake("The form of the body cannot be read."),))
    if "\\u0000" in case.record.request_body:
        return _with_nul(case)
    fault = request.body.fault
    if not request.is_body_whole:
        return Found(
            (Mistake(problem="The body is not JSON.", fix=case.fix),),
            no_repair="The log does not have the whole body, so the place cannot be shown.",
        )
    if fault is None:
        return _by_byte(case)
    line, column = request.body.line_and_column(fault.at)
    problem = f"In line {line}, column {column}: {fault.reason}."
    mistake = Mistake(problem=problem, fix=case.fix, place=request.place_at(fault.at))
    repair = _as_json(case, fault.trailing_comma)
    no_repair = "" if repair else (
        "The rest of the body was not sent." if fault.is_end
        else "More than one body could be meant, so none is proposed."
    )  # fmt: skip
    return Found((mistake,), repair, no_repair=no_repair)


def _with_nul(case: Case) -> Found:
    at = case.record.request_body.index("\\u0000")
    edits = [
        Edit(match.start(1), match.end(1), "")
        for match in re.finditer(r"(?<!\\)(?:\\\\)*(\\u0000)", case.record.request_body)
    ]
    mistake = Mistake(
        problem="A text holds the character \\u0000, which no store can keep.",
        fix=case.fix,
        place=case.request.place_at(at),
    )
    repair = repaired(case.request, "The same body without that character.", Changes(edits=edits))
    return Found((mistake,), repair if case.request.body.fault is None else None)


def _by_byte(case: Case) -> Found:
    """The place that the message names. This reader finds no mistake, as in an invalid text."""
    match = _BYTE.search(case.record.exception_message)
    place = None
    if match:
        sent = case.record.request_body.encode("utf-8", "surrogatepass")
        at = len(sent[: int(match[1])].decode("utf-8", "ignore"))
        place = case.request.place_at(min(at, len(case.record.request_body)))
    problem = "The body is not JSON in UTF-8."
    if "surrogate" in case.record.exception_message.lower():
        problem = "A text holds half of a surrogate pair, which is not a character."
    return Found((Mistake(problem=problem, fix=case.fix, place=place),))


def _as_json(case: Case, trailing_comma: int) -> Repair | None:
    """A repair if only one body can be meant: a trailing comma, or a printed Python value."""
    body = case.record.request_body
    if trailing_comma >= 0:
        fixed = body
        edits = [Edit(m.start(), m.start() + 1, "") for m in _trailing_commas(fixed)]
        says = "The same body without the commas before closing brackets."
        changed = repaired(case.request, says, Changes(edits=edits))
        return changed if changed and _is_json(changed.body) else None
    if len(body) > _PYTHON_CHARACTERS_MAX:
        return None
    try:
        value = ast.literal_eval(body.strip())
        text = json_text(value) if isinstance(value, dict | list) else ""
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    says = "The same value as JSON. The body was printed by Python, not written as JSON."
    return repaired(case.request, says, Changes(body=text)) if _is_json(text) else None


def _trailing_commas(text: str) -> list["re.Match[str]"]:
    strings_or_commas = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<comma>,)(?=\s*[}\]])', re.DOTALL)
    return [match for match in strings_or_commas.finditer(text) if match["comma"]]


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def misshapen(case: Case) -> Found:
    """The body is JSON of another shape than the operation's."""
    request, operation = case.request, case.operation
    if not case.record.request_body.strip() or case.record.request_body.strip() == "null":
        mistake = Mistake(problem="The body is empty.", place=Place(part="body", path="body"))
        if operation is None or not operation.body_example:
            return Found((mistake,))
        repair = repaired(
            request,
            "The example of the operation's page.",
            Changes(body=operation.body_example, header=("content-type", JSON_TYPE)),
            fill_in=("the values of the example body",),
        )
        return Found((mistake,), repair)
    nodes = request.found(case.location) if case.location else []
    node = nodes[0] if len(nodes) == 1 else request.body.root
    place = request.place_of(node) if node is not None else None
    expected = _EXPECTED.search(case.record.exception_message)
    if expected is None and not (node is not None and node.kind == "object"):
        return Found((case.told(),))
    problem = "The body has another shape than the operation takes."
    if expected and node is not None:
        problem = f"This is {_a(expected[2])}; the operation takes {_a(expected[1])}."
    elif node is not None and node.kind == "object" and "List<" in case.record.exception_message:
        problem = "The body is an object; the operation takes an array."
    mistake = Mistake(problem=problem, fix=case.fix, place=place)
    return Found((mistake,), _reshaped(case, node, expected[1] if expected else ""))


_WORDS: Final = {
    "str": "text", "int": "whole number", "float": "number", "bool": "boolean", "null": "null",
}  # fmt: skip


def _a(types: str) -> str:
    names = [_WORDS.get(name.strip(), name.strip()) for name in types.split("|")]
    text = " or ".join(name for name in names if name != "null" or len(names) == 1)
    return f"an {text}" if text[:1] in "aeio" else f"a {text}"


def _reshaped(case: Case, node: Node | None, expected: str) -> Repair | None:
    request = case.request
    if node is None or request.body.fault is not None:
        return None
    source = request.source(node)
    kinds = {part.strip() for part in expected.split("|")}
    if "str" in kinds and node.kind == "number" and kinds <= {"str", "null"}:
        says = f"{node.path} as text."
        return repaired(request, says, Changes(edits=[Edit(node.start, node.end, f'"{source}"')]))
    is_root = node is request.body.root
    if not is_root or node.kind != "object":
        return None
    if {member.name.lower() for member in node.members} >= {"attribute", "value"}:
        edits = [Edit(node.start, node.start, "["), Edit(node.end, node.end, "]")]
        return repaired(request, "The same pair in an array.", Changes(edits=edits))
    schema = case.account.schema.by_name if case.account else {}
    if node.members and all(m.name in schema and not m.node.members and not m.node.items
                            for m in node.members):  # fmt: skip
        pairs = [
            f'{{"Attribute":{json_text(m.name)},"Value":{request.source(m.node)}}}'
            for m in node.members
        ]
        return repaired(
            request,
            "The same fields as pairs of Attribute and Value.",
            Changes(body=f"[{','.join(pairs)}]"),
        )
    return None


def missing(case: Case) -> Found:
    """A mandatory parameter or member is missing."""
    name, request = case.name, case.request
    if not name:
        return Found((case.told(),))
    if case.location.startswith("query."):
        return _missing_parameter(case, name)
    message = case.record.exception_message
    is_told = "mandatory" in message or "have not passed" in message
    if not is_told or request.value_at(case.exact_place):
        return Found((case.told(),))
    place = case.exact_place or request.parent_place(case.location)
    problem = f"The body has no {name}, or it is empty."
    mistake = Mistake(problem=problem, fix=case.fix, place=place)
    return Found((mistake,), _with_member(case, name))


def _missing_parameter(case: Case, name: str) -> Found:
    request = case.request
    near = nearest(name, [known for known, _ in request.parameters])
    in_body = request.found(f"body.{name}")
    problem = f"The URL has no parameter {name}."
    if request.parameter(name) is not None:
        problem = f"The parameter {name} of the URL is empty."
    mistake = case.told()
    if len(in_body) == 1 and in_body[0].kind in ("string", "number"):
        value = str(in_body[0].value)
        says = f"{name} of the body, in the URL."
        mistake = Mistake(
            problem=f"{problem} It was sent in the body.",
            fix=case.fix,
            place=request.place_of(in_body[0]),
        )
        changed = repaired(
            request, says, Changes(query_string=with_parameter(request, name, value))
        )
        return Found((mistake,), changed)
    if near.names and near.names[0].lower() != name.lower():
        sent = near.names[0]
        value = request.parameter(sent) or ""
        query = with_parameter(request, name, value, instead_of=sent)
        mistake = Mistake(
            problem=f"{problem} A parameter with a similar name was sent.",
            fix=case.fix, place=Place(part="query", path=f"query.{sent}"), nearest=(name,),
        )  # fmt: skip
        says = f"The same request with {name}."
        if_meant = "" if near.is_same else f"{sent} is meant to be {name}"
        if value:
            changed = repaired(request, says, Changes(query_string=query), if_meant=if_meant)
            return Found((mistake,), changed)
    query = with_parameter(request, name, placeholder(name))
    says = f"The same request with {name}."
    repair = repaired(request, says, Changes(query_string=query), fill_in=(placeholder(name),))
    return Found((mistake,), repair)


def _with_member(case: Case, name: str) -> Repair | None:
    """The body with the missing member, its value left to the reader."""
    request, root = case.request, case.request.body.root
    if root is None or request.body.fault is not None:
        return None
    here = request.found(case.location)
    says = f"The same body with {name}."
    filled = json_text(placeholder(name))
    if len(here) == 1:
        edit = Edit(here[0].start, here[0].end, filled)
        return repaired(request, says, Changes(edits=[edit]), fill_in=(placeholder(name),))
    node, text = _parent(root, segments_of(case.location.removeprefix("body")), filled)
    if node is None:
        return None
    is_empty = not (node.members or node.items)
    edit = Edit(node.start + 1, node.start + 1, text if is_empty else f"{text},")
    return repaired(request, says, Changes(edits=[edit]), fill_in=(placeholder(name),))


def _parent(node: Node, segments: list[str | int], filled: str) -> tuple[Node | None, str]:
    """The deepest value on the way to a missing member, and what to insert in it."""
    rest = list(segments)
    while len(rest) > 1:
        step = rest[0]
        inner = (
            (node.items[step] if step < len(node.items) else None)
            if isinstance(step, int)
            else node.member(step)
        )
        if inner is None or inner.kind not in ("object", "array"):
            break
        node, rest = inner, rest[1:]
    if any(isinstance(step, int) for step in rest):
        return None, ""
    if node.kind == "array":
        pair = f'{{"Attribute":{json_text(rest[-1])},"Value":{filled}}}'
        holds_pairs = all(item.member("Attribute") for item in node.items)
        return (node, pair) if holds_pairs else (None, "")
    text = filled
    for step in reversed(rest[1:]):
        text = f"{{{json_text(step)}:{text}}}"
    return (node, f"{json_text(rest[0])}:{text}") if node.kind == "object" else (None, "")


_OPERATOR: Final = "Only the server's operator can change it."

SHAPE_CAUSES: Final[dict[str, Callable[[Case], Found]]] = {
    "ApiNotFoundException": path_unknown,
    "MethodNotAllowedException": method_wrong,
    "UnsupportedContentTypeException": content_type_wrong,
    "RequestTooLargeException": too_large,
    "InvalidHttpRequestException": unreadable,
    "RequestUrlTooLongException": unreadable,
    "RequestHeadersTooLargeException": unreadable,
    "RequestTimeoutException": unreadable,
    "JsonReaderException": body_broken,
    "JsonSerializationException": misshapen,
}
