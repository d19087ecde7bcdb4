"""The audit trail of the account, as a page and as CSV."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from leadwire.access.audit import ACTIONS, AuditQuery, Entry
from leadwire.calls.export import safe_cell
from leadwire.calls.instants import instants_of
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.numbers import whole_number
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.dates import format_ms

AUDIT_PATH: Final = f"{SETTINGS_PATH}/audit"
_SHOWN_MAX: Final = 100
_ENTRY_DIGITS_MAX: Final = 18
_CSV_HEAD: Final = ("At (UTC)", "Who", "From", "Action", "Thing", "Note")


class AuditPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._access = services.account.access
        self._layout = layout

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", AUDIT_PATH, "administrator", self.page),
            PageRow("GET", AUDIT_PATH + ".csv", "administrator", self.csv),
        ]

    def page(self, asked: Asked) -> Response:
        query, errors = self._query(asked)
        account_id = asked.viewer.account_id
        found: Sequence[Entry] = ()
        if not errors:
            found = self._services.audit.entries(account_id, query, rows_max=_SHOWN_MAX + 1)
        shown = found[:_SHOWN_MAX]
        filters = {
            name: asked.parameter(name)
            for name in ("who", "action", "from", "to")
            if asked.parameter(name)
        }
        older = {**filters, "before": str(shown[-1].entry_id)} if len(found) > len(shown) else {}
        return self._layout.answer(
            asked,
            "audit.html",
            side="audit",
            errors=errors,
            entries=shown,
            people_choices=[(who, who) for who in self._access.audit_people(account_id)],
            action_choices=[(action, action) for action in ACTIONS],
            filters=filters,
            older=urlencode(older),
            is_newest=query.before_id is None,
            csv_url=f"{AUDIT_PATH}.csv?{urlencode(filters)}",
            retention_days=self._services.settings.audit_retention_days,
        )

    def csv(self, asked: Asked) -> Response:
        """Every entry that matches, newest first."""
        query, errors = self._query(asked)
        if errors:
            return Response("\n".join(errors.values()), 422, media_type="text/plain")
        headers = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
        rows = self._lines(asked.viewer.account_id, query)
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    def _lines(self, account_id: str, query: AuditQuery) -> Iterator[str]:
        yield _line(_CSV_HEAD)
        while found := self._services.audit.entries(account_id, query, rows_max=_SHOWN_MAX):
            for entry in found:
                doer = entry.doer
                cells = (doer.who, doer.address, entry.action, entry.thing, entry.note)
                yield _line((format_ms(entry.at_ms), *cells))
            last = found[-1].entry_id
            query = AuditQuery(query.who, query.action, query.from_ms, query.to_ms, before_id=last)

    def _query(self, asked: Asked) -> tuple[AuditQuery, dict[str, str]]:
        """The query of the address, and what is wrong with it."""
        now_ms, errors = self._services.clock.now_ms(), {}
        bounds: dict[str, int | None] = {"from": None, "to": None}
        for name in bounds:
            if text := asked.parameter(name):
                try:
                    instants = instants_of(text, now_ms)
                    bounds[name] = instants[0] if name == "from" else instants[-1] + 1
                except ValueError as error:
                    errors[name] = str(error)
        query = AuditQuery(
            who=asked.parameter("who"),
            action=asked.parameter("action"),
            from_ms=bounds["from"],
            to_ms=bounds["to"],
            before_id=whole_number(asked.parameter("before"), digits_max=_ENTRY_DIGITS_MAX),
        )
        return query, errors


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
