"""How `lsmkit.aio` waits for threads: calls that can be cancelled, and rows in chunks."""

import asyncio
import contextlib
import itertools
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeAlias, TypeVar

from lsmkit._errors import InvalidArgument

__all__ = ["Progress", "Rows", "Submit", "interruptible", "join", "settled", "without_stop"]

T = TypeVar("T")
P = ParamSpec("P")

Progress: TypeAlias = Callable[[int, int], object] | None
Tell: TypeAlias = Callable[[int, int], object]


class Submit(Protocol):
    """Begins a call on a thread."""

    def __call__(self, function: Callable[..., T], /, *args: Any) -> "Future[T]": ...


class _Interrupted(Exception):
    """Ends a long call from within."""


def without_stop(function: Callable[P, T]) -> Callable[P, T]:
    """The function, made so that no StopIteration leaves it: a future cannot carry that."""

    def call(*args: P.args, **named: P.kwargs) -> T:
        try:
            return function(*args, **named)
        except StopIteration as error:
            raise RuntimeError("StopIteration raised by a call") from error

    return call


async def join(future: "Future[T]") -> T:
    """The result of a call on a thread. A wait that is cancelled before its turn cancels it."""
    return await asyncio.wrap_future(future)


async def settled(future: "Future[Any]") -> None:
    """Return when a call on a thread is over, however it went."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def say() -> None:
        if not over.done():
            over.set_result(None)

    def end(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # nobody waits in a loop that is closed
            loop.call_soon_threadsafe(say)

    future.add_done_callback(end)
    await over


async def interruptible(submit: Submit, function: Callable[[Tell], T], progress: Progress) -> T:
    """Run a long call on a thread; a cancelled one is over when CancelledError is raised."""
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    failed: list[BaseException] = []

    def show(done: int, total: int) -> None:
        if progress is None or stop.is_set():
            return
        try:
            progress(done, total)
        except BaseException as error:  # of the caller's function; raised again below
            failed.append(error)
            stop.set()

    def tell(done: int, total: int) -> None:
        if stop.is_set():
            raise _Interrupted
        if progress is not None:
            loop.call_soon_threadsafe(show, done, total)

    future = submit(function, tell)
    try:
        await settled(future)
    except asyncio.CancelledError:
        stop.set()
        if not future.cancel():
            await settled(future)
        raise
    if failed:
        raise failed[0]
    return future.result()


class Rows(Generic[T]):
    """Rows of a range, an async iterator that reads them ahead in chunks. It is used up once.

    A wait that is cancelled loses no row: the next one goes on where it stood.
    """

    def __init__(
        self,
        submit: Submit,
        begin: Callable[[], Iterator[T]],
        chunk_rows: int,
        chunk_bytes: int,
    ) -> None:
        if chunk_rows < 1 or chunk_bytes < 1:
            raise InvalidArgument(
                f"chunk_rows={chunk_rows}, chunk_bytes={chunk_bytes}: 1 or more is due"
            )
        self._submit = submit
        self._begin = begin
        self._chunk_rows = chunk_rows
        self._chunk_bytes = chunk_bytes
        self._source: Iterator[T] | None = None
        self._rows: deque[T] = deque()
        self._reading: Future[list[T]] | None = None
        self._at_end = False

    def _read(self) -> list[T]:
        if self._source is None:
            self._source = self._begin()
        rows, weight = [], 0
        for row in itertools.islice(self._source, self._chunk_rows):
            rows.append(row)
            weight += len(row) if isinstance(row, bytes) else sum(map(len, row))  # type: ignore
            if weight >= self._chunk_bytes:
                break
        return rows

    async def _fill(self) -> bool:
        """Whether there are rows, after reading the next chunk."""
        if self._reading is None:
            self._reading = self._submit(self._read)
        reading = self._reading
        await settled(reading)  # a wait that is cancelled leaves it to the next call
        if self._reading is reading:  # and no other task was here before
            self._reading = None
            self._at_end = True  # if it raises
            rows = reading.result()
            self._at_end = not rows
            self._rows.extend(rows)
        return bool(self._rows)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._rows:
            if self._at_end:
                raise StopAsyncIteration
            await self._fill()
        return self._rows.popleft()

    async def chunks(self) -> AsyncIterator[list[T]]:
        """The rows as lists, each of them read in one hop."""
        while not self._at_end or self._rows:
            if self._rows or await self._fill():
                rows = list(self._rows)
                self._rows.clear()
                yield rows

    async def aclose(self) -> None:
        """Give up what it keeps on disk; iteration then ends. Idempotent."""
        self._at_end = True
        self._rows.clear()
        if self._reading is not None:
            await settled(self._reading)
            self._reading = None
            self._rows.clear()
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
