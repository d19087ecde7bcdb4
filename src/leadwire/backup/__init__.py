"""Backups of a data folder: taken beside a running server, checked, and restored.

A backup is a folder::

    backup.json      what the last whole backup consists of, with a digest of each part
    parts/           the parts, under their paths and the beginning of their digests
    unfinished.jsonl what a backup that did not finish has copied so far

Parts never change. A new backup adds those that are new, replaces ``backup.json`` in one step, and
only then removes what nothing refers to any more. So a backup that is killed leaves the one before
it whole, and the next one goes on with what was copied.
"""

from leadwire.backup.check import check_backup
from leadwire.backup.restore import restore_backup
from leadwire.backup.take import take_backup

__all__ = ["check_backup", "restore_backup", "take_backup"]
