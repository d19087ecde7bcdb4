"""Which method of a client calls which operation."""

from types import FunctionType

from leadwire.operations import BY_NAME
from leadwire.sdk import Client
from leadwire.sdk.blocking.resource import Resource


def sdk_methods() -> dict[str, str]:
    """The first public method of a client that calls each operation: ``leads.create``.

    A method names its operation as a constant, or calls a private one that does.
    """
    client = Client(access_key="-", secret_key="-", host="localhost")  # noqa: S106  # none
    found: dict[str, str] = {}
    for attribute, resource in vars(client).items():
        if not isinstance(resource, Resource):
            continue
        methods = {
            name: member
            for name, member in vars(type(resource)).items()
            if isinstance(member, FunctionType)
        }
        for name, method in methods.items():
            called = [
                methods[part]
                for part in method.__code__.co_names
                if part in methods and part.startswith("_")
            ]
            for function in (method, *called):
                if not name.startswith("_"):
                    for operation in BY_NAME.keys() & set(function.__code__.co_consts):
                        found.setdefault(operation, f"{attribute}.{name}")
    return found
