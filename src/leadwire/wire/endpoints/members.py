"""Members of request bodies that may be missing, or that clients write in several ways."""

from leadwire.errors import ParameterMissing


def is_set(flag: object) -> bool:
    """Whether a flag that may be a boolean, a number or a text says yes."""
    return str(flag).strip().lower() in ("true", "1")


def required_member(value: str, name: str, *, purpose: str) -> str:
    """*value* without surrounding blanks.

    Raises ParameterMissing, with the dialect's sentence, when it is empty.
    """
    value = value.strip()
    if not value:
        raise ParameterMissing(
            f"'{name}' is mandatory for {purpose}",
            location=f"body.{name}",
            fix=f"Send {name} in the body.",
        )
    return value
