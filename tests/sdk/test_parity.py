"""The catalogue, the asynchronous and the blocking client agree, to the last operation."""

import ast
import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from leadwire import sdk
from leadwire.operations import CATALOGUE
from leadwire.sdk.aio.client import AsyncClient
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.blocking.resource import Resource

ROOT = Path(__file__).parents[2]
SOURCE = Path(sdk.__file__).parent / "aio"

_NOT_REPEATED_GETS = {
    "CustomActivity.Lock",
    "Lead.Delete",
    "List.RemoveLead",
    "Note.Delete",
    "Opportunity.Delete",
    "Product.Delete",
    "Webhook.Delete",
}
_NOT_REPEATED_POSTS = {
    "ActivityType.Create",
    "Async.Lead.Capture",
    "Async.Lead.Update",
    "Async.Opportunity.Capture",
    "Async.Opportunity.Update",
    "Async.ProspectActivity.Create",
    "Async.ProspectActivity.CreateCustom",
    "Attachment.Add",
    "Bulk.CustomActivity.Add.ByLeadField",
    "Bulk.CustomActivity.Add.ByLeadId",
    "Company.Create",
    "CompanyActivity.Create",
    "CreateLeadField",
    "File.Upload",
    "Lead.BulkCreate",
    "Lead.Capture",
    "Lead.Create",
    "Lead.MarkEmailInvalid",
    "Lead.MarkEmailValid",
    "Lead.Merge",
    "List.Create",
    "Note.Create",
    "Opportunity.Capture",
    "Product.Create",
    "ProspectActivity.Create",
    "ProspectActivity.CreateCustom",
    "SalesActivity.Create",
    "ScheduleEmailToLead",
    "SendCampaignToList",
    "SendEmailToLead",
    "SendMail",
    "Task.Bulk.Create",
    "Task.Create",
    "User.Create",
    "Webhook.Create",
}


def calls() -> Iterator[tuple[str, bool | None]]:
    """Every operation that a resource calls, and what it says about repeating it."""
    for path in sorted(SOURCE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr != "_call" or not isinstance(node.args[0], ast.Constant):
                continue
            said = [word.value for word in node.keywords if word.arg == "repeatable"]
            # Said by an expression: what it says depends on what is sent.
            fixed = [part.value for part in said if isinstance(part, ast.Constant)]
            yield node.args[0].value, (fixed or [True])[0] if said else None


def test_every_operation_has_a_resource_method() -> None:
    """An operation that enters the catalogue without one fails here, and so does a stray name."""
    called = Counter(name for name, _ in calls())
    assert set(called) == {operation.name for operation in CATALOGUE}


def test_what_is_never_sent_twice_is_pinned() -> None:
    """A change here is the change under review: a call that leaves the list may be done twice."""
    methods = {operation.name: operation.method for operation in CATALOGUE}
    found = {
        name
        for name, said in calls()
        if said is False or (said is None and methods[name] == "POST")
    }
    assert found == _NOT_REPEATED_GETS | _NOT_REPEATED_POSTS
    assert all(methods[name] == "GET" for name in _NOT_REPEATED_GETS)


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


def test_the_blocking_client_is_made_of_the_asynchronous_one() -> None:
    """As scripts/sdk makes it: nobody edited it by hand."""
    finished = subprocess.run(  # noqa: S603  # a script of the project
        [sys.executable, str(ROOT / "scripts" / "sdk.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


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
