"""Lead fields: the account's own ones, and the options of dropdowns, by the rules of the API."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from leadwire.access.audit import Action
from leadwire.console.endpoint import Asked, PageRow, actor_of
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.crm.leads.fields import DataType
from leadwire.crm.leads.own_fields import (
    LENGTH_MAX,
    FieldOption,
    NewField,
    add_options,
    create_field,
    remove_options,
)
from leadwire.crm.unit import Unit
from leadwire.errors import AttributesUnknown, CrmError

FIELDS_PATH: Final = f"{SETTINGS_PATH}/fields"


class Kind(NamedTuple):
    """A kind of field that can be made here."""

    data_type: DataType
    render: str
    words: str


KINDS: Final[Mapping[str, Kind]] = {
    "text": Kind("Text", "", "Text"),
    "long_text": Kind("Text", "TextArea", "Long text"),
    "number": Kind("Number", "", "Number"),
    "email": Kind("Email", "", "E-mail address"),
    "phone": Kind("Phone", "", "Phone number"),
    "website": Kind("Website", "", "Web address"),
    "date": Kind("Date", "", "Date"),
    "date_time": Kind("Date", "DateTime", "Date and time"),
    "time": Kind("Time", "", "Time"),
    "checkbox": Kind("Boolean", "", "Checkbox"),
    "dropdown": Kind("Select", "", "Dropdown"),
}


class FieldPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._crm = services.crm
        self._audit = services.audit
        self._layout = layout

    def rows(self) -> list[PageRow]:
        one = FIELDS_PATH + "/{name}"
        return [
            PageRow("GET", FIELDS_PATH, "developer", self.page),
            PageRow("POST", FIELDS_PATH, "developer", self.create),
            PageRow("POST", one + "/add", "developer", self.add),
            PageRow("POST", one + "/remove", "developer", self.remove),
        ]

    async def page(self, asked: Asked) -> Response:
        return await self._page(asked)

    async def create(self, asked: Asked) -> Response:
        form = asked.form
        kind = KINDS.get(form.text("kind"))
        length = form.text("max_length")
        errors = {}
        if kind is None:
            errors["kind"] = "Choose a kind."
        if length and not (length.isascii() and length.isdecimal() and int(length[:9]) > 0):
            errors["max_length"] = f"Write a number from 1 to {LENGTH_MAX:,}, or nothing."
        if kind is None or errors:
            return await self._page(asked, errors)
        options = _lines(form.text("options")) if kind.data_type == "Select" else []
        new = NewField(
            display_name=form.text("display_name"),
            data_type=kind.data_type,
            render=kind.render,
            mandatory=form.is_set("mandatory"),
            max_length=int(length[:9]) if length else None,
            options=[FieldOption(value, order) for order, value in enumerate(options, 1)],
            show_in_import=True,
            show_in_mail_merge=True,
            lock_after_create=0,
            use_in_lead_clone=False,
        )
        try:
            await self._crm.write(actor_of(asked.viewer), lambda unit: create_field(unit, new))
        except CrmError as error:
            return await self._page(asked, {_field_of(error): str(error)})
        await self._note(asked, "field.created", new.display_name, kind.words)
        return RedirectResponse(f"{FIELDS_PATH}?done=saved", status_code=303)

    async def add(self, asked: Asked) -> Response:
        options = _lines(asked.form.text("options"))
        if not options:
            return await self._page(asked, {asked.path("name"): "Write at least one option."})
        return await self._change(
            asked, lambda unit: add_options(unit, asked.path("name"), options), "added", options
        )

    async def remove(self, asked: Asked) -> Response:
        options = asked.form.texts("option")
        if not options:
            return await self._page(asked, {asked.path("name"): "Choose at least one option."})
        return await self._change(
            asked,
            lambda unit: remove_options(unit, asked.path("name"), options),
            "removed",
            options,
        )

    async def _change(
        self, asked: Asked, work: Callable[[Unit], int], done: str, options: list[str]
    ) -> Response:
        name = asked.path("name")
        try:
            changed = await self._crm.write(actor_of(asked.viewer), work)
        except AttributesUnknown:
            raise HTTPException(status_code=404) from None
        except CrmError as error:
            return await self._page(asked, {name: str(error)})
        if changed:
            await self._note(asked, "field.changed", name, f"options {done}: {', '.join(options)}")
        return RedirectResponse(f"{FIELDS_PATH}?done=saved#{name}", status_code=303)

    async def _page(self, asked: Asked, errors: dict[str, str] | None = None) -> Response:
        schema = await self._crm.schema(asked.viewer.account_id)
        shown = [field for field in schema.fields if not field.hidden]
        return await run_in_threadpool(
            self._layout.answer,
            asked,
            "fields.html",
            side="fields",
            errors=errors,
            own=[field for field in shown if field.made is not None],
            standard=[field for field in shown if field.made is None],
            kind_choices=[(name, kind.words) for name, kind in KINDS.items()],
            length_max=LENGTH_MAX,
        )

    async def _note(self, asked: Asked, action: Action, thing: str, note: str) -> None:
        await run_in_threadpool(self._audit.record, asked.viewer, action, thing, note=note)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _field_of(error: CrmError) -> str:
    """The form's field that *error* is about."""
    location = error.location.rpartition(".")[2]
    return {"MaxLength": "max_length", "OptionsJson": "options", "Options": "options"}.get(
        location, "display_name"
    )
