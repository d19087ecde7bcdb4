"""The API's standard sentences for refused calls.

Each function makes the exception of one refusal. *location* is the place of the fault in the
request: a member of the body, such as ``Paging.PageSize``, or a URL parameter, such as
``query.leadId``. It defaults to the body's member of that name. *fix* says what would be accepted.
"""

from leadwire.errors import InputInvalid, ParameterMissing


def invalid(location: str, detail: str, *, fix: str = "") -> InputInvalid:
    """The refusal of an input: after a fixed start, *detail* says what is wrong with it."""
    return InputInvalid(
        f"Invalid Input! Parameter Name: {detail}", location=_place(location), fix=fix
    )


def incorrect(name: str, *, location: str = "", fix: str = "") -> InputInvalid:
    return invalid(location or name, f"{name} value is not correct.", fix=fix)


def too_many(name: str, most: int, *, location: str = "", fix: str = "") -> InputInvalid:
    fix = fix or f"Send at most {most} in one call."
    return invalid(location or name, f"{name} can not be more than {most}.", fix=fix)


def too_long(name: str, characters_max: int, *, location: str = "") -> InputInvalid:
    return invalid(
        location or name,
        f"{name} can not be longer than {characters_max} characters.",
        fix=f"Send at most {characters_max} characters.",
    )


def not_passed(what: str, *, location: str = "", fix: str = "") -> InputInvalid:
    return invalid(location or what, f"You have not passed {what}.", fix=fix or f"Send {what}.")


def mandatory(name: str, *, purpose: str, location: str = "", fix: str = "") -> ParameterMissing:
    return ParameterMissing(
        f"'{name}' is mandatory for {purpose}",
        location=_place(location or name),
        fix=fix or f"Send {name} in the body.",
    )


def _place(location: str) -> str:
    return location if location.startswith("query.") else f"body.{location}"
