"""The workloads with db_bench's names: what each does to a store, and what must be true after it.

==================  ================================================================  =============
name                an operation is                                                   starts on
==================  ================================================================  =============
fillseq             a put, keys ascending                                             nothing
fillrandom          a put, the same keys in random order                              nothing
overwrite           a put of a key that is there, each once, in random order          filled
readrandom          a get of a key that is there, drawn at random                     filled
readmissing         a get of a key that is not there, between those that are          filled
readseq             a row of a scan of everything                                     filled
seekrandom          a new iterator at a key that is there, and ten rows of it         filled
readwhilewriting    a get as in readrandom; one more thread overwrites meanwhile      filled
fillsync            a put that waits for the disk; a thousandth of them, at least 100  nothing
deleterandom        a delete of a key that is there, each once, in random order       filled
fillmany            as fillrandom, 100,000 keys a call                                nothing
readmany            as readrandom, 100,000 keys a call                                filled
scanmany            as readseq, as arrays                                             filled
==================  ================================================================  =============

"Filled" is by fillrandom, without syncs, and settled: flushed, no compaction due. Reads share one
filled store, which was read once before; what writes gets one of its own. The last three hand
NumPy arrays to those stores that take them; others do it key by key, in a loop.
"""

from collections.abc import Callable
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from lsmkit.bench.data import Data
from lsmkit.bench.parts import Part
from lsmkit.bench.stores import Store

__all__ = [
    "SEEK_ROWS",
    "WORKLOADS",
    "Workload",
    "get_all",
    "into_columns",
    "put_all",
    "put_many",
    "synced_count",
]

SEEK_ROWS = 10
MANY = 100_000
"""Keys of one call with arrays."""


def put_all(store: Store, part: Part) -> int:
    """Put every key of the part with its value."""
    put = store.put
    for key, value in part.paced(zip(part.keys, part.values, strict=True)):
        put(key, value)
    return 0


def delete_all(store: Store, part: Part) -> int:
    """Delete every key of the part."""
    delete = store.delete
    for key in part.paced(part.keys):
        delete(key)
    return 0


def get_all(store: Store, part: Part) -> int:
    """Get every key of the part; how many were there."""
    get = store.get
    found = 0
    for key in part.paced(part.keys):
        if get(key) is not None:
            found += 1
    return found


def scan(store: Store, part: Part) -> int:
    """Read as many rows as the part has keys, from its first on; how many there were."""
    count = 0
    rows = islice(store.rows(part.keys[0]), len(part.keys))
    for count, _ in enumerate(part.paced(rows), start=1):  # noqa: B007 (the count is what is due)
        pass
    return count


def seek_all(store: Store, part: Part) -> int:
    """From every key of the part on read `SEEK_ROWS` rows; how many began with the key."""
    rows = store.rows
    found = 0
    for key in part.paced(part.keys):
        read = list(islice(rows(key), SEEK_ROWS))
        if read and read[0][0] == key:
            found += 1
    return found


def into_columns(store: Store, part: Part) -> None:
    """Make arrays of the part's keys and values, as many as there will be calls."""
    if store.arrays is None:
        return
    column = store.arrays.column
    for begin in range(0, len(part.keys), MANY):
        rows = slice(begin, begin + MANY)
        part.columns.append((column(part.keys[rows]), column(part.values[rows])))


def put_many(store: Store, part: Part) -> int:
    """As `put_all`, by arrays."""
    if store.arrays is None:
        return put_all(store, part)
    for keys, values in part.columns:
        store.arrays.put(keys, values)
    part.done = len(part.keys)
    return 0


def get_many(store: Store, part: Part) -> int:
    """As `get_all`, by arrays."""
    if store.arrays is None:
        return get_all(store, part)
    part.done = len(part.keys)
    return sum(store.arrays.get(keys) for keys, _ in part.columns)


def scan_many(store: Store, part: Part) -> int:
    """As `scan`, by arrays."""
    if store.arrays is None:
        return scan(store, part)
    part.done = len(part.keys)
    return store.arrays.scan(part.keys[0], len(part.keys))


class Workload(NamedTuple):
    """One workload.

    `keys` picks the order, `found_share` is what share of the operations finds its key (None for
    writes), `rows_after` how many rows there are then, from those before and the operations.
    """

    work: Callable[[Store, Part], int]
    keys: Callable[[Data], list[bytes]]
    starts_filled: bool = True
    found_share: int | None = None
    rows_after: Callable[[int, int], int] = lambda before, operations: before
    synced: bool = False
    writer_beside: bool = False
    by_arrays: bool = False

    @property
    def reads_only(self) -> bool:
        return self.found_share is not None and not self.writer_beside


def _sum(before: int, operations: int) -> int:
    return before + operations


def _difference(before: int, operations: int) -> int:
    return before - operations


_ascending, _shuffled, _again, _drawn, _absent = (
    attrgetter(name) for name in ("ascending", "shuffled", "again", "drawn", "absent")
)

WORKLOADS: dict[str, Workload] = {
    "fillseq": Workload(put_all, _ascending, starts_filled=False, rows_after=_sum),
    "fillrandom": Workload(put_all, _shuffled, starts_filled=False, rows_after=_sum),
    "overwrite": Workload(put_all, _again),
    "readrandom": Workload(get_all, _drawn, found_share=1),
    "readmissing": Workload(get_all, _absent, found_share=0),
    "readseq": Workload(scan, _ascending, found_share=1),
    "seekrandom": Workload(seek_all, _drawn, found_share=1),
    "readwhilewriting": Workload(get_all, _drawn, found_share=1, writer_beside=True),
    "fillsync": Workload(put_all, _shuffled, starts_filled=False, rows_after=_sum, synced=True),
    "deleterandom": Workload(delete_all, _again, rows_after=_difference),
    "fillmany": Workload(put_many, _shuffled, starts_filled=False, rows_after=_sum, by_arrays=True),
    "readmany": Workload(get_many, _drawn, found_share=1, by_arrays=True),
    "scanmany": Workload(scan_many, _ascending, found_share=1, by_arrays=True),
}


def synced_count(num: int) -> int:
    """Operations of a workload that waits for the disk: num / 1000 as in db_bench, 100 at least."""
    return min(num, max(100, num // 1000))
