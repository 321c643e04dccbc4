"""Iterators with plyvel's verbs: `Iterator` goes over a range, `RawIterator` is a cursor."""

from collections.abc import Callable
from collections.abc import Iterator as Rows
from enum import Enum
from typing import Any, Self

from lsmkit import _core
from lsmkit._errors import Error
from lsmkit.closing import ClosesItself
from lsmkit.compat.plyvel_errors import (
    IteratorInvalidError,
    closed_error,
    expect_bytes,
    expect_flags,
    no_membership,
    translated,
)

__all__ = ["Iterator", "RawIterator"]


class _Closable(ClosesItself):
    """What keeps one moment of a database readable until it is closed."""

    def __init__(self, moment: _core.Snapshot) -> None:
        self._moment: _core.Snapshot | None = moment

    def _open_moment(self) -> _core.Snapshot:
        moment = self._moment
        if moment is None or moment.db.closed:
            raise closed_error("database or iterator")
        return moment

    def close(self) -> None:
        """Let go of what it keeps. Idempotent."""
        self._moment = None

    def __contains__(self, key: object) -> bool:
        no_membership()


class _At(Enum):
    """Where the gap is in which an iterator stands."""

    START = 0  # before the first entry
    STOP = 1  # after the last
    BEFORE = 2  # before the cursor's entry
    AFTER = 3  # after the cursor's entry
    ROWS = 4  # after the last entry that was read from the stream of rows


class Iterator(_Closable):
    """Goes over a range both ways; it stands between two entries. Made by `DB.iterator`.

    `next` gives the entry after the gap, `prev` the one before, and moves past it; with
    ``reverse=True`` the two change places. Three errors of plyvel 1.5.1 are not repeated: there,
    going backwards into a range leaves out an entry at its inclusive `start` if it is the only
    one; after a `seek`, `prev` gives entries before `start`, and `next` an excluded `start`.
    """

    def __init__(
        self,
        moment: Callable[[], _core.Snapshot],
        db_prefix: bytes,
        *,
        reverse: bool = False,
        start: bytes | None = None,
        stop: bytes | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: bytes | None = None,
        include_key: bool = True,
        include_value: bool = True,
        verify_checksums: bool = False,
        fill_cache: bool = True,
    ) -> None:
        for name, bound in (("start", start), ("stop", stop), ("prefix", prefix)):
            if bound is not None:
                expect_bytes(name, bound)
        expect_flags(reverse=reverse, include_start=include_start, include_stop=include_stop)
        expect_flags(include_key=include_key, include_value=include_value)
        expect_flags(verify_checksums=verify_checksums, fill_cache=fill_cache)
        super().__init__(moment())
        if prefix is not None and (start is not None or stop is not None):
            raise TypeError("'prefix' cannot be used together with 'start' or 'stop'")
        self._reverse = reverse
        self._skip = len(db_prefix)
        self._db_prefix = db_prefix
        self._bounds: dict[str, Any] = {
            "start": None if start is None else db_prefix + start,
            "stop": None if stop is None else db_prefix + stop,
            "include_start": bool(include_start),
            "include_stop": bool(include_stop),
            "prefix": db_prefix + (prefix or b""),
        }
        self._shape = self._shaper(bool(include_key), bool(include_value))
        self._cursor: _core.Cursor | None = None
        self._rows: Rows[tuple[bytes, bytes]] | None = None
        self._row_key = b""
        self._at = _At.STOP if reverse else _At.START

    def _shaper(self, key: bool, value: bool) -> Callable[[bytes, bytes], Any]:
        skip = self._skip
        if key and value:
            return lambda key, value: (key[skip:], value)
        if key:
            return lambda key, value: key[skip:]
        return (lambda key, value: value) if value else (lambda key, value: None)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        """The next entry in the iterator's direction. StopIteration at the end."""
        try:
            return self._backward() if self._reverse else self._forward()
        except Error as error:
            raise translated(error) from error

    next = __next__

    def prev(self) -> Any:
        """The next entry against the iterator's direction. StopIteration at the end."""
        try:
            return self._forward() if self._reverse else self._backward()
        except Error as error:
            raise translated(error) from error

    def _forward(self) -> Any:
        moment = self._open_moment()
        if self._at is _At.START:
            self._rows = moment.iterator(**self._bounds)
            self._at = _At.ROWS
        if self._at is _At.ROWS:  # a stream of rows is faster than a cursor
            assert self._rows is not None
            row = next(self._rows, None)
            if row is None:
                return self._end(_At.STOP)
            self._row_key = row[0]
            return self._shape(*row)
        if self._at is _At.STOP:
            raise StopIteration
        cursor = self._placed()
        if self._at is _At.AFTER:
            cursor.next()
        return self._take(cursor, _At.AFTER, _At.STOP)

    def _backward(self) -> Any:
        self._open_moment()
        if self._at is _At.START:
            raise StopIteration
        if self._at is _At.ROWS:
            cursor = self._placed()
            cursor.seek(self._row_key)
            self._at = _At.AFTER
        else:
            cursor = self._placed()
            if self._at is _At.STOP:
                cursor.seek_to_last()
            elif self._at is _At.BEFORE:
                cursor.prev()
        return self._take(cursor, _At.BEFORE, _At.START)

    def _take(self, cursor: _core.Cursor, side: _At, end: _At) -> Any:
        if not cursor.valid():
            return self._end(end)
        self._at = side
        return self._shape(cursor.key(), cursor.value())

    def _end(self, end: _At) -> Any:
        self._at = end
        self._rows = None
        raise StopIteration

    def _placed(self) -> _core.Cursor:
        if self._cursor is None:
            self._cursor = self._open_moment().cursor(**self._bounds)
        return self._cursor

    def seek_to_start(self) -> None:
        """Go before the first entry."""
        self._go(_At.START)

    def seek_to_stop(self) -> None:
        """Go after the last entry."""
        self._go(_At.STOP)

    def _go(self, at: _At) -> None:
        self._open_moment()
        self._rows = None
        self._at = at

    def seek(self, target: bytes) -> None:
        """Go before the first entry at or after `target`, or to the end nearer to it."""
        expect_bytes("target", target)
        stop = self._bounds["stop"]
        key = self._db_prefix + target
        try:
            self._open_moment()
            cursor = self._placed()
            cursor.seek(key if stop is None else min(key, stop))
            self._go(_At.BEFORE if cursor.valid() else _At.STOP)
        except Error as error:
            raise translated(error) from error

    def close(self) -> None:
        """Let go of what it keeps. Idempotent."""
        self._rows = self._cursor = None
        super().close()


