"""How `lsmkit.aio` waits for threads: calls that can be cancelled, and rows in chunks."""

import asyncio
import contextlib
import itertools
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar

from lsmkit._errors import InvalidArgument
from lsmkit.closing import AsyncClosesItself
from lsmkit.progress import Progress, Tell, shown

__all__ = [
    "Rows",
    "Submit",
    "chunks_of",
    "interruptible",
    "join",
    "one_by_one",
    "settled",
    "without_stop",
]

T = TypeVar("T")
P = ParamSpec("P")


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


async def interruptible(
    submit: Submit, function: Callable[[Tell], T], progress: Progress, what: str
) -> T:
    """Run a long call on a thread; a cancelled one is over when CancelledError is raised.

    `progress` is told in the loop; `what` says what is being done.
    """
    with shown(progress, what) as show:
        call = _LongCall(asyncio.get_running_loop(), show)
        future = submit(function, call.tell)
        try:
            await settled(future)
        except asyncio.CancelledError as error:
            call.stop.set()
            if not future.cancel():
                await settled(future)
                _carry(future, error)
            raise
        if call.raised is not None:
            _carry(future, call.raised)
            raise call.raised
        return future.result()


class _LongCall:
    """Carries what a call on a thread tells into the loop, and what ends the call back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, show: Tell | None) -> None:
        self.stop = threading.Event()
        self.raised: BaseException | None = None
        self._loop = loop
        self._show = show

    def tell(self, done: int, total: int) -> None:
        if self.stop.is_set():
            raise _Interrupted
        if self._show is not None:
            self._loop.call_soon_threadsafe(self._show_here, done, total)

    def _show_here(self, done: int, total: int) -> None:
        if self._show is None or self.stop.is_set():
            return
        try:
            self._show(done, total)
        except BaseException as error:  # of the caller's function; raised again by the call
            self.raised = error
            self.stop.set()


def _carry(future: "Future[Any]", error: BaseException) -> None:
    """Says with the error, too, how many rows an interrupted call has written."""
    ended = None if future.cancelled() else future.exception()
    written = getattr(ended, "rows_written", None)
    if written is not None:
        error.rows_written = written  # type: ignore[attr-defined]


def chunks_of(chunk_rows: int, chunk_bytes: int) -> Callable[[Iterator[T]], list[T]]:
    """What takes as many rows, or as many bytes of keys and values. InvalidArgument below 1."""
    if chunk_rows < 1 or chunk_bytes < 1:
        raise InvalidArgument(
            f"chunk_rows={chunk_rows}, chunk_bytes={chunk_bytes}: 1 or more is due"
        )

    def take(source: Iterator[Any]) -> list[Any]:
        rows, weight = [], 0
        for row in itertools.islice(source, chunk_rows):
            rows.append(row)
            weight += len(row) if isinstance(row, bytes) else sum(map(len, row))
            if weight >= chunk_bytes:
                break
        return rows

    return take


def one_by_one(source: Iterator[T]) -> list[T]:
    """Takes the next one alone."""
    return list(itertools.islice(source, 1))


class Rows(AsyncClosesItself, Generic[T]):
    """Rows of a range, an async iterator that reads them ahead in chunks. It is used up once.

    A wait that is cancelled loses no row: the next one goes on where it stood.
    """

    def __init__(
        self,
        submit: Submit,
        begin: Callable[[], Iterator[T]],
        take: Callable[[Iterator[T]], list[T]],
    ) -> None:
        self._submit = submit
        self._begin = begin
        self._take = take
        self._source: Iterator[T] | None = None
        self._rows: deque[T] = deque()
        self._reading: Future[list[T]] | None = None
        self._at_end = False

    def _read(self) -> list[T]:
        if self._source is None:
            self._source = self._begin()
        return self._take(self._source)

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

    close = aclose
