"""SQLite's own files on a disk that a test decides about, without a line of C.

SQLite reaches its files through a table of functions, the VFS. Here a copy of the system's own
becomes the default, in which the functions that change files first ask a ``Watcher``. So the
store under test runs as it is, on the real library, and every write, flush and unlink that it
causes can be counted, refused, or made the last thing that happened.
"""

import ctypes
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

OK: Final = 0
DISK_FULL: Final = 13
CANNOT_OPEN: Final = 14
IO_ERROR: Final = 10
IO_ERROR_ON_WRITE: Final = IO_ERROR | 3 << 8
IO_ERROR_ON_SYNC: Final = IO_ERROR | 4 << 8
IO_ERROR_ON_TRUNCATE: Final = IO_ERROR | 6 << 8
IO_ERROR_ON_DELETE: Final = IO_ERROR | 10 << 8
_OPEN_CREATE: Final = 0x4
_NAME: Final = b"leadwire-watched"


class Watcher(Protocol):
    """Each method says what is to happen: OK lets the system do it, anything else is the error.

    They are called before it is done, on whichever thread does it.
    """

    def opened(self, path: str, *, may_create: bool) -> int: ...
    def written(self, path: str, offset: int, data: bytes) -> int: ...
    def truncated(self, path: str, size: int) -> int: ...
    def synced(self, path: str) -> int: ...
    def deleted(self, path: str, *, folder_synced: bool) -> int: ...


class _Methods(ctypes.Structure):
    """sqlite3_io_methods: what can be done with an open file."""

    _fields_ = [("version", ctypes.c_int), ("functions", ctypes.c_void_p * 18)]


class _Vfs(ctypes.Structure):
    """sqlite3_vfs: how files are opened and removed."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_bytes_max", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("functions", ctypes.c_void_p * 16),
    ]


_int, _long, _pointer = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
_OPEN: Final = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _pointer, _int, _pointer)
_DELETE: Final = ctypes.CFUNCTYPE(_int, _pointer, ctypes.c_char_p, _int)
_CLOSE: Final = ctypes.CFUNCTYPE(_int, _pointer)
_WRITE: Final = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _long)
_TRUNCATE: Final = ctypes.CFUNCTYPE(_int, _pointer, _long)
_SYNC: Final = ctypes.CFUNCTYPE(_int, _pointer, _int)
_VFS_OPEN, _VFS_DELETE = 0, 1
_FILE_CLOSE, _FILE_WRITE, _FILE_TRUNCATE, _FILE_SYNC = 0, 2, 3, 4


def is_possible() -> bool:
    """Whether this Python uses a shared SQLite, whose functions can be reached."""
    try:
        return bool(_library().sqlite3_vfs_register)
    except (AttributeError, OSError):
        return False


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """While it lasts, every file that SQLite opens in this process is changed under *watcher*.

    Nothing is flushed to the real disk meanwhile: no test can tell, and all become faster.
    """
    library = _library()
    vfs = _WatchedVfs(library, watcher)
    library.sqlite3_vfs_register(ctypes.byref(vfs.table), 1)
    try:
        yield
    finally:
        assert not vfs.paths, f"still open: {vfs.paths.values()}"
        library.sqlite3_vfs_unregister(ctypes.byref(vfs.table))


class _WatchedVfs:
    def __init__(self, library: Any, watcher: Watcher) -> None:  # noqa: ANN401  # ctypes has no types
        self.paths: dict[int, str] = {}
        """Open files by their address."""
        self._watcher = watcher
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        self._system = library.sqlite3_vfs_find(None)
        functions = self._system.contents.functions
        self._system_open = _OPEN(functions[_VFS_OPEN])
        self._system_delete = _DELETE(functions[_VFS_DELETE])
        self.table = _Vfs.from_buffer_copy(self._system.contents)
        self.table.name = _NAME
        self._kept = [_OPEN(self._open), _DELETE(self._delete)]
        for place, function in zip((_VFS_OPEN, _VFS_DELETE), self._kept, strict=True):
            self.table.functions[place] = ctypes.cast(function, _pointer).value
        self._methods: dict[int, _WatchedMethods] = {}

    def _open(self, _vfs: int, name: int, file: int, flags: int, out_flags: int) -> int:
        if not name:
            return self._system_open(ctypes.addressof(self._system.contents), 0, file, flags,
                                     out_flags)  # fmt: skip
        path = ctypes.string_at(name).decode()
        error = self._watcher.opened(path, may_create=bool(flags & _OPEN_CREATE))
        methods = ctypes.cast(file, ctypes.POINTER(_pointer))
        if error:
            methods[0] = None
            return error
        result: int = self._system_open(
            ctypes.addressof(self._system.contents), name, file, flags, out_flags
        )
        if result == OK:
            address = methods[0]
            assert address is not None
            if address not in self._methods:
                self._methods[address] = _WatchedMethods(address, self.paths, self._watcher)
            methods[0] = ctypes.addressof(self._methods[address].table)
            self.paths[file] = path
        return result

    def _delete(self, _vfs: int, name: bytes, sync_folder: int) -> int:
        error = self._watcher.deleted(name.decode(), folder_synced=bool(sync_folder))
        if error:
            return error
        system = ctypes.addressof(self._system.contents)
        result: int = self._system_delete(system, name, 0)
        return result


class _WatchedMethods:
    """The system's functions for one kind of open file, with ours before those that change it."""

    def __init__(self, address: int, paths: dict[int, str], watcher: Watcher) -> None:
        self._paths = paths
        self._watcher = watcher
        self.table = _Methods.from_buffer_copy(_Methods.from_address(address))
        functions = self.table.functions
        self._system_close = _CLOSE(functions[_FILE_CLOSE])
        self._system_write = _WRITE(functions[_FILE_WRITE])
        self._system_truncate = _TRUNCATE(functions[_FILE_TRUNCATE])
        self._kept = {
            _FILE_CLOSE: _CLOSE(self._close),
            _FILE_WRITE: _WRITE(self._write),
            _FILE_TRUNCATE: _TRUNCATE(self._truncate),
            _FILE_SYNC: _SYNC(self._sync),
        }
        for place, function in self._kept.items():
            functions[place] = ctypes.cast(function, _pointer).value

    def _close(self, file: int) -> int:
        self._paths.pop(file, None)
        result: int = self._system_close(file)
        return result

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        error = self._watcher.written(self._paths[file], offset, ctypes.string_at(data, size))
        return error or self._system_write(file, data, size, offset)

    def _truncate(self, file: int, size: int) -> int:
        return self._watcher.truncated(self._paths[file], size) or self._system_truncate(file, size)

    def _sync(self, file: int, _flags: int) -> int:
        return self._watcher.synced(self._paths[file])


def _library() -> Any:  # noqa: ANN401  # ctypes has no types
    import _sqlite3  # noqa: PLC0415  # a built-in one has no file, which is an answer, too

    assert sqlite3.sqlite_version
    return ctypes.CDLL(getattr(_sqlite3, "__file__", None))
