"""Example calls of an operation, ready to paste."""

import json
from typing import Final, NamedTuple
from urllib.parse import unquote

from leadwire.operations import Operation
from leadwire.operations.operation import Keys
from leadwire.operations.shared import EXAMPLE_LEAD_ID

_EXAMPLE_PARAMETERS: Final = {
    "emailaddress": "asha@example.com",
    "phone": "%2B91-9000000001",
    "key": "Asha",
    "schemaName": "Phone",
    "LeadUpdateBehavior": "UpdateOnlyEmptyFields",
}


class Example(NamedTuple):
    """One example call: as a curl command, as Python, and what a form can begin with."""

    curl: str
    python: str
    parameters: dict[str, str]
    """The parameters of the example, as they read."""


_PAIR: Final = (
    ("x-LSQ-AccessKey", "LEADWIRE_ACCESS_KEY"),
    ("x-LSQ-SecretKey", "LEADWIRE_SECRET_KEY"),
)
_ASYNC: Final = (("x-api-key", "LEADWIRE_ASYNC_KEY"),)
_KEYS_SENT: Final[dict[Keys, tuple[tuple[str, str], ...]]] = {
    "pair": _PAIR,
    "pair and async": (*_PAIR, *_ASYNC),
    "async": _ASYNC,
    "account code": (),
    "none": (),
}
"""Headers, with the shell variables that hold the reader's keys."""


def example_of(operation: Operation, base_url: str) -> Example:
    """*base_url* is the server's own address, without a slash at its end."""
    given: dict[str, str] = {
        parameter.name: _EXAMPLE_PARAMETERS.get(parameter.name, EXAMPLE_LEAD_ID)
        for parameter in operation.parameters
        if parameter.kind != "boolean" and (parameter.required or operation.body is None)
    }
    query = "&".join(f"{name}={value}" for name, value in given.items())
    url = f"{base_url}{operation.url_path}{f'?{query}' if query else ''}"
    keys = _KEYS_SENT[operation.keys]
    curl = [f"curl '{url}'", *(f'-H "{header}: ${name}"' for header, name in keys)]
    python = [
        "import os, requests",
        "",
        "keys = {",
        *(f'    "{header}": os.environ["{name}"],' for header, name in keys),
        "}",
    ]
    if operation.body is None:
        curl += ["-X POST"] if operation.posts_nothing else []
        python.append(f'answer = requests.{operation.method.lower()}("{url}", headers=keys)')
    elif operation.form == "fields":
        fields = json.loads(operation.body_example)
        curl += [f"--data-urlencode '{name}={value}'" for name, value in fields.items()]
        python.append(f'answer = requests.post("{url}", headers=keys, data={fields!r})')
    elif operation.form:
        curl += ["-F 'FileType=1'", "-F 'uploadFiles=@plan.pdf'"]
        python += [
            'files = {"uploadFiles": open("plan.pdf", "rb")}',
            f'answer = requests.post("{url}", headers=keys, files=files)',
        ]
    else:
        curl += ["-H 'Content-Type: application/json'", f"-d '{operation.body_example}'"]
        python += [
            f"body = {json.loads(operation.body_example)!r}",
            f'answer = requests.post("{url}", headers=keys, json=body)',
        ]
    result = "json()" if operation.result_media == "application/json" else "content"
    python.append(f"print(answer.status_code, answer.{result})")
    return Example(
        " \\\n  ".join(curl),
        "\n".join(python),
        {name: unquote(value) for name, value in given.items()},
    )
