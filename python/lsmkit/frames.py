"""Frames from what the compiled module tells, whoever it tells of: lists of values by column."""

import math
from typing import Any, TypeAlias

from lsmkit.frame import Frame
from lsmkit.history import Replay, Row
from lsmkit.schema import SCHEMAS

__all__ = [
    "Columns",
    "candidates",
    "events_of",
    "frame_of",
    "level_rows",
    "levels_at",
    "levels_of",
    "memtable_row",
    "rows_of",
    "tables_at",
    "tables_of",
    "verdicts",
]

Columns: TypeAlias = dict[str, list[Any]]


def levels_of(columns: Columns, *, scored: bool) -> Frame:
    """One row per level of a version. Not `scored`: targets and scores are null."""
    unscored = {} if scored else {"target_weight": None, "score": None}
    return frame_of("levels", [row | unscored for row in level_rows(columns)])


def tables_of(columns: Columns) -> Frame:
    """One row per table of a version."""
    return frame_of("tables", rows_of(columns))


def events_of(columns: Columns) -> Frame:
    """One row per event."""
    numbers = {
        name: [[table["number"] for table in tables] for tables in columns[name]]
        for name in ("removed", "added")
    }
    return Frame.of_schema("events", SCHEMAS["events"], {**columns, **numbers})


def levels_at(then: Replay) -> Frame:
    """The levels as they stood at the end of a replay."""
    return frame_of("levels", _levels_of(_standing(then)))


def tables_at(then: Replay) -> Frame:
    """The tables as they stood at the end of a replay."""
    return frame_of("tables", _standing(then))


def verdicts(columns: Columns) -> Frame:
    """One row per level: what the planner made of it."""
    rows = [{**row, "due": row["priority"] >= 1} for row in _targeted(columns)]
    return frame_of("verdicts", rows)


def candidates(columns: Columns) -> Frame:
    """One row per table that the picker looked at."""
    rows = [
        {**row, "overlap_ratio": row["overlap_weight"] / row["weight"] if row["weight"] else None}
        for row in rows_of(columns)
    ]
    return frame_of("candidates", rows)


def frame_of(name: str, rows: list[Row]) -> Frame:
    """A frame of `schema.SCHEMAS`; what a row lacks of a nullable column is null."""
    values = {
        spec.name: [_known(row.get(spec.name) if spec.nullable else row[spec.name]) for row in rows]
        for spec in SCHEMAS[name]
    }
    return Frame.of_schema(name, SCHEMAS[name], values)


def rows_of(columns: Columns) -> list[Row]:
    """A dict per row."""
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def level_rows(columns: Columns) -> list[Row]:
    """Levels as rows of the frame."""
    return [{**row, "name": f"L{row['level']}"} for row in _targeted(columns)]


def memtable_row(row: Row, seal_weight: int) -> Row:
    """A memtable as a row of the levels."""
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


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _targeted(columns: Columns) -> list[Row]:
    return [{**row, "target_weight": row["target_weight"] or None} for row in rows_of(columns)]


def _standing(then: Replay) -> list[Row]:
    """In the order of levels, runs and keys."""
    rows = then.standing.values()
    return sorted(rows, key=lambda row: (row["level"], -row["run"], row["smallest_key"]))


def _sum(values: list[int | None]) -> int | None:
    """Null if one is."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


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
                **{name: _sum([table[name] for table in own]) for name in sums},
            }
        )
    return levels
