"""`lsmkit.dbm`: the interface of the standard library's `dbm`, so also what `shelve` is built on.

>>> import shelve
>>> with shelve.Shelf(lsmkit.dbm.open("shelf")) as shelf:    # doctest: +SKIP
...     shelf["key"] = {"any": "object that pickles"}

Keys and values are bytes, or str, which is stored as UTF-8; they come back as bytes, the keys in
their order. Two things go beyond `dbm`: a directory, not a file, and any number of readers.
"""

import os
from collections.abc import Iterator, MutableMapping
from typing import Any, Literal, TypeAlias

import lsmkit
from lsmkit._errors import Error
from lsmkit.closing import ClosesItself
from lsmkit.db import DB, Path

__all__ = ["Dbm", "error", "open", "whichdb"]

Flag: TypeAlias = Literal["r", "w", "c", "n"]
Text: TypeAlias = str | bytes | bytearray | memoryview


class error(OSError):
    """What goes wrong, as in every module of `dbm`; `__cause__` is the error of lsmkit."""


def open(file: Path, flag: Flag = "r", mode: int = 0o666) -> "Dbm":
    """Open a database as `dbm.open` does.

    Parameters
    ----------
    file : path-like
        Its directory.
    flag : {"r", "w", "c", "n"}
        To read (the default), to write, to write and make it if it is absent, to write a new empty
        one: "n" deletes the database that is there, and nothing that is not lsmkit's.
    mode : int
        Taken and ignored, as `dbm.dumb` does: the process's umask decides.

    Raises
    ------
    error
        It is absent, locked, damaged or no database; "n" where other files lie.
    ValueError
        Another flag.
    """
    if flag not in ("r", "w", "c", "n"):
        raise ValueError(f"flag: one of 'r', 'w', 'c' and 'n' is due, not {flag!r}")
    try:
        if flag == "n":
            _destroy(file)
        if flag == "r":
            return Dbm(lsmkit.open(file, read_only=True))
        return Dbm(lsmkit.open(file, create=flag in ("c", "n")))
    except (Error, OSError) as cause:
        raise error(str(cause)) from cause


def whichdb(file: Path) -> str | None:
    """As `dbm.whichdb`: "lsmkit.dbm" for a database of ours, "" for something else, None if absent.

    It looks whether the database can be opened read-only.
    """
    if not os.path.exists(file):
        return None
    try:
        lsmkit.open(file, read_only=True).close()
    except (Error, OSError):
        return ""
    return "lsmkit.dbm"


def _destroy(file: Path) -> None:
    if os.path.isdir(file) and os.listdir(file):
        lsmkit.destroy(file)


def _bytes(data: Text) -> Any:
    return data.encode() if isinstance(data, str) else data


class Dbm(ClosesItself, MutableMapping[Any, Any]):
    """An open database with the methods of `dbm` objects. Made by `lsmkit.dbm.open`."""

    def __init__(self, db: DB) -> None:
        self._db = db

    @property
    def db(self) -> DB:
        """The database itself."""
        return self._db

    def _call(self, function: Any, *args: Any) -> Any:
        try:
            return function(*args)
        except Error as cause:
            raise error(str(cause)) from cause

    def __getitem__(self, key: Text) -> bytes:
        return self._call(self._db.__getitem__, _bytes(key))  # type: ignore[no-any-return]

    def __setitem__(self, key: Text, value: Text) -> None:
        self._call(self._db.put, _bytes(key), _bytes(value))

    def __delitem__(self, key: Text) -> None:
        self._call(self._db.__delitem__, _bytes(key))

    def __contains__(self, key: object) -> bool:
        return self._call(self._db.__contains__, _bytes(key))  # type: ignore[arg-type, no-any-return]

    def get(self, key: Text, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        return self._call(self._db.get, _bytes(key), default)

    def setdefault(self, key: Text, default: Text = b"") -> bytes:  # type: ignore[override]
        """The value of a key; an absent one is stored with `default` first."""
        if key not in self:
            self[key] = default
        return self[key]

    def __len__(self) -> int:
        return self._call(self._db.__len__)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return self._call(self._db.__bool__)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[bytes]:
        """The keys as they are now, in order, whatever is written meanwhile."""
        rows = self._call(iter, self._db)
        while (key := self._call(next, rows, None)) is not None:
            yield key

    def keys(self) -> list[bytes]:  # type: ignore[override]
        """A list of all keys, as every module of `dbm` gives."""
        return list(self)

    def firstkey(self) -> bytes | None:
        """The first key in order, or None."""
        return next(iter(self), None)

    def nextkey(self, key: Text) -> bytes | None:
        """The key after `key` in order, or None at the end."""
        bounds = {"start": _bytes(key), "include_start": False, "include_value": False}
        return self._call(lambda: next(self._db.iterator(**bounds), None))  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Delete every key."""
        self._call(self._db.clear)

    def sync(self) -> None:
        """Return when everything written so far survives a power loss."""
        if not self._db.read_only:
            self._call(self._db.sync)

    def reorganize(self) -> None:
        """Give back the space of what was deleted or overwritten."""
        self._call(self._db.flush)
        self._call(self._db.compact_range)

    def close(self) -> None:
        """Close it. Idempotent."""
        self._call(self._db.close)

    def __repr__(self) -> str:
        return f"<lsmkit.dbm.Dbm of {self._db.path!r}>"
