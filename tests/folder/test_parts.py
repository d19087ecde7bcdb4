"""Each part of a data folder lost, exchanged or damaged: one sentence says so, to everybody."""

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from amounts import each
from support import LEADS, LEADWIRE, InProcess, leadwire

from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import prepare_data_folder
from leadwire.database.places import Place
from leadwire.errors import SetupError
from leadwire.folder_identity import folder_key, read_identity, write_identity
from leadwire.server.app import set_up_data_folder
from leadwire.stores.sqlite.schema import open_writable

DAY = "calls/2026-03-04.sqlite"
FILES = ["folder.json", "secret.key", "personal.key", "access.sqlite", "crm.sqlite", DAY]
PROOF = ["calls/chain.key", "calls/ledger.json", "calls/end-mark"]
MARKED = ["calls", "files"]
DATABASES = ["access.sqlite", "crm.sqlite", DAY]
RESTORE = "restore a backup with 'leadwire restore BACKUP --data NEW_FOLDER'"

Damage = Callable[[Path, Path], None]
"""What happens to a part; the second path is the same part of another folder."""


def used(folder: Path, make_api: Callable[..., InProcess]) -> Path:
    """A folder with a lead, a day of calls, and every key."""
    folder_key(folder, folder / "personal.key", SystemIds())
    api = make_api()
    api.create(FirstName="Asha")
    api.close()
    assert {str(path.relative_to(folder)) for path in folder.rglob("*")} >= {*FILES, *MARKED}
    return folder


