"""Proof that nothing is missing: every call read, every digest and count compared.

Reads the whole folder and changes nothing. Problems are listed in order of the days.
"""

import time
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from leadwire.dates import format_ms
from leadwire.errors import SetupError
from leadwire.stores.sqlite.anchor import Anchor, DayAnchor
from leadwire.stores.sqlite.chain import Chain, read_chain
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.end_mark import (
    COMMIT_CALLS_MAX,
    NAME,
    EndMark,
    is_damaged,
    read_end_mark,
)
from leadwire.stores.sqlite.ledger import (
    DayNote,
    Ledger,
    read_authentic_ledger,
    read_ledger,
)
from leadwire.stores.sqlite.log_end import SETTLE_SECONDS
from leadwire.stores.sqlite.verify_day import DayProof, Expected

_ATTEMPTS_MAX: Final = 3
_BREAKS_SHOWN_MAX: Final = 10

Range = tuple[int, int, str]
"""An inclusive range of sequences, and its place."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    days: int
    calls: int
    erased: int = 0
    """The number of erased calls with a valid tombstone."""
    problems: tuple[str, ...] = ()
    """One sentence each; empty if the log is complete."""
    notes: tuple[str, ...] = ()
    """Harmless facts: erased calls, days that an anchor cannot prove, and an end mark that a crash
    left behind."""


def verify(folder: Path, *, anchor: Anchor | None = None) -> Verification:
    """Check every day, and check all sequences for gaps and duplicates.

    With an *anchor*, also check that its content is unchanged. A process may write meanwhile. The
    check is repeated if it finds problems and a day was dropped meanwhile.
    """
    for _ in range(_ATTEMPTS_MAX):
        proof = _LogProof(folder, with_digests=anchor is not None)
        proof.look()
        if anchor is not None:
            proof.compare(anchor)
        if not proof.problems or proof.is_current():
            break
    return proof.result()


def take_anchor(folder: Path) -> tuple[Anchor, Verification]:
    """An anchor of the present log, and the findings. Reads the whole log."""
    for _ in range(_ATTEMPTS_MAX):
        proof = _LogProof(folder, with_digests=True)
        proof.look()
        if not proof.problems or proof.is_current():
            break
    return proof.anchor(), proof.result()


class _LogProof:
    """One check of the whole folder."""

    def __init__(self, folder: Path, *, with_digests: bool) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._days = DayFolder(folder)
        self._folder = folder
        self._with_digests = with_digests
        # Read the mark first, so that the files, read later, include its number.
        self._chain = self._read_chain()
        self._is_mark_read = False
        self._mark = self._read_mark()
        self._ledger = self._read_ledger()
        self._names = self._days.days()
        self._proofs: dict[str, DayProof] = {}
        self._last = 0
        """The greatest sequence that was found."""

    def look(self) -> None:
        ledger = self._ledger
        ranges = [(first, last, "the pruned days") for first, last in ledger.pruned]
        # The next start finishes a killed prune. Its calls already count as dropped.
        names = [day for day in self._names if day not in ledger.to_remove]
        known = [day for day in ledger.days if day not in ledger.to_remove]
        for day in sorted({*names, *known}):
            if day not in names:
                self.problems.append(f"{day}: the file {day}.sqlite is missing.")
                continue
            proof = self._look_at(day)
            ranges += [(*run, day) for run in proof.runs()]
        self._completeness(sorted(ranges))
        self._erasures()

    def compare(self, anchor: Anchor) -> None:
        """Add a problem for each difference from *anchor*."""
        last = max(self._last, self._mark.sequence)
        if last < anchor.sequence:
            self.problems.append(
                f"The anchor covers {anchor.sequence:,} calls, and the log ends at "
                f"{last:,}: its end was cut off, or it is an older copy."
            )
        for told in anchor.days:
            self._compare_day(told, anchor.sequence)

    def anchor(self) -> Anchor:
        until = max(self._last, self._mark.sequence)
        days = (
            proof.digests.anchor(day, until=until)
            for day, proof in sorted(self._proofs.items())
            if proof.digests is not None
        )
        return Anchor(until, tuple(one for one in days if one.calls))

    def is_current(self) -> bool:
        """Whether nothing was dropped, closed or erased since this began."""
        try:
            return (self._names, self._ledger) == (self._days.days(), read_ledger(self._folder))
        except SetupError:
            return True

    def result(self) -> Verification:
        proofs = self._proofs.values()
        return Verification(
            days=len(proofs),
            calls=sum(proof.calls for proof in proofs),
            erased=sum(proof.erased.total() for proof in proofs),
            problems=tuple(self.problems),
            notes=tuple(self.notes),
        )

    def _read_chain(self) -> Chain | None:
        if not self._is_begun():
            return None
        try:
            return read_chain(self._folder)
        except SetupError as error:
            self.problems.append(str(error))
            return None

    def _read_mark(self) -> EndMark:
        if self._chain is None:
            return EndMark()
        try:
            mark = read_end_mark(self._folder, self._chain)
            if is_damaged(self._folder, self._chain):
                self.problems.append(f"{self._folder / 'end-mark'} was changed or damaged in part.")
        except SetupError as error:
            self.problems.append(str(error))
            return EndMark()
        self._is_mark_read = True
        return mark

    def _read_ledger(self) -> Ledger:
        if not self._is_begun():
            return Ledger()
        try:
            if self._chain is None:
                return read_ledger(self._folder)
            ledger = read_authentic_ledger(self._folder, self._chain)
        except SetupError as error:
            self.problems.append(str(error))
            return Ledger()
        if ledger.generation < self._mark.ledger:
            self.problems.append(
                f"{self._folder / 'ledger.json'} is an older copy: it is generation "
                f"{ledger.generation}, and {self._mark.ledger} was written."
            )
        return ledger

    def _has_grown(self, last: int) -> bool:
        """Whether calls were recorded since this began. *last* is the greatest found sequence."""
        if last <= self._mark.sequence:
            return self._is_mark_newer()
        if not self._is_mark_newer():
            time.sleep(SETTLE_SECONDS)  # a commit can be read before its mark is written
        return self._is_mark_newer()

    def _is_mark_newer(self) -> bool:
        """Whether the mark was written since this began."""
        if self._chain is None:
            return False
        try:
            return read_end_mark(self._folder, self._chain).number != self._mark.number
        except SetupError:
            return False

    def _is_begun(self) -> bool:
        """Whether anything was ever written here."""
        return self._days.is_begun()

    def _look_at(self, day: str) -> DayProof:
        ledger = self._ledger
        notes = [ledger.days.get(day, DayNote())]
        if ledger.rewrite is not None and ledger.rewrite.day == day:
            notes.append(ledger.rewrite.note)
        expected = Expected(notes=tuple(notes), head=self._mark.heads.get(day), mark=self._mark)
        proof = DayProof(
            self._chain.of_day(day) if self._chain else None,
            expected,
            with_digests=self._with_digests,
        )
        proof.look(self._days.path(day))
        self._proofs[day] = proof
        if day not in ledger.days and proof.runs():
            proof.problems.insert(0, "the ledger knows no such day: the file is of another log.")
        elif notes[0].is_lost:
            proof.problems.insert(0, "its file was missing when the server started.")
        self.problems += [f"{day}: {problem}" for problem in proof.problems]
        return proof

    def _completeness(self, ranges: list[Range]) -> None:
        if self._has_grown(max((last for _, last, _ in ranges), default=0)):
            # Some files include calls that arrived since this began.
            until = self._mark.sequence
            ranges = [(first, min(last, until), day) for first, last, day in ranges]
            ranges = [one for one in ranges if one[0] <= one[1]]
        missing: list[Range] = []
        if ranges and ranges[0][0] != 1:
            missing.append((1, ranges[0][0] - 1, f"before {ranges[0][2]}"))
        for (_, last, day), (first, _, next_day) in pairwise(ranges):
            if first > last + 1:
                between = f"between {day} and {next_day}" if day != next_day else f"in {day}"
                missing.append((last + 1, first - 1, between))
            elif first <= last:
                self.problems.append(f"Call {first} is there twice, in {day} and in {next_day}.")
        self._last = max((last for _, last, _ in ranges), default=0)
        if self._last < self._mark.sequence:
            missing.append((self._last + 1, self._mark.sequence, "at the end of the log"))
        self._tell_missing(missing)
        self._tell_mark_behind()

    def _tell_mark_behind(self) -> None:
        """Report a mark that is behind: a note if a crash explains it, else a problem.

        A crash omits the calls of one second, the interval of flushes, and of one commit.
        """
        behind = self._last - self._mark.sequence
        if behind <= 0 or not self._is_mark_read:
            return
        told = (
            f"{self._folder / NAME} is {behind:,} call(s) behind the log: it ends at "
            f"{self._mark.sequence:,}, and the log at {self._last:,}."
        )
        mend = "The next start brings it up to date with the calls that are there."
        if sum(one.long_after_mark for one in self._proofs.values()) > COMMIT_CALLS_MAX:
            self.problems.append(
                f"{told} It is an older copy, so it cannot tell whether later calls are missing: "
                f"put the newest {NAME} back, or compare with an anchor. {mend}"
            )
        else:
            self.notes.append(
                f"{told} A crash right after a commit leaves it so; an older copy looks the same, "
                f"and cannot tell whether later calls are missing. {mend}"
            )

    def _tell_missing(self, missing: list[Range]) -> None:
        for first, last, where in missing[:_BREAKS_SHOWN_MAX]:
            why = "".join(
                f" No file had them when the server started on {format_ms(hole.noticed_ms)} UTC."
                for hole in self._ledger.holes
                if hole.first <= last and first <= hole.last
            )
            what = f"Calls {first} to {last} are" if first != last else f"Call {first} is"
            self.problems.append(f"{what} missing {where}.{why}")
        if more := missing[_BREAKS_SHOWN_MAX:]:
            calls = sum(last - first + 1 for first, last, _ in more)
            self.problems.append(f"{calls:,} more calls are missing, in {len(more):,} ranges.")

    def _erasures(self) -> None:
        known = {one.number: one for one in self._ledger.erasures}
        if self._ledger.rewrite is not None:
            known[self._ledger.rewrite.erasure.number] = self._ledger.rewrite.erasure
        for erasure in known.values():
            there = sum(proof.erased[erasure.number] for proof in self._proofs.values())
            self.notes.append(
                f"{erasure.calls:,} call(s) of {', '.join(erasure.days)} were erased on "
                f"{format_ms(erasure.at_ms)} UTC by {erasure.by}; {there:,} of them are proven "
                "to have been there."
            )
        for day, proof in self._proofs.items():
            if proof.erased.keys() - known.keys():
                self.problems.append(f"{day}: calls were erased that the ledger knows nothing of.")

    def _compare_day(self, told: DayAnchor, sequence: int) -> None:
        proof = self._proofs.get(told.day)
        if proof is None:
            if self._ledger.is_pruned(told.day):
                self.notes.append(
                    f"{told.day}: retention dropped this day. What the anchor says of it "
                    f"({told.calls:,} calls) cannot be proven any more."
                )
            else:
                self.problems.append(f"{told.day}: the anchor covers {told.calls:,} calls here.")
            return
        assert proof.digests is not None  # noqa: S101  # the caller asked for digests
        found = proof.digests.anchor(told.day, until=sequence)
        if found != told:
            self.problems.append(
                f"{told.day}: the calls differ from the anchor: it counts {told.calls:,}, "
                f"and {found.calls:,} with numbers up to {sequence:,} are here."
            )
        elif erased := proof.digests.erased_until(sequence):
            self.notes.append(
                f"{told.day}: {erased:,} of the {told.calls:,} calls of the anchor were erased."
            )