class RawIterator(_Closable):
    """A cursor over the whole database, in LevelDB's terms. Made by `DB.raw_iterator`."""

    def __init__(
        self,
        moment: Callable[[], _core.Snapshot],
        *,
        verify_checksums: bool = False,
        fill_cache: bool = True,
    ) -> None:
        expect_flags(verify_checksums=verify_checksums, fill_cache=fill_cache)
        super().__init__(moment())
        self._cursor: _core.Cursor | None = self._open_moment().cursor()

    def _opened(self) -> _core.Cursor:
        self._open_moment()
        assert self._cursor is not None
        return self._cursor

    def _standing(self) -> _core.Cursor:
        cursor = self._opened()
        if not cursor.valid():
            raise IteratorInvalidError("the iterator stands nowhere")
        return cursor

    def valid(self) -> bool:
        """Whether it stands on an entry."""
        return self._opened().valid()

    def _move(self, move: Callable[..., None], *target: bytes) -> None:
        try:
            move(*target)
        except Error as error:
            raise translated(error) from error

    def seek_to_first(self) -> None:
        """Go to the first entry."""
        self._move(self._opened().seek_to_first)

    def seek_to_last(self) -> None:
        """Go to the last entry."""
        self._move(self._opened().seek_to_last)

    def seek(self, target: bytes) -> None:
        """Go to the first entry at or after `target`."""
        expect_bytes("target", target)
        self._move(self._opened().seek, target)

    def next(self) -> None:
        """Go to the next entry, or nowhere at the end. IteratorInvalidError if it is nowhere."""
        self._move(self._standing().next)

    def prev(self) -> None:
        """Go to the entry before, or nowhere. IteratorInvalidError if it is nowhere."""
        self._move(self._standing().prev)

    def key(self) -> bytes:
        """The key of the entry. IteratorInvalidError if it stands nowhere."""
        return self._standing().key()

    def value(self) -> bytes:
        """The value of the entry. IteratorInvalidError if it stands nowhere."""
        return self._standing().value()

    def item(self) -> tuple[bytes, bytes]:
        """Key and value of the entry. IteratorInvalidError if it stands nowhere."""
        return self._standing().item()

    def close(self) -> None:
        """Let go of what it keeps. Idempotent."""
        self._cursor = None
        super().close()
