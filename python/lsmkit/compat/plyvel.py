"""`lsmkit.compat.plyvel`: plyvel's module, over an lsmkit database.

>>> from lsmkit.compat import plyvel
>>> db = plyvel.DB("db", create_if_missing=True)    # doctest: +SKIP

A program written for plyvel runs with this import in place of ``import plyvel``. It is no reader
of LevelDB's files: `lsmkit import leveldb SRC DIR` brings those in. What differs is said where it
does: comparators (refused), repair (see `repair_db`), three errors of plyvel's iterators that are
not repeated (see `Iterator`), sizes of keys (65,535 bytes at most). The options that lsmkit keeps
for itself are ignored, and each says so.
"""

import contextlib
import os
import threading
from typing import Any

import lsmkit
from lsmkit import _core
from lsmkit.closing import ClosesItself
from lsmkit.compat.plyvel_batch import WriteBatch
from lsmkit.compat.plyvel_errors import (
    CorruptionError,
    Error,
    IOError,
    IteratorInvalidError,
    NotSupported,
    closed_error,
    expect_bytes,
    expect_flags,
    no_membership,
    translated,
    value_bytes,
)
from lsmkit.compat.plyvel_iterators import Iterator, RawIterator
from lsmkit.compat.plyvel_options import option_overrides
from lsmkit.compat.plyvel_properties import property_text

__all__ = [
    "DB",
    "CorruptionError",
    "Error",
    "IOError",
    "Iterator",
    "IteratorInvalidError",
    "NotSupported",
    "PrefixedDB",
    "RawIterator",
    "Snapshot",
    "WriteBatch",
    "__version__",
    "destroy_db",
    "repair_db",
]

__version__ = lsmkit.__version__

_open_paths: set[str] = set()
_open_paths_lock = threading.Lock()


class _Readable:
    """What `DB`, `PrefixedDB` and `Snapshot` share."""

    _prefix: bytes = b""

    def __contains__(self, key: object) -> bool:
        no_membership()

    def __iter__(self) -> Iterator:
        return self.iterator()

    def _moment(self) -> _core.Snapshot:
        raise NotImplementedError

    def _read(self) -> lsmkit.DB | _core.Snapshot:
        """What a single key is read from."""
        return self._moment()

    def get(
        self,
        key: bytes,
        default: Any = None,
        *,
        verify_checksums: bool = False,
        fill_cache: bool = True,
    ) -> Any:
        """The value of a key, or `default`. Both flags are ignored: blocks are always checked."""
        expect_bytes("key", key)
        expect_flags(verify_checksums=verify_checksums, fill_cache=fill_cache)
        try:
            return self._read().get(self._prefix + key, default)
        except lsmkit.Error as error:
            raise translated(error) from error

    def iterator(self, **bounds: Any) -> Iterator:
        """Iterate over a range; keywords as in `Iterator` (`start`, `stop`, `prefix` ...)."""
        return Iterator(self._moment, self._prefix, **bounds)


