"""One console for a test, and Asha signed in to it."""

from pathlib import Path

import pytest
from console.world import ASHA, World


@pytest.fixture
def world(tmp_path: Path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def asha(world: World):
    return world.client(ASHA)
