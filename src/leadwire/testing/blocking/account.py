# Made by scripts/sdk from leadwire/testing/aio/account.py: change that file instead.
"""An account of a server under test: its clients, data, faults and calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from leadwire.testing.blocking.controls import Controls
from leadwire.testing.errors import UnmetFaults
from leadwire.testing.shapes import Call, Delivery
from leadwire.testing.values import Reply, milliseconds, reply_of, seed_bytes, segment

if TYPE_CHECKING:
    from leadwire.sdk.blocking.client import Client

Kept = Literal["fields", "users", "activity_types", "lists", "webhooks"]

_SECONDS: Final = 2.0
_QUIET_SECONDS: Final = 0.1
_CALLS_MAX: Final = 1_000


class Receiver:
    """A receiver of webhooks in the server. Register ``url`` as a webhook."""

    def __init__(self, controls: Controls, name: str, url: str) -> None:
        self._controls = controls
        self.name: Final = name
        self.url: Final = url

    def deliveries(self) -> list[Delivery]:
        """What it got until now."""
        return self._got(0, 0)

    def wait(self, count: int = 1, *, seconds: float = _SECONDS) -> list[Delivery]:
        """The deliveries, once there are at least *count*. Raises AssertionError if not in time."""
        found = self._got(count, milliseconds(seconds))
        if len(found) < count:
            got = f"{len(found)} of {count} deliveries within {seconds} s"
            raise AssertionError(f"The receiver {self.name} got {got}.")
        return found

    def _got(self, count: int, within_ms: int) -> list[Delivery]:
        path = f"receivers/{self.name}/deliveries"
        answer = self._controls.ask("GET", path, wait=count, within_ms=within_ms)
        return msgspec.convert(answer["deliveries"], list[Delivery])


class Account:
    """An account with an administrator and a key pair. ``client`` makes clients of it."""

    def __init__(self, controls: Controls, made: Mapping[str, str]) -> None:
        self._controls = controls
        self.url: Final = controls.url
        """``http://HOST:PORT`` of the server."""
        self.account_id: Final = made["account_id"]
        self.access_key: Final = made["access_key"]
        self.secret_key: Final = made["secret_key"]
        self.user_email: Final = made["user_email"]
        self.password: Final = made["password"]
        """The administrator's password for the console."""

    def made(self) -> dict[str, str]:
        """What its making returned: ids and secrets, from which an equal account can be made."""
        names = ("account_id", "access_key", "secret_key", "user_email", "password")
        return {name: str(getattr(self, name)) for name in names}

    def client(self, **options: Any) -> "Client":  # noqa: ANN401  # those of the client
        """A client of the account. It passes *options* to the client."""
        from leadwire.sdk.blocking.client import Client  # noqa: PLC0415  # large; not every test has one

        known = {"host": self.url, "access_key": self.access_key, "secret_key": self.secret_key}
        return Client(**{**known, **options})

    def calls(self, q: str = "", *, since: str = "reset", limit: int = _CALLS_MAX) -> list[Call]:
        """The account's calls that match the search *q*, oldest first; those since the last reset.

        Raises ControlRefused for a search that cannot be read.
        """
        answer = self._controls.ask(
            "GET", "calls", q=q, account=self.account_id, since=since, limit=limit
        )
        return msgspec.convert(answer["calls"], list[Call])

    def expect(
        self,
        q: str = "",
        *,
        count: int | None = None,
        at_least: int = 1,
        within: float = _SECONDS,
        quiet: float = _QUIET_SECONDS,
    ) -> list[Call]:
        """The calls that match *q*: exactly *count* if given, else *at_least*.

        Waits up to *within* seconds for them, then *quiet* seconds for one too many. Raises NotMet.
        """
        answer = self._controls.ask(
            "POST",
            "calls/expect",
            {
                "q": q,
                "account": self.account_id,
                "count": {"min": at_least} if count is None else count,
                "within_ms": milliseconds(within),
                "quiet_ms": milliseconds(quiet),
            },
        )
        return msgspec.convert(answer["calls"], list[Call])

    def fault(
        self,
        operation: str,
        kind: str,
        **members: Any,  # noqa: ANN401  # those of the kind
    ) -> str:
        """Let calls of *operation* meet a fault, and return its id.

        docs/controls.md lists kinds and members: ``fault("Lead.Create", "status", status=502)``.
        Raises ControlRefused for a fault whose members contradict each other.
        """
        fault = {"account": self.account_id, "operation": operation, "kind": kind, **members}
        answer = self._controls.ask("POST", "faults", [fault])
        return str(answer["faults"][0]["id"])

    def check_faults(self) -> None:
        """Raises UnmetFaults if a fault of the account was never met."""
        answer = self._controls.ask("GET", "faults", account=self.account_id)
        own = [fault for fault in answer["faults"] if fault.get("account") == self.account_id]
        unmet = [fault for fault in own if not fault["met"]]
        if unmet:
            told = ", ".join(f"{each['kind']} of {each['operation']}" for each in unmet)
            raise UnmetFaults(f"No call met: {told}.")

    def clear_faults(self) -> None:
        """Remove the account's faults."""
        self._controls.ask("DELETE", "faults", account=self.account_id)

    def reset(self, *, keep: Sequence[Kept] = (), wait: float = _SECONDS) -> None:
        """Bring back the account's data at its start. Waits for open calls and background work.

        Keys and ids stay the same. *keep* names what else stays.
        """
        body = {
            "account": self.account_id,
            "keep": list(keep),
            "wait_ms": milliseconds(wait),
        }
        self._controls.ask("POST", "reset", body)

    def snapshot(self, name: str, *, replace: bool = False) -> None:
        """Keep the account's data by *name*. Raises ControlRefused for a name that is taken."""
        body = {"name": name, "account": self.account_id, "replace": replace}
        self._controls.ask("POST", "snapshots", body)

    def restore(self, name: str) -> None:
        """Bring kept data back. Raises ControlRefused for an unknown name."""
        self._controls.ask(
            "POST", f"snapshots/{segment(name)}/restore", {"account": self.account_id}
        )

    def seed(self, seed: str | Path | Mapping[str, object]) -> dict[str, str]:
        """Add the data of a seed: a file's path, or its content as a dict. Returns ids by handle.

        Raises ControlRefused, with the place of a mistake, and OSError.
        """
        content = seed_bytes(seed)
        query: dict[str, str | int] = {"account": self.account_id}
        answer = self._controls.send("POST", "seed", content, "application/yaml", query)
        return msgspec.convert(answer["ids"], dict[str, str])

    def receiver(self, name: str = "hook", *, respond: Sequence[Reply] = ()) -> Receiver:
        """A receiver of webhooks. It answers as *respond* says, then as its last says."""
        replies = list(map(reply_of, respond))
        own = f"{name}-{self.account_id}"
        answer = self._controls.ask("PUT", f"receivers/{segment(own)}", {"respond": replies})
        return Receiver(self._controls, own, str(answer["url"]))

    def choose(self, **settings: Any) -> None:  # noqa: ANN401  # any setting
        """Choose settings for the account: ``choose(plan="lite")``. Raises ControlRefused."""
        self._controls.ask("PATCH", f"accounts/{self.account_id}", {"settings": settings})

    def create_async_key(self) -> str:
        """A key for asynchronous calls. The previous one stops working."""
        answer = self._controls.ask("POST", f"accounts/{self.account_id}/async-key")
        return str(answer["async_key"])

    def remove(self) -> None:
        """Remove the account and its data. Its calls stay in the log."""
        self._controls.ask("DELETE", f"accounts/{self.account_id}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account_id})"
