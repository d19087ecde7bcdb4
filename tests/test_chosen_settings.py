"""Settings chosen while a server runs count at once, for who they are for, and outlive it."""

import re
from pathlib import Path

import pytest
from engines import place, settings
from support import LEADS, USERS, InProcess, LoopThread, attributes

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE, AuditQuery
from leadwire.access.chosen_settings import OF_SERVER, LiveSettings
from leadwire.access.tables import chosen_settings
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import access_store
from leadwire.database.database import transaction
from leadwire.settings import Settings
from leadwire.settings_sources import SettingsInvalid, how_changed

RESTART_ONLY = [name for name in Settings.model_fields if how_changed(name) == "restart"]


def chosen(api: InProcess, **values: object) -> None:
    """As the console chooses."""
    api.app.live.choose(COMMAND_LINE, api.keys.account_id, values)


def test_a_plan_counts_from_the_next_call_on_and_for_its_account_alone(api: InProcess) -> None:
    """And no longer, once it is given back."""
    assert [api.get(USERS).status for _ in range(4)] == [200] * 4
    chosen(api, plan="lite")
    assert [api.get(USERS).status for _ in range(4)] == [200, 200, 429, 429]
    assert api.app.live.of_account("another").plan == "unlimited"
    chosen(api, plan=None)
    assert [api.get(USERS).status for _ in range(4)] == [200] * 4


def test_names_are_redacted_from_the_next_call_on(api: InProcess) -> None:
    """Secrets by their name, and personal values as tokens, which a search finds."""
    body = attributes({"EmailAddress": "mira@example.test", "mx_PetName": "Unmistakable"})
    before = api.record(api.post(LEADS + "Lead.Create", body))
    assert "Unmistakable" in before.request_body
    names = {"calls_secret_names": "mx_PetName", "calls_redact_fields": "EmailAddress"}
    chosen(api, **names)
    after = api.record(api.post(LEADS + "Lead.Create", body))
    assert "Unmistakable" not in after.request_body
    assert "mira@example.test" not in after.request_body
    assert re.search("personal:", after.request_body)


def test_a_choice_outlives_the_server_and_is_followed_by_others(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount
) -> None:
    """The value of the start is back once it is given back."""
    api = InProcess(loop_thread, settings(data_folder), keys)
    chosen(api, calls_retention_days=3, plan="pro")
    api.close()
    store = access_store(place(data_folder), clock=SystemClock(), ids=SystemIds())
    try:
        live = LiveSettings(store, settings(data_folder))
        assert live.of_server().calls_retention_days == 3
        assert live.of_account(keys.account_id).plan == "pro"
        assert live.is_chosen(keys.account_id, "calls_retention_days")
        other = LiveSettings(store, settings(data_folder))
        other.choose(COMMAND_LINE, keys.account_id, {"calls_retention_days": None})
        seen: list[int] = []
        live.followers.append(lambda: seen.append(live.of_server().calls_retention_days))
        live.read()
        assert seen == [30]
        assert not live.is_chosen(keys.account_id, "calls_retention_days")
    finally:
        store.close()


def test_a_stored_value_that_cannot_be_read_stops_no_server(
    data_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged by its name, and the others count."""
    store = access_store(place(data_folder), clock=SystemClock(), ids=SystemIds())
    try:
        with transaction(store.engine) as connection:
            for name, value in (("calls_retention_days", "3"), ("calls_shown_max", "\x01{")):
                row = {"account_id": OF_SERVER, "name": name, "value": value}
                connection.execute(chosen_settings.insert().values(**row))
        live = LiveSettings(store, settings(data_folder))
        assert live.of_server().calls_retention_days == 3
        assert not live.is_chosen("", "calls_shown_max")
    finally:
        store.close()
    assert "calls_shown_max is not used: its value is not JSON" in caplog.text


@pytest.mark.parametrize(
    "values",
    [
        {"plan": "gold"},
        {"plan_users": 0},
        {"calls_retention_days": "soon"},
        {"calls_shown_max": 50, "calls_export_rows_max": -1},
        {"calls_secret_names": "a;b"},
        {"nonsense": 1},
        {"port": 1},
    ],
)
def test_an_invalid_choice_changes_nothing(api: InProcess, values: dict[str, object]) -> None:
    """Neither the setting nor the others beside it."""
    before = api.app.live.of_account(api.keys.account_id)
    with pytest.raises(SettingsInvalid):
        chosen(api, **values)
    assert api.app.live.of_account(api.keys.account_id) == before


def test_what_needs_a_restart_cannot_be_chosen(api: InProcess) -> None:
    """Not one of those settings."""
    for name in RESTART_ONLY:
        with pytest.raises(SettingsInvalid, match="restart"):
            chosen(api, **{name: 1})


def test_every_choice_is_in_the_audit_trail(api: InProcess) -> None:
    """With the value before and after."""
    chosen(api, plan="lite")
    chosen(api, plan=None)
    store = access_store(place(api.folder), clock=SystemClock(), ids=SystemIds())
    try:
        found = store.audit_entries(
            api.keys.account_id, AuditQuery(action="setting.changed"), rows_max=9
        )
    finally:
        store.close()
    assert [(entry.thing, entry.note) for entry in found] == [
        ("plan", "lite → unlimited"),
        ("plan", "unlimited → lite"),
    ]