class DB(ClosesItself, _Readable):
    """An open database with plyvel's methods.

    Parameters
    ----------
    name : str, bytes or PathLike
        Its directory.
    create_if_missing, error_if_exists : bool
        Whether it may be made, and whether it must be. Default: neither.

    Other Parameters
    ----------------
    paranoid_checks : bool, optional
        Ignored: every byte that is read is checked.
    write_buffer_size, block_size, block_restart_interval, max_file_size : int, optional
        lsmkit's `memtable_bytes` (at most 192 MiB), `block_bytes`, `restart_interval` and
        `table_bytes`, within the limits that LevelDB has. They are stored in the directory.
    lru_cache_size : int, optional
        `cache_bytes`.
    max_open_files : int, optional
        Ignored: tables that were not read of late are closed.
    compression : {"snappy", None}
        "snappy" leaves it to lsmkit, which has zstd; None stores blocks as they are.
    bloom_filter_bits : int
        `filter_bits_per_key`; 0 leaves it to lsmkit.
    comparator, comparator_name : callable and bytes, optional
        Refused: NotSupported. The order is that of the bytes.

    Raises
    ------
    Error
        It is absent, or it is there and must not be.
    IOError
        Another process, or another `DB` of this one, has it open.
    CorruptionError
        What is on disk is not what was written.
    """

    def __init__(
        self,
        name: "str | bytes | os.PathLike[str] | os.PathLike[bytes]",
        *,
        create_if_missing: bool = False,
        error_if_exists: bool = False,
        **options: Any,
    ) -> None:
        expect_flags(create_if_missing=create_if_missing, error_if_exists=error_if_exists)
        if not isinstance(name, str | bytes | os.PathLike):
            raise TypeError("'name' arg must be a byte string or a unicode string")
        overrides = option_overrides(options)
        overrides["create"] = bool(create_if_missing)
        self._name = name
        self._real_path = _claim(name)
        try:
            self._db = lsmkit.open(name, **overrides)
            if error_if_exists and not self._db.open_report.created:
                self._db.close()
                raise Error(f"{name!r} exists (error_if_exists is true)")
        except lsmkit.Error as error:
            _release(self._real_path)
            raise error if isinstance(error, Error) else translated(error) from error
        except BaseException:
            _release(self._real_path)
            raise

    @property
    def db(self) -> lsmkit.DB:
        """The database itself, with all that lsmkit has."""
        return self._db

    @property
    def name(self) -> Any:
        """As given."""
        return self._name

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._db.closed

    def close(self) -> None:
        """Close it, and its iterators and snapshots. Idempotent; any thread may."""
        if not self._db.closed:
            try:
                self._db.close()
            except lsmkit.Error as error:
                raise translated(error) from error
            finally:
                _release(self._real_path)

    def _check_open(self) -> None:
        if self._db.closed:
            raise closed_error("database")

    def _read(self) -> lsmkit.DB:
        return self._db

    def _moment(self) -> _core.Snapshot:
        try:
            return _core.DB.snapshot(self._db)
        except lsmkit.Error as error:
            raise translated(error) from error

    def put(self, key: bytes, value: Any, *, sync: bool = False) -> None:
        """Store a value, any C-contiguous buffer, under a key."""
        expect_bytes("key", key)
        expect_flags(sync=sync)
        if value is None:
            raise TypeError("argument 'value' must not be None")
        self._check_open()
        try:
            self._db.put(key, value_bytes(value), sync=bool(sync))
        except lsmkit.Error as error:
            raise translated(error) from error

    def delete(self, key: bytes, *, sync: bool = False) -> None:
        """Delete a key; absent keys are fine."""
        expect_bytes("key", key)
        expect_flags(sync=sync)
        try:
            self._db.delete(key, sync=bool(sync))
        except lsmkit.Error as error:
            raise translated(error) from error

    def write_batch(self, *, transaction: bool = False, sync: bool = False) -> WriteBatch:
        """Collect writes into one commit; `transaction`: drop them if the block raises."""
        expect_flags(transaction=transaction, sync=sync)
        self._check_open()
        return WriteBatch(self._db, b"", bool(transaction), bool(sync))

    def raw_iterator(self, **flags: Any) -> RawIterator:
        """A cursor over the whole database."""
        return RawIterator(self._moment, **flags)

    def snapshot(self) -> "Snapshot":
        """What the database shows now."""
        return Snapshot(self, b"")

    def prefixed_db(self, prefix: bytes) -> "PrefixedDB":
        """The keys that begin with `prefix`, without it."""
        expect_bytes("prefix", prefix)
        return PrefixedDB(self, prefix)

    def get_property(self, name: bytes) -> bytes | None:
        """A property by LevelDB's name, None for others.

        There are leveldb.num-files-at-level<N>, leveldb.stats, leveldb.sstables and
        leveldb.approximate-memory-usage.
        """
        expect_bytes("name", name)
        try:
            return property_text(self._db, name)
        except lsmkit.Error as error:
            raise translated(error) from error

    def compact_range(self, *, start: bytes | None = None, stop: bytes | None = None) -> None:
        """Compact the keys from `start` to `stop`, both inclusive. Ctrl-C ends it."""
        for name, bound in (("start", start), ("stop", stop)):
            if bound is not None:
                expect_bytes(name, bound)
        try:
            self._db.compact_range(start, stop)
        except lsmkit.Error as error:
            raise translated(error) from error

    def approximate_size(self, start: bytes, stop: bytes) -> int:
        """File bytes of [start, stop), memtables not counted."""
        expect_bytes("start", start)
        expect_bytes("stop", stop)
        return self.approximate_sizes((start, stop))[0]

    def approximate_sizes(self, *ranges: tuple[bytes, bytes]) -> list[int]:
        """As `approximate_size`, for several ranges."""
        self._check_open()
        for start, stop in ranges:
            expect_bytes("start", start)
            expect_bytes("stop", stop)
        try:
            return [self._db.approximate_size(start, stop) for start, stop in ranges]
        except lsmkit.Error as error:
            raise translated(error) from error

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at exit, or if it was never opened
            self.close()

    def __repr__(self) -> str:
        state = " (closed)" if self.closed else ""
        return f"<lsmkit.compat.plyvel.DB with name {self.name!r}{state}>"


