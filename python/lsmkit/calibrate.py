"""`calibrate`: this machine and a device of its, measured, as a simulation in time takes them."""

import functools
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lsmkit import device_speed
from lsmkit._errors import InvalidArgument
from lsmkit.choices import Binary, Constant, Permuted, Uniform
from lsmkit.db import DB
from lsmkit.machine import Device, Machine
from lsmkit.options import Options, Sync
from lsmkit.progress import Progress, shown
from lsmkit.testing import ThrottledDisk
from lsmkit.twin import drive
from lsmkit.workload import Phase, Workload

__all__ = ["calibrate"]

Compression = Literal["none", "zstd"]

SMALL_VALUE_BYTES, LARGE_VALUE_BYTES = 16, 1000
RUNS = 4  # that are merged
DEVICE_PART = 0.4  # of the time


def calibrate(
    path: str | os.PathLike[str] | None = None,
    *,
    seconds: float = 5,
    key_bytes: int = 16,
    value_bytes: int = 100,
    compressed_share: float = 0.5,
    options: Options | None = None,
    progress: Progress = None,
) -> Machine:
    """Measure the device below a directory, and what this engine's work costs this machine.

    The device is measured past the page cache (``O_DIRECT``, or with a sync after each piece where
    that is refused): bytes per second written, read, and both at once; `latency_us` is the median
    of a page appended and synced. It is told no limit of requests.

    Costs are processor time, so that others on the machine count little; no device is waited for.
    `put_us`, `get_us` and `scan_entry_us` are those of `drive`, which makes keys and values as it
    goes; gets and scans find all in the cache. `record_us` and `written_byte_us` are what flushes
    and merges take of short and of long values, told apart; `compressed_byte_us` is what zstd's
    level 1 adds. How many bytes a table takes for its weight is that of the given records, in
    tables as the options shape them.

    Parameters
    ----------
    path : str or PathLike, optional
        A directory on the device. Some hundred MB at most are written to new files there, which
        are removed. Default: the system's place for temporary files.
    seconds : float
        About so long it takes, at least 1.
    key_bytes, value_bytes : int
        Of records, for costs of operations.
    compressed_share : float
        What values shrink to.
    options : Options, optional
        Whose tables are measured. Default: the defaults.
    progress : callable or True, optional
        ``progress(done, total)`` between measurements. What it raises ends the call, as Ctrl-C
        does; nothing is left behind.

    Returns
    -------
    Machine
        `Machine.to_dict` keeps it.

    Raises
    ------
    InvalidArgument
        Too short a time.
    OSError
        Of the directory.

    Examples
    --------
    >>> import lsmkit
    >>> machine = lsmkit.calibrate(seconds=1)
    >>> workload = lsmkit.Workload.overwrites(keys=2_000, times=5)
    >>> run = lsmkit.simulate(workload, lsmkit.Options.small(), machine=machine)
    >>> run.timing.accepted_ops
    12000.0
    """
    if not seconds >= 1:
        raise InvalidArgument(f"seconds: {seconds} is too short to measure; at least 1 is due")
    base = os.fspath(path) if path is not None else tempfile.gettempdir()
    values: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lsmkit-calibrate-", dir=base) as directory:
        costs = _Costs(
            directory, (1 - DEVICE_PART) * seconds, key_bytes, value_bytes, compressed_share
        )
        costs.tables = options if options is not None else costs.tables
        steps: list[Callable[[], None]] = [
            *device_speed.steps(directory, DEVICE_PART * seconds, values),
            *costs.steps(),
        ]
        with shown(progress, "measuring") as tell:
            for done, step in enumerate(steps):
                if tell is not None:
                    tell(done, len(steps))
                step()
            if tell is not None:
                tell(len(steps), len(steps))
    cores = len(os.sched_getaffinity(0))
    return Machine.from_dict({"device": {**values, "name": base}, "cores": cores, **costs.measured})


@dataclass
class _Rewritten:
    """What it took to flush and merge some records."""

    core_us: float
    records: int
    written_weight: int


