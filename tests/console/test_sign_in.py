"""Signing in and out, and what a session opens."""

import pytest
from console.world import ASHA, BEN, PASSWORD, World
from starlette.testclient import TestClient

from leadwire.console.attempts import FAILURES_MAX, WINDOW_SECONDS
from leadwire.console.sessions import HOME_PATH, safe_next


def sign_in(client: TestClient, password: str = PASSWORD):
    return client.post("/console/sign-in", data={"email": ASHA.email, "password": password})


def test_a_script_signs_in_with_two_form_fields(world: World) -> None:
    """No token, no header: e-mail and password are enough, and the answer leads to API Logs."""
    client = world.client()
    response = sign_in(client)
    assert (response.status_code, response.headers["location"]) == (303, HOME_PATH)
    assert client.get(HOME_PATH).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    """HttpOnly, SameSite and bound to the console's path; Secure where the console says so."""
    cookie = sign_in(world.client()).headers["set-cookie"].lower()
    assert cookie.startswith("leadwire_session=")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/console"))
    assert "secure" not in cookie


def test_wrong_credentials_get_the_page_again_with_401(world: World) -> None:
    """The message does not say which of the two is wrong; the password is not sent back."""
    response = sign_in(world.client(), "guess-me")
    assert response.status_code == 401
    assert "The e-mail address or the password is wrong." in response.text
    assert ASHA.email in response.text
    assert "guess-me" not in response.text
    assert "set-cookie" not in response.headers


def test_guessing_is_slowed_and_released_after_the_window(world: World) -> None:
    """After the failures that are admitted even the right password waits, and only so long."""
    client = world.client()
    for _ in range(FAILURES_MAX):
        assert sign_in(client, "guess").status_code == 401
    checked = world.sessions.checked
    response = sign_in(client)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) == WINDOW_SECONDS
    assert world.sessions.checked == checked
    world.clock.at_ms += WINDOW_SECONDS * 1000
    assert sign_in(client).status_code == 303


def test_guessing_at_one_person_locks_nobody_else_out(world: World) -> None:
    """Attempts are counted per address and e-mail."""
    client = world.client()
    for _ in range(FAILURES_MAX + 1):
        sign_in(client, "guess")
    response = client.post("/console/sign-in", data={"email": BEN.email, "password": PASSWORD})
    assert response.status_code == 303


def test_sessions_are_asked_off_the_event_loop(world: World) -> None:
    """Neither the costly check of a password nor a look-up of a session holds up other calls."""
    client = world.client(ASHA)
    for address in ("/console/api-logs", "/console/nowhere", "/console/sign-in", "/console/"):
        client.get(address)
    client.post("/console/sign-out")
    assert world.sessions.checked == 1
    assert not world.sessions.asked_on_event_loop


def test_sign_in_leads_back_to_the_page_asked_for(world: World) -> None:
    """The filters of the page asked for survive the detour."""
    client = world.client()
    asked = "/console/api-logs?q=mira%40example.com&status=error"
    detour = client.get(asked)
    assert detour.status_code == 303
    page = client.get(detour.headers["location"])
    assert page.status_code == 200
    response = client.post(
        detour.headers["location"], data={"email": ASHA.email, "password": PASSWORD}
    )
    assert response.headers["location"] == asked


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/console/",
        "/\\elsewhere.example",
        "/console\\@elsewhere.example",
        "/consoles",
        "/console/\r\nSet-Cookie: a=b",
        "/console/ x",
        "javascript:alert(1)",
        "/console/sign-in?next=/console/",
        "/console/" + "x" * 3000,
        "",
    ],
)
def test_no_address_of_another_site_passes_for_next(address: str) -> None:
    """Whatever a link says, a sign-in ends inside the console."""
    assert safe_next(address) == HOME_PATH


@pytest.mark.parametrize("path", ["", ".json", ".csv", "/some-id", "/some-id.json"])
@pytest.mark.parametrize("start", ["/console/api-logs", "/console/refused-calls"])
def test_nothing_of_the_log_is_seen_without_a_session(world: World, start: str, path: str) -> None:
    """Pages lead to sign-in, data answers 401 in JSON."""
    response = world.client().get(start + path)
    if path.endswith((".json", ".csv")):
        assert response.status_code == 401
        assert "Sign in" in response.json()["error"]
    else:
        assert response.status_code == 303
        assert response.headers["location"].startswith("/console/sign-in")


def test_signing_out_revokes_the_session_itself(world: World, asha: TestClient) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    token = asha.cookies["leadwire_session"]
    response = asha.post("/console/sign-out")
    assert response.headers["location"] == "/console/sign-in?signed_out=1"
    assert token not in world.sessions.tokens
    assert asha.get(HOME_PATH).status_code == 303


def test_the_path_from_profile_to_api_logs_can_be_walked(asha: TestClient) -> None:
    """My Profile, Settings, API and Webhooks, API Logs: each links the next."""
    profile = asha.get("/console/profile").text
    assert all(text in profile for text in (ASHA.name, ASHA.email, ASHA.role, ASHA.account_name))
    assert 'href="/console/settings"' in profile
    settings = asha.get("/console/settings").text
    assert "API and Webhooks" in settings
    assert 'href="/console/api-logs"' in settings
    assert 'href="/console/refused-calls"' in settings
    assert asha.get("/console/").headers["location"] == "/console/api-logs"


@pytest.mark.parametrize("page", ["api-logs", "refused-calls", "limits", "outbox"])
def test_every_page_of_the_settings_says_the_way_to_it(asha: TestClient, page: str) -> None:
    """The same breadcrumb on each, back to the place in the settings that leads to it."""
    assert f'href="/console/{page}"' in asha.get("/console/settings").text
    crumbs = asha.get(f"/console/{page}").text.partition('aria-label="Breadcrumb"')[2]
    ways = [
        '<a href="/console/profile">My Profile</a>',
        '<a href="/console/settings">Settings</a>',
        '<a href="/console/settings#api-and-webhooks">API and Webhooks</a>',
        'aria-current="page"',
    ]
    places = [crumbs.partition("</nav>")[0].find(way) for way in ways]
    assert places == sorted(places)
    assert places[0] > 0
