"""Every page and action, for every role: a new one without a row here fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from console.world import World
from engines import copy_folder, place, settings
from starlette.routing import Route
from support import InProcess, LoopThread, StandingClock
from webhooks.steps import Console

from leadwire.access.accounts import FirstAccount, create_account
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.change import Change
from leadwire.access.passwords import hash_password
from leadwire.access.users import UserDraft, insert_user
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store

_PASSWORD: Final = "a password of everybody"  # noqa: S105  # made here
_ORDER: Final = ("anyone", "viewer", "developer", "administrator", "operator")
_S: Final = "/console/settings"
_W: Final = "/console/webhooks"
_DELIVERY: Final = _W + "/{webhook_id}/deliveries/{delivery_id}"
_CALLS: Final = (
    "", ".json", ".csv", ".jsonl", ".parquet", "/statistics.json", "/completion.json", "/{call_id}",
    "/{call_id}.json", "/{call_id}/request.txt", "/{call_id}/response.txt",
    "/{call_id}/explanation.json", "/{call_id}/newer", "/{call_id}/older", "/{call_id}/around",
)  # fmt: skip

_THINGS: Final = ("activities", "tasks", "opportunities", "lists")
_BODIES: Final = ("request", "response")

ROLES: Final[dict[str, str]] = {
    "GET /console": "viewer",
    "GET /console/": "viewer",
    "GET /console/sign-in": "anyone",
    "POST /console/sign-in": "anyone",
    "POST /console/sign-out": "anyone",
    "POST /console/preferences": "anyone",
    "GET /console/join/{token}": "anyone",
    "POST /console/join/{token}": "anyone",
    "GET /console/static/{digest}/{name}": "anyone",
    "GET /console/overview": "viewer",
    "GET /console/overview.json": "viewer",
    "GET /console/alerts": "viewer",
    "POST /console/alerts": "developer",
    "POST /console/alerts/{alert_id}/test": "developer",
    "POST /console/alerts/{alert_id}/delete": "developer",
    "GET /console/lint": "viewer",
    "GET /console/lint.json": "viewer",
    "GET /console/files": "viewer",
    "GET /console/live": "viewer",
    "GET /console/views": "viewer",
    "POST /console/views": "developer",
    "POST /console/views/{view_id}/rename": "developer",
    "POST /console/views/{view_id}/delete": "developer",
    "GET /console/pinned-calls": "viewer",
    **{f"POST /console/api-logs/{{call_id}}/{act}": "developer" for act in ("pin", "unpin")},
    **{
        f"POST /console/refused-calls/{{call_id}}/{act}": "administrator"
        for act in ("pin", "unpin")
    },
    "GET /console/leads": "viewer",
    "GET /console/leads/{lead_id}": "viewer",
    **{f"GET /console/{things}": "viewer" for things in _THINGS},
    **{f"GET /console/{things}/{{thing_id}}": "viewer" for things in _THINGS},
    "GET /console/outbox": "viewer",
    "GET /console/outbox/{mail_id}": "viewer",
    **{f"GET /console/api-logs{end}": "viewer" for end in _CALLS},
    # For whoever may see bodies: here only the administrators.
    **{f"GET /console/api-logs/{{call_id}}/{end}.txt": "administrator" for end in _BODIES},
    "GET /console/api-logs/{call_id}/run": "administrator",
    "POST /console/api-logs/{call_id}/run": "administrator",
    "POST /console/api-logs/{call_id}/run-for-real": "administrator",
    **{f"GET /console/refused-calls{end}": "administrator" for end in _CALLS},
    f"GET {_W}": "developer",
    f"POST {_W}": "developer",
    f"GET {_W}/new": "developer",
    f"GET {_W}/{{webhook_id}}": "developer",
    f"POST {_W}/{{webhook_id}}": "developer",
    f"GET {_W}/{{webhook_id}}/edit": "developer",
    f"GET {_W}/{{webhook_id}}/history": "developer",
    f"POST {_W}/{{webhook_id}}/enable": "developer",
    f"POST {_W}/{{webhook_id}}/disable": "developer",
    f"POST {_W}/{{webhook_id}}/delete": "developer",
    f"POST {_W}/{{webhook_id}}/secret": "developer",
    f"POST {_W}/{{webhook_id}}/test": "developer",
    f"GET {_DELIVERY}": "developer",
    f"POST {_DELIVERY}/redeliver": "developer",
    # For whoever may see bodies: here only the administrators.
    f"GET {_DELIVERY}/payload.txt": "administrator",
    f"GET {_DELIVERY}/attempts/{{number}}.txt": "administrator",
    f"GET {_S}": "viewer",
    f"GET {_S}/profile": "viewer",
    f"POST {_S}/profile": "viewer",
    f"POST {_S}/profile/password": "viewer",
    f"POST {_S}/profile/sessions/others": "viewer",
    f"POST {_S}/profile/sessions/{{session_id}}": "viewer",
    f"POST {_S}/switch": "viewer",
    f"GET {_S}/keys": "developer",
    f"POST {_S}/keys": "developer",
    f"POST {_S}/keys/{{key_id}}/rotate": "developer",
    f"POST {_S}/keys/{{key_id}}/retire": "developer",
    f"POST {_S}/keys/{{key_id}}/revoke": "developer",
    f"GET {_S}/users": "administrator",
    f"POST {_S}/users": "administrator",
    f"GET {_S}/users/{{user_id}}": "administrator",
    f"POST {_S}/users/{{user_id}}": "administrator",
    f"POST {_S}/users/{{user_id}}/deactivate": "administrator",
    f"POST {_S}/users/{{user_id}}/activate": "administrator",
    f"POST {_S}/users/{{user_id}}/link": "administrator",
    f"GET {_S}/audit": "administrator",
    f"GET {_S}/audit.csv": "administrator",
    f"GET {_S}/plan": "viewer",
    f"GET {_S}/plan.json": "viewer",
    f"POST {_S}/plan": "administrator",
    f"POST {_S}/plan/reset": "administrator",
    f"GET {_S}/fields": "developer",
    f"POST {_S}/fields": "developer",
    f"POST {_S}/fields/{{name}}/add": "developer",
    f"POST {_S}/fields/{{name}}/remove": "developer",
    f"GET {_S}/retention": "administrator",
    f"POST {_S}/retention": "operator",
    f"POST {_S}/retention/reset": "operator",
    f"GET {_S}/personal": "administrator",
    f"POST {_S}/personal": "operator",
    f"POST {_S}/personal/reset": "operator",
    f"GET {_S}/server": "operator",
    f"GET {_S}/backup": "operator",
    f"GET {_S}/about": "viewer",
}
"""The least role that may, by method and path.

