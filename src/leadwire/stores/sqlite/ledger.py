"""The ledger: facts about the days, kept outside their files.

It lists the days with a file, the end of each closed day, and the pruned, lost and erased calls.
Each change replaces the whole file, which is small.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from leadwire.disk import replace_file
from leadwire.errors import SetupError
from leadwire.stores.sqlite.chain import HOW_TO_GO_ON, KEY_NAME, Chain

NAME: Final = "ledger.json"
_KIND: Final = b"ledger"

Runs = list[tuple[int, int]]
"""Sequences as ranges, first and last inclusive, in order."""


class DayNote(msgspec.Struct, frozen=True, kw_only=True):
    """A day with a file, as of its last closing or erasure."""

    blocks: int = 0
    """The least number of blocks; 0 if the day was never closed."""
    chain: str = ""
    """The digest of the last of these blocks."""
    erased: int = 0
    """The number of calls erased from it."""
    is_closed: bool = False
    """Whether it has a manifest."""
    is_lost: bool = False
    """Whether a server found no file when it started."""


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Sequences of calls that no file had when the server started."""

    first: int
    last: int
    noticed_ms: int


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure: when, by whom and how many calls, but not whose calls."""

    number: int
    at_ms: int
    by: str
    calls: int = 0
    days: tuple[str, ...] = ()


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """A day whose file is being replaced: it is unchanged, or already matches *note*."""

    day: str
    note: DayNote
    erasure: Erasure
    """The day once it is replaced."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    generation: int = 0
    key: str = ""
    """The fingerprint of the chain's key."""
    days: dict[str, DayNote] = {}
    pruned: Runs = []
    """The sequences of days that retention dropped."""
    pruned_days: tuple[str, ...] = ()
    """The newest days that retention dropped."""
    to_remove: tuple[str, ...] = ()
    """Dropped days that may still have a file."""
    holes: tuple[Hole, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    rewrite: Rewrite | None = None
    digest: str = ""

    @property
    def pruned_sequence(self) -> int:
        """The last dropped sequence; 0 if there is none."""
        return max((last for _, last in self.pruned), default=0)

    @property
    def is_unused(self) -> bool:
        """Whether no day was ever written."""
        return not self.days and not self.pruned

    def is_pruned(self, day: str) -> bool:
        """Whether retention dropped *day*, among the remembered days."""
        return day in self.pruned_days

    def is_authentic(self, chain: Chain) -> bool:
        """Whether it was written with the key of *chain*."""
        return self.digest == _digest(self, chain)


def read_ledger(folder: Path) -> Ledger:
    """The ledger in the folder. Raises SetupError if it is missing or unreadable."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError:
        raise SetupError(f"{path} is missing: {HOW_TO_GO_ON}.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}: {HOW_TO_GO_ON}.") from None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from None


def read_authentic_ledger(folder: Path, chain: Chain) -> Ledger:
    """As ``read_ledger``. Raises SetupError too if it was changed or is from another log."""
    ledger = read_ledger(folder)
    path = folder / NAME
    if ledger.key != chain.fingerprint:
        raise SetupError(f"{path} and {folder / KEY_NAME} are not of the same log: {HOW_TO_GO_ON}.")
    if not ledger.is_authentic(chain):
        raise SetupError(f"{path} was changed or damaged: {HOW_TO_GO_ON}.")
    return ledger


def write_ledger(folder: Path, chain: Chain, ledger: Ledger) -> Ledger:
    """Durably write *ledger* as the next generation, and return that. Raises OSError."""
    following = msgspec.structs.replace(
        ledger, generation=ledger.generation + 1, key=chain.fingerprint
    )
    signed = msgspec.structs.replace(following, digest=_digest(following, chain))
    replace_file(folder / NAME, msgspec.json.format(msgspec.json.encode(signed), indent=1))
    return signed


def joined_runs(runs: Sequence[tuple[int, int]]) -> Runs:
    """Ranges in order. Ranges that touch or overlap become one."""
    joined: Runs = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _digest(ledger: Ledger, chain: Chain) -> str:
    unsigned = msgspec.structs.replace(ledger, digest="")
    return chain.digest(_KIND, msgspec.msgpack.encode(unsigned)).hex()
