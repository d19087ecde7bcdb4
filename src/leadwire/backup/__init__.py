"""Back up a data folder while a server runs; check and restore backups.

A backup is a folder::

    backup.json      the manifest of the last complete backup, with a digest of each part
    parts/           the parts, named by path and start of digest
    unfinished.jsonl the progress of an unfinished backup

Parts never change. A new backup adds new parts, replaces ``backup.json`` in one step, and only then
removes unused parts. So a killed backup leaves the previous one whole, and the next run continues
with the copied parts.
"""

from leadwire.backup.check import check_backup
from leadwire.backup.restore import restore_backup
from leadwire.backup.take import take_backup

__all__ = ["check_backup", "restore_backup", "take_backup"]
