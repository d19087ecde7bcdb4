"""Files that take their name only when they are whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from leadwire.durable import sync_folder
from leadwire.errors import LeadwireError


@contextmanager
def whole_file(output: Path | None) -> Iterator[IO[bytes]]:
    """A file that takes its name only once everything is in it and on the disk.

    None is standard output. What was written until an exception is removed. Raises LeadwireError
    when the disk refuses.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = output.with_name(f"{output.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(output)
        sync_folder(output.parent)
    except OSError as error:
        raise LeadwireError(f"{output} could not be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
