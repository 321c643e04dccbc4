"""One store, one round, in a process of its own: reads a job from standard input, prints JSON.

A line of output is one of {"facts": ...}, {"at": a workload that begins}, {"sample": ...} and
{"error": ...}. Nothing is printed while the clock runs.
"""

import gc
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import Sync
from lsmkit.bench import log_workloads
from lsmkit.bench.data import Data, make_data
from lsmkit.bench.parts import Measured, Part, beside, measure_parts
from lsmkit.bench.settings import Settings, Step, steps
from lsmkit.bench.stores import OPENERS, Ask, Store, package_version
from lsmkit.bench.workloads import (
    WORKLOADS,
    get_all,
    into_columns,
    put_all,
    put_many,
    synced_count,
)

CHECKED_KEYS = 1000
ENTRY_ROOM_BYTES = 64


class Round:
    """A round of one store. Every store it opens lies in a directory of its own below `root`."""

    def __init__(self, settings: Settings, name: str, root: Path) -> None:
        self._settings = settings
        self._name = name
        self._root = root
        self._data: Data = make_data(
            settings.num, settings.key_size, settings.value_size, settings.seed
        )
        self._opened = 0
        self._shared: Store | None = None  # filled, for workloads that only read

    def lines(self) -> Iterator[dict[str, Any]]:
        """What is to be printed, in order."""
        path = self._fresh()
        store = self._open(path, self._settings.sync)
        facts = {"version": package_version(self._name), "engine": store.engine}
        yield {"facts": {**facts, "options": store.options}}
        self._discard(store, path)
        for step in steps(self._settings, self._name):
            yield {"at": step.workload}
            if step.workload in WORKLOADS:
                yield {"sample": self._sample(step)}
            else:
                yield from ({"sample": sample} for sample in self._log_samples(step))
        if self._shared is not None:
            self._shared.close()

    def _sample(self, step: Step) -> dict[str, Any]:
        workload = WORKLOADS[step.workload]
        mode = Sync.always if workload.synced else self._settings.sync
        with ExitStack() as stack:
            if workload.reads_only:
                store = self._filled_to_read()
            else:
                path = self._fresh()
                opened = self._filled if workload.starts_filled else self._open
                store = opened(path, mode)
                stack.callback(self._discard, store, path)
            num = self._settings.num
            count = max(step.threads, synced_count(num)) if workload.synced else num
            keys, values = workload.keys(self._data)[:count], self._data.values[:count]
            shape = store.shape()
            figures: dict[str, float] = {}

            def work(part: Part) -> int:
                return workload.work(store, part)

            def prepare(part: Part) -> None:
                if workload.by_arrays:
                    into_columns(store, part)

            if workload.writer_beside:
                with beside(_putter(store, self._data)) as writer:
                    measured = measure_parts(work, keys, values, threads=step.threads)
                figures["writes_per_s"] = writer.calls / writer.seconds
            else:
                measured = measure_parts(
                    work, keys, values, threads=step.threads, busy=step.busy, prepare=prepare
                )
            if not workload.reads_only:
                shape = store.shape()
                before = num if workload.starts_filled else 0
                _ensure(
                    self._name,
                    "rows",
                    _row_count(store),
                    workload.rows_after(before, measured.operations),
                )
            if workload.found_share is not None:
                due = workload.found_share * measured.operations
                _ensure(self._name, "keys found", measured.found, due)
            elif workload.work in (put_all, put_many):
                _ensure_values(self._name, store, keys, values, measured.operations)
        found = measured.found if workload.found_share is not None else None
        return _to_json(step, str(mode), measured, found, shape, figures)

    def _log_samples(self, step: Step) -> Iterator[dict[str, Any]]:
        path = self._fresh()
        samples = (
            log_workloads.wal(path, self._data, step.threads)
            if step.workload == "wal"
            else log_workloads.syncmodes(path, self._data)
        )
        for mode, measured, shape, figures in samples:
            yield _to_json(step, mode, measured, None, shape, figures)

    def _filled_to_read(self) -> Store:
        if self._shared is None:
            self._shared = self._filled(self._fresh(), Sync.none)
            get_all(self._shared, Part(self._data.drawn, [], None))  # warms the cache
        return self._shared

    def _filled(self, path: str, mode: Sync) -> Store:
        store = self._open(path, Sync.none)
        keys, values = self._data.shuffled, self._data.values
        put_all(store, Part(keys, values, None))
        store.settle()
        _ensure_values(self._name, store, keys, values, len(keys))
        if mode != Sync.none:
            store.close()
            store = self._open(path, mode)
        return store

    def _open(self, path: str, mode: Sync) -> Store:
        settings = self._settings
        entry_bytes = settings.key_size + settings.value_size + ENTRY_ROOM_BYTES
        return OPENERS[self._name](
            path, Ask(mode, settings.compression, settings.num * entry_bytes)
        )

    def _fresh(self) -> str:
        self._opened += 1
        return str(self._root / str(self._opened))

    def _discard(self, store: Store, path: str) -> None:
        store.close()
        shutil.rmtree(path, ignore_errors=True)


def _putter(store: Store, data: Data) -> Any:
    put = store.put
    pairs = cycle(zip(data.again, data.values, strict=True))
    return lambda: put(*next(pairs))


def _row_count(store: Store) -> int:
    return sum(1 for _ in store.rows(b""))


def _ensure(name: str, what: str, found: int, due: int) -> None:
    if found != due:
        raise lsmkit.Error(f"{found:,} {what} are in {name}; {due:,} are due")


def _ensure_values(
    name: str, store: Store, keys: list[bytes], values: list[bytes], done: int
) -> None:
    count = min(done, CHECKED_KEYS)
    right = sum(
        store.get(key) == value for key, value in zip(keys[:count], values[:count], strict=True)
    )
    _ensure(name, "right values of those looked at", right, count)


def _to_json(
    step: Step,
    mode: str,
    measured: Measured,
    found: int | None,
    shape: dict[str, Any] | None,
    figures: dict[str, float],
) -> dict[str, Any]:
    return {
        **step._asdict(),
        "mode": mode,
        "operations": measured.operations,
        "seconds": measured.seconds,
        "found": found,
        "shape": shape,
        "figures": figures,
    }


def main() -> int:
    """Do the job."""
    job = json.load(sys.stdin)
    gc.disable()
    try:
        for line in Round(
            Settings.from_json(job["settings"]), job["store"], Path(job["directory"])
        ).lines():
            print(json.dumps(line), flush=True)
    except BrokenPipeError:
        return 1  # the run has ended; its directory goes with it
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
