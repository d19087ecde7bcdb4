"""The base of bulk result rows."""

from leadwire.sdk.errors import Refused, row_error
from leadwire.sdk.rows import Member, Row, text, whole


class BulkRow(Row):
    """The result of one row of a bulk call. A failed row has a type and a message."""

    __slots__ = ()

    row_number = whole("RowNumber")
    exception_type = text("ExceptionType")
    message: Member[str | None] = text("ErrorMessage")

    @property
    def ok(self) -> bool:
        """Whether the row was written."""
        return self.error is None

    @property
    def error(self) -> Refused | None:
        """Why the row was refused, as the exception that a single call would raise."""
        where = f"row {self.row_number}"
        return row_error(self.exception_type, self.message, call=self.call, where=where)
