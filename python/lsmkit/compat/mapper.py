"""`lsmkit.compat.mapper`: a database as the kind of mapping that `fsspec.get_mapper` gives.

>>> files = Mapper("files")                   # doctest: +SKIP
>>> files["folder/name"] = b"content"         # doctest: +SKIP

Names are str, parts of them separated by "/"; contents are bytes. It needs no fsspec.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Literal

import lsmkit
from lsmkit.closing import ClosesItself
from lsmkit.db import DB, Path

__all__ = ["Mapper"]

_ABSENT: Any = object()


class Mapper(ClosesItself, MutableMapping[str, bytes]):
    """The records of a database whose keys begin with `root`, by the rest of their names.

    Parameters
    ----------
    db : DB or path-like
        A database, or the directory of one, which is then opened and made if it is absent.
    root : str
        A folder: names are those below it. Default: the whole database.
    **options
        As in `lsmkit.open`, with a directory.
    """

    def __init__(self, db: DB | Path, root: str = "", **options: Any) -> None:
        self.db = db if isinstance(db, DB) else lsmkit.open(db, **options)
        self.root = root.strip("/")
        self._prefix = self.root.encode() + b"/" if self.root else b""

    def _key(self, name: str) -> bytes:
        if not isinstance(name, str):
            raise TypeError(f"a name is str, not {type(name).__name__}")
        return self._prefix + name.encode()

    def __getitem__(self, name: str) -> bytes:
        value = self.db.get(self._key(name))
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.db.put(self._key(name), _content(value))

    def __delitem__(self, name: str) -> None:
        if self._key(name) not in self.db:
            raise KeyError(name)
        self.db.delete(self._key(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._key(name) in self.db

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of their bytes."""
        rows = self.db.iterator(prefix=self._prefix, include_value=False)
        return (key[len(self._prefix) :].decode() for key in rows)

    def __len__(self) -> int:
        """Counts by reading."""
        return self.db.count(prefix=self._prefix)

    def getitems(
        self, keys: Iterable[str], on_error: Literal["raise", "omit", "return"] = "raise"
    ) -> dict[str, Any]:
        """The contents of several names.

        What is absent raises KeyError, is left out ("omit"), or is given as a KeyError ("return").
        """
        if on_error not in ("raise", "omit", "return"):
            raise ValueError(f"on_error: 'raise', 'omit' or 'return' is due, not {on_error!r}")
        found: dict[str, Any] = {}
        for name in keys:
            value = self.db.get(self._key(name))
            if value is not None:
                found[name] = value
            elif on_error == "raise":
                raise KeyError(name)
            elif on_error == "return":
                found[name] = KeyError(name)
        return found

    def setitems(self, values_dict: Mapping[str, Any]) -> None:
        """Store several, all of them or, after a crash, none."""
        with self.db.write_batch() as batch:
            for name, value in values_dict.items():
                batch.put(self._key(name), _content(value))

    def delitems(self, keys: Iterable[str]) -> None:
        """Delete several, all of them or, after a crash, none; absent ones are fine."""
        with self.db.write_batch() as batch:
            for name in keys:
                batch.delete(self._key(name))

    def pop(self, key: str, default: Any = _ABSENT) -> Any:
        """Delete a name and give back its content; without one, `default`, else KeyError."""
        value = self.db.get(self._key(key))
        if value is None:
            if default is _ABSENT:
                raise KeyError(key)
            return default
        self.db.delete(self._key(key))
        return value

    def clear(self) -> None:
        """Delete everything below the root."""
        self.db.prefixed_db(self._prefix).clear()

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def __repr__(self) -> str:
        return f"Mapper({os.fspath(self.db.path)!r}, {self.root!r})"


def _content(value: Any) -> Any:
    """Bytes of a value; of an array, also one that is not contiguous, its elements in C order."""
    return value if isinstance(value, bytes | bytearray) else memoryview(value).tobytes()
