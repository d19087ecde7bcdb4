"""What an answer means: by its type before its status, and never a crash."""

import json
from collections.abc import Callable

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdk.both import Driven, Made

from leadwire.operations import CATALOGUE
from leadwire.sdk import errors
from leadwire.sdk.answers import Reply, judge
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.calls import operation_call, operation_named
from leadwire.sdk.errors import BY_TYPE
from leadwire.sdk.keys import KeyPair

RATE_TEXT = "API calls exceeded the limit of 25 in 5 second(s)"


def said(kind: str, text: str = "no", status: str = "Error") -> dict[str, str]:
    return {"Status": status, "ExceptionType": kind, "ExceptionMessage": text}


def answering(status: int, body: object, **headers: str) -> Callable[..., httpx2.Response]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _request: httpx2.Response(status, content=content, headers=headers)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, said("MXDuplicateEntryException"), errors.Duplicate),
        (200, said("MXDuplicateEntryException"), errors.Duplicate),
        (500, said("MXUnknownAttributeException"), errors.FieldUnknown),
        (500, said("MXSomethingNewException"), errors.Rejected),
        (200, {"Status": "Failed", "Message": {"Message": "Invalid event code"}}, errors.Rejected),
        (200, {"Status": 1, "ExceptionType": None, "ExceptionMessage": "no"}, errors.Rejected),
        (429, said("MXAPIRateLimitExceededException", RATE_TEXT), errors.RateLimited),
        (403, said("", RATE_TEXT), errors.RateLimited),
        (403, {"ExceptionMessage": RATE_TEXT}, errors.RateLimited),
        (200, said("MXAPIRateLimitExceededException", RATE_TEXT), errors.RateLimited),
        (429, b"slow down", errors.RateLimited),
        (401, said("MXUnAuthorizedAccessException"), errors.KeysRefused),
        (401, b"<html>no</html>", errors.KeysRefused),
        (500, said("MXUnAuthorizedAccessException"), errors.PermissionMissing),
        (400, said(""), errors.RequestMalformed),
        (404, {}, errors.OperationUnknown),
        (405, b"", errors.OperationUnknown),
        (500, b"<html>Server Error</html>", errors.ServerFault),
        (502, b"", errors.ServerFault),
        (500, said("ArgumentNullException"), errors.ServerFault),
        (302, b"", errors.Redirected),
        (200, b"<html>a login page</html>", errors.AnswerUnreadable),
        (200, b'{"Status":"Succ', errors.AnswerUnreadable),
        (200, {"Status": "Success", "Leads": "none"}, errors.AnswerUnreadable),
        (200, ["not a lead"], errors.AnswerUnreadable),
        (200, None, errors.AnswerUnreadable),
    ],
)
def test_each_answer_becomes_its_exception(
    make: Made, status: int, body: object, kind: type[errors.Answered]
) -> None:
    """Type and text first, the status then; the raw body is kept, whatever it is."""
    client = make.answered_by(answering(status, body), retries=0)
    with pytest.raises(errors.Answered) as caught:
        client.leads.get("x")
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.body == (body if isinstance(body, bytes) else json.dumps(body).encode())
    assert caught.value.operation == "Leads.GetById"


def test_an_error_carries_what_a_handler_needs(make: Made) -> None:
    """Type, message, the call's id at a leadwire server, operation and attempts."""
    body = said("MXDuplicateEntryException", "A Lead with same Email already exists.")
    client = make.answered_by(answering(500, body, **{"X-Leadwire-Call-Id": "0199"}))
    with pytest.raises(errors.Duplicate) as caught:
        client.leads.create(first_name="Asha")
    error = caught.value
    assert error.exception_type == "MXDuplicateEntryException"
    assert error.message == "A Lead with same Email already exists."
    assert (error.call_id, error.operation, error.attempts) == ("0199", "Lead.Create", 1)
    assert (error.retryable, error.maybe_applied) == (False, False)
    assert str(error) == (
        "Lead.Create: A Lead with same Email already exists. "
        "(MXDuplicateEntryException, HTTP 500, call 0199)"
    )


