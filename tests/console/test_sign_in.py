"""Signing in and out, and what a session opens."""

import asyncio

import pytest
from console.world import ASHA, BEN, PASSWORD, World
from starlette.testclient import TestClient

from leadwire.console.sessions import HOME_PATH, safe_next
from leadwire.console.turns import TooManyWait, Turns
from leadwire.settings import Settings

DEFAULTS = Settings()
FAILURES_MAX = DEFAULTS.sign_in_failures_max
PER_ADDRESS_MAX = DEFAULTS.sign_in_failures_per_address_max
PER_EMAIL_MAX = DEFAULTS.sign_in_failures_per_email_max
WINDOW_SECONDS = DEFAULTS.sign_in_window_seconds


def sign_in(client: TestClient, password: str = PASSWORD):
    return client.post("/console/sign-in", data={"email": ASHA.email, "password": password})


def test_a_script_signs_in_with_two_form_fields(world: World) -> None:
    """No token, no header: e-mail and password are enough, and the answer leads to API Logs."""
    client = world.client()
    response = sign_in(client)
    assert (response.status_code, response.headers["location"]) == (303, HOME_PATH)
    assert client.get(HOME_PATH).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    """HttpOnly and SameSite; Secure where the console says so."""
    cookie = sign_in(world.client()).headers["set-cookie"].lower()
    assert cookie.startswith("leadwire_session=")
    assert all(part in cookie for part in ("httponly", "samesite=lax"))
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
    """Failures are counted per address and e-mail."""
    client = world.client()
    for _ in range(FAILURES_MAX + 1):
        sign_in(client, "guess")
    response = client.post("/console/sign-in", data={"email": BEN.email, "password": PASSWORD})
    assert response.status_code == 303


def from_address(world: World, number: int) -> TestClient:
    return TestClient(
        world.app_once(),
        base_url="http://localhost",
        follow_redirects=False,
        client=(f"192.0.2.{number}", 50_000),
    )


def guess(client: TestClient, email: str, password: str = "guess") -> int:  # noqa: S107
    data = {"email": email, "password": password}
    return client.post("/console/sign-in", data=data).status_code


def test_one_address_cannot_try_many_people(world: World) -> None:
    """Spraying is bounded; people elsewhere sign in as before."""
    client = from_address(world, 1)
    tried = [guess(client, f"person-{n}@acme.test") for n in range(PER_ADDRESS_MAX + 5)]
    assert tried == [401] * PER_ADDRESS_MAX + [429] * 5
    assert guess(client, BEN.email, PASSWORD) == 429
    assert guess(from_address(world, 2), BEN.email, PASSWORD) == 303


def test_many_addresses_cannot_try_one_person(world: World) -> None:
    """The wait ends while they go on, and a browser that the person used before never waits."""
    known = from_address(world, 200)
    assert guess(known, ASHA.email, PASSWORD) == 303
    assert known.get(HOME_PATH).status_code == 200
    tried = [guess(from_address(world, n), ASHA.email) for n in range(PER_EMAIL_MAX + 5)]
    assert tried == [401] * PER_EMAIL_MAX + [429] * 5
    assert guess(known, ASHA.email, PASSWORD) == 303
    world.clock.at_ms += WINDOW_SECONDS * 1000 - 1
    assert guess(from_address(world, 100), ASHA.email, PASSWORD) == 429
    world.clock.at_ms += 1
    assert guess(from_address(world, 100), ASHA.email, PASSWORD) == 303


def test_a_known_browser_does_not_help_guessing(world: World) -> None:
    """Its own failures are counted, and its mark is worth nothing for another person."""
    known = from_address(world, 200)
    assert guess(known, ASHA.email, PASSWORD) == 303
    assert known.get(HOME_PATH).status_code == 200
    tried = [guess(known, ASHA.email) for _ in range(FAILURES_MAX + 2)]
    assert tried == [401] * FAILURES_MAX + [429] * 2
    assert guess(known, BEN.email, PASSWORD) == 303


