"""``leadwire calls explain``: why a call failed."""

from collections.abc import Iterator
from typing import Final

import click

from leadwire.cli.printing import say, say_json, say_line
from leadwire.cli.reporting import as_json
from leadwire.cli.source import Source, call_source, reader_of, settings_of
from leadwire.dates import format_ms
from leadwire.errors import SetupError
from leadwire.explain import Explanation, Mistake, Place, Repair
from leadwire.server.explaining import explain_alone, explain_once

_VALUE_CHARACTERS_MAX: Final = 80


@click.command()
@click.argument("call_id")
@call_source
@as_json
def explain(call_id: str, source: Source, *, as_json: bool) -> None:
    """Say why the call CALL_ID failed, where the mistake is, and what to send instead."""
    with reader_of(source) as reader:
        record = reader.get(call_id)
        if record is None:
            raise SetupError(f"Unknown call {call_id}. It may be past retention.")
        if source.file:
            explained = explain_alone(record, reader)
        else:
            explained = explain_once(settings_of(source), record, reader)
    if as_json:
        say_json({} if explained is None else explained)
    elif explained is None:
        say("The call succeeded: there is nothing to explain.")
    else:
        for line in explanation_lines(explained):
            say_line(line)


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    yield explanation.title
    yield explanation.meaning
    for mistake in explanation.mistakes:
        yield ""
        yield from _mistake(mistake)
    yield from _known(explanation)
    yield ""
    if explanation.repair is not None:
        yield from _repair(explanation.repair)
    elif explanation.no_repair:
        yield f"No corrected request: {explanation.no_repair}"
    yield from _difference(explanation)
    for link in explanation.links:
        yield f"See {link.address}"


def _mistake(mistake: Mistake) -> Iterator[str]:
    row = f"Row {mistake.row}. " if mistake.row else ""
    yield f"{row}{mistake.problem}"
    if mistake.place is not None:
        yield f"  At:      {place_text(mistake.place)}"
    if mistake.value:
        cut = "…" if len(mistake.value) > _VALUE_CHARACTERS_MAX else ""
        yield f"  Sent:    {mistake.value[:_VALUE_CHARACTERS_MAX]}{cut}"
    if mistake.nearest:
        yield f"  Nearest: {', '.join(mistake.nearest)}"
    if mistake.fix:
        yield f"  Fix:     {mistake.fix}"


def place_text(place: Place) -> str:
    if not place.line:
        return place.path
    return f"{place.path}, line {place.line}, column {place.column}"


def _known(explanation: Explanation) -> Iterator[str]:
    holder, limit = explanation.holder, explanation.limit
    if holder is not None:
        yield f"  Lead:    {holder.lead_id} {holder.name}, since {format_ms(holder.since_ms)}"
        if holder.call_id:
            yield f"  Made by: {holder.operation}, call {holder.call_id}"
    if limit is not None:
        before = f"{limit.calls_before:,} calls came before it. " if limit.calls_before >= 0 else ""
        yield f"  Limit:   {before}It frees at {format_ms(limit.frees_at_ms)} UTC."


def _repair(repair: Repair) -> Iterator[str]:
    yield f"Corrected request: {repair.says}"
    if repair.if_meant:
        yield f"  Only if {repair.if_meant}."
    if repair.fill_in:
        yield f"  Fill in: {', '.join(repair.fill_in)}"
    for line in repair.diff:
        yield f"  {line.sign} {line.text}"
    if not repair.diff:
        yield f"    {repair.method} {repair.target}"


def _difference(explanation: Explanation) -> Iterator[str]:
    difference = explanation.difference
    if difference is None:
        return
    yield ""
    yield f"Compared with call {difference.call_id}, the last of this operation that succeeded:"
    if difference.is_empty:
        yield "  The same names and types."
    for text, names in (("Only here", difference.only_here), ("Only there", difference.only_there)):
        if names:
            yield f"  {text}: {', '.join(names)}"
    for name, here, there in difference.other_types:
        yield f"  {name}: {here} here, {there} there"
