"""Settings that are chosen while a server runs: they replace those of its start.

They are stored with the access data, so they outlive a restart, and every server of one database
follows them. Only settings that the table marks as changeable can be chosen.
"""

import logging
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select

from leadwire.access.audit import Doer
from leadwire.access.change import Change
from leadwire.access.store import AccessStore
from leadwire.access.tables import chosen_settings
from leadwire.database.expressions import upsert
from leadwire.settings import Settings
from leadwire.settings_sources import SettingsInvalid, how_changed, with_chosen

OF_SERVER: Final = ""
"""Stands for the account of settings that hold for the whole server."""

_Chosen = dict[str, dict[str, Any]]
"""Chosen values by account and name."""

_log = logging.getLogger("leadwire.access")


class LiveSettings:
    """The settings in force. Thread-safe; ``read`` and ``choose`` may block."""

    def __init__(self, store: AccessStore, started: Settings) -> None:
        self._store = store
        self.started: Final = started
        """Those of the command line, the environment and the file."""
        self.followers: Final[list[Callable[[], None]]] = []
        """Called after each change, on the thread that noticed it."""
        self._chosen: _Chosen = {}
        self._server = started
        self._accounts: dict[str, Settings] = {}
        self.read()

    def of_server(self) -> Settings:
        return self._server

    def of_account(self, account_id: str) -> Settings:
        return self._accounts.get(account_id, self._server)

    def is_chosen(self, account_id: str, name: str) -> bool:
        """Whether the setting has a chosen value, in place of that of the start."""
        owner = account_id if how_changed(name) == "account" else OF_SERVER
        return name in self._chosen.get(owner, {})

    def read(self) -> None:
        """Follow what this or another program chose."""
        with self._store.engine.connect() as connection:
            rows = connection.execute(select(chosen_settings)).all()
        chosen: _Chosen = {}
        for row in rows:
            try:
                value = msgspec.json.decode(row.value)
            except msgspec.DecodeError:
                _log.warning("the chosen setting %s is not used: its value is not JSON", row.name)
                continue
            chosen.setdefault(row.account_id, {})[row.name] = value
        if chosen == self._chosen:
            return
        server = _valid(self.started, chosen.get(OF_SERVER, {}), "server")
        self._accounts = {
            account_id: _valid(server, values, "account")
            for account_id, values in chosen.items()
            if account_id != OF_SERVER
        }
        self._server, self._chosen = server, chosen
        for follow in self.followers:
            follow()

    def choose(self, by: Doer, account_id: str, values: Mapping[str, object]) -> None:
        """Choose values for the account, or those of the server in its name. None: as at the start.

        Raises SettingsInvalid, and stores nothing, for an invalid value or a setting that needs a
        restart.
        """
        for name in values:
            if name not in Settings.model_fields:
                near = get_close_matches(name, Settings.model_fields, n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise SettingsInvalid(f"There is no setting {name}.{hint}", by_flag=False)
            if how_changed(name) == "restart":
                raise SettingsInvalid(f"{name} changes only by a restart.", by_flag=False)
        given = {name: value for name, value in values.items() if value is not None}
        before = self.of_account(account_id)
        after = with_chosen(before, given)

        def store(change: Change) -> None:
            for name, value in values.items():
                owner = account_id if how_changed(name) == "account" else OF_SERVER
                own = (chosen_settings.c.account_id == owner, chosen_settings.c.name == name)
                change.connection.execute(delete(chosen_settings).where(*own))
                new: object = getattr(self.started, name)
                if value is not None:
                    new = getattr(after, name)
                    text = msgspec.json.encode(new).decode()
                    change.connection.execute(
                        upsert(chosen_settings).values(account_id=owner, name=name, value=text)
                    )
                note = f"{getattr(before, name)} → {new}"
                change.audit(account_id, "setting.changed", thing=name, note=note)

        self._store.change(by, store)
        self.read()


def _valid(settings: Settings, values: Mapping[str, object], changed: str) -> Settings:
    """*settings* with those of *values* that are valid; the others are logged."""
    for name, value in values.items():
        if name not in Settings.model_fields or how_changed(name) != changed:
            _log.warning("the chosen setting %s is not used: it cannot be chosen", name)
            continue
        try:
            settings = with_chosen(settings, {name: value})
        except SettingsInvalid as error:
            _log.warning("a chosen setting is not used: %s", error)
    return settings
