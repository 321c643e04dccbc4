"""What can be read through asyncio: a database, or one moment of it. See `lsmkit.aio`."""

from collections.abc import AsyncIterator, Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar, overload

import numpy as np
import numpy.typing as npt

from lsmkit._errors import ClosedError
from lsmkit.aio_calls import Rows, chunks_of, interruptible, join, one_by_one, without_stop
from lsmkit.binary_array import BinaryArray
from lsmkit.buffers import Buffer
from lsmkit.closing import AsyncClosesItself
from lsmkit.db import DB
from lsmkit.progress import Progress, Tell
from lsmkit.scan import ScanBatch
from lsmkit.snapshot import Snapshot

__all__ = ["AsyncReads", "AsyncSnapshot", "Opening"]

T = TypeVar("T")
H = TypeVar("H", bound=AsyncClosesItself)
P = ParamSpec("P")


class Opening(Generic[H]):
    """What is being opened: await it, or use it as ``async with``."""

    def __init__(self, start: Callable[[], Any]) -> None:
        self._start = start
        self._held: H | None = None

    def __await__(self) -> Generator[Any, None, H]:
        return self._start().__await__()  # type: ignore[no-any-return]

    async def __aenter__(self) -> H:
        self._held = await self
        return self._held

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._held is not None
        await self._held.close()


class AsyncReads(AsyncClosesItself):
    """What can be read and closed: a database, or one moment of it."""

    _source: DB | Snapshot
    _pool: ThreadPoolExecutor

    async def _run(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        return await join(self._submit(function, *args, **named))

    def _submit(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> "Future[T]":
        if self._source.closed:
            raise ClosedError("the database, or the snapshot, is closed")
        try:
            return self._pool.submit(without_stop(function), *args, **named)
        except RuntimeError:  # closed since
            raise ClosedError("the database is closed") from None

    async def _long(self, function: Callable[[Tell], T], progress: Progress, what: str) -> T:
        return await interruptible(self._submit, function, progress, what)

    @overload
    async def get(self, key: Buffer, default: None = None) -> bytes | None: ...
    @overload
    async def get(self, key: Buffer, default: T) -> bytes | T: ...
    async def get(self, key: Buffer, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        return await self._run(self._source.get, key, default)

    async def get_all(self, keys: Iterable[Buffer]) -> list[bytes | None]:
        """The values of many keys, None for those that are absent: one hop for all of them."""
        wanted = list(keys)

        def read() -> list[bytes | None]:
            return [self._source.get(key) for key in wanted]

        return await self._run(read)

    async def get_many(self, keys: Any, *, progress: Progress = None) -> BinaryArray:
        """As `DB.get_many`: the values of many keys as an array."""
        get = self._source.get_many
        return await self._long(lambda tell: get(keys, progress=tell), progress, "looking up")

    async def contains_many(self, keys: Any, *, progress: Progress = None) -> npt.NDArray[np.bool_]:
        """As `DB.contains_many`: which of many keys are there."""
        contains = self._source.contains_many
        return await self._long(lambda tell: contains(keys, progress=tell), progress, "looking up")

    def scan(
        self, start: Buffer | None = None, stop: Buffer | None = None, **how: Any
    ) -> "Rows[ScanBatch]":
        """A range as batches of arrays, as it is when the first is asked for.

        Parameters
        ----------
        start, stop, **how
            As in `DB.scan`, whose errors come with the first batch.

        Returns
        -------
        Rows
            An async iterator over `ScanBatch`, each read when it is asked for, so that no more
            than one is in memory. A wait that is cancelled loses none. Close it if you leave early.
        """
        source = self._source
        return Rows(self._submit, lambda: iter(source.scan(start, stop, **how)), one_by_one)

    async def contains(self, key: Buffer) -> bool:
        """Whether there is such a key."""
        return await self._run(self._source.__contains__, key)

    async def first(self) -> tuple[bytes, bytes] | None:
        """The item with the smallest key, or None."""
        return await self._run(self._source.first)

    async def last(self) -> tuple[bytes, bytes] | None:
        """The item with the largest key, or None."""
        return await self._run(self._source.last)

    async def floor(self, key: Buffer) -> tuple[bytes, bytes] | None:
        """The item with the largest key <= `key`, or None."""
        return await self._run(self._source.floor, key)  # type: ignore[arg-type]

    async def ceiling(self, key: Buffer) -> tuple[bytes, bytes] | None:
        """The item with the smallest key >= `key`, or None."""
        return await self._run(self._source.ceiling, key)  # type: ignore[arg-type]

    def iterator(
        self, *, chunk_rows: int = 1000, chunk_bytes: int = 1 << 20, **bounds: Any
    ) -> "Rows[Any]":
        """Iterate over a range, as it is when the first row is asked for.

        Parameters
        ----------
        chunk_rows, chunk_bytes : int
            Rows are read ahead in chunks: until they are this many, or this many bytes.
        **bounds
            As in `DB.iterator`.

        Returns
        -------
        Rows
            An async iterator over rows; its `chunks()` gives lists of them. Close it (`aclose`, or
            ``async with``) if you leave early: until then it keeps what it reads on disk.
        """
        source = self._source
        moment = bounds.get("snapshot")
        if isinstance(moment, AsyncSnapshot):
            bounds["snapshot"] = moment._source
        take = chunks_of(chunk_rows, chunk_bytes)
        return Rows(self._submit, lambda: source.iterator(**bounds), take)

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The keys, in order."""
        return self.iterator(include_value=False)


class AsyncSnapshot(AsyncReads):
    """What a database showed at one moment. Made by `AsyncDB.snapshot()`; close it."""

    def __init__(self, snapshot: Snapshot, pool: ThreadPoolExecutor) -> None:
        self._source: Snapshot = snapshot
        self._pool = pool

    @property
    def seqno(self) -> int:
        """The newest commit that it shows."""
        return self._source.seqno

    @property
    def closed(self) -> bool:
        """Whether it, or its database, has been closed."""
        return self._source.closed

    async def count(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        prefix: Buffer | None = None,
    ) -> int:
        """As `Snapshot.count`."""
        return await self._run(self._source.count, start, stop, prefix=prefix)

    async def close(self) -> None:
        """Let go of what the snapshot keeps on disk. Idempotent."""
        if not self._source.closed:
            await self._run(self._source.close)