@pytest.fixture
def folder(data_folder: Path, make_api: Callable[..., InProcess]) -> Path:
    return used(data_folder, make_api)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another folder with the same parts, of its own id and keys."""
    folder = tmp_path_factory.mktemp("other") / "data"
    set_up_data_folder(Place(folder), account_name="Other", email="admin@other.test")
    folder_key(folder, folder / "personal.key", SystemIds())
    open_writable(folder / DAY, folder_id=read_identity(folder).folder_id).close()
    return folder


def removed(part: Path, _other: Path) -> None:
    shutil.rmtree(part) if part.is_dir() else part.unlink()


def emptied(part: Path, _other: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
        part.mkdir()
    else:
        part.write_bytes(b"")


def exchanged(part: Path, other: Path) -> None:
    removed(part, other)
    (shutil.copytree if other.is_dir() else shutil.copy)(other, part)


def junk(part: Path, _other: Path) -> None:
    part.write_bytes(b"\x00\xffjunk" * 700)


def halved(part: Path, _other: Path) -> None:
    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])


def torn(part: Path, _other: Path) -> None:
    """A page in the middle is lost."""
    content = bytearray(part.read_bytes())
    content[8192:12288] = bytes(4096)
    part.write_bytes(content)


def folder_instead(part: Path, other: Path) -> None:
    removed(part, other)
    part.mkdir()


def file_instead(part: Path, other: Path) -> None:
    removed(part, other)
    part.write_text("x")


def dangling(part: Path, other: Path) -> None:
    removed(part, other)
    part.symlink_to(part.with_name("nowhere"))


def newer(part: Path, _other: Path) -> None:
    if part.name == "folder.json":
        content = msgspec.json.decode(part.read_bytes())
        part.write_bytes(msgspec.json.encode({**content, "version": 99, "new": True}))
        return
    with closing(sqlite3.connect(part)) as connection:
        if part.name in ("access.sqlite", "crm.sqlite"):
            new = "version_num = '9999', readable_since = '9999'"
            connection.execute(f"UPDATE {part.stem}_version SET {new}")  # noqa: S608
        else:
            connection.execute("PRAGMA user_version = 99")
        connection.commit()


CASES: list[tuple[str, Damage, str]] = [
    *((part, removed, "is missing: ") for part in FILES if part != DAY),
    *((part, removed, "is missing: ") for part in PROOF + MARKED),
    *((part, emptied, "is empty: ") for part in FILES + PROOF + MARKED),
    *((part, exchanged, "belongs to another data folder: ") for part in DATABASES + MARKED),
    *((part, exchanged, "is not the key of this data folder: ") for part in FILES[1:3]),
    *((part, exchanged, "not of the same log: ") for part in PROOF[:2]),
    (PROOF[2], exchanged, "is of another log: "),
    *((part, junk, "is damaged") for part in (*FILES, PROOF[0])),
    (PROOF[1], junk, "cannot be read"),
    (PROOF[2], junk, "was changed or damaged"),
    *((part, halved, "is damaged") for part in FILES),
    *((part, torn, "is damaged") for part in DATABASES[:2]),
    *((part, folder_instead, "should be a file, and is not: ") for part in FILES + PROOF),
    *((part, file_instead, "should be a folder, and is not: ") for part in MARKED),
    *((part, dangling, "is a link to ") for part in FILES + PROOF + MARKED),
    *((part, newer, "newer leadwire") for part in ("folder.json", *DATABASES[:2])),
    (DAY, newer, "has format 99"),
]


def serve(folder: Path) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    return subprocess.run(  # noqa: S603  # our own command
        [*LEADWIRE, "serve", "--data", str(folder), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refusal(folder: Path) -> str:
    """Why the folder cannot be served, as the composition root says it."""
    with pytest.raises(SetupError) as refused:
        prepare_data_folder(Place(folder), clock=SystemClock(), ids=SystemIds())
    return str(refused.value)


@pytest.mark.parametrize(("part", "damage", "told"), each(CASES, every=3))
def test_a_part_that_is_not_as_it_should_be_stops_the_start(
    folder: Path, other: Path, part: str, damage: Damage, told: str
) -> None:
    """One sentence names the file and says what to do; doctor says the same; nothing is made."""
    damage(folder / part, other / part)
    before = {path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))}
    text = refusal(folder)
    assert told in text
    assert str(folder / part) in text or Path(part).name in text
    assert ": " in text
    assert text.endswith(".")
    assert "\n" not in text
    if damage is not newer:
        assert RESTORE in text
    result = leadwire("doctor", "--data", str(folder))
    assert result.exit_code == 1
    assert text in result.stdout
    after = {path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))}
    assert after == before


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("access.sqlite", ("keys", "list")),
        ("secret.key", ("keys", "create")),
        ("calls", ("calls", "search")),
        ("personal.key", ("calls", "stats")),
        ("folder.json", ("calls", "verify")),
        ("folder.json", ("init",)),
        ("crm.sqlite", ("init",)),
    ],
)
def test_every_command_says_the_same_sentence(
    folder: Path, part: str, words: tuple[str, ...]
) -> None:
    """Exit code 1, and no traceback."""
    removed(folder / part, folder)
    result = leadwire(*words, "--data", str(folder))
    assert result.exit_code == 1
    assert result.stderr == f"Error: {refusal(folder)}\n"


def test_serve_prints_the_sentence_and_nothing_else(folder: Path, other: Path) -> None:
    """Neither a traceback nor the web server's own words."""
    exchanged(folder / "access.sqlite", other / "access.sqlite")
    started = serve(folder)
    assert started.returncode == 1
    assert started.stderr == f"Error: {refusal(folder)}\n"
    assert started.stdout == ""


def test_a_day_under_another_name_is_noticed(folder: Path) -> None:
    """Its mark says which day it is."""
    (folder / DAY).rename(folder / "calls/2020-01-01.sqlite")
    assert f"is this folder's {DAY} under another name" in refusal(folder)


def test_a_database_under_another_name_is_noticed(folder: Path) -> None:
    """The access database is no CRM, even of the same folder."""
    shutil.copy(folder / "access.sqlite", folder / "crm.sqlite")
    assert "is this folder's access.sqlite under another name" in refusal(folder)


def test_a_personal_key_may_be_given_up_on_purpose(folder: Path) -> None:
    """Once it is taken out of folder.json as well, the folder is whole without it."""
    (folder / "personal.key").unlink()
    identity = read_identity(folder)
    keys = {name: told for name, told in identity.keys.items() if name != "personal.key"}
    write_identity(folder, msgspec.structs.replace(identity, keys=keys))
    assert prepare_data_folder(Place(folder), clock=SystemClock(), ids=SystemIds()).keys == keys


