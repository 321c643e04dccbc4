"""What the presets of `Options` set; `Options.small()` and its like tell of each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsmkit.options import OptionsDict

__all__ = ["LEVELDB", "ROCKSDB", "SMALL", "rocksdb"]

SMALL: "OptionsDict" = {
    "memtable_bytes": 64 << 10,
    "table_bytes": 64 << 10,
    "base_bytes": 256 << 10,
    "l0_merged_runs": 2,
    "block_bytes": 1 << 10,
    "cache_bytes": 1 << 20,
    "memory_bytes": 64 << 20,
}


# All that decides, also where lsmkit's own default is the same today.
ROCKSDB: "OptionsDict" = {
    "layout": "leveled",
    "level_count": 7,
    "level_sizing": "static",
    "l0_trigger_runs": 4,
    "base_bytes": 256 << 20,
    "fanout": 10.0,
    "picker": "min_overlapping_ratio",
    "cut": "aligned",
    "memtable_bytes": 64 << 20,
    "table_bytes": 64 << 20,
    "filter_allocation": "uniform",
    "tombstone_gain": 0.0,
    "pass_through": False,
    "multi_level": False,
    "flow": "rocksdb",
    "max_memtables": 2,
    "l0_slowdown_runs": 20,
    "l0_stop_runs": 36,
    "soft_pending_bytes": 64 << 30,
    "hard_pending_bytes": 256 << 30,
    "delayed_bytes_per_s": 16 << 20,
}


def rocksdb(overrides: "OptionsDict") -> "OptionsDict":
    """RocksDB's rules with some replaced; the limits of L0 go up with its trigger."""
    options = ROCKSDB | overrides
    given = options["l0_trigger_runs"], options["l0_slowdown_runs"], options["l0_stop_runs"]
    if not all(isinstance(runs, int) for runs in given):
        return options  # Options says what is wrong with them
    slowdown, stop = l0_limits(*given)
    if "l0_slowdown_runs" not in overrides:
        options["l0_slowdown_runs"] = slowdown
    if "l0_stop_runs" not in overrides:
        options["l0_stop_runs"] = stop
    return options


def l0_limits(trigger_runs: int, slowdown_runs: int, stop_runs: int) -> tuple[int, int]:
    """Where writes are delayed and stopped: not before a compaction is due.

    RocksDB stops as soon as one is, if it is told to; here it takes a run more.
    Source: SanitizeOptions in db/column_family.cc.
    """
    slowdown = max(slowdown_runs, trigger_runs)
    return slowdown, max(stop_runs, slowdown, trigger_runs + 1)


# LevelDB 1.23: include/leveldb/options.h, db/dbformat.h, and MaxBytesForLevel in db/version_set.cc.
LEVELDB: "OptionsDict" = {
    "layout": "leveled",
    "level_count": 7,
    "level_sizing": "static",
    "l0_trigger_runs": 4,
    "base_bytes": 10 << 20,
    "fanout": 10.0,
    "picker": "compact_pointer",
    "cut": "grandparents",
    "tombstone_gain": 0.0,
    "pass_through": False,
    "multi_level": False,
    "memtable_bytes": 4 << 20,
    "table_bytes": 2 << 20,
    "block_bytes": 4 << 10,
    "restart_interval": 16,
    "filter_bits_per_key": 0,
    "compression": "zstd",
    "compression_levels": (1,),
    "cache_bytes": 8 << 20,
    "threads": 1,
}
