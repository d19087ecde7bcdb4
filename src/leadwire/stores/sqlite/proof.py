"""The files that prove the log, as its writer keeps them: chain key, ledger and end mark.

The order of writing keeps them correct after a crash. A day's file is written before its note in
the ledger. Calls are written before the mark. The ledger is written before its generation in the
mark.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from leadwire.clock import Clock, IdSource
from leadwire.dates import day_of
from leadwire.errors import SetupError
from leadwire.stores.sqlite.chain import HOW_TO_GO_ON, KEY_NAME, Chain, make_chain, read_chain
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.end_mark import NAME as MARK_NAME
from leadwire.stores.sqlite.end_mark import EndMark, EndMarkFile, read_end_mark
from leadwire.stores.sqlite.ledger import NAME as LEDGER_NAME
from leadwire.stores.sqlite.ledger import (
    DayNote,
    Hole,
    Ledger,
    Rewrite,
    Runs,
    joined_runs,
    read_authentic_ledger,
    write_ledger,
)

_PRUNED_DAYS_MAX: Final = 1_000
"""Maximum of dropped days in the ledger, for comparison with an anchor."""

Heads = Mapping[str, tuple[int, bytes]]

_log = logging.getLogger("leadwire.calls")


PROOF_NAMES: Final = (KEY_NAME, LEDGER_NAME, MARK_NAME)
"""The files that prove the log."""


def begin_log(folder: Path, ids: IdSource) -> None:
    """Create the key, ledger and end mark of a new log, or complete them after a kill.

    Does nothing if there are calls. Raises SetupError for a damaged file, and OSError.
    """
    if not DayFolder(folder).is_begun():
        write_ledger(folder, make_chain(folder, ids), Ledger())
    if not (folder / MARK_NAME).exists():
        chain = read_chain(folder)
        if read_authentic_ledger(folder, chain).is_unused:
            EndMarkFile(folder, chain).make()


def read_proof(folder: Path) -> tuple[Chain, Ledger, EndMark]:
    """Read the files that prove the log; a server may write the log meanwhile.

    Raises SetupError if a part is missing, was changed, or is an older copy.
    """
    chain = read_chain(folder)
    read_authentic_ledger(folder, chain)  # first: it shows whether the key is from another log
    mark = read_end_mark(folder, chain)
    ledger = read_authentic_ledger(folder, chain)  # read again, since it is written before the mark
    if ledger.generation < mark.ledger:
        raise SetupError(f"{folder / LEDGER_NAME} is an older copy: {HOW_TO_GO_ON}.")
    return chain, ledger, mark


class Proof:
    """For the one process that holds the folder, and its writer's thread.

    Raises SetupError when a part is missing, was changed, or is an older copy; OSError.
    """

    def __init__(self, days: DayFolder, *, clock: Clock, ids: IdSource) -> None:
        self._folder = days.folder
        self._clock = clock
        begin_log(self._folder, ids)
        chain, self.ledger, mark = read_proof(self._folder)
        self.chain: Final = chain
        self._end = EndMarkFile(self._folder, chain)
        self._end.open(msgspec.structs.replace(mark, ledger=self.ledger.generation))

    @property
    def sequence(self) -> int:
        """The highest known sequence of a call."""
        return max(self._end.mark.sequence, self.ledger.pruned_sequence)

    @property
    def heads(self) -> Heads:
        """For each written day: its number of blocks and the digest of the last one."""
        return self._end.mark.heads

    def catch_up(self) -> None:
        """Call this before a commit. Raises OSError if the mark cannot be written."""
        self._end.catch_up()

    def advance(self, sequence: int, heads: Heads) -> None:
        """Mark calls up to *sequence*, and the blocks of *heads*, as being on the disk."""
        mark = EndMark(
            at_ms=self._clock.now_ms(),
            sequence=sequence,
            ledger=self.ledger.generation,
            heads=dict(heads),
        )
        self._end.advance(mark, elapsed_ns=self._clock.elapsed_ns())

    def bring_up_to_date(self, sequence: int, heads: Heads) -> None:
        """Update the mark at the start: the files hold calls up to *sequence*. Raises OSError."""
        behind = sequence - self._end.mark.sequence
        if behind <= 0:
            return
        _log.warning("the end mark was %d calls behind the log, and is brought up to date", behind)
        self._end.write_and_sync(
            EndMark(
                at_ms=self._clock.now_ms(),
                sequence=sequence,
                ledger=self.ledger.generation,
                heads=dict(heads),
            )
        )

    def note_day(self, day: str) -> None:
        """Note that a day got a file, without calls yet."""
        self._write(days=self.ledger.days | {day: DayNote()})

    def note_closed(self, day: str, *, blocks: int, chain: str) -> None:
        """Note that a day was closed, and that its manifest is on the disk."""
        known = self.ledger.days[day]
        note = msgspec.structs.replace(known, blocks=blocks, chain=chain, is_closed=True)
        if note != known:
            self._write(days=self.ledger.days | {day: note})

    def note_missing(self, days: Sequence[str], last: int) -> tuple[int, int] | None:
        """Record what the start did not find: files of *days*, and calls after *last*.

        Their sequences are not reused. Returns the first and last missing call, unless an earlier
        start recorded them.
        """
        ledger, given = self.ledger, self.sequence
        lost = {
            day: msgspec.structs.replace(ledger.days[day], is_lost=True)
            for day in days
            if not ledger.days[day].is_lost
        }
        known = max((hole.last for hole in ledger.holes), default=0)
        found: tuple[int, int] | None = None
        holes = ledger.holes
        if given > max(last, known):
            found = max(last, known) + 1, given
            hole = Hole(first=found[0], last=given, noticed_ms=self._clock.now_ms())
            holes = (*holes, hole)
            _log.error("calls %d to %d are missing from the log", *found)
        for day in lost:
            _log.error("the file %s.sqlite of the calls is missing", day)
        if lost or found:
            self._write(days=ledger.days | lost, holes=holes)
        return found

    def note_pruning(self, days: Sequence[str], runs: Runs) -> None:
        """Note that *days*, with the calls of *runs*, are about to be removed."""
        ledger = self.ledger
        pruned_days = sorted({*ledger.pruned_days, *days})[-_PRUNED_DAYS_MAX:]
        # Calls that were lost before these days ended have reached their retention, too.
        passed = [hole for hole in ledger.holes if day_of(hole.noticed_ms) <= max(days)]
        pruned = joined_runs([*ledger.pruned, *runs, *((hole.first, hole.last) for hole in passed)])
        self._write(
            days={day: note for day, note in ledger.days.items() if day not in days},
            pruned=pruned,
            pruned_days=tuple(pruned_days),
            to_remove=tuple(days),
            holes=tuple(hole for hole in ledger.holes if hole not in passed),
        )

    def note_pruned(self) -> None:
        """Note that the files are gone."""
        self._write(to_remove=())

    def begin_rewrite(self, rewrite: Rewrite) -> None:
        """Note that a day's file is about to be replaced. Until then its head is unknown."""
        mark = self._end.mark
        heads = {day: head for day, head in mark.heads.items() if day != rewrite.day}
        self._end.write_and_sync(msgspec.structs.replace(mark, heads=heads))
        self._write(rewrite=rewrite)

    def end_rewrite(self, *, is_done: bool) -> None:
        """Note that the file was replaced; or with *is_done* False, that it is unchanged."""
        rewrite = self.ledger.rewrite
        if rewrite is None:
            return
        if not is_done:
            self._write(rewrite=None)
            return
        others = (one for one in self.ledger.erasures if one.number != rewrite.erasure.number)
        self._write(
            days=self.ledger.days | {rewrite.day: rewrite.note},
            erasures=(*others, rewrite.erasure),
            rewrite=None,
        )

    def close(self) -> None:
        self._end.close()

    def _write(self, **changes: object) -> None:
        """Replace the ledger, then write its generation into the mark."""
        ledger = msgspec.structs.replace(self.ledger, **changes)
        try:
            self.ledger = write_ledger(self._folder, self.chain, ledger)
        except OSError:
            with suppress(SetupError):  # the file may have been replaced before the failure
                self.ledger = read_authentic_ledger(self._folder, self.chain)
            raise
        mark = msgspec.structs.replace(self._end.mark, ledger=self.ledger.generation)
        self._end.write_and_sync(mark)
