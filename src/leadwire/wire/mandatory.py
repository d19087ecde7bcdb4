"""Check the catalogue's mandatory parameters and members before an endpoint runs."""

from typing import Any

from leadwire.dialect import mandatory
from leadwire.operations import Operation


def check_mandatory(operation: Operation, parameters: dict[str, str], body: Any) -> None:  # noqa: ANN401  # of the row's type
    """Raise ParameterMissing for a mandatory parameter or member that is missing or blank.

    *parameters* are keyed by name in lower case.
    """
    for parameter in operation.parameters:
        names = (parameter.name, *parameter.also)
        if parameter.required and not any(parameters.get(n.lower(), "").strip() for n in names):
            raise mandatory(
                parameter.name,
                purpose=operation.purpose,
                location=f"query.{parameter.name}",
                fix=f"Add {parameter.name}=… to the URL.",
            )
    for place in operation.mandatory:
        if _is_missing(body, place):
            name = place.rpartition(".")[2]
            raise mandatory(name, purpose=operation.purpose, location=place)


def _is_missing(body: Any, place: str) -> bool:  # noqa: ANN401
    value = body
    for name in place.split("."):
        value = getattr(value, name, None)
    return value is None or (isinstance(value, str) and not value.strip())
