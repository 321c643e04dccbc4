"""Frames from what the compiled module tells, whoever it tells of: values by column.

Most come as lists. What may be long comes as arrays: the events, and what their log tells of the
tables that stood and of how the tree grew.
"""

import math
from collections.abc import Mapping, Set
from typing import Any, TypeAlias

import numpy as np

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.column import FIXED_DTYPES, Column
from lsmkit.frame import Frame
from lsmkit.schema import SCHEMAS, ColumnSpec

__all__ = [
    "Columns",
    "Row",
    "all_tables_of",
    "candidates",
    "events_of",
    "frame_of",
    "level_rows",
    "levels_at",
    "levels_of",
    "memtable_row",
    "rows_of",
    "series_of",
    "tables_at",
    "tables_of",
    "verdicts",
]

Row: TypeAlias = dict[str, Any]
Columns: TypeAlias = dict[str, list[Any]]
_Parts: TypeAlias = Mapping[str, tuple[Any, ...]]  # of columns
_NONE: frozenset[str] = frozenset()


def levels_of(columns: Columns, *, scored: bool) -> Frame:
    """One row per level of a version. Not `scored`: targets and scores are null."""
    unscored = {} if scored else {"target_weight": None, "score": None}
    return frame_of("levels", [row | unscored for row in level_rows(columns)])


def tables_of(columns: Columns) -> Frame:
    """One row per table of a version."""
    return frame_of("tables", rows_of(columns))


def events_of(log: _core.HeldEvents, unknown: Set[str] = _NONE) -> Frame:
    """One row per event. `unknown` columns are null, here and below."""
    return _frame_of_parts("events", log.columns(), unknown)


def all_tables_of(log: _core.HeldEvents, unknown: Set[str] = _NONE) -> Frame:
    """One row per table that the events know of, in order of birth."""
    return _frame_of_parts("all_tables", log.lives(), unknown)


def series_of(log: _core.HeldEvents) -> Frame:
    """One row per event that changed the tree."""
    return _frame_of_parts("series", log.moments())


def tables_at(log: _core.HeldEvents, at: int, unknown: Set[str] = _NONE) -> Frame:
    """The tables as they stood after the event of that number.

    Raises
    ------
    InvalidArgument
        No such event is kept.
    """
    return _frame_of_parts("tables", _standing(log, at), unknown)


def levels_at(log: _core.HeldEvents, at: int, unknown: Set[str] = _NONE) -> Frame:
    """The levels as they stood then."""
    return frame_of("levels", _levels_of(tables_at(log, at, unknown).rows()))


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


def _frame_of_parts(name: str, parts: _Parts, unknown: Set[str] = _NONE) -> Frame:
    """A frame of `schema.SCHEMAS`; what there are no parts of is null."""
    rows = len(Column(*next(iter(parts.values()))))
    columns = {
        spec.name: Column(*parts[spec.name])
        if spec.name in parts and spec.name not in unknown
        else _nulls(spec, rows)
        for spec in SCHEMAS[name]
    }
    return Frame(columns, {spec.name: spec for spec in SCHEMAS[name]}, name)


def _nulls(spec: ColumnSpec, rows: int) -> Column:
    assert spec.nullable, spec.name
    none = np.zeros(rows, np.bool_)
    if spec.dtype in FIXED_DTYPES:
        return Column(spec.dtype, np.zeros(rows, FIXED_DTYPES[spec.dtype]), None, none)
    return Column(spec.dtype, np.zeros(0, np.uint8), np.zeros(rows + 1, np.int64), none)


def _standing(log: _core.HeldEvents, at: int) -> _Parts:
    """In the order of levels, runs and keys."""
    numbers = log.numbers()
    if at not in numbers:
        kept = f"{numbers[0]} to {numbers[-1]}" if len(numbers) else "none"
        raise InvalidArgument(f"at={at}: no such event is kept; there are {kept}")
    lives = {name: Column(*parts) for name, parts in log.lives().items()}
    born, died = lives["born"], lives["died"]
    stands = np.ones(len(born), np.bool_)
    stands &= born.values <= at  # null: 0
    stands &= (died.values > at) if died.valid is None else ~died.valid | (died.values > at)
    rows = np.flatnonzero(stands)
    found = {name: column.take(rows) for name, column in lives.items()}
    levels, runs = found["level"].values.tolist(), found["run"].values.tolist()
    keys = found["smallest_key"].to_list()
    order = sorted(range(len(rows)), key=lambda row: (levels[row], -runs[row], keys[row]))
    return {
        name: (column.dtype, column.values, column.offsets, column.valid)
        for name, column in found.items()
        for column in (column.take(np.array(order, np.intp)),)
    }


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
