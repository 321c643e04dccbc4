"""Many keys in one call, as arrays: what `DB` and `Snapshot` have in common."""

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray
from lsmkit.buffers import Buffer, key_bytes
from lsmkit.progress import Progress, Tell, shown
from lsmkit.rows import Piece, pieces_of, rows_of, whole_pieces_of
from lsmkit.scan import Scan, scan
from lsmkit.sorted_mapping import CHUNK_BYTES

if TYPE_CHECKING:
    from lsmkit.snapshot import Snapshot

__all__ = ["ReadsArrays", "WritesArrays"]


class ReadsArrays:
    """Arrays read from a database, as it is at one moment."""

    __slots__ = ()

    @abstractmethod
    def _moment(self) -> "Snapshot":
        """What all of a call sees."""

    def _one_read(self) -> tuple[_core.DB, _core.Snapshot | None]:
        """What a single look-up reads from; none: as it is now."""
        moment = self._moment()
        return moment.db, moment.core

    @property
    def _key_prefix(self) -> bytes:
        """What all keys begin with in the database, and do not outside of it."""
        return b""

    def get_many(
        self, keys: Any, *, progress: Progress = None, threads: int | None = None
    ) -> BinaryArray:
        """The values of many keys, as they are at one moment. Absent keys give nulls.

        Parameters
        ----------
        keys : array of bytes
            As `put_many` takes them, in any order.
        progress : callable or bool, optional
            As for `put_many`.
        threads : int, optional
            On at most so many threads at once (1 to 8); by default on as many as there are cores.
            Fewer than 16,384 keys are looked up on one.

        Returns
        -------
        BinaryArray
            A row per key.

        Raises
        ------
        TypeError, InvalidArgument
            As `put_many`.
        """
        most = _thread_limit(threads)
        moment = self._moment()
        with shown(progress, "looking up") as tell:
            found = [
                _values(
                    rows,
                    *_core.get_rows(
                        moment.db, rows, snapshot=moment.core, progress=part, threads=most
                    ),
                )
                for rows, part in _parts(rows_of(keys, "key", self._key_prefix), keys, tell)
            ]
        return BinaryArray.concatenate(found)

    def contains_many(
        self, keys: Any, *, progress: Progress = None, threads: int | None = None
    ) -> npt.NDArray[np.bool_]:
        """Which of many keys are there: bool of shape (rows,). See `get_many`."""
        most = _thread_limit(threads)
        moment = self._moment()
        with shown(progress, "looking up") as tell:
            found = [
                _core.contains_rows(
                    moment.db, rows, snapshot=moment.core, progress=part, threads=most
                )
                for rows, part in _parts(rows_of(keys, "key", self._key_prefix), keys, tell)
            ]
        parts = [np.frombuffer(part, np.bool_) for part in found]
        return np.concatenate([np.zeros(0, np.bool_), *parts])  # a stream may hold no chunk

    def get_view(self, key: Buffer, /) -> memoryview | None:
        """The value of a key where it lies in memory, without a copy; None if it is absent.

        The view is read-only. It stays valid, also past `close()`, and keeps the block or memtable
        that holds it in memory.
        """
        db, snapshot = self._one_read()
        if self._key_prefix:
            key = self._key_prefix + key_bytes(key)
        return _core.get_view(db, key, snapshot=snapshot)

    def scan(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        prefix: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        reverse: bool = False,
        limit: int | None = None,
        batch_rows: int = 65_536,
        batch_bytes: int = 8 << 20,
    ) -> Scan:
        """A range as arrays, read batch by batch.

        Parameters
        ----------
        start, stop, prefix, include_start, include_stop, reverse
            As for `iterator`.
        limit : int, optional
            At most so many rows.
        batch_rows, batch_bytes : int
            A batch ends when it holds so many rows, or so many bytes of keys and values.

        Raises
        ------
        InvalidArgument
            A batch of less than one, or a negative limit.

        See Also
        --------
        Scan : what can be done with it.
        """
        return scan(
            self._moment(),
            self._key_prefix,
            start,
            stop,
            prefix=prefix,
            include_start=include_start,
            include_stop=include_stop,
            reverse=reverse,
            limit=limit,
            batch_rows=batch_rows,
            batch_bytes=batch_bytes,
        )


