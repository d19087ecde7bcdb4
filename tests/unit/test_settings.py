"""Settings: which source wins, what is said of a wrong value, and where each came from."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from support import leadwire

from leadwire.errors import SetupError
from leadwire.settings import Settings
from leadwire.settings_sources import environment_name, load_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "leadwire.toml"
    path.write_text('port = 8081\nplan = "pro"\nhost = "127.0.0.2"\n')
    return path


def test_a_flag_wins_over_environment_file_and_default(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order, each setting for itself; the origin of each is known."""
    monkeypatch.setenv("LEADWIRE_PLAN", "lite")
    monkeypatch.setenv("LEADWIRE_PORT", "8082")
    settings, origins = load_settings({"port": 8083, "plan": None})
    assert (settings.port, settings.plan, settings.host) == (8083, "lite", "127.0.0.2")
    assert origins["port"].source == "flag"
    assert origins["plan"].source == "environment"
    assert origins["host"].source == f"file {file.name}"
    assert origins["log_level"].source == "default"
    assert set(origins) == set(Settings.model_fields)


@pytest.mark.usefixtures("file")
def test_config_show_says_where_each_value_came_from() -> None:
    """For people and for programs, with unit and environment name."""
    shown = leadwire(
        "config", "show", "--json", "--plan-users", "7", environment={"LEADWIRE_PORT": "1"}
    )
    rows = {row["name"]: row for row in json.loads(shown.stdout)["settings"]}
    assert list(rows) == list(Settings.model_fields)
    assert (rows["port"]["value"], rows["port"]["source"]) == (1, "environment")
    assert (rows["plan"]["value"], rows["plan"]["source"]) == ("pro", "file leadwire.toml")
    assert (rows["plan_users"]["value"], rows["plan_users"]["source"]) == (7, "flag")
    assert rows["calls_retention_days"]["unit"] == "days"
    assert rows["calls_retention_days"]["environment"] == "LEADWIRE_CALLS_RETENTION_DAYS"
    text = leadwire("config", "show").stdout
    assert all(name in text for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("port = 70000", "port"),
        ('plan = "free"', "plan"),
        ("request_body_bytes_max = 1", "request_body_bytes_max"),
        ("prot = 1", "prot"),
        ('host = "http://0.0.0.0"', "without http://"),
        ('host = "0.0.0.0:8080"', "without a port"),
        ('host = ""', "host name or an IP address"),
        ('console_host = "a b"', "console_host"),
        ("port = ", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(file: Path, line: str, named: str) -> None:
    """With the setting and where its value came from; exit code 1, nothing is started."""
    file.write_text(line)
    with pytest.raises(SetupError, match=named):
        load_settings({})
    result = leadwire("config", "show")
    assert result.exit_code == 1
    assert named in result.stderr


def test_a_wrong_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong value is named, not only the first."""
    monkeypatch.setenv("LEADWIRE_PORT", "eighty")
    monkeypatch.setenv("LEADWIRE_PLAN_USERS", "0")
    with pytest.raises(SetupError, match=r"(?s)port \(from environment\).*plan_users"):
        load_settings({})


def test_a_missing_file_that_was_asked_for_is_refused(tmp_path: Path) -> None:
    """The default file may be missing, a named one may not."""
    with pytest.raises(SetupError, match="Cannot read"):
        load_settings({}, file=tmp_path / "nowhere.toml")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_flag_an_environment_name_and_a_help(name: str) -> None:
    """One table makes them all; a secret has no flag, since everybody sees a command line."""
    field = Settings.model_fields[name]
    assert field.description
    assert field.description.endswith(".")
    assert environment_name(name) == f"LEADWIRE_{name.upper()}"
    flag, is_secret = f"--{name.replace('_', '-')}", field.annotation is SecretStr
    assert (flag in leadwire("serve", "--help").stdout) is not is_secret


def test_every_number_says_its_unit_in_its_name_or_beside_it() -> None:
    """A limit without a unit is a guess."""
    for name, field in Settings.model_fields.items():
        if field.annotation is int and not name.endswith("port"):
            assert isinstance(field.json_schema_extra, dict)
            assert field.json_schema_extra["unit"], name


def test_the_fields_to_index_are_a_list_of_names() -> None:
    """Separated by commas, each once; none by default."""
    settings = Settings(lead_field_indexes=" mx_City,mx_Policy ,,mx_City")
    assert settings.lead_field_index_names == ("mx_City", "mx_Policy")
    assert not settings.lead_field_indexes_auto
    assert Settings().lead_field_index_names == ()
    assert Settings().lead_field_indexes_auto
    both = Settings(lead_field_indexes="mx_City, Auto")
    assert (both.lead_field_index_names, both.lead_field_indexes_auto) == (("mx_City",), True)
