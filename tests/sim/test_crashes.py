"""Hundreds of deaths, replayable by their seed: no answered call is lost, and none is doubled.

LEADWIRE_SIM_SEEDS says how many histories are lived, LEADWIRE_SIM_SEED which one alone.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from sim import vfs
from sim.world import World, make_blocks_small

_SEED: Final = os.environ.get("LEADWIRE_SIM_SEED", "")
_SEEDS: Final = int(os.environ.get("LEADWIRE_SIM_SEEDS", "8"))
_LIVES: Final = 6

pytestmark = pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    make_blocks_small(monkeypatch)


def live(folder: Path, seed: int, *, lives: int = _LIVES, large_calls: bool = False) -> World:
    """A history by its seed, which is told when a promise is broken in it."""
    folder.mkdir()
    world = World(folder, seed, large_calls=large_calls)
    try:
        world.live(lives=lives)
    except BaseException as error:
        error.add_note(f"replay: LEADWIRE_SIM_SEED={seed} scripts/test tests/sim/test_crashes.py")
        raise
    return world


def test_the_log_survives_every_death(tmp_path: Path) -> None:
    """Killed or without power, at any event on the disk and while the disk fails: every answered
    call is there once, as it was, under its number, and the log proves itself whole."""
    counts: Counter[str] = Counter()
    for seed in [int(_SEED)] if _SEED else range(_SEEDS):
        counts += live(tmp_path / str(seed), seed).counts
    # A simulation that never does a thing proves nothing about it.
    if not _SEED:
        assert all(counts[name] for name in _HAPPENINGS), counts


_HAPPENINGS = (
    "answered", "failed calls", "failed steps", "faults", "kills", "power losses", "reads",
    "days closed", "days pruned", "steps within steps",
)  # fmt: skip


def test_calls_of_ten_megabytes_survive_like_any_other(tmp_path: Path) -> None:
    """They are recorded and sealed alone; what dies around them does not take them along."""
    world = live(tmp_path / "large", 8, lives=2, large_calls=True)
    assert world.counts["large calls"]


def test_a_seed_tells_the_whole_history(tmp_path: Path) -> None:
    """The same seed causes the same events on the disk, one by one, so that it can be replayed."""
    first, second = (live(tmp_path / name, 3, lives=2) for name in ("first", "second"))
    assert first.trace == second.trace
    assert first.counts == second.counts
