"""`lsmkit.compat.zarr`: a store for Zarr 3, so that an array's chunks are records of a database.

>>> store = LsmStore("chunks")                                  # doctest: +SKIP
>>> zarr.create_array(store, shape=(100, 100), dtype="f8")      # doctest: +SKIP
"""

import asyncio
import itertools
import os
import threading
from collections.abc import AsyncIterator
from typing import Any, Self

import lsmkit
from lsmkit import _core
from lsmkit.db import DB, Path
from lsmkit.optional import need

__all__ = ["LsmStore"]

_abc = need("zarr.abc.store")
_buffer = need("zarr.abc.buffer")


class _Handle:
    """A database that stores share; opened anew for writing when the first of them wants to."""

    def __init__(self, path: str, options: dict[str, Any]) -> None:
        self.path, self.options = path, options
        self.db: DB | None = None
        self.users = 0
        self._lock = threading.Lock()

    def open(self, read_only: bool) -> DB:
        with self._lock:
            if self.db is not None and self.db.read_only and not read_only:
                self.db.close()
            if self.db is None or self.db.closed:
                self.db = lsmkit.open(self.path, read_only=read_only, **self.options)
            return self.db

    def __reduce__(self) -> Any:
        return _Handle, (self.path, self.options)


class LsmStore(_abc.Store):  # type: ignore[misc, name-defined]
    """A Zarr store in an lsmkit database. It pickles: the copy opens the same directory.

    `path` is the directory, made if it is absent; `**options` are those of `lsmkit.open`.
    With ``read_only=True`` it shows one moment; `with_read_only` shares the database.
    """

    _is_open: bool
    supports_writes = supports_deletes = supports_listing = True

    def __init__(self, path: Path, *, read_only: bool = False, **options: Any) -> None:
        super().__init__(read_only=read_only)
        self._handle = _Handle(os.fsdecode(path), options)

    async def _open(self) -> None:
        await (super()._open() if self._is_open else self._opened())  # the first raises

    async def _opened(self) -> DB:
        db = self._handle.db
        if db is None or db.closed or not self._is_open:
            db = await asyncio.to_thread(self._handle.open, self.read_only)
        if not self._is_open:
            self._is_open = True
            self._handle.users += 1
        return db

    def close(self) -> None:
        """Close the database, unless another store shares it. A later use opens it again."""
        if self._is_open:
            self._handle.users -= 1
            if self._handle.users == 0 and self._handle.db is not None:
                self._handle.db.close()
        super().close()

    def with_read_only(self, read_only: bool = False) -> Self:
        """A store of the same database, not opened yet."""
        other = type(self)(self._handle.path, read_only=read_only)
        other._handle = self._handle
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_is_open": False}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LsmStore) and repr(self) == repr(other)

    def __repr__(self) -> str:
        return f"LsmStore({self._handle.path!r}, read_only={self.read_only})"

    async def _call(self, verb: str, *args: Any) -> Any:
        return await asyncio.to_thread(getattr(await self._opened(), verb), *args)

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        value = await self._call("get", key.encode())
        part = _slice(byte_range or _abc.OffsetByteRequest(0))
        return None if value is None else prototype.buffer.from_bytes(value[part])

    async def get_partial_values(self, prototype: Any, key_ranges: Any) -> list[Any]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> Any:
        return await self._call("__contains__", key.encode())

    async def set(self, key: str, value: Any) -> None:
        self._check_writable()
        if not isinstance(value, _buffer.Buffer):
            raise TypeError(f"value: a zarr Buffer is due, not {type(value).__name__}")
        await self._call("put", key.encode(), value.to_bytes())

    async def delete(self, key: str) -> None:
        self._check_writable()
        await self._call("delete", key.encode())

    def list(self) -> AsyncIterator[str]:
        return self.list_prefix("")

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        rows = (await self._opened()).iterator(prefix=prefix.encode(), include_value=False)
        while keys := await asyncio.to_thread(lambda: [*itertools.islice(rows, 1000)]):
            for key in keys:
                yield key.decode()

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        folder = prefix.rstrip("/").encode() + b"/" if prefix.rstrip("/") else b""
        after: bytes | None = folder
        while after is not None:
            row = await self._call("ceiling", after)
            if row is None or not row[0].startswith(folder):
                return
            name, slash, _ = row[0][len(folder) :].partition(b"/")
            if not slash or not await self._call("__contains__", folder + name):  # given already
                yield name.decode()
            child = folder + name + slash  # what lies below it is stepped over, not read
            after = _core.prefix_end(child) if slash else child + b"\x00"


def _slice(byte_range: Any) -> slice:
    if isinstance(byte_range, _abc.RangeByteRequest):
        return slice(byte_range.start, byte_range.end)
    if isinstance(byte_range, _abc.OffsetByteRequest):
        return slice(byte_range.offset, None)
    if isinstance(byte_range, _abc.SuffixByteRequest):
        return slice(-byte_range.suffix or None, None if byte_range.suffix else 0)
    raise ValueError(f"Unexpected byte_range, got {byte_range!r}")
