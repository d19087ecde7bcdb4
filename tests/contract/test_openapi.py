"""The OpenAPI document is valid, says what the catalogue says, and the server keeps to it."""

import os
from urllib.parse import urlsplit

import jsonschema_rs
import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support import ENVELOPE, Answer, InProcess, new_async_key

from leadwire.operations import CATALOGUE, Operation
from leadwire.wire.faults import EVERY_OPERATION
from leadwire.wire.openapi import openapi, openapi_json

_BASE = "http://leads.example.com"
_EXAMPLES = int(os.environ.get("LEADWIRE_FUZZ_EXAMPLES", "10"))
"""Requests for each operation. More than the default finds more, and takes as much longer."""
_CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
_DOCUMENT = openapi()
_SCHEMA = schemathesis.openapi.from_dict(_DOCUMENT)
_OPERATIONS = pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)


def test_the_document_is_valid() -> None:
    """OpenAPI 3.1, and the same whether asked of the server or of the package."""
    _SCHEMA.validate()
    assert _DOCUMENT["openapi"] == "3.1.0"
    assert msgspec.json.decode(openapi_json()) == msgspec.json.decode(
        msgspec.json.encode(_DOCUMENT)
    )


def test_the_server_publishes_the_document(shared_api: InProcess) -> None:
    """To anyone, without keys."""
    answer = shared_api.call("GET", "/openapi.json", keys="none")
    assert (answer.status, answer.body) == (200, openapi_json())


def test_every_operation_is_in_the_document() -> None:
    """By its path, its method and its name."""
    listed = {
        (path, method.upper(), item["operationId"])
        for path, methods in _DOCUMENT["paths"].items()
        for method, item in methods.items()
    }
    assert listed == {(row.url_path, row.method, row.name) for row in CATALOGUE}


@_OPERATIONS
def test_every_example_fits_its_schema(operation: Operation) -> None:
    """What the document shows of a request is a request that it allows."""
    item = _DOCUMENT["paths"][operation.url_path][operation.method.lower()]
    if operation.body is None:
        assert "requestBody" not in item
        return
    [media] = item["requestBody"]["content"].values()
    whole = {**media["schema"], "components": _DOCUMENT["components"]}
    jsonschema_rs.validate(whole, media["example"])


@_OPERATIONS
def test_every_declared_fault_is_in_the_document(operation: Operation) -> None:
    """Under 500, by its name."""
    item = _DOCUMENT["paths"][operation.url_path][operation.method.lower()]
    assert set(operation.all_faults) <= set(item["responses"]["500"]["description"].split(", "))


@pytest.mark.slow
@_OPERATIONS
def test_every_answer_is_one_that_the_document_declares(
    shared_api: InProcess, operation: Operation
) -> None:
    """Whatever the document allows is answered with a declared status, in the declared form.

    This dialect answers 500 to input that it refuses, so the check is the fault: one that the
    operation declares, and never the unhandled one.
    """
    key = new_async_key(shared_api.folder) if operation.keys != "pair" else ""
    strategy = _SCHEMA[operation.url_path][operation.method].as_strategy()

    @given(case=strategy)
    @budget(
        max_examples=_EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        prepared = _prepared(case)
        answer = _sent(shared_api, prepared, key)
        case.validate_response(_response(answer, prepared), checks=_CHECKS)
        if answer.status >= 400:
            assert list(answer.json) == ENVELOPE
        if answer.status == 500:
            assert answer.exception_type in operation.all_faults, shared_api.record(
                answer
            ).traceback

    check()


def test_faults_that_any_operation_may_answer_are_not_declared_again() -> None:
    """A row declares what is its own."""
    common = {kind.exception_type for kind in EVERY_OPERATION}
    assert not [row.name for row in CATALOGUE if common & set(row.all_faults)]


def _prepared(case: schemathesis.Case) -> requests.PreparedRequest:
    arguments = case.as_transport_kwargs(base_url=_BASE)
    known = ("method", "url", "params", "headers", "json", "data", "cookies")
    return requests.Request(**{name: arguments.get(name) for name in known}).prepare()


def _sent(api: InProcess, prepared: requests.PreparedRequest, key: str) -> Answer:
    assert prepared.url is not None
    assert prepared.method is not None
    parts = urlsplit(prepared.url)
    body = prepared.body or b""
    content_type = prepared.headers.get("Content-Type")
    headers = {"Content-Type": content_type} if content_type else {}
    headers |= {"x-api-key": key} if key else {}
    return api.call(prepared.method, f"{parts.path}?{parts.query}", body, headers=headers)


def _response(answer: Answer, prepared: requests.PreparedRequest) -> schemathesis.Response:
    return schemathesis.Response(
        status_code=answer.status,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.body,
        request=prepared,
        elapsed=0.0,
        verify=False,
    )
