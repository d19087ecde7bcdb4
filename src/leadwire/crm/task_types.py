"""The task types of every account: appointments and to-dos."""

from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from leadwire.dates import DAY_MS, MINUTE_MS

APPOINTMENT: Final = 0
TO_DO: Final = 1


class TaskType(msgspec.Struct, frozen=True):
    """A type of task. *duration_ms* applies to a task without an end."""

    name: str
    category: int
    duration_ms: int
    color: str
    type_id: str


def _type(name: str, category: int, duration_ms: int, color: str) -> TaskType:
    type_id = str(uuid5(NAMESPACE_URL, f"leadwire:task-type:{name}"))
    return TaskType(name, category, duration_ms, color, type_id)


TASK_TYPES: Final = (
    _type("Meeting", APPOINTMENT, 30 * MINUTE_MS, "#F8BBD0"),
    _type("Phone Call", APPOINTMENT, 15 * MINUTE_MS, "#B3E5FC"),
    _type("Document Collection", APPOINTMENT, 30 * MINUTE_MS, "#C8E6C9"),
    _type("To-Do", TO_DO, DAY_MS, "#FFE0B2"),
    _type("Follow-Up", TO_DO, DAY_MS, "#D1C4E9"),
    _type("Revive Old Lead", TO_DO, DAY_MS, "#CFD8DC"),
)
BY_TYPE_ID: Final = {kind.type_id: kind for kind in TASK_TYPES}
BY_NAME: Final = {kind.name.lower(): kind for kind in TASK_TYPES}
DEFAULT_APPOINTMENT, DEFAULT_TO_DO = BY_NAME["meeting"], BY_NAME["to-do"]
