"""Write to the CRM of a data folder without a server: sow a seed file into an account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from leadwire.access.store import AccessStore
from leadwire.clock import SystemClock, SystemIds
from leadwire.controls.answers import Refused
from leadwire.controls.seed_file import SeedFile, read_seed
from leadwire.controls.seeding import Ids, Sower
from leadwire.crm.store import CrmStore
from leadwire.data_folder.making import opened_access
from leadwire.database.places import place_of
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.server.parts import open_crm
from leadwire.settings import Settings
from leadwire.stores.sqlite.days import WriterLock


def read_seed_file(file: Path) -> SeedFile:
    """Raises LeadwireError, with the place of a mistake."""
    try:
        return read_seed(file.read_bytes())
    except OSError as error:
        raise LeadwireError(f"Cannot read {file}: {error.strerror}.") from None
    except Refused as refused:
        raise _told(refused) from None


async def sow(access: AccessStore, crm: CrmStore, account_id: str, seed: SeedFile) -> Ids:
    """Sow into an account of a running server. Raises LeadwireError, and adds nothing."""
    try:
        return await Sower(access, crm).sow(account_id, seed)
    except Refused as refused:
        raise _told(refused) from None


async def sow_into_folder(settings: Settings, account_id: str | None, seed: SeedFile) -> Ids:
    """Sow into a data folder that no server uses. Raises LeadwireError, and adds nothing."""
    with opened_access(place_of(settings), clock=SystemClock(), ids=SystemIds()) as access:
        known = access.account_ids()
        if account_id is not None and account_id not in known:
            raise LeadwireError(f"There is no account {account_id}: there are {', '.join(known)}.")
        async with crm_alone(settings, instead="send the seed to its control interface") as crm:
            return await sow(access, crm, account_id or known[0], seed)


@asynccontextmanager
async def crm_alone(settings: Settings, *, instead: str) -> AsyncIterator[CrmStore]:
    """The CRM of a data folder that no server uses, to write to it.

    Raises SetupError while a server runs, and says what to do *instead*.
    """
    folder = place_of(settings).folder
    try:
        lock = WriterLock(folder / CALLS_FOLDER)
    except SetupError:
        raise SetupError(f"A server runs on {folder}: stop it first, or {instead}.") from None
    try:
        crm = open_crm(settings, clock=SystemClock(), ids=SystemIds())
        try:
            yield crm
        finally:
            await asyncio.to_thread(crm.close)
    finally:
        lock.release()


def _told(refused: Refused) -> LeadwireError:
    error = refused.error
    at = f" ({error['at']})" if error["at"] else ""
    return LeadwireError(" ".join(filter(None, (f"{error['message']}{at}", error["fix"]))))
