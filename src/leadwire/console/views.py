"""Saved views of the lists of calls: the menu's entries, and the page where they are managed."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.audit import Action
from leadwire.access.change import Change
from leadwire.access.viewer import Viewer
from leadwire.access.views import View, delete_view, rename_view, save_view, views_of
from leadwire.console.endpoint import Asked, PageRow, routes_of
from leadwire.console.filters import filters_from_parameters
from leadwire.console.finding import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.errors import InputInvalid

VIEWS_PATH: Final = "/console/views"
LIST_NAMES: Final[Mapping[str, str]] = {
    API_LOGS_PATH: "API Logs",
    REFUSED_CALLS_PATH: "Refused calls",
}


class ShownView(NamedTuple):
    """A saved view, and the address of its list."""

    view: View
    url: str
    list_name: str


def shown_views(services: ConsoleServices, viewer: Viewer) -> list[ShownView]:
    """Those of the viewer's account that the viewer may open. May block."""
    with services.account.access.engine.connect() as connection:
        found = views_of(connection, viewer.account_id)
    return [
        ShownView(view, f"{view.path}?{view.query}".rstrip("?"), LIST_NAMES[view.path])
        for view in found
        if view.path in LIST_NAMES and (viewer.is_administrator or view.path == API_LOGS_PATH)
    ]


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    page = ViewPages(services, pages)
    rows = [
        PageRow("GET", VIEWS_PATH, "viewer", page.list),
        PageRow("POST", VIEWS_PATH, "developer", page.save),
        PageRow("POST", VIEWS_PATH + "/{view_id}/rename", "developer", page.rename),
        PageRow("POST", VIEWS_PATH + "/{view_id}/delete", "developer", page.delete),
    ]
    return routes_of(rows, sessions)


class ViewPages:
    def __init__(self, services: ConsoleServices, pages: Pages) -> None:
        self._services = services
        self._pages = pages

    def list(self, asked: Asked) -> Response:
        return self._page(asked)

    def save(self, asked: Asked) -> Response:
        path = asked.form.text("list")
        if path not in LIST_NAMES:
            path = API_LOGS_PATH
        parameters = dict(parse_qsl(asked.form.text("query")))
        address = filters_from_parameters(path, parameters).url()
        name = asked.form.text("name")

        def work(change: Change) -> None:
            view_id = save_view(
                change,
                account_id=asked.viewer.account_id,
                path=path,
                name=name,
                query=address.partition("?")[2],
                views_max=self._services.settings.calls_views_max,
            )
            change.audit(asked.viewer.account_id, "view.saved", thing=view_id, note=name)

        return self._changed(asked, work, to=address)

    def rename(self, asked: Asked) -> Response:
        name = asked.form.text("name")
        work = partial(rename_view, view_id=asked.path("view_id"), name=name)
        return self._changed(asked, partial(self._noted, asked, "view.saved", name, work))

    def delete(self, asked: Asked) -> Response:
        work = partial(delete_view, view_id=asked.path("view_id"))
        return self._changed(asked, partial(self._noted, asked, "view.deleted", "", work))

    def _noted(
        self, asked: Asked, action: Action, name: str, work: "partial[View]", change: Change
    ) -> None:
        view = work(change, account_id=asked.viewer.account_id)
        note = f"{view.name} to {name}" if name else view.name
        change.audit(asked.viewer.account_id, action, thing=view.view_id, note=note)

    def _changed(
        self, asked: Asked, work: Callable[[Change], None], *, to: str = VIEWS_PATH
    ) -> Response:
        try:
            self._services.account.access.change(asked.viewer.doer, work)
        except InputInvalid as error:
            return self._page(asked, error=str(error))
        return RedirectResponse(to, status_code=303)

    def _page(self, asked: Asked, *, error: str = "") -> Response:
        return self._pages.answer(
            "logs/views.html",
            viewer=asked.viewer,
            status_code=422 if error else 200,
            views=shown_views(self._services, asked.viewer),
            error=error,
        )
