"""`lsmkit.aio`: a database for programs that run on asyncio.

>>> async with lsmkit.aio.open("db") as db:    # doctest: +SKIP
...     await db.put(b"key", b"value")
...     async for key, value in db.iterator(prefix=b"k"):
...         ...

Calls run on a few threads of the database's own, so that the event loop never waits for a disk.
An object may be used from several loops, as the engine may be used from any thread.
"""

import os
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

import lsmkit
from lsmkit._errors import InvalidArgument
from lsmkit.aio_calls import Rows, join, settled
from lsmkit.aio_views import AsyncReads, AsyncSnapshot, Opening
from lsmkit.buffers import Buffer
from lsmkit.db import DB, Path
from lsmkit.frame import Frame
from lsmkit.options import Options, OptionsDict
from lsmkit.planning import Explanation
from lsmkit.progress import Progress, Tell
from lsmkit.stats import Stats

__all__ = ["AsyncBatch", "AsyncDB", "AsyncSnapshot", "Opening", "Rows", "open"]

T = TypeVar("T")
P = ParamSpec("P")

DEFAULT_WORKERS = 4


def open(
    path: Path,
    options: Options | None = None,
    *,
    read_only: bool = False,
    workers: int = DEFAULT_WORKERS,
    **overrides: Unpack[OptionsDict],
) -> "Opening[AsyncDB]":
    """Open a database, or make one: ``async with open(path) as db`` or ``db = await open(path)``.

    Parameters
    ----------
    workers : int
        How many threads carry out calls; further calls wait their turn. Default: 4.
    path, options, read_only, **overrides
        As in `lsmkit.open`, with its errors.

    Raises
    ------
    InvalidArgument
        `workers` below 1 or above 256.
    """
    if not 1 <= workers <= 256:
        raise InvalidArgument(f"workers={workers}: 1 to 256 is due")

    async def opened() -> "AsyncDB":
        pool = ThreadPoolExecutor(workers, thread_name_prefix="lsmkit-aio")
        future = pool.submit(lsmkit.open, path, options, read_only=read_only, **overrides)
        try:
            return AsyncDB(await join(future), pool)
        except BaseException:
            future.add_done_callback(_close_late)  # what nobody waits for any more
            pool.shutdown(wait=False)
            raise

    return Opening(opened)


def _close_late(future: "Future[DB]") -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()


