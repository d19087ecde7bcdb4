"""The physical limit: what appending and scanning cost without any store around them."""

import os
import time
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from bench.store.corpus import ACCOUNT, FROM_MS, PART_CALLS, parts
from bench.store.measure import NEEDLES, Figures
from leadwire.dates import day_of
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.schema import open_readable

_BATCH: Final = 100


def append_limit(corpus: Path, work: Path) -> Figures:
    """Calls packed, compressed, appended to a file and synced in batches, and nothing else."""
    records = [record for part in islice(parts(corpus), 1) for record in part]
    compressor = zstandard.ZstdCompressor(level=3)
    encode = msgspec.msgpack.Encoder().encode
    path = work / "limit"
    cpu_from, from_s = time.process_time(), time.perf_counter()
    with path.open("wb") as file:
        for start in range(0, len(records), _BATCH):
            file.write(compressor.compress(encode(records[start : start + _BATCH])))
            file.flush()
            os.fdatasync(file.fileno())
    wall, cpu = time.perf_counter() - from_s, time.process_time() - cpu_from
    size = path.stat().st_size
    path.unlink()
    count = min(PART_CALLS, len(records))
    return {
        "ingest in 100s, calls/s": count / wall,
        "ingest in 100s, CPU µs a call": cpu / count * 1e6,
        "bytes a call": size / count,
    }


def scan_limit(folder: Path) -> Figures:
    """Every block of a week decompressed, folded and looked through, on one core."""
    needle = NEEDLES["uuid nowhere"].encode()
    decompressor = zstandard.ZstdDecompressor()
    from_s = time.perf_counter()
    for day in DayFolder(folder).days():
        if day < day_of(FROM_MS):
            continue
        connection = open_readable(folder / f"{day}.sqlite")
        for (body,) in connection.execute(
            "SELECT body FROM frames JOIN blocks USING (block_id) WHERE account_id = ?", (ACCOUNT,)
        ):
            decompressor.decompress(body).lower().find(needle)
        connection.close()
    return {"uuid nowhere": (time.perf_counter() - from_s) * 1e3}
