"""Show recorded bodies on a page."""

from leadwire.console.bodies.drawing import Hits, drawn, folded, raw
from leadwire.console.bodies.elements import Link, Note
from leadwire.console.bodies.shown import Marks, Show, ShownBody, shown_body

__all__ = [
    "Hits", "Link", "Marks", "Note", "Show", "ShownBody", "drawn", "folded", "raw",
    "shown_body",
]  # fmt: skip
