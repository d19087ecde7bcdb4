"""The OpenAPI document, generated from the catalogue."""

from functools import cache
from typing import Any, Final

import msgspec

from leadwire.operations import CATALOGUE, Operation
from leadwire.operations.operation import Keys, Parameter
from leadwire.version import __version__
from leadwire.wire.faults import FAULT_KINDS
from leadwire.wire.form import URLENCODED

_REF: Final = "#/components/schemas/{name}"
_FAULT: Final = {"$ref": "#/components/schemas/Fault"}
_ALWAYS: Final = (400, 401, 413, 429, 500, 503)

_FAULT_SCHEMA: Final = {
    "type": "object",
    "title": "Fault",
    "required": ["Status", "ExceptionType", "ExceptionMessage"],
    "additionalProperties": False,
    "properties": {
        "Status": {"const": "Error"},
        "ExceptionType": {"type": "string"},
        "ExceptionMessage": {"type": "string"},
    },
}

_SECURITY: Final = {
    "accessKeyHeader": {"type": "apiKey", "in": "header", "name": "x-LSQ-AccessKey"},
    "secretKeyHeader": {"type": "apiKey", "in": "header", "name": "x-LSQ-SecretKey"},
    "accessKeyQuery": {"type": "apiKey", "in": "query", "name": "accessKey"},
    "secretKeyQuery": {"type": "apiKey", "in": "query", "name": "secretKey"},
    "asyncKeyHeader": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
_BY_PAIR: Final[list[dict[str, list[str]]]] = [
    {"accessKeyHeader": [], "secretKeyHeader": []},
    {"accessKeyQuery": [], "secretKeyQuery": []},
]
_BY_ASYNC: Final[dict[str, list[str]]] = {"asyncKeyHeader": []}
_SECURITY_OF: Final[dict[Keys, list[dict[str, list[str]]]]] = {
    "pair": _BY_PAIR,
    "pair and async": [pair | _BY_ASYNC for pair in _BY_PAIR],
    "async": [_BY_ASYNC],
    "account code": [],
    "none": [],
}


_BINARY: Final = {"type": "string", "format": "binary"}


@cache
def openapi_json() -> bytes:
    return msgspec.json.format(msgspec.json.encode(openapi()), indent=2)


def openapi() -> dict[str, Any]:
    """The document (OpenAPI 3.1) as plain JSON types."""
    bodies = [operation.body for operation in CATALOGUE if operation.body is not None]
    results = [operation.result for operation in CATALOGUE]
    schemas, components = msgspec.json.schema_components([*bodies, *results], ref_template=_REF)
    of_type = dict(zip(map(repr, [*bodies, *results]), schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "leadwire",
            "version": __version__,
            "description": "LeadSquared's REST API v2, as leadwire serves it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": _BY_PAIR,
        "tags": [{"name": name} for name in dict.fromkeys(o.api_type for o in CATALOGUE)],
        "paths": {
            operation.url_path: {operation.method.lower(): _operation(operation, of_type)}
            for operation in CATALOGUE
        },
        "components": {
            "schemas": {"Fault": _FAULT_SCHEMA, **components},
            "securitySchemes": _SECURITY,
        },
    }


def _operation(operation: Operation, of_type: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "tags": [operation.api_type],
        "responses": {
            "200": {
                "description": "The result.",
                "content": {
                    operation.result_media: {
                        "schema": _BINARY
                        if operation.result is bytes
                        else of_type[repr(operation.result)],
                        "example": msgspec.json.decode(operation.result_example),
                    }
                },
            },
            **{str(status): _fault(status, operation) for status in _ALWAYS},
        },
    }
    if operation.redirects:
        document["responses"]["302"] = {"description": "To the page that the form names."}
    if operation.gives_csv:
        document["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    if operation.keys != "pair":
        document["security"] = _SECURITY_OF[operation.keys]
    if operation.parameters:
        document["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.body is not None:
        document["requestBody"] = {
            "required": not operation.body_optional,
            "content": {
                _media(operation): {
                    "schema": of_type[repr(operation.body)],
                    "example": msgspec.json.decode(operation.body_example),
                }
            },
        }
    return document


def _media(operation: Operation) -> str:
    media = {"": "application/json", "file": "multipart/form-data", "fields": URLENCODED}
    return media[operation.form]


def _description(operation: Operation) -> str:
    return "\n\n".join((*operation.remarks, f"{operation.evidence.sentence}."))


def _fault(status: int, operation: Operation) -> dict[str, Any]:
    names = [
        kind.exception_type
        for kind in FAULT_KINDS
        if kind.status_code == status
        and (not kind.exception_type.startswith("MX") or status in (401, 429))
    ]
    if status == 500:  # noqa: PLR2004  # the dialect's status for whatever the domain refuses
        names += operation.all_faults
    return {
        "description": ", ".join(dict.fromkeys(names)),
        "content": {"application/json": {"schema": _FAULT}},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    elif parameter.kind == "boolean":
        schema["enum"] = ["true", "false", "1", "0"]
    elif parameter.kind == "id":
        schema["format"] = "uuid"
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.help,
        "schema": schema,
    }
