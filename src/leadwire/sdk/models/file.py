"""Uploaded files."""

from leadwire.sdk.rows import Identity, Row, text


class UploadedFile(Row):
    """*path* is what attachments, notes and file fields take."""

    __slots__ = ()

    path = Identity("s3FilePath")
    name = text("uploadedFile")