class PrefixedDB(_Readable):
    """The keys of a database that begin with a prefix, without it. Made by `DB.prefixed_db`."""

    def __init__(self, db: DB, prefix: bytes) -> None:
        self.db = db
        self._prefix = prefix

    @property
    def prefix(self) -> bytes:
        """What its keys begin with in the database."""
        return self._prefix

    def _moment(self) -> _core.Snapshot:
        return self.db._moment()

    def _read(self) -> lsmkit.DB:
        return self.db.db

    def put(self, key: bytes, value: Any, *, sync: bool = False) -> None:
        """As `DB.put`."""
        expect_bytes("key", key)
        self.db.put(self._prefix + key, value, sync=sync)

    def delete(self, key: bytes, *, sync: bool = False) -> None:
        """As `DB.delete`."""
        expect_bytes("key", key)
        self.db.delete(self._prefix + key, sync=sync)

    def write_batch(self, *, transaction: bool = False, sync: bool = False) -> WriteBatch:
        """As `DB.write_batch`."""
        expect_flags(transaction=transaction, sync=sync)
        return WriteBatch(self.db.db, self._prefix, bool(transaction), bool(sync))

    def snapshot(self) -> "Snapshot":
        """What it shows now."""
        return Snapshot(self.db, self._prefix)

    def prefixed_db(self, prefix: bytes) -> "PrefixedDB":
        """The keys that begin with this one's prefix and then `prefix`."""
        expect_bytes("prefix", prefix)
        return PrefixedDB(self.db, self._prefix + prefix)

    def __repr__(self) -> str:
        return f"<lsmkit.compat.plyvel.PrefixedDB with prefix {self._prefix!r}>"


class Snapshot(ClosesItself, _Readable):
    """What a database showed at one moment. Made by `DB.snapshot`; a context manager."""

    def __init__(self, db: DB, prefix: bytes) -> None:
        self._prefix = prefix
        # Iterators hold it too, so that they outlive the snapshot, as plyvel's do.
        self._core: _core.Snapshot | None = db._moment()

    def _moment(self) -> _core.Snapshot:
        if self._core is None or self._core.closed:
            raise closed_error("database or snapshot")
        return self._core

    def raw_iterator(self, **flags: Any) -> RawIterator:
        """A cursor over the whole database, prefix or not."""
        return RawIterator(self._moment, **flags)

    def close(self) -> None:
        """Let go of what it keeps on disk. Idempotent."""
        self._core = None

    release = close


def repair_db(name: Any, **options: Any) -> None:
    """Recover a database, and read every byte of it.

    An open recovers by itself from any crash, so there is little to repair. Where bytes are damaged
    CorruptionError says which; nothing is dropped.
    """
    option_overrides(options)
    with DB(name) as db:
        try:
            db.db.verify()
        except lsmkit.Error as error:
            raise translated(error) from error


def destroy_db(name: Any) -> None:
    """Delete a closed database, and nothing that is not lsmkit's. An absent one is fine."""
    path = _claim(name)
    try:
        if os.path.isdir(name):
            lsmkit.destroy(name)
    except lsmkit.Error as error:
        raise translated(error) from error
    finally:
        _release(path)


def _claim(name: Any) -> str:
    """As LevelDB, which opens a directory once in a process."""
    path = os.fsdecode(os.path.realpath(name))
    with _open_paths_lock:
        if path in _open_paths:
            raise IOError(f"{path} is open in this process already")
        _open_paths.add(path)
    return path


def _release(path: str) -> None:
    with _open_paths_lock:
        _open_paths.discard(path)
