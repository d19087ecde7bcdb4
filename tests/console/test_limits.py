"""The page of the rate limits: what the plan allows, and what of it is used."""

from dataclasses import replace

from console.world import ASHA, BEN, World
from starlette.testclient import TestClient

from leadwire.access.limits import LimitUse
from leadwire.console import PlanUse

_PAGE = "/console/settings/plan"
_USES = {
    ASHA.account_id: (
        LimitUse("standard", 3, 10, 5, 1_200),
        LimitUse("bulk", 0, 5, 5, 0),
        LimitUse("day", 4_321, 11_000, 86_400, 7),
    ),
    BEN.account_id: (LimitUse("standard", 1, 10, 5, 0),),
}


def limited(world: World) -> World:
    world.services = replace(
        world.services, plan_use=lambda account_id: PlanUse("pro-2024", _USES[account_id])
    )
    return world


def test_every_limit_is_shown_with_its_use(world: World) -> None:
    """Used, allowed, refused, for the viewer's account alone; the page is led to from Settings."""
    asha = limited(world).client(ASHA)
    assert _PAGE in asha.get("/console/settings/profile").text
    page = asha.get(_PAGE)
    for text in ("pro-2024", "4,321", "11,000 in a UTC day", "10 in 5 seconds", "1,200"):
        assert text in page.text
    assert asha.get(_PAGE + ".json").json() == {
        "plan": "pro-2024",
        "limits": [
            {"name": "standard", "used": 3, "calls_max": 10, "seconds": 5, "refused": 1_200},
            {"name": "bulk", "used": 0, "calls_max": 5, "seconds": 5, "refused": 0},
            {"name": "day", "used": 4_321, "calls_max": 11_000, "seconds": 86_400, "refused": 7},
        ],
    }
    assert len(world.client(BEN).get(_PAGE + ".json").json()["limits"]) == 1


def test_without_a_plan_the_page_says_so(asha: TestClient) -> None:
    """And how one is applied."""
    page = asha.get(_PAGE)
    assert "No limits are applied" in page.text
    assert asha.get(_PAGE + ".json").json() == {"plan": "unlimited", "limits": []}


def test_the_limits_need_a_sign_in(world: World) -> None:
    """As everything of the console."""
    stranger = world.client()
    assert stranger.get(_PAGE).status_code == 303
    assert stranger.get(_PAGE + ".json").status_code == 401