def test_a_folder_with_other_files_is_no_place_for_data(tmp_path: Path) -> None:
    """Nothing is put between them; only what a file system puts there itself does not count."""
    (tmp_path / "notes.txt").write_text("mine")
    assert "holds other files" in refusal(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "notes.txt").rename(tmp_path / "lost+found")
    assert (
        prepare_data_folder(Place(tmp_path), clock=SystemClock(), ids=SystemIds()).state == "ready"
    )


def test_a_link_to_nowhere_and_a_file_are_no_data_folder(tmp_path: Path) -> None:
    """Each is told."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "should be a folder" in refusal(tmp_path / "file")
    assert "is a link to" in refusal(tmp_path / "link")
    assert not (tmp_path / "nowhere").exists()


def test_a_first_start_that_was_killed_is_completed(tmp_path: Path) -> None:
    """Wherever it was killed: the next start makes what is missing, with the same id and key."""
    whole = tmp_path / "whole"
    identity = prepare_data_folder(Place(whole), clock=SystemClock(), ids=SystemIds())
    parts = ["secret.key", "access.sqlite", "crm.sqlite", "calls", "files"]
    for made in range(len(parts) + 1):
        half = Path(shutil.copytree(whole, tmp_path / f"half{made}"))
        noted = identity.keys if made else {}
        write_identity(half, msgspec.structs.replace(identity, state="making", keys=noted))
        for part in parts[made:]:
            removed(half / part, half)
        if made < len(parts) and "." in parts[made]:
            (half / f"{parts[made]}.1.partial").write_bytes(b"")
        assert "did not finish" in leadwire("keys", "list", "--data", str(half)).stderr
        completed = prepare_data_folder(Place(half), clock=SystemClock(), ids=SystemIds())
        assert completed.folder_id == identity.folder_id
        assert leadwire("doctor", "--data", str(half)).exit_code == 0


def test_a_start_that_was_killed_at_once_left_an_empty_folder(tmp_path: Path) -> None:
    """Its unfinished folder.json is not a reason to refuse."""
    (tmp_path / "folder.json.new").write_bytes(b"{")
    assert (
        prepare_data_folder(Place(tmp_path), clock=SystemClock(), ids=SystemIds()).state == "ready"
    )


def test_first_starts_at_once_make_one_folder(tmp_path: Path) -> None:
    """One makes it, the others find it made; all parts are of one id."""
    folder = tmp_path / "data"

    def start(_: int) -> str:
        return prepare_data_folder(Place(folder), clock=SystemClock(), ids=SystemIds()).folder_id

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(start, range(8))) == {read_identity(folder).folder_id}
    assert leadwire("doctor", "--data", str(folder)).exit_code == 0


@contextmanager
def as_nobody() -> Iterator[None]:
    """Whoever runs the tests: in the block, a user who owns nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def in_reach(folder: Path) -> Iterator[Path]:
    """*folder*, which any user can find."""
    closed = [path for path in folder.parents if path.stat().st_mode & 0o777 == 0o700]
    for path in closed:
        path.chmod(0o755)
    yield folder
    for path in closed:
        path.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
@pytest.mark.parametrize("part", ["", *FILES, *MARKED])
def test_what_this_user_may_not_use_is_told_with_its_owner(in_reach: Path, part: str) -> None:
    """A folder of another user, or one that is mounted read-only: no traceback."""
    path = in_reach / part
    mode = path.stat().st_mode
    # As an owner who took the right from himself, or as nobody.
    open_mode = 0o755 if path.is_dir() else 0o644
    if os.geteuid() == 0:
        for each in (in_reach, *in_reach.rglob("*")):
            each.chmod(0o777 if each.is_dir() else 0o666)
        open_mode = 0o700 if path.is_dir() else 0o600
    path.chmod(open_mode if os.geteuid() == 0 else 0)
    try:
        with as_nobody():
            text = refusal(in_reach)
    finally:
        path.chmod(mode)
    assert str(path) in text
    assert "its owner is" in text or "Permission denied" in text
    assert "run leadwire as its owner" in text


