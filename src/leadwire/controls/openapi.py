"""The control interface in OpenAPI 3.1, made from the types that its requests are read into."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.controls.guard import TOKEN_HEADER
from leadwire.version import __version__

_PARAMETER: Final = re.compile(r"{(\w+)}")


class Row(NamedTuple):
    """One route: the method of ``Controls`` that answers it, and the type of its body."""

    method: str
    path: str
    endpoint: str
    summary: str
    body: type | None = None


def document(rows: Sequence[Row], prefix: str) -> dict[str, Any]:
    """The whole document."""
    bodies = [row.body for row in rows if row.body is not None]
    references, schemas = msgspec.json.schema_components(
        bodies, ref_template="#/components/schemas/{name}"
    )
    reference_of = dict(zip(bodies, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        operation: dict[str, Any] = {
            "operationId": row.endpoint,
            "summary": row.summary,
            "responses": {"default": {"description": "JSON; an error has the member 'error'."}},
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in _PARAMETER.findall(row.path)
            ],
        }
        if row.body is not None:
            content = {"application/json": {"schema": reference_of[row.body]}}
            operation["requestBody"] = {"content": content}
        paths.setdefault(prefix + row.path, {})[row.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "leadwire: control interface for tests", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER}},
        },
    }
