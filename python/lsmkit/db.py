"""`DB`: an open database, a sorted mapping from bytes to bytes. Start here."""

import logging
import os
import struct
from collections.abc import Iterator
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from lsmkit import _core, inspection, tree_html, tree_text
from lsmkit._errors import InvalidArgument
from lsmkit.arrays import WritesArrays
from lsmkit.batch import WriteBatch
from lsmkit.buffers import Buffer
from lsmkit.closing import ClosesItself
from lsmkit.compaction_stats import WithCompactionStats
from lsmkit.frame import Frame
from lsmkit.options import (
    Options,
    OptionsDict,
    check_option_names,
    option_texts,
    options_from_texts,
)
from lsmkit.own_planner import Asked, Planner
from lsmkit.planning import Explanation, explain_db
from lsmkit.player import Playable
from lsmkit.prefixed import PrefixedDB
from lsmkit.progress import Progress, shown
from lsmkit.snapshot import Snapshot
from lsmkit.sorted_mapping import Bounds, SortedMutableMapping
from lsmkit.stats import OpenReport, Stats
from lsmkit.translated import TranslatedBatch, TranslatedSnapshot
from lsmkit.typed import KeyCodec, TypedDB, ValueCodec
from lsmkit.version import Version

__all__ = ["DB", "Path", "Progress", "destroy", "open"]

K = TypeVar("K")
V = TypeVar("V")

if TYPE_CHECKING:
    from lsmkit.testing import MemoryDisk, ThrottledDisk

Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Cancel(Protocol):
    """What says whether a long call shall end: a `threading.Event`, for one."""

    def is_set(self) -> bool: ...


class _Cancelled(Exception):
    """Ends a long call from within."""


AnySnapshot: TypeAlias = Snapshot | TranslatedSnapshot[Any, Any] | _core.Snapshot
AnyBatch: TypeAlias = WriteBatch | TranslatedBatch[Any, Any] | _core.WriteBatch

_log = logging.getLogger("lsmkit")


def open(
    path: Path,
    options: Options | None = None,
    *,
    read_only: bool = False,
    disk: "MemoryDisk | ThrottledDisk | None" = None,
    planner: Planner | None = None,
    **overrides: Unpack[OptionsDict],
) -> "DB":
    """Open a database, or make one.

    Parameters
    ----------
    path : str, bytes or PathLike
        Its directory.
    options : Options, optional
        Replaces the options that are stored in the directory. Default: the stored ones, or the
        defaults for a new database.
    read_only : bool
        Change nothing, not even the lock. Every write raises `ReadOnlyError`.
    disk : lsmkit.testing.MemoryDisk or ThrottledDisk, optional
        Where `path` lies, for tests. Default: the system's file systems.
    planner : callable(version, context), optional
        One's own, in place of the layout's; needs ``background="inline"``. It gets a `Version` and
        a `PlanContext` and returns a `Choice` of what is compacted next, or None: see `Choice`,
        which has an example. It should look at nothing else; least of all may it flush or close
        the database. Default: the layout's.
    **overrides
        Fields of `Options`, which replace one each.

    Raises
    ------
    LockedError
        Another process holds it. (In this process a second open gives a second handle.)
    CorruptionError
        What is on disk is not what was written.
    InvalidArgument
        The directory holds something else; an option can't be; there is no database and
        `create=False` or `read_only=True`; this process has it open with other per-open options;
        a planner without ``background="inline"``.
    NotSupported
        It was written by a newer version.
    TypeError
        An unknown option, or a value of a wrong type.
    """
    return DB(path, options, read_only=read_only, disk=disk, planner=planner, **overrides)


def destroy(path: Path) -> None:
    """Delete a closed database: every file that is ours by name and header, and no other.

    The directory goes too if nothing else is in it. LockedError if it is open.
    """
    _core.destroy(path)


class DBBounds(Bounds[Buffer], total=False):
    """The range of an iterator, and its moment."""

    snapshot: AnySnapshot | None


