"""Timing: work cut into parts, a thread each, and what runs beside it."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple, TypeVar

__all__ = ["Beside", "Measured", "Part", "beside", "measure_parts"]

T = TypeVar("T")

BUSY_S = 0.5
"""How long a part lasts beside a busy thread, where one operation may take a switch of 5 ms."""


class Part:
    """What one thread has to do, and how many operations it has done."""

    def __init__(self, keys: list[bytes], values: list[bytes], limit_s: float | None) -> None:
        self.keys = keys
        self.values = values
        self.columns: list[tuple[Any, Any]] = []  # of them, for stores that take arrays
        self.done = 0
        self._limit_s = limit_s

    def paced(self, items: Iterable[T]) -> Iterable[T]:
        """The items, one per operation; with a limit only those that time is left for."""
        if self._limit_s is None:
            self.done = len(self.keys)  # no counting in the measured loop
            return items
        return self._until(items, time.perf_counter() + self._limit_s)

    def _until(self, items: Iterable[T], end_s: float) -> Iterator[T]:
        for item in items:
            yield item
            self.done += 1
            if time.perf_counter() >= end_s:
                return


class Measured(NamedTuple):
    """What the parts did together. `found`: the sum of what the work returned."""

    operations: int
    seconds: float
    found: int


def measure_parts(
    work: Callable[[Part], int],
    keys: list[bytes],
    values: list[bytes],
    *,
    threads: int = 1,
    busy: bool = False,
    prepare: Callable[[Part], object] = lambda part: None,
) -> Measured:
    """Cut the keys into one part per thread and time from the first start to the last end.

    `prepare` is done with each part before, and not timed. One thread is the calling one. With
    `busy` a Python thread spins beside it and the work ends after `BUSY_S` seconds at the latest.
    """
    cuts = [number * len(keys) // threads for number in range(threads + 1)]
    limit_s = BUSY_S if busy else None
    parts = [
        Part(keys[begin:end], values[begin:end], limit_s) for begin, end in itertools.pairwise(cuts)
    ]
    for part in parts:
        prepare(part)
    start = threading.Barrier(threads)

    def timed(part: Part) -> tuple[float, float, int]:
        start.wait()
        begin = time.perf_counter()
        found = work(part)
        return begin, time.perf_counter(), found

    spinning: AbstractContextManager[object] = beside(lambda: None) if busy else nullcontext()
    with spinning:
        if threads == 1:
            times = [timed(parts[0])]
        else:
            with ThreadPoolExecutor(threads) as pool:
                times = list(pool.map(timed, parts))
    begins, ends, found = zip(*times, strict=True)
    return Measured(sum(part.done for part in parts), max(ends) - min(begins), sum(found))


class Beside:
    """What the thread of `beside` has done, and how long it took."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0
        self.stop = False
        self.error: Exception | None = None


@contextmanager
def beside(action: Callable[[], object]) -> Iterator[Beside]:
    """A thread that does the same over and over for as long as the block runs."""
    state = Beside()

    def loop() -> None:
        begin = time.perf_counter()
        try:
            while not state.stop:
                action()
                state.calls += 1
        except Exception as error:  # raised where the block ends
            state.error = error
        state.seconds = time.perf_counter() - begin

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.stop = True
        thread.join()
    if state.error is not None:
        raise state.error
