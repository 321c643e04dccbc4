"""Workloads that people know by name, and what a `Phase` chooses from.

>>> from lsmkit import workloads
>>> workloads.ycsb("a", keys=1000, ops=5000)
<lsmkit.Workload 'ycsb_a': 1,000 keys, phases 'load', 'run'>
>>> workloads.Zipf(theta=0.8)
Zipf(theta=0.8, scattered=True)
"""

from lsmkit import _core
from lsmkit.choices import *  # noqa: F403
from lsmkit.choices import __all__ as _choices
from lsmkit.workload import Phase, Workload

__all__ = [
    "Phase",
    "Workload",
    "bursts",
    "db_bench",
    "mixgraph",
    "queues",
    "time_series",
    "ycsb",
    *_choices,
]


def ycsb(letter: str, *, keys: int, ops: int) -> Workload:
    """YCSB's core workloads "a" to "f" (Cooper et al., SoCC 2010; workloads/workload[a-f]).

    Records of 1000 bytes under hashed keys of 24 bytes, loaded, then `ops` operations. An update
    writes the whole record; YCSB's writes one field of ten, which a key-value store cannot.

    Raises
    ------
    InvalidArgument
        There is no such letter.
    """
    return Workload.of_spelled_out(_core.ycsb(letter, keys, ops))


def db_bench(name: str, *, num: int) -> Workload:
    """db_bench's benchmark of that name: keys of 16 bytes, values of 100, `num` of both.

    fillseq, fillrandom, filluniquerandom, overwrite, updaterandom, readrandom, readmissing,
    seekrandom, deleteseq, deleterandom; those that need keys load them first. Source: RocksDB,
    db_bench_tool.cc.

    Raises
    ------
    InvalidArgument
        Another name.
    """
    return Workload.of_spelled_out(_core.db_bench(name, num))


def mixgraph(variant: str = "all_dist", *, keys: int, ops: int) -> Workload:
    """RocksDB's mixgraph with the parameters published for ZippyDB (Cao et al., FAST 2020).

    Published with 50 million keys and 420 million operations.

    Parameters
    ----------
    variant : {"all_random", "all_dist", "prefix_random", "prefix_dist"}
    keys, ops : int

    Raises
    ------
    InvalidArgument
        Another variant.
    """
    return Workload.of_spelled_out(_core.mixgraph(variant, keys, ops))


def queues(*, queue_count: int, backlog: int, ops: int) -> Workload:
    """Queues side by side: puts at the head, deletes of the oldest, a scan from it now and then.

    Tombstones pile up where scans begin. Source: RocksDB wiki, "Implement Queue Service Using
    RocksDB".
    """
    return Workload.of_spelled_out(_core.queues(queue_count, backlog, ops))


def time_series(
    *, series_count: int, points_per_s: float, ttl_s: float, duration_s: float
) -> Workload:
    """Points of many series in order of time, each kept for so long; reads of new points mostly.

    What FIFO compaction is for. Source: RocksDB wiki, "FIFO compaction style".
    """
    return Workload.of_spelled_out(_core.time_series(series_count, points_per_s, ttl_s, duration_s))


def bursts(*, keys: int, base_bytes_per_s: float, duration_s: float) -> Workload:
    """Uniform overwrites in bursts with spikes, by RollingStone's defaults."""
    return Workload.of_spelled_out(_core.bursts(keys, base_bytes_per_s, duration_s))
