"""The frames of an open database, filled from what the compiled module tells."""

import math
from typing import TYPE_CHECKING, Any

from lsmkit import _core
from lsmkit.frame import Frame
from lsmkit.history import Replay, Row, replay
from lsmkit.schema import SCHEMAS

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = [
    "all_tables",
    "candidates",
    "events",
    "levels",
    "levels_of",
    "series",
    "summary",
    "tables",
    "tables_of",
    "verdicts",
]


def levels(db: "DB", at: int | None = None) -> Frame:
    """One row per memtable, newest first, and one per level."""
    if at is not None:
        return _frame("levels", _levels_of(_standing(db, at)))
    tree = _core.tree(db)
    seal_weight = db.options.memtable_bytes
    rows = [_memtable(row, seal_weight) for row in _rows(tree["memtables"])]
    rows += _level_rows(tree["levels"])
    return _frame("levels", rows)


def levels_of(columns: dict[str, list[Any]], *, scored: bool) -> Frame:
    """One row per level of a version. Not `scored`: targets and scores are null."""
    unscored = {} if scored else {"target_weight": None, "score": None}
    return _frame("levels", [row | unscored for row in _level_rows(columns)])


def tables_of(columns: dict[str, list[Any]]) -> Frame:
    """One row per table of a version."""
    return _frame("tables", _rows(columns))


def verdicts(columns: dict[str, list[Any]]) -> Frame:
    """One row per level: what the planner made of it."""
    rows = [{**row, "due": row["priority"] >= 1} for row in _targeted(columns)]
    return _frame("verdicts", rows)


def candidates(columns: dict[str, list[Any]]) -> Frame:
    """One row per table that the picker looked at."""
    rows = [
        {**row, "overlap_ratio": row["overlap_weight"] / row["weight"] if row["weight"] else None}
        for row in _rows(columns)
    ]
    return _frame("candidates", rows)


def tables(db: "DB", at: int | None = None) -> Frame:
    """One row per table."""
    if at is None:
        return tables_of(_core.tree(db)["tables"])
    unknown = dict.fromkeys(spec.name for spec in SCHEMAS["tables"])
    return _frame("tables", [unknown | row for row in _standing(db, at)])


def all_tables(db: "DB") -> Frame:
    """One row per table that the kept events know of, in order of birth."""
    return _frame("all_tables", _history(db).tables)


def events(db: "DB") -> Frame:
    """What happened, oldest first."""
    columns = dict(_core.events(db))
    for name in ("removed", "added"):
        columns[name] = [[table["number"] for table in tables] for tables in columns[name]]
    return Frame.of_schema("events", SCHEMAS["events"], columns)


def series(db: "DB") -> Frame:
    """How the tree grew, one row per event that changed it."""
    return _frame("series", _history(db).moments)


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
        "read_amp": stats.read_amp,
        "cache_hit_ratio": stats.cache_hit_ratio,
        "stall_us": counted.stall_us,
    }
    return _frame("summary", [values])


def _frame(name: str, rows: list[Row]) -> Frame:
    values = {spec.name: [_known(row[spec.name]) for row in rows] for spec in SCHEMAS[name]}
    return Frame.of_schema(name, SCHEMAS[name], values)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _rows(columns: dict[str, list[Any]]) -> list[Row]:
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _targeted(columns: dict[str, list[Any]]) -> list[Row]:
    return [{**row, "target_weight": row["target_weight"] or None} for row in _rows(columns)]


def _level_rows(columns: dict[str, list[Any]]) -> list[Row]:
    return [{**row, "name": f"L{row['level']}"} for row in _targeted(columns)]


def _memtable(row: Row, seal_weight: int) -> Row:
    return {
        "name": "sealed memtable" if row["sealed"] else "memtable",
        "level": None,
        "run_count": 1,
        "table_count": 0,
        "weight": row["weight"],
        "file_bytes": None,
        "entry_count": row["entry_count"],
        "tombstone_count": None,
        "target_weight": seal_weight,
        "score": row["weight"] / seal_weight,
    }


def _standing(db: "DB", at: int) -> list[Row]:
    """The tables as they stood after an event, in the order of levels, runs and keys."""
    rows = _history(db, at).standing.values()
    return sorted(rows, key=lambda row: (row["level"], -row["run"], row["smallest_key"]))


def _levels_of(tables: list[Row]) -> list[Row]:
    levels = []
    for number in sorted({table["level"] for table in tables}):
        own = [table for table in tables if table["level"] == number]
        sums = ("weight", "file_bytes", "entry_count", "tombstone_count")
        levels.append(
            {
                "name": f"L{number}",
                "level": number,
                "run_count": len({table["run"] for table in own}),
                "table_count": len(own),
                "target_weight": None,
                "score": None,
                **{name: sum(table[name] for table in own) for name in sums},
            }
        )
    return levels


def _history(db: "DB", until: int | None = None) -> Replay:
    tables = _rows(_core.tree(db)["tables"])  # first, so that events know of all that comes after
    return replay(tables, _rows(_core.events(db)), until)
