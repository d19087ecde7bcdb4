"""A viewer without the right to bodies meets no caller's text on any page, export or stream."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest
from console.browser.plausible import DEVELOPER, VIEWER, Served, plausible_server
from console.test_rights import ROLES
from console.world import PASSWORD
from support import ACTIVITIES, LEADS, attributes
from webhooks.steps import Console

_PLANTED: Final = "planted-7c1e"
"""In every place where a caller can write a text."""
_OK: Final = 200
_OPENED_MIN: Final = 100
"""Most of the answers are pages and data, not refusals."""
_NO_PAGES: Final = ("/live", "/console/sign-in", "/join/", "/static/", "/console/files")
"""Streams without an end, and what is the same for everybody."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with plausible_server(tmp_path_factory.mktemp("withheld")) as served:
        _plant(served)
        yield served


def _plant(served: Served) -> None:
    """Calls that succeed and fail, with the text in body, query, header, message and lead."""
    api = served.api
    email = f"{_PLANTED}@example.com"
    lead = api.create(FirstName=_PLANTED, EmailAddress=email)
    served.ids["lead_id"] = lead
    failed = api.post(LEADS + "Lead.Create", attributes({"EmailAddress": email, _PLANTED: "x"}))
    served.ids["call_id"] = failed.call_id
    for _ in range(4):
        api.post(LEADS + f"Lead.Update?leadId={lead}", attributes({"LastName": _PLANTED}))
        api.get(LEADS + "Leads.GetByQuickSearch", key=_PLANTED, misspelt=_PLANTED)
    api.post(
        ACTIVITIES + "Create",
        {"RelatedProspectId": lead, "ActivityEvent": 201, "ActivityNote": _PLANTED, _PLANTED: 1},
    )
    api.call("GET", LEADS + "Leads.GetById", headers={"X-Note": _PLANTED, "User-Agent": "curl/8"})


def _addresses(served: Served) -> Iterator[str]:
    """Every GET route, with the ids of the planted call and lead; each list also searched."""
    for row in ROLES:
        method, _, path = row.partition(" ")
        if method != "GET" or any(part in path for part in _NO_PAGES):
            continue
        thing = path.split("/")[2] if "{thing_id}" in path else ""
        one = {"activities": "activity", "opportunities": "opportunity"}.get(thing, thing[:-1])
        with suppress(KeyError):
            yield path.replace("{number}", "1").format(
                **served.ids | {"thing_id": served.ids.get(f"{one}_id", "unknown")},
                view_id="unknown", user_id=served.ids["leela_id"], name="mx_City",
            )  # fmt: skip


@pytest.mark.parametrize("email", [VIEWER, DEVELOPER])
def test_no_route_shows_a_text_of_a_caller(planted: Served, email: str) -> None:
    """Page, JSON, CSV and text alike, for a viewer and for a developer."""
    console = Console(planted.api, email=email, password=PASSWORD)
    shown, opened = [], 0
    for address in _addresses(planted):
        for query in ("", "?last=7d", "?q=status:error&last=7d"):
            answer = console.get(address + query)
            opened += answer.status == _OK
            if _PLANTED in answer.body.decode(errors="replace"):
                shown.append(address + query)
    assert shown == []
    assert opened >= _OPENED_MIN


def test_every_route_is_asked_for_with_ids_that_exist(planted: Served) -> None:
    """A new kind of id in a route must be planted here too."""
    found = len(list(_addresses(planted)))
    asked = [
        row for row in ROLES
        if row.startswith("GET") and not any(part in row for part in _NO_PAGES)
    ]  # fmt: skip
    assert found == len(asked)


def test_whoever_may_see_bodies_does_see_the_text(planted: Served) -> None:
    """So the search above can find it."""
    api = planted.api
    console = Console(api, email="priya.nair@example.com", password=PASSWORD)
    page = console.get(f"/console/api-logs/{planted.ids['call_id']}")
    assert page.status == _OK
    assert _PLANTED in page.body.decode()
