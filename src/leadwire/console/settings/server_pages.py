"""The server: every setting, the last backup, and what runs here."""

import platform
from typing import Final, NamedTuple

from pydantic import SecretStr
from starlette.responses import Response

from leadwire.access.audit import AuditQuery
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.settings import Settings
from leadwire.settings_sources import environment_name, how_changed
from leadwire.version import __version__

_BACKUPS_SHOWN: Final = 10


class Row(NamedTuple):
    name: str
    value: str
    unit: str
    help: str
    variable: str
    how: str
    """What to do to change it."""
    is_default: bool


class ServerPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._live = services.account.live
        self._layout = layout

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", f"{SETTINGS_PATH}/server", "operator", self.settings),
            PageRow("GET", f"{SETTINGS_PATH}/backup", "operator", self.backup),
            PageRow("GET", f"{SETTINGS_PATH}/about", "viewer", self.about),
        ]

    def settings(self, asked: Asked) -> Response:
        rows = [self._row(name) for name in Settings.model_fields]
        return self._layout.answer(asked, "server.html", side="server", rows=rows)

    def backup(self, asked: Asked) -> Response:
        """Backups are made on the command line, which notes each in the audit trail."""
        made = self._services.audit.entries(
            asked.viewer.account_id, AuditQuery(action="backup.made"), rows_max=_BACKUPS_SHOWN
        )
        return self._layout.answer(
            asked,
            "backup.html",
            side="backup",
            made=made,
            age_ms=self._services.clock.now_ms() - made[0].at_ms if made else 0,
            folder=str(self._services.settings.data),
        )

    def about(self, asked: Asked) -> Response:
        is_operator = asked.viewer.runs_server
        return self._layout.answer(
            asked,
            "about.html",
            side="about",
            version=__version__,
            python=platform.python_version(),
            place=self._services.account.access.place if is_operator else "",
            folder=str(self._services.settings.data.resolve()) if is_operator else "",
            completeness=self._services.completeness() if asked.viewer.is_administrator else None,
        )

    def _row(self, name: str) -> Row:
        field = Settings.model_fields[name]
        extra = field.json_schema_extra
        value = getattr(self._live.of_server(), name)
        how = {
            "restart": "needs a restart",
            "account": "Plan and limits, for each account",
            "server": "here, at once",
        }[how_changed(name)]
        return Row(
            name,
            _shown(value),
            str(extra.get("unit", "")) if isinstance(extra, dict) else "",
            field.description or "",
            environment_name(name),
            how,
            is_default=value == field.default,
        )


def _shown(value: object) -> str:
    """The value as text. A password is only said to be set, also one in an address."""
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    scheme, separator, rest = text.partition("://")
    if separator and "@" in rest:
        return f"{scheme}://…@{rest.rpartition('@')[2]}"
    return text
