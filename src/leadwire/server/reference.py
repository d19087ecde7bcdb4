"""Public help pages: every operation and every fault, made from the same tables."""

import json
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.console.assets import Assets
from leadwire.console.rendering import Pages
from leadwire.console.security import SECURITY_HEADERS
from leadwire.operations import CATALOGUE, Operation
from leadwire.operations.operation import Keys
from leadwire.operations.shared import EXAMPLE_LEAD_ID
from leadwire.wire.faults import EVERY_OPERATION, FAULT_KINDS, FaultKind

_EXAMPLE_PARAMETERS: Final = {
    "emailaddress": "asha@example.com",
    "phone": "%2B91-9000000001",
    "key": "Asha",
    "schemaName": "Phone",
    "LeadUpdateBehavior": "UpdateOnlyEmptyFields",
}
_BY_NAME: Final = {operation.name.lower(): operation for operation in CATALOGUE}


class Example(NamedTuple):
    """One example call, ready to paste."""

    curl: str
    python: str


class Reference:
    """The pages under ``/docs`` and ``/errors``."""

    def __init__(self) -> None:
        self._pages = Pages(Assets(), packages=("leadwire.server.site",))

    def routes(self) -> list[Route]:
        return [
            Route("/docs", self.operations),
            Route("/docs/{operation}", self.operation),
            Route("/errors", self.faults),
            Route("/errors/{exception_type}", self.fault),
        ]

    async def operations(self, _request: Request) -> Response:
        families = [
            (api_type, list(members))
            for api_type, members in groupby(CATALOGUE, key=lambda operation: operation.api_type)
        ]
        return self._answer("operations.html", families=families)

    async def operation(self, request: Request) -> Response:
        operation = _BY_NAME.get(request.path_params["operation"].lower())
        if operation is None:
            return self._missing("operation", request.path_params["operation"])
        return self._answer(
            "operation.html",
            operation=operation,
            example=_example(operation, str(request.base_url).rstrip("/")),
            body=_pretty(operation.body_example),
            result=_pretty(operation.result_example),
            faults=_faults(operation),
            everywhere=EVERY_OPERATION,
        )

    async def faults(self, _request: Request) -> Response:
        return self._answer("faults.html", kinds=FAULT_KINDS)

    async def fault(self, request: Request) -> Response:
        wanted = request.path_params["exception_type"].lower()
        kinds = [kind for kind in FAULT_KINDS if kind.exception_type.lower() == wanted]
        if not kinds:
            return self._missing("exception type", request.path_params["exception_type"])
        name = kinds[0].exception_type
        raised_by = [operation for operation in CATALOGUE if name in operation.all_faults]
        return self._answer("fault.html", name=name, kinds=kinds, raised_by=raised_by)

    def _missing(self, what: str, name: str) -> Response:
        return self._answer("missing.html", status_code=404, what=what, name=name)

    def _answer(self, template: str, *, status_code: int = 200, **context: object) -> Response:
        answer = self._pages.answer(template, viewer=None, status_code=status_code, **context)
        answer.headers.update(SECURITY_HEADERS)
        return answer


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


def _faults(operation: Operation) -> list[FaultKind]:
    """The fault kinds in the operation's row, each type once."""
    first = {kind.exception_type: kind for kind in reversed(FAULT_KINDS)}
    return [first[name] for name in operation.all_faults]


def _pretty(text: str) -> str:
    return msgspec.json.format(text, indent=2) if text else ""


def _example(operation: Operation, base_url: str) -> Example:
    given = {
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
    return Example(" \\\n  ".join(curl), "\n".join(python))
