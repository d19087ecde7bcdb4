"""Files that callers put here: whole or not at all, their account's alone, never shown."""

import http.client
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from support import UPLOAD, Answer, InProcess, StandingClock, upload

from leadwire.clock import SystemIds
from leadwire.crm.files import FileStore, safe_name
from leadwire.database.writer import WriteFailed
from leadwire.folder_identity import FILES_FOLDER

_DOWNLOAD = "/File/Download"
_ASHA, _BEN = "account-1", "account-2"


def download(api: InProcess, answer: Answer) -> Answer:
    return api.call("GET", path_of(answer))


def path_of(answer: Answer) -> str:
    parts = urlsplit(answer.json["s3FilePath"])
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    (tmp_path / FILES_FOLDER).mkdir()
    return FileStore(tmp_path / FILES_FOLDER, clock=StandingClock(), ids=SystemIds())


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
    """Another part's file, or none, is not an upload."""
    assert upload(api, b"x", field="other").exception_type == "MXMandatoryAttributeMissingException"
    assert upload(api, b"x", field="UPLOADFILES").status == 200


def test_keys_are_asked_for(api: InProcess) -> None:
    """To put a file here and to get it; and the console asks for a session."""
    kept = upload(api, b"x")
    path = path_of(kept)
    assert api.call("GET", path, keys="none").status == 401
    assert api.call("POST", UPLOAD, b"", keys="none").status == 401
    console = api.call("GET", path.replace(_DOWNLOAD, "/console/files"), keys="none")
    assert console.status == http.client.SEE_OTHER


def form_with(parts: dict[str, str], content: bytes = b"%PDF") -> bytes:
    texts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    file = '--edge\r\nContent-Disposition: form-data; name="uploadFiles"; filename="a.pdf"\r\n\r\n'
    return texts.encode() + file.encode() + content + b"\r\n--edge--\r\n"


FORM = {"Content-Type": "multipart/form-data; boundary=edge"}


@pytest.mark.parametrize("names", [("AccessKey", "SecretKey"), ("accesskey", "SECRETKEY")])
def test_keys_in_parts_of_the_form_let_the_caller_in(api: InProcess, names: tuple[str, str]):
    """As LeadSquared's page has it; the record knows the key id, and holds no key."""
    pair = dict(zip(names, (api.keys.access_key, api.keys.secret_key), strict=True))
    answer = api.call(
        "POST", UPLOAD, form_with({"FileType": "3"} | pair), headers=FORM, keys="none"
    )
    assert answer.status == 200, answer.body
    assert list(answer.json) == [
        "Status", "uploadedFile", "relativeFilePath", "s3FilePath", "description",
    ]  # fmt: skip
    record = api.record(answer)
    assert (record.account_id, record.key_id != "") == (api.keys.account_id, True)
    assert_no_key(api, answer)


@pytest.mark.parametrize("where", ["headers", "query"])
def test_keys_elsewhere_go_before_those_of_the_form(api: InProcess, where: str):
    """The form's are neither used nor recorded."""
    wrong = form_with({"AccessKey": "u$r" + "0" * 32, "SecretKey": "f" * 40})
    answer = api.call("POST", UPLOAD, wrong, headers=FORM, keys=where)
    assert answer.status == 200
    assert "f" * 40 not in msgspec.json.encode(api.record(answer)).decode()


@pytest.mark.parametrize(
    "headers",
    [FORM, {"Content-Type": "multipart/form-data"}, {"Content-Type": "text/plain"}, {}],
    ids=["a form", "no boundary", "another type", "no type"],
)
@pytest.mark.parametrize("change", ["wrong secret", "no secret", "cut off"])
def test_refused_keys_of_a_form_are_nowhere_in_the_record(
    api: InProcess, headers: dict[str, str], change: str
):
    """Whatever the form is called, and wherever it ends."""
    secret = {"wrong secret": "hunter2-hunter2", "no secret": "", "cut off": api.keys.secret_key}
    form = form_with({"AccessKey": api.keys.access_key, "SecretKey": secret[change]})
    sent = form[: form.index(b"filename")] if change == "cut off" else form
    answer = api.call("POST", UPLOAD, sent, headers=headers, keys="none")
    assert answer.status in (400, 401, 500), answer.body
    assert "hunter2" not in msgspec.json.encode(api.record(answer)).decode()
    assert_no_key(api, answer)


def assert_no_key(api: InProcess, answer: Answer) -> None:
    record = msgspec.json.encode(api.record(answer)).decode()
    assert api.keys.access_key not in record
    assert api.keys.secret_key not in record


def test_the_address_is_the_one_that_the_caller_used(make_api: Callable[..., InProcess]):
    """Behind a proxy of ours it is the proxy's; nobody else's word counts."""
    forwarded = {"X-Forwarded-Host": "files.acme.example", "X-Forwarded-Proto": "https"}
    api = make_api(trusted_proxies="192.0.2.7")
    behind = api.call("POST", UPLOAD, form_with({}), headers=FORM | forwarded).json
    assert behind["s3FilePath"].startswith("https://files.acme.example/File/Download?file=")
    assert behind["relativeFilePath"] == behind["s3FilePath"]
    direct = api.call("POST", UPLOAD, form_with({}), headers=FORM).json
    assert direct["s3FilePath"].startswith("http://leads.example.com/File/Download?file=")


def test_nobody_elses_word_on_the_address_counts(api: InProcess):
    """Forwarded headers from an address that is not trusted change no link."""
    forwarded = {"X-Forwarded-Host": "files.acme.example", "X-Forwarded-Proto": "https"}
    untrusted = api.call("POST", UPLOAD, form_with({}), headers=FORM | forwarded).json
    assert untrusted["s3FilePath"].startswith("http://leads.example.com/")


def test_a_form_over_the_limit_without_other_keys_is_too_large(make_api: Callable[..., InProcess]):
    """Its keys are not looked for, and not recorded."""
    api = make_api(request_body_bytes_max=2_048)
    pair = {"AccessKey": api.keys.access_key, "SecretKey": api.keys.secret_key}
    answer = api.call("POST", UPLOAD, form_with(pair, b"x" * 4_096), headers=FORM, keys="none")
    assert answer.status == 413
    assert_no_key(api, answer)
