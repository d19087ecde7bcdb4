"""The form that carries a file, and the place that a path names."""

from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from leadwire.sdk.errors import ValueUnfit

_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def upload_form(file: str | Path | bytes, name: str | None) -> tuple[str, bytes]:
    """The media type and the bytes of a form with one file. Raises ValueUnfit, and OSError."""
    if isinstance(file, bytes):
        content = file
        if not name:
            raise ValueUnfit("Bytes have no name: pass name=, such as plan.pdf.")
    else:
        content = Path(file).read_bytes()
        name = name or Path(file).name
    # Made of the content, it cannot be part of it by chance.
    boundary = blake2b(content, digest_size=24).hexdigest()
    # As browsers write names; a line end would be another header.
    shown = name.translate(_ESCAPES)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="FileType"\r\n\r\n1\r\n'
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="uploadFiles"; filename="{shown}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def file_place(path: str) -> str:
    """The ``file`` parameter of an uploaded file's path or address. Raises ValueUnfit."""
    places = parse_qs(urlsplit(path).query).get("file")
    if not places:
        raise ValueUnfit("This is no path of an uploaded file: it has no 'file' in its query.")
    return places[0]
