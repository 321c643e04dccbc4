"""What a database counts: `Stats` and its parts, as frozen dataclasses."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Counters", "MemoryUse", "OpenReport", "Stats"]


@dataclass(frozen=True)
class OpenReport:
    """What an open found and did.

    Attributes
    ----------
    created : bool
        There was no database, so one was made.
    replayed_records, replayed_log_bytes : int
        What stood in the logs but not yet in tables. 0 after a clean close.
    dropped_log_bytes : int
        Bytes past the end of history: what a power loss tore off.
    torn_tail : str
        Where and why; empty if history ended cleanly.
    deleted_files : list of str
        Left over from work that was cut short.
    """

    created: bool
    replayed_records: int
    replayed_log_bytes: int
    dropped_log_bytes: int
    torn_tail: str
    deleted_files: list[str]


@dataclass(frozen=True)
class MemoryUse:
    """Bytes allocated, by use."""

    memtable_bytes: int
    cache_bytes: int
    job_bytes: int
    pinned_bytes: int


@dataclass(frozen=True)
class Counters:
    """Counted since the database was made, over all opens.

    Weight is key + value + 8 bytes per record, file bytes are what is stored; `_us` microseconds.
    """

    user_key_bytes: int
    user_value_bytes: int
    user_weight: int
    puts: int
    deletes: int
    log_bytes: int
    flush_count: int
    flush_file_bytes: int
    flush_weight: int
    compaction_count: int
    compaction_read_file_bytes: int
    compaction_written_file_bytes: int
    compaction_read_weight: int
    compaction_written_weight: int
    compaction_dropped_entries: int
    trivial_move_count: int
    stall_us: int


@dataclass(frozen=True)
class Stats:
    """A database in numbers. Made by `DB.stats()`.

    Attributes
    ----------
    counters : Counters
        Since the database was made.
    memory : MemoryUse
        Now, in bytes.
    last_seqno, durable_seqno, flushed_seqno : int
        The newest commit; the newest that survives a power loss; the newest in tables.
    write_amp : float
        File bytes written by flush and compaction / bytes of keys and values put. NaN, as all of
        these, where nothing was put.
    write_amp_weight : float
        The same in weights: what the planner's choices cost, whatever the codec.
    write_amp_over_flush : float
        File bytes written by flush and compaction / by flush alone: the figure RocksDB prints.
    log_amp : float
        Log bytes / bytes of keys and values put.
    compression_ratio : float
        File bytes / bytes of keys and values stored; below 1 where compression pays.
    table_count, open_table_count, snapshot_count, cursor_count : int
        Now. A table is open, with its index and filter in memory, from its first read on, until
        these take too much of the memory and it was not read of late.
    gets, gets_found, tables_probed, filter_negatives, false_positives : int
        Since the open: gets, those that found their key, tables whose key range held theirs; of
        these tables, those that a filter spared them and those that they read in vain.
    cache_hits, cache_misses : int
        Since the open: data blocks that gets and iterators found in the cache or had to read.
    stall_count, sync_count, sync_us : int
        Since the open. `stall_us` counts pauses and stops, `stall_count` stops alone: writes that
        waited for room, or that RocksDB's rule stopped.
    stall_memtables_us, stall_l0_us, stall_debt_us, stall_log_us : int
        `stall_us` by cause: memtables that are not flushed yet, runs in L0, weight that compaction
        still has to rewrite, the log of the next memtable that is not made yet.
    background_error : str
        What keeps flush or compaction from going on; empty: nothing.
    """

    counters: Counters
    memory: MemoryUse
    last_seqno: int
    durable_seqno: int
    flushed_seqno: int
    write_amp: float
    write_amp_weight: float
    write_amp_over_flush: float
    log_amp: float
    compression_ratio: float
    table_count: int
    open_table_count: int
    snapshot_count: int
    cursor_count: int
    gets: int
    gets_found: int
    tables_probed: int
    filter_negatives: int
    false_positives: int
    cache_hits: int
    cache_misses: int
    stall_us: int
    stall_count: int
    stall_memtables_us: int
    stall_l0_us: int
    stall_debt_us: int
    stall_log_us: int
    sync_count: int
    sync_us: int
    background_error: str

    @classmethod
    def from_core(cls, values: Mapping[str, Any]) -> "Stats":
        """From the dict of the compiled module."""
        parts = {
            "counters": Counters(**values["counters"]),
            "memory": MemoryUse(**values["memory"]),
        }
        return cls(**{**values, **parts})

    @property
    def read_amp(self) -> float:
        """Tables that a get looked into, on average since the open. NaN without gets."""
        return self.tables_probed / self.gets if self.gets else math.nan

    @property
    def false_positive_rate(self) -> float:
        """Tables read in vain / tables probed that had nothing. NaN if all had something."""
        had_nothing = self.false_positives + self.filter_negatives
        return self.false_positives / had_nothing if had_nothing else math.nan

    @property
    def cache_hit_ratio(self) -> float:
        """Blocks found in the cache / blocks asked for, since the open. NaN without any."""
        asked = self.cache_hits + self.cache_misses
        return self.cache_hits / asked if asked else math.nan