class AsyncDB(AsyncReads):
    """An open database, for asyncio. Made by `lsmkit.aio.open`.

    A call that is cancelled before its turn does nothing. A point call (`get`, `put`, `delete`,
    `write`) that has begun goes on by itself, so a cancelled write may have been made. A long call
    (those with `progress`) is interrupted within a moment, and is over when `CancelledError`
    comes; the engine stays consistent and usable. `progress(done, total)` is called in the loop;
    what it raises ends the call. True shows it on standard error, as everywhere.
    """

    def __init__(self, db: DB, pool: ThreadPoolExecutor) -> None:
        self._source: DB = db
        self._pool = pool
        self._closing: Future[None] | None = None
        self._lock = threading.Lock()

    @property
    def db(self) -> DB:
        """The database itself, whose calls wait."""
        return self._source

    @property
    def path(self) -> str:
        """Its directory, as given."""
        return self._source.path

    @property
    def options(self) -> Options:
        """What is in force."""
        return self._source.options

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._source.closed

    @property
    def last_seqno(self) -> int:
        """Of the newest commit; 0: none yet."""
        return self._source.last_seqno

    @property
    def durable_seqno(self) -> int:
        """Everything up to here survives a power loss."""
        return self._source.durable_seqno

    async def call(
        self,
        function: Callable[Concatenate[DB, P], T],
        /,
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """The result of ``function(db, ...)`` with the database itself, run on one of the threads.

        For what has no method here, and for many small calls in one hop.
        """
        return await self._run(function, self._source, *args, **named)

    async def put(self, key: Buffer, value: Buffer, *, sync: bool = False) -> None:
        """Store a value under a key."""
        await self._run(self._source.put, key, value, sync=sync)

    async def delete(self, key: Buffer, *, sync: bool = False) -> None:
        """Delete a key; absent keys are fine."""
        await self._run(self._source.delete, key, sync=sync)

    def write_batch(self, *, sync: bool = False) -> "AsyncBatch":
        """Collect writes into one commit.

        ``async with db.write_batch() as batch:`` writes it on a clean exit and drops it on an
        exception; within, `batch.put` and `batch.delete` are plain calls.
        """
        return AsyncBatch(self, sync)

    async def write(self, batch: Any, *, sync: bool = False) -> None:
        """Write a batch (`lsmkit.WriteBatch` or `AsyncBatch`) in one commit."""
        inner = batch.batch if isinstance(batch, AsyncBatch) else batch
        await self._run(self._source.write, inner, sync=sync)

    async def put_many(
        self,
        keys: Any,
        values: Any,
        *,
        sync: bool = False,
        atomic: bool = False,
        progress: Progress = None,
    ) -> int:
        """As `DB.put_many`. Cancelled, it ends after the commit under way; those before it stand.

        `atomic=True` is one commit, which goes on by itself once it has begun.
        """
        put = self._source.put_many
        return await self._long(
            lambda tell: put(keys, values, sync=sync, atomic=atomic, progress=tell),
            progress,
            "writing",
        )

    async def delete_many(
        self, keys: Any, *, sync: bool = False, atomic: bool = False, progress: Progress = None
    ) -> int:
        """As `DB.delete_many`, and as `put_many` here."""
        delete = self._source.delete_many
        return await self._long(
            lambda tell: delete(keys, sync=sync, atomic=atomic, progress=tell),
            progress,
            "deleting",
        )

    async def update(self, other: Any, *, progress: Progress = None) -> None:
        """As `DB.update`: atomic chunks of about 8 MiB. `progress`: (rows so far, 0)."""
        rows = other.items() if hasattr(other, "items") else other

        def update(tell: Tell) -> None:
            def counted() -> Generator[Any, None, None]:
                for done, row in enumerate(rows):
                    if done % 256 == 0:
                        tell(done, 0)
                    yield row

            self._source.update(counted())

        await self._long(update, progress, "writing")

    async def sync(self) -> None:
        """Return when everything acknowledged so far survives a power loss."""
        await self._run(self._source.sync)

    def snapshot(self) -> Opening["AsyncSnapshot"]:
        """What the database shows now: ``async with db.snapshot() as moment``, or await it."""

        async def taken() -> AsyncSnapshot:
            future = self._submit(self._source.snapshot)
            try:
                return AsyncSnapshot(await join(future), self._pool)
            except BaseException:
                future.add_done_callback(_close_late)  # type: ignore[arg-type]
                raise

        return Opening(taken)

    # -- Long calls --------------------------------------------------------------------------------

    async def count(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        prefix: Buffer | None = None,
        progress: Progress = None,
    ) -> int:
        """As `DB.count`."""
        count = self._source.count
        return await self._long(
            lambda tell: count(start, stop, prefix=prefix, progress=tell),
            progress,
            "counting",
        )

    async def flush(self, *, progress: Progress = None) -> None:
        """Write the memtables out as tables of L0."""
        await self._long(lambda tell: self._source.flush(progress=tell), progress, "flushing")

    async def compact_range(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        progress: Progress = None,
    ) -> None:
        """As `DB.compact_range`; a cancelled one leaves what its jobs so far have done."""
        compact = self._source.compact_range
        await self._long(lambda tell: compact(start, stop, progress=tell), progress, "compacting")

    async def wait_idle(self, *, progress: Progress = None) -> None:
        """Return when no compaction is due."""
        await self._long(lambda tell: self._source.wait_idle(progress=tell), progress, "compacting")

    async def verify(self, *, progress: Progress = None) -> int:
        """As `DB.verify`: the number of entries read, or CorruptionError."""
        return await self._long(
            lambda tell: self._source.verify(progress=tell), progress, "verifying"
        )

    async def checkpoint(self, path: Path, *, progress: Progress = None) -> None:
        """As `DB.checkpoint`; a cancelled one is removed."""
        await self._long(
            lambda tell: self._source.checkpoint(path, progress=tell), progress, "copying"
        )

    async def refresh(self) -> bool:
        """As `DB.refresh`, for a database opened with `read_only=True`."""
        return await self._run(self._source.refresh)

    # -- Looking inside ----------------------------------------------------------------------------

    async def stats(self) -> Stats:
        """As `DB.stats`."""
        return await self._run(self._source.stats)

    async def levels(self, *, at: int | None = None) -> Frame:
        """As `DB.levels`."""
        return await self._run(self._source.levels, at=at)

    async def tables(self, *, at: int | None = None, all: bool = False) -> Frame:
        """As `DB.tables`."""
        return await self._run(self._source.tables, at=at, all=all)

    async def events(self) -> Frame:
        """As `DB.events`."""
        return await self._run(self._source.events)

    async def why(self) -> Explanation:
        """As `DB.why`."""
        return await self._run(self._source.why)

    # -- Life --------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Flush and end; idempotent. Calls under way end normally or with `ClosedError`."""
        with self._lock:
            if self._closing is None:
                self._closing = Future()
                self._closing.set_running_or_notify_cancel()
                # A thread of its own: those of the pool may be waiting for room to write.
                threading.Thread(target=self._close, args=(self._closing,)).start()
        await settled(self._closing)
        self._closing.result()

    def _close(self, done: "Future[None]") -> None:
        try:
            if not self._source.closed:
                self._source.close()
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)
        self._pool.shutdown(wait=False)

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"seqno {self.last_seqno:,}"
        return f"<lsmkit.aio.AsyncDB of {os.fspath(self.path)!r}, {state}>"


class AsyncBatch:
    """Writes that are collected and become one commit. Made by `AsyncDB.write_batch()`."""

    def __init__(self, db: AsyncDB, sync: bool) -> None:
        self._db = db
        self.batch = db.db.write_batch(sync=sync)

    def put(self, key: Buffer, value: Buffer, /) -> None:
        """Collect a put."""
        self.batch.put(key, value)

    def delete(self, key: Buffer, /) -> None:
        """Collect a delete; absent keys are fine."""
        self.batch.delete(key)

    def clear(self) -> None:
        """Forget what was collected."""
        self.batch.clear()

    def approximate_size(self) -> int:
        """Bytes that the batch will take in the log."""
        return self.batch.approximate_size()

    def __len__(self) -> int:
        return len(self.batch)

    def __setitem__(self, key: Buffer, value: Buffer) -> None:
        self.batch.put(key, value)

    def __delitem__(self, key: Buffer) -> None:
        self.batch.delete(key)

    async def __aenter__(self) -> Self:
        self.batch.__enter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:  # drops what was collected, which takes no time
            self.batch.__exit__(kind, error, traceback)
        else:
            await self._db._run(self.batch.__exit__, None, None, None)