def test_a_missing_answer_names_the_host_and_what_may_have_happened(make: Made) -> None:
    """Who reads the text alone knows where to look, and whether to look for a lead."""

    def broken(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("connection reset")

    client = make.answered_by(broken)
    with pytest.raises(errors.ConnectionLost) as caught:
        client.leads.create(first_name="Asha")
    assert str(caught.value) == (
        "Lead.Create at http://leads.example.com: ReadError: connection reset; "
        "it may have been carried out"
    )
    with pytest.raises(errors.ConnectionLost, match=r"connection reset \(3 attempts\)$"):
        client.with_options(retries=2).leads.get("x")


def test_a_partly_done_call_says_so(make: Made) -> None:
    """Opportunity Capture has a status for it."""
    body = {"Status": 2, "ExceptionType": None, "ExceptionMessage": "the activity was not posted"}
    client = make.answered_by(answering(200, body))
    with pytest.raises(errors.Rejected, match="the activity was not posted") as caught:
        client.opportunities.capture({"first_name": "Asha"}, {"mx_Custom_1": "Flat"})
    assert caught.value.maybe_applied


def test_missing_members_of_a_success_are_none(make: Made) -> None:
    """Members that are left out are None; those that are new are there."""
    client = make.answered_by(answering(200, [{"Fresh": 1}]))
    lead = client.leads.get("x")
    assert (lead.first_name, lead.created_on, lead["Fresh"]) == (None, None, 1)
    client = make.answered_by(answering(200, {"Status": "Success"}))
    assert client.leads.update("x", first_name="Asha").affected_rows is None


def test_every_documented_type_is_known() -> None:
    """Every type that the catalogue's faults name has a meaning of its own, or is a Rejected."""
    named = {fault for operation in CATALOGUE for fault in operation.faults}
    assert named - set(BY_TYPE) == set()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Status", "ExceptionType", "ExceptionMessage", "Message", "List"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    status=st.integers(100, 599),
    body=_JSON.map(msgspec.json.encode) | st.binary(max_size=40),
    operation=st.sampled_from([operation.name for operation in CATALOGUE]),
)
def test_no_answer_crashes_the_judge(status: int, body: bytes, operation: str) -> None:
    """Any status with any body is a result or an error of the tree; below 200 and above 299 it
    is never a result.
    """  # one sentence
    query = {parameter.name: "x" for parameter in operation_named(operation).parameters}
    call = operation_call(operation, lambda tree: tree, query=query)
    keys = KeyPair("access", "secret")
    verdict = judge(Reply(status, {}, body), call, CallInfo(status=status), keys.mask, now_ms=0)
    assert verdict.error is None or isinstance(verdict.error, errors.Answered)
    if not 200 <= status < 300:
        assert verdict.error is not None
    if verdict.error is not None:
        assert str(verdict.error)


@given(tree=_JSON)
def test_no_answer_crashes_a_resource(tree: object) -> None:
    """Any JSON under a 200 is a result or an SdkError, from every method that reads rows."""
    from leadwire import Client  # noqa: PLC0415

    answer = answering(200, tree)
    with Client(
        access_key="a", secret_key="b", host="http://x.example", retries=0,  # noqa: S106
        transport=httpx2.MockTransport(answer),
    ) as client:  # fmt: skip
        for call in (
            lambda: client.leads.get("x"),
            lambda: client.leads.search("mx_City", "Pune"),
            lambda: client.leads.bulk_create([{"first_name": "a"}]),
            lambda: client.opportunities.capture({"first_name": "a"}, {}),
            client.users.me,
            lambda: client.lists.count("x"),
        ):
            try:
                repr(call())
            except errors.SdkError as error:
                assert str(error)  # noqa: PT017


def test_wrong_keys_are_refused_by_the_server(client: Driven, make: Made, api: object) -> None:
    """As KeysRefused, which no retry follows."""
    del client
    wrong = make.in_process(api, access_key="u$r" + "0" * 32)
    with pytest.raises(errors.KeysRefused) as caught:
        wrong.leads.get("x")
    assert (caught.value.attempts, caught.value.retryable) == (1, False)
