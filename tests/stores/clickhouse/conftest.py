"""ClickHouse's engine in this process, with a database of its own for each test.

One engine path a process and no use of it in a forked child: the path lives as long as the
tests, and workers of pytest-xdist are started, not forked.
"""

from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from stores.clickhouse.world import BothStores, ClickHouseWorld, SqliteWorld, new_settings

from leadwire.stores.clickhouse import Connect, TableSettings


@pytest.fixture(scope="session")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Connect:
    path = str(tmp_path_factory.mktemp("chdb"))
    return lambda: clickhouse_connect.get_client(interface="chdb", path=path)


@pytest.fixture
def settings() -> TableSettings:
    return new_settings()


@pytest.fixture
def world(connect: Connect, settings: TableSettings) -> Iterator[ClickHouseWorld]:
    opened = ClickHouseWorld(connect, settings)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("clickhouse", marks=pytest.mark.clickhouse)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BothStores]:
    """The embedded store, then ClickHouse: whatever holds of the one holds of the other."""
    if request.param == "sqlite":
        opened: BothStores = SqliteWorld(tmp_path / "calls")
    else:
        opened = ClickHouseWorld(request.getfixturevalue("connect"), new_settings())
    yield opened
    opened.close()