def test_a_flood_of_sign_ins_leaves_a_turn_for_others() -> None:
    """One address fills its own lane alone; who cannot wait is told so at once."""

    async def flood() -> list[str]:
        turns = Turns(waiting_max=5, waiting_per_lane_max=3)
        served: list[str] = []

        async def ask(lane: str) -> None:
            try:
                async with turns.turn(lane):
                    await asyncio.sleep(0.001)
                    served.append(lane)
            except TooManyWait as full:
                served.append(f"{lane} {full.setting}")

        await asyncio.gather(*map(ask, ["a"] * 6 + ["b"] + ["c"] * 2))
        return served

    assert asyncio.run(flood()) == [
        *["a sign_in_waiting_per_address_max"] * 2,
        "c sign_in_waiting_max",
        *["a", "a", "b", "c", "a", "a"],
    ]


def test_a_caller_that_stops_waiting_passes_its_turn_on() -> None:
    """A broken connection does not stop the queue."""

    async def leave() -> int:
        turns = Turns(waiting_max=5, waiting_per_lane_max=3)
        async with turns.turn("a"):
            waiting = [asyncio.create_task(_take(turns)) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()  # its turn has come already
        done = await asyncio.gather(*waiting, return_exceptions=True)
        async with turns.turn("b"):
            return done.count(None)

    assert asyncio.run(leave()) == 1


async def _take(turns: Turns) -> None:
    async with turns.turn("a"):
        await asyncio.sleep(0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_secure_and_hsts_is_sent_over_tls(world: World, scheme: str) -> None:
    """Whether leadwire itself speaks TLS, or a trusted proxy does, is all the same here."""
    client = TestClient(world.app_once(), base_url=f"{scheme}://localhost", follow_redirects=False)
    response = sign_in(client)
    cookies = response.headers.get_list("set-cookie")
    cookies += client.get(HOME_PATH).headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert client.get(HOME_PATH).headers.get_list("set-cookie") == []
    assert all(("Secure" in cookie) == (scheme == "https") for cookie in cookies)
    assert ("strict-transport-security" in response.headers) == (scheme == "https")


def test_sessions_are_checked_off_the_event_loop(world: World) -> None:
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
def test_next_never_leads_to_another_site(address: str) -> None:
    """Whatever a link says, a sign-in ends inside the console."""
    assert safe_next(address) == HOME_PATH


@pytest.mark.parametrize("path", ["", ".json", ".csv", "/some-id", "/some-id.json"])
@pytest.mark.parametrize("start", ["/console/api-logs", "/console/refused-calls"])
def test_the_log_needs_a_session(world: World, start: str, path: str) -> None:
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


def test_settings_lead_to_every_page_that_the_viewer_may_open(world: World) -> None:
    """Side by side, with the page at hand marked; a viewer sees fewer."""
    profile = world.client(ASHA).get("/console/settings/profile").text
    assert all(text in profile for text in (ASHA.name, ASHA.email, ASHA.role, ASHA.account_name))
    side = profile.partition('aria-label="Settings"')[2].partition("</nav>")[0]
    assert 'href="/console/settings/profile" aria-current="page"' in side
    for page in ("settings/keys", "settings/users", "settings/audit", "webhooks", "outbox"):
        assert f'href="/console/{page}"' in side
    of_ben = world.client(BEN).get("/console/settings/profile").text
    assert 'href="/console/outbox"' in of_ben
    assert "/console/settings/users" not in of_ben
    home = world.client(ASHA).get("/console/")
    assert home.headers["location"] == "/console/overview"


def test_the_outbox_leads_back_to_the_settings(asha: TestClient) -> None:
    """By its breadcrumb."""
    crumbs = asha.get("/console/outbox").text.partition('aria-label="Breadcrumb"')[2]
    ways = ['<a href="/console/settings">Settings</a>', 'aria-current="page"']
    places = [crumbs.partition("</nav>")[0].find(way) for way in ways]
    assert places == sorted(places)
    assert places[0] > 0
