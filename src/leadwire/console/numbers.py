"""Whole numbers in an address or a form, where anybody may write anything."""


def whole_number(text: str, *, digits_max: int) -> int | None:
    """The number that *text* writes in at most *digits_max* ASCII digits; None for other text."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= digits_max
    return int(text) if is_number else None
