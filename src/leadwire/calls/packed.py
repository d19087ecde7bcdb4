"""A record as bytes, for keeping a copy of it outside of the log."""

import zlib

import msgspec

from leadwire.calls.record import CallRecord


def packed(record: CallRecord) -> bytes:
    return zlib.compress(msgspec.json.encode(record))


def unpacked(content: bytes) -> CallRecord:
    """The record that ``packed`` was given."""
    return msgspec.json.decode(zlib.decompress(content), type=CallRecord)
