"""Decode bytes to the types of the catalogue, and encode them.

Clients in the field need tolerance for a byte-order mark, other letter case, numbers as text and a
missing content type. Any other error is refused, with its place.
"""

import re
import types
import typing
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from leadwire.dialect import mandatory
from leadwire.errors import BodyMalformed, BodyMisshapen, ContentTypeWrong, RequestError
from leadwire.settings import ContentTypes

_BOM: Final = b"\xef\xbb\xbf"
_PARAMETERS_MAX: Final = 200
_JSON_MEDIA_TYPE: Final = re.compile(r"(application|text)/([\w.\-]+\+)?json", re.ASCII)
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_EXPECTED: Final = re.compile(
    r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `(?P<at>[^`]+)`)?"
)
_MISSING: Final = re.compile(
    r"missing required field `(?P<name>[^`]+)`(?: - at `\$(?P<at>[^`]*)`)?"
)

WITHOUT_NUL: Final = "Leave the character \\u0000 out: it cannot be kept."


def encode(value: object) -> bytes:
    return msgspec.json.encode(value)


def decode_body(body: bytes, shape: Any, *, purpose: str) -> Any:  # noqa: ANN401  # of *shape*
    """Decode *body* to *shape*, a type of the catalogue.

    Raises BodyMalformed (not JSON, not UTF-8, a NUL, nested too deeply) and BodyMisshapen (wrong
    members or types). Raises ParameterMissing, with *purpose*, for a mandatory member.
    """
    body = body.removeprefix(_BOM)
    if holds_nul(body):
        raise BodyMalformed(
            "Unexpected character encountered while parsing value: \\u0000",
            fix=WITHOUT_NUL,
        )
    try:
        if _is_array(shape):
            return _decoder(shape).decode(body)
    except msgspec.ValidationError:
        pass  # perhaps only the letter case of a name differs, which the slower path accepts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None
    return _decode_any_case(body, shape, purpose)


def parse_parameters(query_string: str) -> dict[str, str]:
    """The parameters of a URL by name in lower case. The first of a repeated name counts.

    Raises BodyMalformed for too many of them, or a NUL.
    """
    if not query_string:
        return {}
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        raise BodyMalformed(
            f"The URL has more than {_PARAMETERS_MAX} parameters", location="query"
        ) from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value:
            raise BodyMalformed("A parameter of the URL holds a NUL character", location="query")
        parameters.setdefault(name.lower(), value)
    return parameters


def check_content_type(content_type: str, *, accepted: ContentTypes) -> None:
    """Raise ContentTypeWrong for a type that is not *accepted*, or a character set but UTF-8.

    A body without a content type counts as JSON.
    """
    if not content_type:
        return
    media_type, _, options = content_type.partition(";")
    is_json = _JSON_MEDIA_TYPE.fullmatch(media_type.strip().lower()) is not None
    if accepted == "json" and not is_json:
        raise ContentTypeWrong(
            f"The content type '{media_type.strip()}' is not supported: send application/json",
            location="header.Content-Type",
            fix="Send the header Content-Type: application/json.",
        )
    _, named, charset = options.lower().partition("charset=")
    if named and charset.split(";")[0].strip(' "') not in _UTF8:
        raise ContentTypeWrong(
            f"The character set '{charset.strip()}' is not supported",
            location="header.Content-Type",
            fix="Send the body in UTF-8.",
        )


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    return msgspec.json.Decoder(shape)


def _is_array(shape: Any) -> bool:  # noqa: ANN401
    return typing.get_origin(shape) is list


def _decode_any_case(body: bytes, shape: Any, purpose: str) -> Any:  # noqa: ANN401
    try:
        tree = msgspec.json.decode(body)
        return msgspec.convert(_recased(tree, shape), shape)
    except msgspec.ValidationError as error:
        missing = _MISSING.search(str(error))
        if missing is not None:
            place = f"{missing['at'] or ''}.{missing['name']}".strip(".")
            raise mandatory(missing["name"], purpose=purpose, location=place) from None
        raise _misshapen(str(error), shape) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None


def _recased(tree: Any, shape: Any) -> Any:  # noqa: ANN401
    """*tree* with member names in the letter case of *shape*.

    A null counts as missing for an optional member.
    """
    if isinstance(tree, list):
        (item,) = typing.get_args(shape) if _is_array(shape) else (None,)
        return [_recased(part, item) for part in tree]
    shape = _without_none(shape)
    if not isinstance(tree, dict) or not _is_struct(shape):
        return tree
    members = _members(shape)
    recased = {}
    for name, value in tree.items():
        known = members.get(name.lower())
        if known is None:
            recased[name] = value
        elif value is not None or known.is_required:
            recased.setdefault(known.name, _recased(value, known.shape))
    return recased


class _Member(typing.NamedTuple):
    name: str
    shape: Any
    is_required: bool


@cache
def _members(struct: type[msgspec.Struct]) -> dict[str, _Member]:
    return {
        field.name.lower(): _Member(field.name, _without_none(field.type), field.required)
        for field in msgspec.structs.fields(struct)
    }


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    """The struct or array in ``X | None``, else *hint* itself."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        for option in typing.get_args(hint):
            if _is_struct(option) or _is_array(option):
                return option
    return hint


def _is_struct(shape: Any) -> bool:  # noqa: ANN401
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


def holds_nul(document: bytes) -> bool:
    r"""Whether a JSON document has a NUL in a text. ``\\\\u0000`` is valid text.

    PostgreSQL can neither store nor look for it, so it is refused on both engines.
    """
    return b"\\u0000" in document and b"\\u0000" in document.replace(b"\\\\", b"")


def _malformed(error: Exception) -> BodyMalformed:
    start = "Unexpected character encountered while parsing value"
    if isinstance(error, RecursionError):
        return BodyMalformed(f"{start}: nested too deeply", fix="Send the shape that /docs shows.")
    if isinstance(error, UnicodeDecodeError):
        return BodyMalformed(f"{start}: the body is not valid UTF-8", fix="Send the body in UTF-8.")
    return BodyMalformed(
        f"{start}: {str(error).removeprefix('JSON is malformed: ')}",
        fix="Send valid JSON; the message says at which byte reading it failed.",
    )


def _misshapen(text: str, shape: Any) -> RequestError:  # noqa: ANN401
    """The dialect's sentence if it is known, with the place in the body."""
    match = _EXPECTED.search(text)
    at = match["at"] or "$" if match else "$"
    if match and _is_array(shape) and match["expected"] == "array" and at == "$":
        (item,) = typing.get_args(shape)
        name = getattr(item, "__name__", "List")
        return BodyMisshapen(
            f"Cannot deserialize the current JSON {match['got']} into type List<{name}>",
            fix='Send an array: [{"Attribute": "FirstName", "Value": "Asha"}].'
            if name == "LeadProperty"
            else "Send an array, as the operation's page under /docs shows it.",
        )
    if match and match["expected"] == "object" and match["got"] == "array":
        return BodyMisshapen(
            "Cannot deserialize the current JSON array into type 'LeadFieldKeyValuePair' because "
            f"the type requires a JSON object, at {at}",
            location=f"body{at[1:]}",
        )
    return BodyMisshapen(f"Error converting value: {text}", location=f"body{at[1:]}")
