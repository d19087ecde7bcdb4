"""What all pages of Settings share: the navigation at the side, and how a page is answered."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from starlette.responses import Response

from leadwire.console.endpoint import Asked
from leadwire.console.rendering import Pages
from leadwire.console.sessions import PageRole, may_open

SETTINGS_PATH: Final = "/console/settings"


class SideEntry(NamedTuple):
    path: str
    name: str
    role: PageRole
    shown: Literal["always", "server", "proxy"] = "always"
    """Whose console has it: a server's, a proxy's, or both."""


_GROUPS: Final[Mapping[str, tuple[SideEntry, ...]]] = {
    "You": (SideEntry(f"{SETTINGS_PATH}/profile", "Profile and sessions", "viewer"),),
    "Access": (
        SideEntry(f"{SETTINGS_PATH}/keys", "Keys", "developer", "server"),
        SideEntry(f"{SETTINGS_PATH}/callers", "Callers", "viewer", "proxy"),
        SideEntry(f"{SETTINGS_PATH}/users", "Users and roles", "administrator"),
        SideEntry(f"{SETTINGS_PATH}/audit", "Audit trail", "administrator"),
    ),
    "Account": (
        SideEntry("/console/webhooks", "Webhooks", "developer", "server"),
        SideEntry(f"{SETTINGS_PATH}/plan", "Plan and limits", "viewer", "server"),
        SideEntry(f"{SETTINGS_PATH}/fields", "Lead fields", "developer", "server"),
        SideEntry("/console/outbox", "Outbox", "viewer", "server"),
    ),
    "Record": (
        SideEntry(f"{SETTINGS_PATH}/retention", "Retention", "administrator"),
        SideEntry(f"{SETTINGS_PATH}/personal", "Personal data", "administrator"),
        SideEntry(f"{SETTINGS_PATH}/backup", "Backup", "operator"),
    ),
    "Server": (
        SideEntry(f"{SETTINGS_PATH}/server", "All settings", "operator"),
        SideEntry(f"{SETTINGS_PATH}/about", "About", "viewer"),
    ),
}


class Layout:
    """Answers with a page of Settings."""

    def __init__(self, pages: Pages, *, is_proxy: bool) -> None:
        self._pages = pages
        self._shown = ("always", "proxy" if is_proxy else "server")

    def answer(
        self,
        asked: Asked,
        template: str,
        *,
        side: str,
        errors: Mapping[str, str] | None = None,
        **shown: object,
    ) -> Response:
        """The page *template*, which belongs to the entry *side* (the end of its path).

        *errors* are sentences by field; with one the status is 422, and the form keeps its texts.
        """
        viewer = asked.viewer
        groups = [
            (
                title,
                [e for e in entries if e.shown in self._shown and may_open(viewer, e.role)],
            )
            for title, entries in _GROUPS.items()
        ]
        return self._pages.answer(
            f"settings/{template}",
            viewer=viewer,
            status_code=422 if errors else 200,
            side_groups=[group for group in groups if group[1]],
            side=f"{SETTINGS_PATH}/{side}",
            page_path=f"{SETTINGS_PATH}/{side}",
            errors=errors or {},
            given=asked.form.text,
            done=asked.parameter("done"),
            **shown,
        )