The operator is an administrator of the first account.
"""


class Places(NamedTuple):
    """A server, and a signed-in browser for each role."""

    api: InProcess
    by_role: dict[str, Console]


@pytest.fixture(scope="module")
def places(
    prepared: tuple[Path, FirstAccount],
    loop_thread: LoopThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Places]:
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("rights") / "data")
    _add_people(folder, prepared[1])
    api = InProcess(loop_thread, settings(folder), prepared[1])
    people = {
        "viewer": ("viewer@acme.test", _PASSWORD),
        "developer": ("developer@acme.test", _PASSWORD),
        "administrator": ("boss@other.test", _PASSWORD),
        "operator": (api.keys.user_email, api.keys.password),
    }
    yield Places(
        api,
        {
            role: Console(api, email=email, password=password)
            for role, (email, password) in people.items()
        },
    )
    api.close()


def _add_people(folder: Path, first: FirstAccount) -> None:
    def add(change: Change) -> None:
        create_account(
            change,
            name="Other",
            email="boss@other.test",
            password=_PASSWORD,
            password_hash=hash_password(_PASSWORD, quickly=True),
        )
        for role in ("developer", "viewer"):
            draft = UserDraft(
                email=f"{role}@acme.test",
                role="Sales_User",
                is_developer=role == "developer",
                password=_PASSWORD,
            )
            insert_user(change, first.account_id, draft)

    store = access_store(place(folder), clock=StandingClock(), ids=SystemIds())
    try:
        store.change(COMMAND_LINE, add)
    finally:
        store.close()


def test_every_route_has_a_row(world: World) -> None:
    """And every row a route."""
    found = {
        f"{method} {route.path}"
        for route in world.app().routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert found == set(ROLES)


@pytest.mark.parametrize("row", ROLES)
def test_whoever_has_less_than_the_role_is_refused(places: Places, row: str) -> None:
    """With 403, before anything is looked up or done; whoever has it, is not."""
    method, _, path = row.partition(" ")
    target = _with_values(path)
    for role, console in places.by_role.items():
        is_allowed = _ORDER.index(role) >= _ORDER.index(ROLES[row])
        if is_allowed and (path.endswith("/live") or path == "/console/sign-out"):
            continue  # a stream without an end; and the session is needed for other rows
        answer = console.get(target) if method == "GET" else console.post(target)
        assert (answer.status == 403) != is_allowed, (role, answer.status)
        assert answer.status < 500


@pytest.mark.parametrize("row", [row for row, role in ROLES.items() if role != "anyone"])
def test_without_a_session_nothing_opens(places: Places, row: str) -> None:
    """A page leads to the sign-in, data answer 401."""
    method, _, path = row.partition(" ")
    answer = places.api.call(method, _with_values(path), keys="none")
    if answer.status == 303:
        assert answer.headers["location"].startswith("/console/sign-in")
    else:
        assert answer.status == 401


def _with_values(path: str) -> str:
    """*path* with an unknown id at each place."""
    for name in ("call_id", "mail_id", "webhook_id", "delivery_id", "session_id", "key_id"):
        path = path.replace(f"{{{name}}}", "unknown")
    for name in ("user_id", "name", "token", "digest", "lead_id", "thing_id"):
        path = path.replace(f"{{{name}}}", "unknown")
    return path.replace("{number}", "1")
