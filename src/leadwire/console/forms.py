"""The fields of a form, and what is wrong with them."""

from typing import Final

from starlette.requests import Request

_FIELDS_MAX: Final = 100


class Form:
    """The texts of a form's fields. Of a repeated name ``text`` has the last."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """The field without surrounding blanks; empty if missing."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """The field as it was sent, for passwords."""
        return next((value for key, value in reversed(self._fields) if key == name), "")

    def texts(self, name: str) -> list[str]:
        return [value.strip() for key, value in self._fields if key == name]

    def is_set(self, name: str) -> bool:
        """Whether a checkbox is ticked."""
        return bool(self.text(name))


async def read_form(request: Request) -> Form:
    """A NUL, which no database can hold, becomes a replacement sign."""
    async with request.form(max_files=0, max_fields=_FIELDS_MAX) as form:
        return Form(
            [
                (name, value.replace("\0", "\ufffd"))
                for name, value in form.multi_items()
                if isinstance(value, str)
            ]
        )
