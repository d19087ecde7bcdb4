"""The place of the CRM and access data: files in the data folder, or a server."""

from pathlib import Path
from typing import NamedTuple

from leadwire.database.database import Database
from leadwire.database.sqlite import SqliteDatabase
from leadwire.errors import SetupError
from leadwire.folder_identity import ACCESS_NAME, CRM_NAME, SHARED_NAMES
from leadwire.installing import how_to_install
from leadwire.settings import Settings


def place_of(settings: Settings) -> "Place":
    """The place of the data under *settings*."""
    url = settings.database_url.get_secret_value()
    return Place(settings.data, url, settings.database_pooled, settings.shared_folder)


class Place(NamedTuple):
    """A data folder and its database's address. An empty address means files in the folder."""

    folder: Path
    database_url: str = ""
    pooled: bool = False
    shared_folder: Path | None = None
    """Where the parts are that all servers of one database share; None: in the data folder."""

    @property
    def on_server(self) -> bool:
        return bool(self.database_url)

    def part(self, name: str) -> Path:
        """The path of a part of the data folder."""
        if self.shared_folder is not None and name in SHARED_NAMES:
            return self.shared_folder / name
        return self.folder / name

    def part_name(self, path: Path) -> str:
        """The name in a data folder of a file, wherever its part is."""
        for name in SHARED_NAMES:
            part = self.part(name)
            if path.is_relative_to(part):
                return (name / path.relative_to(part)).as_posix()
        return path.relative_to(self.folder).as_posix()

    @property
    def access(self) -> Database:
        return self._database(ACCESS_NAME)

    @property
    def crm(self) -> Database:
        return self._database(CRM_NAME)

    def _database(self, name: str) -> Database:
        """Raises SetupError if the address is invalid or its driver is not installed."""
        if not self.database_url:
            return SqliteDatabase(self.folder / name)
        try:
            from leadwire.database.postgres import PostgresDatabase  # noqa: PLC0415  # an extra
        except ImportError:
            raise SetupError(
                "LEADWIRE_DATABASE_URL needs the driver of PostgreSQL. "
                + how_to_install("server,postgres")
            ) from None
        return PostgresDatabase(self.database_url, pooled=self.pooled)