class WritesArrays(ReadsArrays):
    """Arrays written to a database."""

    __slots__ = ()

    def _one_read(self) -> tuple[_core.DB, _core.Snapshot | None]:
        return self._core_db(), None

    def put_many(
        self,
        keys: Any,
        values: Any,
        *,
        sync: bool = False,
        atomic: bool = False,
        progress: Progress = None,
    ) -> int:
        """Put many rows, in order: of equal keys the last row's value stands.

        Parameters
        ----------
        keys, values : array of bytes, as many rows of each
            NumPy arrays of dtype S (without trailing NULs, which NumPy strips), V, or uint8 of
            shape (rows, width); lists of buffers; `BinaryArray`; anything with Arrow's PyCapsule
            interface that holds binary, utf8, fixed-size or view types, in chunks or not. Numbers
            become keys by `lsmkit.keys`, as in ``lsmkit.keys.U64().encode_many(numbers)``.
        sync : bool
            Return when all of it is durable.
        atomic : bool
            All in one commit, which holds at most `lsmkit.MAX_BATCH_BYTES`; else in commits of
            about 8 MiB.
        progress : callable, optional
            Called with (rows written, rows) after each commit, and while one waits for room; may
            raise to end the call.

        Returns
        -------
        int
            Rows written.

        Raises
        ------
        TypeError
            The arrays are no columns of bytes.
        InvalidArgument
            They differ in length, a row is null or too large, or all are too much for one commit.
            As with every error of this call: commits before it stand, and its attribute
            `rows_written` says how many rows they hold (absent if `atomic`: none).
        """
        pieces = pieces_of(keys, values, self._key_prefix)
        return self._write(pieces, keys, sync, atomic, progress)

    def delete_many(
        self, keys: Any, *, sync: bool = False, atomic: bool = False, progress: Progress = None
    ) -> int:
        """Delete many keys; absent ones are fine. As `put_many` without values."""
        pieces = whole_pieces_of(keys, self._key_prefix)
        return self._write(pieces, keys, sync, atomic, progress)

    def _write(
        self, pieces: Iterator[Piece], keys: Any, sync: bool, atomic: bool, progress: Progress
    ) -> int:
        if atomic:
            return _in_one(self._core_db(), pieces, sync)
        written, total = 0, len(keys) if hasattr(keys, "__len__") else 0
        with shown(progress, "writing") as tell:

            def tell_all(*_: int) -> None:
                if tell is not None:
                    tell(written, total)

            try:
                for rows in _in_chunks(self._core_db(), pieces, sync, tell_all):
                    written += rows
                    tell_all()
            except BaseException as error:  # Ctrl-C, too
                error.rows_written = written  # type: ignore[attr-defined]
                raise
        return written

    def _core_db(self) -> _core.DB:
        return cast(_core.DB, self)


def _in_one(db: _core.DB, pieces: Iterator[Piece], sync: bool) -> int:
    batch = _core.WriteBatch()
    for keys, key, values, value, count in pieces:
        if values is None:
            _core.add_deletes(batch, keys)
        else:
            _core.add_puts(batch, keys, key, values, value, count)
    if len(batch):
        db.write(batch, sync=sync)
    return len(batch)


def _in_chunks(db: _core.DB, pieces: Iterator[Piece], sync: bool, tell: Tell) -> Iterator[int]:
    """Goes through commits; yields how many rows each holds."""
    for keys, key, values, value, count in pieces:
        done = 0
        while done < count:
            rows = _core.write_rows(
                db,
                keys,
                key + done,
                values,
                value + done,
                count - done,
                max_bytes=CHUNK_BYTES,
                sync=sync,
                progress=tell,
            )
            done += rows
            yield rows


def _parts(
    pieces: Iterator[_core.Rows], keys: Any, tell: Tell | None
) -> Iterator[tuple[_core.Rows, Tell | None]]:
    """Pieces of a column, each with what tells how far it is, as a part of all."""
    before, total = 0, len(keys) if hasattr(keys, "__len__") else 0
    for rows in pieces:
        yield rows, None if tell is None else partial(_tell_all, tell, before, total)
        before += len(rows)


def _tell_all(tell: Tell, before: int, total: int, done: int, _: int) -> None:
    tell(before + done, total)


def _thread_limit(threads: int | None) -> int:
    """As the C++ side takes it: 0 for as many as there are cores."""
    if threads is None:
        return 0
    if threads < 1:
        raise InvalidArgument(f"threads is {threads}, but a look-up takes 1 at least")
    return threads


def _values(
    rows: _core.Rows, offsets: memoryview, data: memoryview, bits: memoryview
) -> BinaryArray:
    valid = np.unpackbits(np.frombuffer(bits, np.uint8), count=len(rows), bitorder="little")
    values = np.frombuffer(offsets, np.int64), np.frombuffer(data, np.uint8)
    return BinaryArray._made(*values, valid.view(np.bool_))