def test_a_folder_that_was_open_to_others_is_closed_by_the_next_start(
    folder: Path, make_api: Callable[..., InProcess]
) -> None:
    """doctor tells of it before; serve takes the rights away, new files have none."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    told = leadwire("doctor", "--data", str(folder))
    assert told.exit_code == 1
    assert "other users of this machine may read" in told.stdout
    before = os.umask(0o022)
    try:
        api = make_api()
        api.clock.advance(86_400_000)
        api.post(LEADS + "Lead.Create", [{"Attribute": "FirstName", "Value": "Ravi"}])
        open_paths = [
            path
            for path in (folder, *folder.iterdir(), *(folder / "calls").iterdir())
            if path.stat().st_mode & 0o077
        ]
        api.close()
    finally:
        os.umask(before)
    assert open_paths == []
    assert leadwire("doctor", "--data", str(folder)).exit_code == 0


def test_a_folder_that_is_taken_away_makes_the_server_not_ready(
    api: InProcess, tmp_path: Path
) -> None:
    """/readyz answers 503 and says why, also when another folder is in its place."""
    assert api.call("GET", "/readyz", keys="none").status == 200
    shutil.move(api.folder, tmp_path / "away")
    gone = api.call("GET", "/readyz", keys="none")
    assert (gone.status, gone.json["status"]) == (503, "not ready")
    assert "data folder is missing" in gone.json["reasons"][0]
    prepare_data_folder(Place(api.folder), clock=SystemClock(), ids=SystemIds())
    assert api.call("GET", "/readyz", keys="none").status == 503
    shutil.rmtree(api.folder)
    shutil.move(tmp_path / "away", api.folder)
    assert api.call("GET", "/readyz", keys="none").status == 200


def test_doctor_and_readyz_share_one_bound_of_free_space(
    make_api: Callable[..., InProcess],
) -> None:
    """The setting ``disk_free_bytes_min``."""
    huge = 1 << 60
    api = make_api(disk_free_bytes_min=huge)
    assert "almost full" in api.call("GET", "/readyz", keys="none").json["reasons"][0]
    result = leadwire(
        "doctor",
        "--data",
        str(api.folder),
        environment={"LEADWIRE_DISK_FREE_BYTES_MIN": str(huge)},
    )
    assert result.exit_code == 1
    assert "disk_free_bytes_min" in result.stdout


def test_what_a_killed_command_left_undone_is_taken_back(folder: Path, tmp_path: Path) -> None:
    """A transaction of the access database that was cut short: no reason to refuse."""
    database = folder / "access.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        before = connection.execute("SELECT count(*) FROM keys").fetchone()
        connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the commit
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE filling (text)")
        for _ in range(50):
            connection.execute("INSERT INTO filling VALUES (hex(randomblob(4000)))")
        half = Path(shutil.copytree(folder, tmp_path / "half"))
        connection.execute("ROLLBACK")
    assert (half / "access.sqlite-journal").stat().st_size > 0
    assert leadwire("doctor", "--data", str(half)).exit_code == 0
    prepare_data_folder(Place(half), clock=SystemClock(), ids=SystemIds())
    with closing(sqlite3.connect(half / "access.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM keys").fetchone() == before


def test_a_disk_that_refuses_the_first_start_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it refuses; once it does not, the same start succeeds."""
    folder = tmp_path / "data"

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("write_identity", "folder_key", "make_database", "replace_file", "sync_folder"):
        with monkeypatch.context() as patch:
            patch.setattr(f"leadwire.data_folder.making.{name}", refuse)
            text = refusal(folder)
        assert text == f"Cannot use the data folder {folder}: No space left on device."
    assert prepare_data_folder(Place(folder), clock=SystemClock(), ids=SystemIds()).state == "ready"
