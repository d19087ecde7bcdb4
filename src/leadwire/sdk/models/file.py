"""Files that were uploaded."""

from leadwire.sdk.rows import Identity, Row, text


class UploadedFile(Row):
    """*path* is what an attachment, a note or a field of files takes."""

    __slots__ = ()

    path = Identity("s3FilePath")
    name = text("uploadedFile")
