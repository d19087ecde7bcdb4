"""Tell a number that can be an option from one that cannot."""

import math


def is_number(value: object, *, whole: bool = False) -> bool:
    """Whether *value* is a finite number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return value >= 0 and (isinstance(value, int) or math.isfinite(value))
