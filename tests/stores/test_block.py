"""A block gives back the calls it was made of."""

import pytest
from stores.builders import NOON_MS, call

from leadwire.calls.record import FIELDS
from leadwire.stores.sqlite.block import Block
from leadwire.stores.sqlite.packing import pack_block

ROWS = 90
WITH_SEPARATORS = {3, 40, 89}


def request_headers(number: int, text: str) -> str:
    """Those of three clients, some lines of which repeat and some of which never do."""
    lines = ["Host: crm.example.com", f"X-Note: {text}", f"X-Number: {number}", "Accept: */*"]
    return "\n".join((lines, lines[1:3], [])[number % 3])


@pytest.mark.parametrize("text", ["plain", "Grüße 👋", ""])
@pytest.mark.parametrize("separators", [False, True])
@pytest.mark.parametrize(
    "rows",
    [
        range(ROWS),
        range(3, ROWS),
        range(10, 20),
        [0],
        [ROWS - 1],
        [0, ROWS - 1],
        range(0, ROWS, 7),
        [row for row in range(ROWS) if row % 5],
    ],
)
def test_any_rows_of_a_block_are_those_it_was_made_of(
    rows: range | list[int], text: str, *, separators: bool
) -> None:
    """Whether a column is decoded whole or text by text, and whatever stands in its texts."""
    records = [
        call(
            NOON_MS + number * 1000,
            sequence=number + 1,
            duration_ms=number / 8,
            query_string=f"n={number}",
            request_body=f"{text} {number}"
            + ("\x1f" if separators and number in WITH_SEPARATORS else ""),
            response_body=f"{number} {text}",
            client_address=f"192.0.2.{number}",
            request_headers=request_headers(number, text),
            response_headers=("", "Content-Type: application/json\nVary: Accept")[number % 2],
        )
        for number in range(ROWS)
    ]
    calls = [tuple(getattr(record, name) for name in FIELDS) for record in records]
    frames = pack_block([list(column) for column in zip(*calls, strict=True)])
    block = Block(ids=frames.ids, head=frames.head, body=lambda: frames.body)
    assert block.rows_at(list(rows)) == [calls[row] for row in rows]
