"""Files that callers put here: whole or not at all, their account's alone, never shown."""

import http.client
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Answer, InProcess, StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.files import FileStore, safe_name
from leadwire.database.writer import WriteFailed
from leadwire.folder_identity import FILES_FOLDER

_UPLOAD, _DOWNLOAD = "/File/Upload", "/File/Download"
_ASHA, _BEN = "account-1", "account-2"


def upload(api: InProcess, content: bytes, *, name: str = "plan.pdf", field: str = "uploadFiles"):
    form = (
        b'--edge\r\nContent-Disposition: form-data; name="'
        + field.encode()
        + b'"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: application/pdf\r\n\r\n'
        + content
        + b"\r\n--edge--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    return api.call("POST", _UPLOAD, form, headers=headers)


def download(api: InProcess, answer: Answer) -> Answer:
    return api.call("GET", answer.json["s3FilePath"])


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    (tmp_path / FILES_FOLDER).mkdir()
    return FileStore(tmp_path, clock=StandingClock(), ids=SystemIds())


@pytest.mark.parametrize("content", [b"", b"%PDF\x00\xff\r\n--edg", bytes(range(256)) * 9_000])
def test_a_file_comes_back_byte_for_byte(api: InProcess, content: bytes) -> None:
    """Whatever is in it; as a download that no browser interprets."""
    kept = upload(api, content, name="plän 1.pdf")
    assert kept.status == 200, kept.body
    assert kept.json["uploadedFile"] == "plän 1.pdf"
    back = download(api, kept)
    assert back.body == content
    assert back.headers["content-type"] == "application/octet-stream"
    assert back.headers["content-disposition"] == "attachment; filename*=UTF-8''pl%C3%A4n%201.pdf"
    assert back.headers["x-content-type-options"] == "nosniff"


def test_files_are_not_in_the_call_log(api: InProcess) -> None:
    """Neither what was sent nor what was given back; the sizes are."""
    kept = upload(api, b"a secret plan")
    record = api.record(kept)
    assert "secret" not in record.request_body
    assert record.request_body == "[file: not recorded]"
    assert record.truncated
    assert record.request_body_bytes > len(b"a secret plan")
    back = api.record(download(api, kept))
    assert back.response_body == "[file: not recorded]"
    assert back.response_body_bytes == len(b"a secret plan")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\plans\\a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_no_path(files: FileStore, tmp_path: Path, given: str, kept: str) -> None:
    """It is cleaned, kept beside the content, and decides nothing about where that is."""
    assert safe_name(given) == kept
    about = files.keep(_ASHA, "u", name=given, media_type="", content=b"x")
    assert about.name == kept
    places = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    below = f"{FILES_FOLDER}/{_ASHA}"
    one = f"{below}/{about.file_id}"
    assert places == {FILES_FOLDER, below, one, f"{one}/content", f"{one}/about.json"}


def test_a_file_is_its_accounts_alone(files: FileStore) -> None:
    """An id of another account's file is as unknown as any."""
    about = files.keep(_ASHA, "u", name="a", media_type="", content=b"x")
    assert files.has(_ASHA, about.file_id)
    assert not files.has(_BEN, about.file_id)
    assert files.read(_BEN, about.file_id) is None
    for file_id in ("../" + about.file_id, "", "..", about.file_id + "/..", "nobody"):
        assert files.read(_ASHA, file_id) is None
        assert not files.has(_ASHA, file_id)


def test_what_cannot_be_written_whole_is_not_there(
    files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is told, and nothing is left over."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WriteFailed, match="No space left"):
        files.keep(_ASHA, "u", name="a", media_type="", content=b"x")
    assert not list((tmp_path / FILES_FOLDER / _ASHA).iterdir())


def test_a_file_that_is_too_large_is_not_taken_in(
    make_api: Callable[..., InProcess], data_folder: Path
) -> None:
    """413, and nothing is kept."""
    api = make_api(file_bytes_max=100)
    assert upload(api, b"x" * 100).status == 200
    assert upload(api, b"x" * 101).status == 413
    assert len(list((data_folder / FILES_FOLDER).glob("*/*"))) == 1


def test_one_file_at_a_time(api: InProcess) -> None:
    """Another part's file, or none, is no upload."""
    assert upload(api, b"x", field="other").exception_type == "MXMandatoryAttributeMissingException"
    assert upload(api, b"x", field="UPLOADFILES").status == 200


def test_keys_are_asked_for(api: InProcess) -> None:
    """To put a file here and to get it; and the console asks for a session."""
    kept = upload(api, b"x")
    path = kept.json["s3FilePath"]
    assert api.call("GET", path, keys="none").status == 401
    assert api.call("POST", _UPLOAD, b"", keys="none").status == 401
    console = api.call("GET", path.replace(_DOWNLOAD, "/console/files"), keys="none")
    assert console.status == http.client.SEE_OTHER