class _Costs:
    """What operations and jobs take of a core."""

    def __init__(
        self, directory: str, seconds: float, key_bytes: int, value_bytes: int, share: float
    ) -> None:
        self.measured: dict[str, float] = {}
        self._directory = directory
        self._seconds = seconds
        self._key_bytes = key_bytes
        self._value_bytes = value_bytes
        self._share = share
        self._raw: dict[int, _Rewritten] = {}
        self.tables = Options()

    def steps(self) -> list[Callable[[], None]]:
        """In this order."""
        return [
            self._operations,
            functools.partial(self._take_raw, SMALL_VALUE_BYTES),
            functools.partial(self._take_raw, LARGE_VALUE_BYTES),
            self._separate,
            self._compress,
        ]

    def _open(self, name: str, compression: Compression = "none") -> DB:
        # Flushes and merges come when they are asked for, in this thread.
        options = Options(
            background="inline",
            sync=Sync.none,
            layout="leveled",
            memtable_bytes=256 << 20,
            memory_bytes=2 << 30,
            cache_bytes=256 << 20,
            l0_trigger_runs=100,
            compression=compression,
            compression_levels=(1,),
        )
        return ThrottledDisk(Device()).open(os.path.join(self._directory, name), options)

    def _workload(self, kind: str, keys: int, ops: int, value_bytes: int) -> Workload:
        phase = Phase(
            mix=kind,
            keys=Permuted() if kind == "put" else Uniform(),
            value_bytes=value_bytes,
            compressed_share=self._share,
            scan_entries=Constant(1000),
            ops=ops,
        )
        return Workload(phase, key_count=keys, encoding=Binary(self._key_bytes))

    def _operations(self) -> None:
        keys = int(20_000 * self._seconds)
        scans = max(1, keys // 1000)
        with self._open("operations") as db:
            for name, kind, ops in (("put_us", "put", keys), ("get_us", "get", keys)):
                if kind == "get":
                    db.flush()
                    drive(db, self._workload("get", keys, keys, 0))  # the cache fills
                took = _core_us(functools.partial(self._drive, db, kind, keys, ops))
                self.measured[name] = took / ops
            took = _core_us(lambda: self._drive(db, "scan", keys, scans))
            entries = took - scans * self.measured["get_us"]
            self.measured["scan_entry_us"] = max(entries, 0.0) / (scans * 1000)

    def _drive(self, db: DB, kind: str, keys: int, ops: int) -> None:
        drive(db, self._workload(kind, keys, ops, self._value_bytes))

    def _rewrite(self, value_bytes: int, compression: Compression) -> _Rewritten:
        """Some runs over the same keys, flushed one by one and merged."""
        weight = int((1 << 20) * self._seconds)
        keys = max(1000, weight // (self._key_bytes + value_bytes + 8))
        took = 0.0
        with self._open(f"{compression}-{value_bytes}", compression) as db:
            for seed in range(RUNS):
                drive(db, self._workload("put", keys, keys, value_bytes).with_seed(seed))
                took += _core_us(db.flush)
            took += _core_us(db.compact_range)
            counted = db.stats().counters
            written = counted.flush_weight + counted.compaction_written_weight
        return _Rewritten(took, 2 * RUNS * keys, written)

    def _take_raw(self, value_bytes: int) -> None:
        self._raw[value_bytes] = self._rewrite(value_bytes, "none")

    def _separate(self) -> None:
        """Two kinds of records, and two costs that each of them has: of records and of bytes."""
        small, large = self._raw[SMALL_VALUE_BYTES], self._raw[LARGE_VALUE_BYTES]
        of_records = small.records * large.written_weight - large.records * small.written_weight
        record_us = (
            small.core_us * large.written_weight - large.core_us * small.written_weight
        ) / of_records
        record_us = min(max(record_us, 0.0), small.core_us / small.records)
        byte_us = (large.core_us - large.records * record_us) / large.written_weight
        self.measured["record_us"] = record_us
        self.measured["written_byte_us"] = max(byte_us, 0.0)

    def _written(self, compression: Compression) -> _Rewritten:
        """Some overwrites, flushed and compacted as the options have it."""
        options = self.tables.replace(
            background="inline", sync=Sync.none, compression=compression, compression_levels=(1,)
        )
        keys = max(1000, int((1 << 20) * self._seconds) // (self._key_bytes + self._value_bytes))
        took = 0.0
        path = os.path.join(self._directory, f"written-{compression}")
        with ThrottledDisk(Device()).open(path, options) as db:
            for seed in range(RUNS):
                puts = self._workload("put", keys, keys, self._value_bytes).with_seed(seed)
                took += _core_us(functools.partial(drive, db, puts))
                took += _core_us(db.flush)
            counted = db.stats().counters
        written = counted.flush_weight + counted.compaction_written_weight
        return _Rewritten(took, RUNS * keys, written)

    def _compress(self) -> None:
        raw, compressed = self._written("none"), self._written("zstd")
        more_us = compressed.core_us - raw.core_us
        self.measured["compressed_byte_us"] = max(more_us, 0.0) / compressed.written_weight


def _core_us(work: Callable[[], object]) -> float:
    """Processor time of this process, in microseconds."""
    begin = time.process_time()
    work()
    return 1e6 * (time.process_time() - begin)
