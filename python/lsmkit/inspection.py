"""The frames of an open database."""

from typing import TYPE_CHECKING

from lsmkit import _core
from lsmkit.frame import Frame
from lsmkit.frames import (
    all_tables_of,
    events_of,
    frame_of,
    level_rows,
    levels_at,
    memtable_row,
    rows_of,
    series_of,
    tables_at,
    tables_of,
)

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["all_tables", "events", "levels", "series", "summary", "tables"]


def levels(db: "DB", at: int | None = None) -> Frame:
    """One row per memtable, newest first, and one per level."""
    if at is not None:
        return levels_at(_core.events(db), at)
    tree = _core.tree(db)
    seal_weight = db.options.memtable_bytes
    rows = [memtable_row(row, seal_weight) for row in rows_of(tree["memtables"])]
    rows += level_rows(tree["levels"])
    return frame_of("levels", rows)


def tables(db: "DB", at: int | None = None) -> Frame:
    """One row per table."""
    if at is None:
        return tables_of(_core.tree(db)["tables"])
    return tables_at(_core.events(db), at)


def all_tables(db: "DB") -> Frame:
    """One row per table that the kept events know of, in order of birth."""
    return all_tables_of(_core.events(db))


def events(db: "DB") -> Frame:
    """What happened, oldest first."""
    return events_of(_core.events(db))


def series(db: "DB") -> Frame:
    """How the tree grew, one row per event that changed it."""
    return series_of(_core.events(db))


def summary(db: "DB") -> Frame:
    """The database in one row."""
    stats, tree = db.stats(), _core.tree(db)
    counted, levels = stats.counters, tree["levels"]
    values = {
        "last_seqno": stats.last_seqno,
        "level_count": sum(count > 0 for count in levels["table_count"]),
        "run_count": sum(levels["run_count"]),
        "table_count": sum(levels["table_count"]),
        "entry_count": sum(levels["entry_count"]),
        "weight": sum(levels["weight"]),
        "file_bytes": sum(levels["file_bytes"]),
        "memtable_bytes": stats.memory.memtable_bytes,
        "compression_ratio": stats.compression_ratio,
        "puts": counted.puts,
        "deletes": counted.deletes,
        "user_bytes": counted.user_key_bytes + counted.user_value_bytes,
        "log_bytes": counted.log_bytes,
        "flush_count": counted.flush_count,
        "flush_bytes": counted.flush_file_bytes,
        "compaction_count": counted.compaction_count,
        "compaction_read_bytes": counted.compaction_read_file_bytes,
        "compaction_written_bytes": counted.compaction_written_file_bytes,
        "trivial_move_count": counted.trivial_move_count,
        "dropped_count": counted.compaction_dropped_entries,
        "write_amp": stats.write_amp,
        "write_amp_weight": stats.write_amp_weight,
        "write_amp_over_flush": stats.write_amp_over_flush,
        "log_amp": stats.log_amp,
        "gets": stats.gets,
        "read_amp": stats.read_amp,
        "false_positive_rate": stats.false_positive_rate,
        "cache_hit_ratio": stats.cache_hit_ratio,
        "stall_us": counted.stall_us,
    }
    return frame_of("summary", [values])
