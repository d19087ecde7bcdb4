"""What is kept in the log: retention, limits of searches, and the names that are redacted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from starlette.responses import RedirectResponse, Response

from leadwire.calls.store import LogDay
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.numbers import whole_number
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.dates import DAY_MS, format_ms
from leadwire.settings import Settings
from leadwire.settings_sources import SettingsInvalid, environment_name

RETENTION_PATH: Final = f"{SETTINGS_PATH}/retention"
PERSONAL_PATH: Final = f"{SETTINGS_PATH}/personal"
_OFFERED_DAYS: Final = (7, 30, 90, 180, 365, 730)
_DAYS_MAX: Final = 36_500
_NUMBER_MAX: Final = 999_999_999
_UNCONFIRMED: Final[Mapping[str, str]] = {"confirmed": "Tick the box to confirm it."}


class Row(NamedTuple):
    """A setting of the form."""

    name: str
    label: str
    value: object
    unit: str
    help: str
    variable: str
    is_chosen: bool


class Forecast(NamedTuple):
    """How large the log gets with a retention."""

    days: int
    bytes: int


class Size(NamedTuple):
    """The log of this server as it is, and what a day of it takes."""

    days: int
    calls: int
    bytes: int
    bytes_a_day: int
    """The mean of the days that are over; of today, if there is no other."""


_RETENTION: Final[Mapping[str, str]] = {
    "calls_retention_days": "Calls are kept for",
    "audit_retention_days": "The audit trail is kept for",
    "calls_search_span_days_max": "A search spans at most",
    "calls_shown_max": "A page shows at most",
    "calls_export_rows_max": "A file has at most",
}
_PERSONAL: Final[Mapping[str, str]] = {
    "calls_secret_names": "Secret names",
    "calls_harmless_names": "Harmless names",
    "calls_redact_fields": "Personal fields",
}


class LogPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._live = services.account.live
        self._layout = layout

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", RETENTION_PATH, "administrator", self.retention),
            PageRow("POST", RETENTION_PATH, "operator", self.choose_retention),
            PageRow("POST", RETENTION_PATH + "/reset", "operator", self.reset_retention),
            PageRow("GET", PERSONAL_PATH, "administrator", self.personal),
            PageRow("POST", PERSONAL_PATH, "operator", self.choose_personal),
            PageRow("POST", PERSONAL_PATH + "/reset", "operator", self.reset_personal),
        ]

    def retention(self, asked: Asked) -> Response:
        return self._retention(asked)

    def personal(self, asked: Asked) -> Response:
        return self._personal(asked)

    def choose_retention(self, asked: Asked) -> Response:
        """Choose the numbers. Days of calls go only if the form confirms how many."""
        values: dict[str, object] = {}
        errors: dict[str, str] = {}
        for name in _RETENTION:
            text = asked.form.text(name).replace(",", "")
            most = _DAYS_MAX if name.endswith(("_days", "_days_max")) else _NUMBER_MAX
            number = whole_number(text, digits_max=len(str(_NUMBER_MAX)))
            if number is None or not 1 <= number <= most:
                errors[name] = f"Write a whole number from 1 to {most:,}."
            else:
                values[name] = number
        if errors:
            return self._retention(asked, errors)
        doomed = self._doomed(int(str(values["calls_retention_days"])))
        if doomed and asked.form.text("confirmed") != str(len(doomed)):
            return self._retention(asked, _UNCONFIRMED, doomed=doomed)
        return self._choose(asked, values, RETENTION_PATH, self._retention)

    def reset_retention(self, asked: Asked) -> Response:
        return self._reset(asked, _RETENTION, RETENTION_PATH)

    def choose_personal(self, asked: Asked) -> Response:
        values = {name: _tidy(asked.form.text(name)) for name in _PERSONAL}
        return self._choose(asked, values, PERSONAL_PATH, self._personal)

    def reset_personal(self, asked: Asked) -> Response:
        return self._reset(asked, _PERSONAL, PERSONAL_PATH)

    def _choose(
        self,
        asked: Asked,
        values: Mapping[str, object],
        path: str,
        page: Callable[[Asked, dict[str, str]], Response],
    ) -> Response:
        current = self._live.of_server()
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        try:
            self._live.choose(asked.viewer.doer, asked.viewer.account_id, changed)
        except SettingsInvalid as error:
            wrong = [line.partition(": ") for line in str(error).splitlines()]
            return page(asked, {name: message for name, _, message in wrong})
        return RedirectResponse(f"{path}?done=saved", status_code=303)

    def _reset(self, asked: Asked, names: Mapping[str, str], path: str) -> Response:
        """Give back the one choice that the form names."""
        name = asked.form.text("name")
        if name in names and self._live.is_chosen("", name):
            doomed = 0
            if name == "calls_retention_days":
                doomed = len(self._doomed(self._live.started.calls_retention_days))
            if doomed and asked.form.text("confirmed") != str(doomed):
                return self._retention(asked, _UNCONFIRMED)
            self._live.choose(asked.viewer.doer, asked.viewer.account_id, {name: None})
        return RedirectResponse(f"{path}?done=saved", status_code=303)

    def _retention(
        self,
        asked: Asked,
        errors: Mapping[str, str] | None = None,
        *,
        doomed: Sequence[LogDay] = (),
    ) -> Response:
        size = _size(self._services.log_days())
        days = sorted({*_OFFERED_DAYS, self._live.of_server().calls_retention_days})
        return self._layout.answer(
            asked,
            "retention.html",
            side="retention",
            errors=errors,
            rows=self._rows(_RETENTION),
            size=size,
            forecasts=[Forecast(count, count * size.bytes_a_day) for count in days],
            doomed=doomed,
            doomed_calls=sum(day.calls for day in doomed),
            doomed_bytes=sum(day.size_bytes for day in doomed),
            has_clickhouse=bool(self._services.settings.calls_clickhouse_url),
        )

    def _personal(self, asked: Asked, errors: dict[str, str] | None = None) -> Response:
        return self._layout.answer(
            asked,
            "personal.html",
            side="personal",
            errors=errors,
            rows=self._rows(_PERSONAL),
        )

    def _rows(self, labels: Mapping[str, str]) -> list[Row]:
        settings = self._live.of_server()
        found = []
        for name, label in labels.items():
            field = Settings.model_fields[name]
            extra = field.json_schema_extra
            unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
            value = getattr(settings, name)
            found.append(
                Row(
                    name,
                    label,
                    value,
                    unit,
                    field.description or "",
                    environment_name(name),
                    self._live.is_chosen("", name),
                )
            )
        return found

    def _doomed(self, days: int) -> list[LogDay]:
        """The days of the log that a retention of *days* would drop, and the present one keeps."""
        now_ms = self._services.clock.now_ms()
        present = now_ms - self._live.of_server().calls_retention_days * DAY_MS
        first, kept = (
            format_ms(max(now_ms - days * DAY_MS, 0))[:10],
            format_ms(max(present, 0))[:10],
        )
        return [day for day in self._services.log_days() if kept <= day.day < first and day.calls]


def _size(days: Sequence[LogDay]) -> Size:
    over = [day.size_bytes for day in days if day.state == "closed"] or [
        day.size_bytes for day in days
    ]
    return Size(
        len(days),
        sum(day.calls for day in days),
        sum(day.size_bytes for day in days),
        sum(over) // len(over) if over else 0,
    )


def _tidy(text: str) -> str:
    """Names, one a line or separated by commas, as a setting holds them."""
    names = (name.strip() for name in text.replace("\n", ",").split(","))
    return ",".join(dict.fromkeys(name for name in names if name))
