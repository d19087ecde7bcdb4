"""Every page that a person can open: what the screenshots show and what axe looks at.

A route of the console that is a page and is not here fails ``test_every_page``. Add one line for
each page, and one for each state of it that looks different. ``{names}`` in an address are ids of
the week in ``plausible``.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from console.browser.plausible import ADMINISTRATOR, DEVELOPER, VIEWER, Served
from starlette.routing import BaseRoute, Mount, Route

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SIZES: Final = ((1440, 900), (1024, 768), (390, 844))
"""Width and height of a window in pixels: a desk, a small laptop, a phone."""
NARROWEST: Final = 320
"""The width at which no page may need sideways scrolling (WCAG 2.2, 1.4.10)."""


class PageState(NamedTuple):
    """One page in one state. *name* is unique; the screenshots' files are called by it."""

    name: str
    address: str
    route: str = ""
    """The path as the console's routes spell it, if the address differs from it."""
    email: str = ADMINISTRATOR
    """Who is signed in; empty: nobody."""

    def address_in(self, served: Served) -> str:
        return self.address.format_map(served.ids)


_SETTINGS: Final = "/console/settings"
_WEBHOOK: Final = "/console/webhooks/{webhook_id}"
_DELIVERY: Final = _WEBHOOK + "/deliveries/{delivery_id}"

PAGES: Final = (
    PageState("sign-in", "/console/sign-in", email=""),
    PageState("overview", "/console/overview"),
    PageState("overview-week", "/console/overview?last=7d", "/console/overview"),
    PageState("overview-mistaken", "/console/overview?from=yesterdayish", "/console/overview"),
    PageState("alerts", "/console/alerts"),
    PageState("lint", "/console/lint?last=7d", "/console/lint"),
    PageState("lint-mistaken", "/console/lint?last=4x", "/console/lint"),
    PageState("logs", "/console/api-logs"),
    PageState("logs-searched", "/console/api-logs?q=mumbai&last=7d", "/console/api-logs"),
    PageState("logs-nothing-found", "/console/api-logs?q=nothing-has-this", "/console/api-logs"),
    PageState("logs-mistaken", "/console/api-logs?from=yesterdayish", "/console/api-logs"),
    PageState("call", "/console/api-logs/{call_id}"),
    PageState("call-failed", "/console/api-logs/{failed_call_id}", "/console/api-logs/{call_id}"),
    PageState(
        "call-run", "/console/api-logs/{failed_call_id}/run?repaired=1",
        "/console/api-logs/{call_id}/run",
    ),
    PageState("call-around", "/console/api-logs/{call_id}/around"),
    PageState("pinned-calls", "/console/pinned-calls"),
    PageState("views", "/console/views"),
    PageState("refused", "/console/refused-calls"),
    PageState(
        "refused-call-around", "/console/refused-calls/{refused_call_id}/around",
        "/console/refused-calls/{call_id}/around",
    ),
    PageState(
        "refused-call", "/console/refused-calls/{refused_call_id}",
        "/console/refused-calls/{call_id}",
    ),
    PageState("leads", "/console/leads"),
    PageState("leads-found", "/console/leads?q=kumar&stage=Prospect", "/console/leads"),
    PageState("leads-mistaken", "/console/leads?created_from=soonish", "/console/leads"),
    PageState("leads-nothing-found", "/console/leads?q=nobody-is-called-so", "/console/leads"),
    PageState("lead", "/console/leads/{lead_id}"),
    PageState("lead-merged", "/console/leads/{merged_lead_id}", "/console/leads/{lead_id}"),
    PageState("lead-deleted", "/console/leads/{deleted_lead_id}", "/console/leads/{lead_id}"),
    PageState("activities", "/console/activities"),
    PageState("activity", "/console/activities/{activity_id}", "/console/activities/{thing_id}"),
    PageState("tasks", "/console/tasks"),
    PageState("task", "/console/tasks/{task_id}", "/console/tasks/{thing_id}"),
    PageState("opportunities", "/console/opportunities"),
    PageState(
        "opportunity", "/console/opportunities/{opportunity_id}",
        "/console/opportunities/{thing_id}",
    ),
    PageState("lists", "/console/lists"),
    PageState("list", "/console/lists/{list_id}", "/console/lists/{thing_id}"),
    PageState("leads-of-list", "/console/leads?list={list_id}", "/console/leads"),
    PageState("lead-of-viewer", "/console/leads/{lead_id}", email=VIEWER),
    PageState("webhooks", "/console/webhooks"),
    PageState("webhook-new", "/console/webhooks/new"),
    PageState("webhook-edit", _WEBHOOK + "/edit"),
    PageState("webhook", _WEBHOOK),
    PageState("webhook-failing", "/console/webhooks/{failing_webhook_id}", _WEBHOOK),
    PageState("delivery", _DELIVERY),
    PageState("outbox", "/console/outbox"),
    PageState("mail", "/console/outbox/{mail_id}"),
    PageState("profile", _SETTINGS + "/profile"),
    PageState("profile-viewer", _SETTINGS + "/profile", email=VIEWER),
    PageState("keys", _SETTINGS + "/keys"),
    PageState("keys-developer", _SETTINGS + "/keys", email=DEVELOPER),
    PageState("users", _SETTINGS + "/users"),
    PageState("user", _SETTINGS + "/users/{leela_id}", _SETTINGS + "/users/{user_id}"),
    PageState("audit", _SETTINGS + "/audit"),
    PageState("plan", _SETTINGS + "/plan"),
    PageState("fields", _SETTINGS + "/fields"),
    PageState("retention", _SETTINGS + "/retention"),
    PageState("personal", _SETTINGS + "/personal"),
    PageState("all-settings", _SETTINGS + "/server"),
    PageState("backup", _SETTINGS + "/backup"),
    PageState("about", _SETTINGS + "/about"),
    PageState("join", "/console/join/{join_token}", "/console/join/{token}", email=""),
    PageState("not-found", "/console/nowhere"),
    PageState("docs", "/docs"),
    PageState("docs-operation", "/docs/Lead.Capture", "/docs/{operation}"),
    PageState("docs-signed-out", "/docs", email=""),
    PageState("docs-found", "/docs?q=lead+update", "/docs"),
    PageState("docs-nothing-found", "/docs?q=nothing+has+this", "/docs"),
    PageState("docs-operation-of-anyone", "/docs/Leads.Get", "/docs/{operation}", email=""),
    PageState("docs-missing", "/docs/Lead.Captur", "/docs/{operation}"),
    PageState("errors", "/errors"),
    PageState(
        "error", "/errors/MXDuplicateEntryException", "/errors/{exception_type}", email=""
    ),
)  # fmt: skip

NO_PAGES: Final = frozenset(
    {
        "/",
        "/console",
        "/console/",
        "/console/files",
        "/docs/{operation}/try",
        "/console/settings",
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/readyz",
    }
)
"""Routes that redirect, or that programs read."""
_DATA_SUFFIXES: Final = (
    ".csv", ".json", ".jsonl", ".parquet", ".txt", "/history", "/live", "/newer", "/older",
    "/{name}",
)  # fmt: skip


def page_routes(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """The paths of all routes that answer GET with a page."""
    for route in routes:
        if isinstance(route, Mount):
            yield from page_routes(route.routes)
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            path = route.path
            if path not in NO_PAGES and not path.endswith(_DATA_SUFFIXES):
                yield path
