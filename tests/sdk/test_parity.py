"""The catalogue, the asynchronous and the blocking client agree, to the last operation."""

import inspect
from pathlib import Path

import pytest
from sdk_methods import sdk_methods

from leadwire.operations import CATALOGUE, Operation
from leadwire.sdk.aio.client import AsyncClient
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.calls import operation_call

ROOT = Path(__file__).parents[2]


def test_every_operation_has_a_resource_method() -> None:
    """Each operation has a public method of a client, unless its row says that it has none."""
    assert set(sdk_methods()) == {row.name for row in CATALOGUE if row.in_sdk}


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_a_call_is_repeated_as_the_catalogue_says(operation: Operation) -> None:
    """With and without a value that identifies what is written."""
    for has_key in (True, False):
        query = {parameter.name: "x" for parameter in operation.parameters}
        call = operation_call(operation.name, lambda tree: tree, query=query, has_key=has_key)
        with_key = operation.repeat == "safe with a key" and has_key
        assert call.repeatable == (operation.repeat == "safe" or with_key)
        assert call.refused_again == (operation.repeat == "refused" and has_key)


def test_deletes_and_creates_are_never_safe_to_repeat() -> None:
    """Nothing but reads and changes to a known thing is marked as safe."""
    risky = ("Create", "Delete", "Add", "Remove", "Send", "Upload", "Lock", "Capture", "Merge")
    safe = {operation.name for operation in CATALOGUE if operation.repeat == "safe"}
    assert {name for name in safe if name.split(".")[-1].startswith(risky)} == {
        # To add members again changes nothing; nor does removing what is not there any more.
        "DeleteActivities",
        "DeleteTasks",
        "Lead.DeleteStageChangeHistory",
        "Lead.DeleteUserAssignmentChangeHistory",
        "LeadField.Options.Remove",
        "List.AddLead",
        "List.AddLeads",
        "UserGroup.AddUsers",
        "UserGroup.RemoveUsers",
    }


def test_both_clients_offer_the_same() -> None:
    """Resources, methods, parameters and their types; only waiting differs."""
    pairs = [(AsyncClient, Client), (AsyncResource, Resource)]
    by_name = {kind.__name__: kind for kind in Resource.__subclasses__()}
    pairs += [
        (kind, by_name.pop(kind.__name__.removeprefix("Async")))
        for kind in AsyncResource.__subclasses__()
    ]
    assert by_name == {}
    for waiting, blocking in pairs:
        assert set(_methods(waiting)) == set(_methods(blocking))
        for name, method in _methods(waiting).items():
            theirs = inspect.signature(_methods(blocking)[name]).parameters
            ours = inspect.signature(method).parameters
            assert list(ours) == list(theirs), name
            for parameter in set(ours) - {"fetch", "sleep", "transport"}:
                expected = str(ours[parameter]).replace("Async", "").replace(".aio.", ".blocking.")
                assert expected == str(theirs[parameter]).replace("Async", ""), (name, parameter)


def test_a_client_has_every_resource() -> None:
    """Each subclass of the resource is an attribute of the client."""
    client = Client(access_key="a", secret_key="b", host="api.example.com")  # noqa: S106
    kinds = {type(value) for value in vars(client).values() if isinstance(value, Resource)}
    assert kinds == set(Resource.__subclasses__())
    client.close()


def _methods(kind: type) -> dict[str, object]:
    renamed = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
    return {
        renamed.get(name, name): member
        for name, member in vars(kind).items()
        if inspect.isfunction(member)
    }
