"""Two servers with data folders of their own share one database, its keys and its files."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from engines import PostgresServer
from support import LEADS, InProcess, LoopThread, attributes, leadwire, upload

from leadwire.access.accounts import FirstAccount
from leadwire.database.places import place_of
from leadwire.errors import SetupError
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

pytestmark = pytest.mark.postgresql
Start = Callable[..., InProcess]


@pytest.fixture
def shared(tmp_path: Path, postgres: PostgresServer) -> dict[str, object]:
    """The settings that the servers have in common."""
    return {
        "database_url": postgres.create_database(),
        "shared_folder": tmp_path / "shared",
        "calls_redact_fields": "FirstName",
    }


@pytest.fixture
def keys(tmp_path: Path, shared: dict[str, object]) -> FirstAccount:
    place = place_of(Settings(data=tmp_path / "one", **shared))
    return set_up_data_folder(place, account_name="Acme", email="a@acme.test")


@pytest.fixture
def start(
    tmp_path: Path, loop_thread: LoopThread, shared: dict[str, object], keys: FirstAccount
) -> Iterator[Start]:
    """Start a server on the folder of that name."""
    with ExitStack() as closing:

        def started(name: str, **own: object) -> InProcess:
            settings = Settings(**{"data": tmp_path / name, **shared, **own})
            api = InProcess(loop_thread, settings, keys)
            closing.callback(api.close)
            return api

        yield started


def test_keys_and_files_of_one_server_work_on_the_other(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Key pairs, uploaded files, and the tokens of personal values. The second start warns."""
    one = start("one")
    assert "another server uses the database" not in caplog.text
    two = start("two")
    assert "another server uses the database" in caplog.text
    link = urlsplit(upload(one, b"%PDF of one").json["s3FilePath"])
    assert two.call("GET", f"{link.path}?{link.query}").body == b"%PDF of one"
    lead_id = one.create(FirstName="Asha")
    assert two.lead(lead_id)["FirstName"] == "Asha"
    asha = attributes({"FirstName": "Asha"})
    bodies = {api.record(api.post(f"{LEADS}Lead.Create", asha)).request_body for api in (one, two)}
    assert len(bodies) == 1
    assert "Asha" not in bodies.pop()


def test_the_data_folder_of_a_server_has_no_shared_part(start: Start, tmp_path: Path) -> None:
    """So that nobody takes an old key there for the one in use."""
    start("one")
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names.isdisjoint({"secret.key", "personal.key", "files"})
    assert {path.name for path in (tmp_path / "shared").iterdir()} == {
        "secret.key",
        "personal.key",
        "files",
    }


def test_a_server_without_the_shared_folder_is_refused(start: Start, tmp_path: Path) -> None:
    """Its own key, or its own folder of files, would make key pairs or files unknown there."""
    start("one")
    with pytest.raises(SetupError, match=r"secret\.key is not the key .* set shared_folder"):
        start("two", shared_folder=None)
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "secret.key").write_bytes((tmp_path / "shared" / "secret.key").read_bytes())
    with pytest.raises(SetupError, match=r"apart/files is not the folder of files"):
        start("three", shared_folder=apart)


def test_a_key_of_personal_values_that_was_made_later_is_compared_as_well(
    start: Start, tmp_path: Path
) -> None:
    """A server that starts to replace values must not do so with another key."""
    start("one")
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "secret.key").write_bytes((tmp_path / "shared" / "secret.key").read_bytes())
    (apart / "files").symlink_to(tmp_path / "shared" / "files")
    with pytest.raises(SetupError, match=r"personal\.key is not the key"):
        start("two", shared_folder=apart)


def test_a_backup_has_the_shared_parts(
    start: Start, tmp_path: Path, shared: dict[str, object]
) -> None:
    """A restored folder serves the files and takes the key pairs, without the shared folder."""
    one = start("one")
    link = urlsplit(upload(one, b"%PDF of one").json["s3FilePath"])
    environment = {f"LEADWIRE_{name.upper()}": str(value) for name, value in shared.items()}
    backup, folder = str(tmp_path / "backup"), tmp_path / "restored"
    taken = leadwire("backup", backup, "--data", str(tmp_path / "one"), environment=environment)
    assert taken.exit_code == 0, taken.output
    done = leadwire("restore", backup, "--data", str(folder))
    assert done.exit_code == 0, done.output
    restored = start("restored", shared_folder=None)
    assert restored.call("GET", f"{link.path}?{link.query}").body == b"%PDF of one"


def test_doctor_finds_the_shared_parts(
    start: Start, tmp_path: Path, shared: dict[str, object]
) -> None:
    """And names the one that is missing."""
    start("one")
    environment = {f"LEADWIRE_{name.upper()}": str(value) for name, value in shared.items()}
    environment["LEADWIRE_DATA"] = str(tmp_path / "one")
    assert leadwire("doctor", environment=environment).exit_code == 0
    (tmp_path / "shared" / "secret.key").unlink()
    found = leadwire("doctor", environment=environment)
    assert (found.exit_code, f"{tmp_path}/shared/secret.key" in found.output) == (1, True)
