"""What every command shares, the SDK's and the server's: printing JSON, and telling what failed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

import click

from leadwire.errors import LeadwireError

F = TypeVar("F", bound=Callable[..., Any])

EXIT_FAILED: Final = 1

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def reports_errors(command: F) -> F:
    """Turn our own exceptions into one line on standard error and exit code 1."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever click passes
        try:
            return command(*args, **kwargs)
        except LeadwireError as error:
            raise click.ClickException(_text(error)) from None
        except BrokenPipeError:
            raise SystemExit(EXIT_FAILED) from None

    return wrapper  # type: ignore[return-value]


def _text(error: LeadwireError) -> str:
    """The sentence, and by which id a leadwire server's log has the call."""
    call_id = getattr(error, "call_id", "")
    return f"{error}\nCall id: {call_id}" if call_id else str(error)
