"""`wal` and `syncmodes`: what the log alone costs, and what each sync mode costs. lsmkit alone.

W1.1: the log holds no timestamp per entry. `wal` measures the log's bytes and the rate of puts as
it is, and with the 8 bytes of a time in each value; reading a clock would come on top of that.

W1.3: rate (`wal`) and latency of single puts (`syncmodes`) in every sync mode: `always` and
`every(n)` wait for the disk in the put, `interval(ms)` leaves it to a thread, `hybrid` does both.
What each can lose is tested in tests/cpp/db_crash.cc.
"""

import math
import struct
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import lsmkit
from lsmkit import Sync
from lsmkit.bench.data import Data
from lsmkit.bench.parts import Measured, measure_parts
from lsmkit.bench.stores import Shape, lsmkit_store
from lsmkit.bench.workloads import put_all, synced_count

__all__ = ["LOG_WORKLOADS", "LogSample", "modes", "operations_of", "syncmodes", "wal"]

LOG_WORKLOADS = ("wal", "syncmodes")
MODES = (Sync.always, Sync.every(100), Sync.interval(10), Sync.hybrid(100, 10), Sync.none)
TIMED = "none, 8-byte time per entry"
ENTRY_ROOM_BYTES = 256
"""More than an entry takes in a memtable beside its key and value."""


class LogSample(NamedTuple):
    """What one mode gave. `figures` are named with their units."""

    mode: str
    measured: Measured
    shape: Shape | None
    figures: dict[str, float]


def modes(workload: str) -> list[str]:
    """The modes that a workload goes through, as `Sample.mode` has them."""
    return [*map(str, MODES), *([TIMED] if workload == "wal" else [])]


def operations_of(mode: Sync, num: int) -> int:
    """How many puts a mode gets: as few syncs are waited for as in fillsync."""
    return min(num, synced_count(num) * mode.commits) if mode.commits else num


def wal(path: str, data: Data, threads: int) -> Iterator[LogSample]:
    """Append to the log, with a memtable so large that nothing is ever flushed (W1.1, W1.3)."""
    for mode in MODES:
        yield _wal(f"{path}-{mode.commits}-{mode.ms}", data, threads, mode, str(mode), data.values)
    stamp = struct.Struct("<Q").pack
    stamped = [value + stamp(time.time_ns()) for value in data.values]
    yield _wal(f"{path}-timed", data, threads, Sync.none, TIMED, stamped)


def _wal(
    path: str, data: Data, threads: int, mode: Sync, name: str, values: list[bytes]
) -> LogSample:
    count = max(threads, operations_of(mode, len(data.shuffled)))
    with _open_unflushed(path, data, mode) as db:
        store = lsmkit_store(db)
        before = db.stats()
        measured = measure_parts(
            lambda part: put_all(store, part),
            data.shuffled[:count],
            values[:count],
            threads=threads,
        )
        shape, after = store.shape(), db.stats()
        _ensure_log_alone(after, count)
    log_bytes = after.counters.log_bytes - before.counters.log_bytes
    return LogSample(
        name,
        measured,
        shape,
        {
            "commits_per_s": count / measured.seconds,
            "bytes_per_s": log_bytes / measured.seconds,
            "log_bytes_per_commit": log_bytes / count,
            "syncs": float(after.sync_count - before.sync_count),
        },
    )


def syncmodes(path: str, data: Data) -> Iterator[LogSample]:
    """Time single puts in each mode: p50, p99 and the longest, in microseconds (W1.3)."""
    for mode in MODES:
        count = operations_of(mode, len(data.shuffled))
        took_ns: list[int] = []
        note, now = took_ns.append, time.perf_counter_ns
        with _open_unflushed(f"{path}-{mode.commits}-{mode.ms}", data, mode) as db:
            put = db.put
            for key, value in zip(data.shuffled[:count], data.values, strict=False):
                begin = now()
                put(key, value)
                note(now() - begin)
            shape, stats = lsmkit_store(db).shape(), db.stats()
            _ensure_log_alone(stats, count)
        took_ns.sort()
        yield LogSample(
            str(mode),
            Measured(count, sum(took_ns) / 1e9, 0),
            shape,
            {
                "p50_us": percentile(took_ns, 50) / 1e3,
                "p99_us": percentile(took_ns, 99) / 1e3,
                "max_us": took_ns[-1] / 1e3,
                "syncs": float(stats.sync_count),
            },
        )


def percentile(ascending: list[int], percent: float) -> int:
    """The least value that at least so many percent of them do not exceed."""
    return ascending[max(0, math.ceil(len(ascending) * percent / 100) - 1)]


def _open_unflushed(path: str, data: Data, mode: Sync) -> lsmkit.DB:
    count = len(data.shuffled)
    entry_bytes = len(data.shuffled[0]) + len(data.values[0]) + ENTRY_ROOM_BYTES
    memtable_bytes = max(64 << 20, count * entry_bytes)
    cache_bytes = 8 << 20
    options: dict[str, Any] = {
        "sync": mode,
        "compression": "none",
        "memtable_bytes": memtable_bytes,
        "cache_bytes": cache_bytes,
        "memory_bytes": cache_bytes + 3 * memtable_bytes,
    }
    return lsmkit.open(path, lsmkit.Options(**options))


def _ensure_log_alone(stats: lsmkit.Stats, puts: int) -> None:
    if stats.counters.flush_count or stats.counters.puts != puts:
        raise lsmkit.Error(
            f"{stats.counters.puts} puts and {stats.counters.flush_count} flushes were counted; "
            f"{puts} and 0 are due"
        )