class DB(  # type: ignore[misc]
    _core.DB,
    ClosesItself,
    WritesArrays,
    SortedMutableMapping[bytes, bytes],
    WithCompactionStats,
    Playable,
):
    """An open database: a mutable mapping from bytes to bytes, in the order of its keys.

    Keys (0 to 65,535 bytes) and values (0 bytes to 1 GiB) are given as any C-contiguous buffer and
    come back as `bytes`. Any thread may use it. Use it as a context manager, or call `close()`.
    `==` and `hash` are those of the object. Parameters and errors: see `lsmkit.open`.
    """

    def __init__(
        self,
        path: Path,
        options: Options | None = None,
        *,
        read_only: bool = False,
        disk: "MemoryDisk | ThrottledDisk | None" = None,
        planner: Planner | None = None,
        **overrides: Unpack[OptionsDict],
    ) -> None:
        check_option_names(overrides, "lsmkit.open()")
        if options is not None and not isinstance(options, Options):
            raise TypeError(f"options: lsmkit.Options is due, not {type(options).__name__}")
        self._counted = (-1, 0)  # (last seqno, number of keys)
        asked = None if planner is None else Asked(planner)
        super().__init__(
            path,
            options=None if options is None else option_texts(vars(options)),
            overrides=option_texts(overrides),
            read_only=read_only,
            disk=cast("_core.MemoryDisk | None", getattr(disk, "core", disk)),
            planner=asked,
        )
        if asked is not None:
            asked.options = self.options  # nothing is compacted before
        torn_tail = self.open_report.torn_tail
        if torn_tail and not read_only:  # beside a writer, every reader meets a torn tail
            _log.warning("%s: history ends at a torn tail: %s", self.path, torn_tail)

    # -- Writing: put, delete and [] are those of the compiled class -------------------------------

    def write_batch(self, *, sync: bool = False) -> WriteBatch:
        """Collect writes into one commit.

        ``with db.write_batch() as batch:`` writes it on a clean exit and drops it on an exception.
        """
        return WriteBatch(self, sync=sync)

    def write(self, batch: AnyBatch, /, *, sync: bool = False) -> None:
        """Write a batch in one commit, or nothing of it. The batch keeps what it holds."""
        if isinstance(batch, TranslatedBatch):
            batch = batch.untranslated
        if isinstance(batch, WriteBatch):
            super().write(batch.core, sync=sync or batch.sync)
        else:
            super().write(batch, sync=sync)

    def sync(self) -> None:
        """Return when everything acknowledged so far survives a power loss."""
        _core.sync(self)

    # -- Reading: get, [] and in are those of the compiled class -----------------------------------

    if TYPE_CHECKING:
        # With the types that its flags give.
        @overload  # type: ignore[override]
        def iterator(
            self, *, include_value: Literal[True] = True, **bounds: Unpack[DBBounds]
        ) -> Iterator[tuple[bytes, bytes]]: ...
        @overload
        def iterator(
            self, *, include_value: Literal[False], **bounds: Unpack[DBBounds]
        ) -> Iterator[bytes]: ...
        @overload
        def iterator(
            self, *, include_key: Literal[False], **bounds: Unpack[DBBounds]
        ) -> Iterator[bytes]: ...
        def iterator(self, **bounds: Any) -> Any:
            """As `SortedMapping.iterator`; `snapshot`: at the moment of that snapshot."""

        def cursor(self, **bounds: Any) -> _core.Cursor:
            """A cursor over a range, with the bounds of `iterator`."""

    def _rows(self, **bounds: Any) -> Iterator[Any]:
        return self.iterator(**bounds)

    def count(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        prefix: Buffer | None = None,
        progress: Progress = None,
    ) -> int:
        """How many keys lie in [start, stop) and begin with `prefix`. Reads them."""
        with shown(progress, "counting") as tell:
            return _core.count(self, start=start, stop=stop, prefix=prefix, progress=tell)

    def __len__(self) -> int:
        """Counts the keys by reading them, once per commit; `bool()` is cheap."""
        seqno = self.last_seqno
        if self._counted[0] != seqno:
            self._counted = (seqno, self.count())
        return self._counted[1]

    def snapshot(self) -> Snapshot:  # type: ignore[override]
        """What the database shows now, for as long as the snapshot is kept open."""
        return Snapshot(self, super().snapshot())

    def _moment(self) -> Snapshot:
        return self.snapshot()

    def prefixed_db(self, prefix: Buffer) -> PrefixedDB:
        """The keys that begin with `prefix`, without it, as a mapping of its own."""
        return PrefixedDB(self, prefix)

    @overload
    def typed(
        self, *, key: type[K] | KeyCodec[K], value: type[V] | ValueCodec[V]
    ) -> TypedDB[K, V]: ...
    @overload
    def typed(
        self, *, key: type[K] | KeyCodec[K], value: struct.Struct
    ) -> TypedDB[K, tuple[Any, ...]]: ...
    def typed(self, *, key: Any, value: Any) -> Any:
        """The database as a sorted mapping of Python values.

        Parameters
        ----------
        key : type or KeyCodec
            bytes, str, int (64 bits), float, datetime, `tuple[...]` of these, or a codec of
            `lsmkit.keys`. The order of the values is the order of the keys.
        value : type, struct.Struct or ValueCodec
            bytes, str, int, float, dict or list (JSON: keys of dicts come back as str, tuples as
            lists), or a codec of `lsmkit.codecs`.

        Raises
        ------
        InvalidArgument
            The database is used with another key or value type, whose names are stored in it.
        TypeError
            There is no codec for the type.
        """
        return TypedDB(self, key, value)

    # -- Work that is otherwise done in the background ---------------------------------------------

    def flush(self, *, progress: Progress = None) -> None:
        """Write the memtables out as tables of L0."""
        with shown(progress, "flushing") as tell:
            _core.flush(self, progress=tell)

    def compact_range(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        progress: Progress = None,
        cancel: Cancel | None = None,
    ) -> bool:
        """Move [start, stop] (default: everything) to the deepest level that holds any of it.

        Tombstones and superseded records in it go, unless a snapshot sees them. It is done job by
        job; an end before the last (`cancel`, Ctrl-C, an exception of `progress`) leaves what the
        jobs before have done, and nothing of the one under way.

        Parameters
        ----------
        start, stop : buffer, optional
            Keys, both inclusive. Default: from the first, to the last.
        progress : callable(done, total) or True, optional
            Told about every 20 ms, in weight that has to be taken a level down or be rewritten; 0
            in all while memtables are flushed. What is written meanwhile makes the total more.
        cancel : threading.Event or the like, optional
            Something with `is_set()`; once that is true, the call ends within a moment.

        Returns
        -------
        bool
            Whether it came to its end: False if it was cancelled.
        """
        told = (0, 0)
        with shown(progress, "compacting") as tell:

            def tell_or_end(done: int, total: int) -> None:
                nonlocal told
                if cancel is not None and cancel.is_set():
                    raise _Cancelled
                told = (done, total)
                if tell is not None:
                    tell(done, total)

            try:
                _core.compact_range(self, start, stop, progress=tell_or_end)
            except _Cancelled:
                return False
            if tell is not None and told[0] < told[1]:
                tell(told[1], told[1])
        return True

    def wait_idle(self, *, progress: Progress = None) -> None:
        """Return when no compaction is due."""
        with shown(progress, "compacting") as tell:
            _core.wait_idle(self, progress=tell)

    def verify(self, *, progress: Progress = None) -> int:
        """Read every byte of every file and check it; the number of entries read.

        Raises
        ------
        CorruptionError
            At the first damage, with file and offset.
        """
        with shown(progress, "verifying") as tell:
            return _core.verify(self, progress=tell)

    def checkpoint(self, path: Path, *, progress: Progress = None) -> None:
        """Make a copy of this moment in a new directory, a database of its own.

        Tables are linked (copied, on another disk) and logs are copied, so it takes little time
        and, until the two part, little space. Writes go on meanwhile. RocksDB: `Checkpoint`.

        Parameters
        ----------
        path : path-like
            Must not exist, or be an empty directory.
        progress : callable(done, total) or True, optional
            Told about every 20 ms, in bytes. What it raises ends the call and removes the copy.

        Raises
        ------
        InvalidArgument
            `path` is something else.
        IOError
            Of the disk; what was made is removed.
        """
        with shown(progress, "copying") as tell:
            _core.checkpoint(self, path, progress=tell)

    def refresh(self) -> bool:
        """Go on to what the directory holds now; for a database opened with `read_only=True`.

        Iterators and snapshots stay at their moment, whatever the writer does. Without a call
        nothing changes. Opened for writing, a database is always up to date: nothing is done.

        Returns
        -------
        bool
            Whether there were newer commits.

        Raises
        ------
        InvalidArgument
            Another database stands in the directory by now.
        """
        return _core.refresh(self)

    # -- Looking inside ----------------------------------------------------------------------------

    @property
    def options(self) -> Options:
        """What is in force."""
        return options_from_texts(_core.options(self))

    @property
    def open_report(self) -> OpenReport:
        """What the open found and did."""
        return OpenReport(**_core.open_report(self))

    def stats(self) -> Stats:
        """Counters and figures, since the database was made or since the open: see `Stats`."""
        return Stats.from_core(_core.stats(self))

    def levels(self, *, at: int | None = None) -> Frame:
        """One row per memtable and level. `at`: as it was after the event of that number."""
        return inspection.levels(self, at)

    def tables(self, *, at: int | None = None, all: bool = False) -> Frame:
        """One row per table. `at`: as it was after the event of that number.

        `all=True` gives every table that the kept events know, with the events (`born`, `died`)
        between which it stood.

        Raises
        ------
        InvalidArgument
            No such event is kept; `at` and `all` together.
        """
        if all and at is not None:
            raise InvalidArgument(
                f"tables(at={at}, all=True): all=True gives the tables of every event, at= those "
                "of one; say one of them"
            )
        return inspection.all_tables(self) if all else inspection.tables(self, at)

    def events(self) -> Frame:
        """What happened, one row per flush, compaction, stall ...; oldest first."""
        return inspection.events(self)

    def series(self) -> Frame:
        """How the tree grew, one row per event that changed it."""
        return inspection.series(self)

    def summary(self) -> Frame:
        """The database in one row: sizes, amplification, what was written and why."""
        return inspection.summary(self)

    def version(self) -> Version:
        """Which tables stand where now, as a value that may be kept, compared and planned with."""
        return Version._of(_core.version(self))

    def why(self) -> Explanation:
        """What is compacted next and why, or why nothing is, and what the background waits for.

        Any thread may ask, at any time. Nothing is changed by it.
        """
        return explain_db(self)

    def space_amp(self, *, progress: Progress = None) -> float:
        """Weight in tables / weight of the newest record of each key. Reads them all."""
        with shown(progress, "reading") as tell:
            return _core.space_amp(self, progress=tell)

    def approximate_size(self, start: Buffer, stop: Buffer) -> int:
        """File bytes of [start, stop), memtables not counted."""
        return _core.approximate_size(self, start, stop)

    def __repr__(self) -> str:
        """A picture of the tree."""
        return tree_text.draw(self)

    def _repr_html_(self) -> str:
        return tree_html.draw(self)

    # -- Life --------------------------------------------------------------------------------------

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a DB can be neither pickled nor copied: it belongs to the process that opened it; "
            "send its path and call lsmkit.open(path) there, or lsmkit.open(path, read_only=True)"
        )
