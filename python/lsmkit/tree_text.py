"""The tree as a picture of characters: what `repr(db)` shows.

lsmkit.DB('demo'): 31 tables, 1.1 MiB in files, last seqno 24,112
                 weight    of target             runs  tables  entries  score
memtable       41.2 KiB     64.0 KiB  █████▏        1              320   0.64
L0              128 KiB                             2       2    1,010   0.50
L5              240 KiB      256 KiB  ███████▌      1       5    1,950   0.94
L6              1.4 MiB                             1      24   11,020
"""

from typing import TYPE_CHECKING, Any

from lsmkit.frame import Frame
from lsmkit.text import bar, size_text

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["bar_fraction", "cells", "draw", "picture", "shown_rows", "size_of", "title"]

BAR_WIDTH = 12


def draw(db: "DB") -> str:
    """A line about the whole, then one per memtable and level that holds anything."""
    if db.closed:
        return f"<lsmkit.DB {_path(db)!r}, closed>"
    rows = shown_rows(db.levels())
    return picture(title(db, rows), rows)


def picture(title: str, rows: list[dict[str, Any]]) -> str:
    """A line, then one per row of `levels()`."""
    largest = max(map(size_of, rows), default=0)
    head = ("", "weight", "target", "", "runs", "tables", "entries", "score")
    table = [head, *(_line(row, largest) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    lines = [title]
    for row in table:
        cells = [
            cell.ljust(width) if i in (0, 3) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def shown_rows(levels: Frame) -> list[dict[str, Any]]:
    """The rows that hold anything, memtables in any case."""
    return [row for row in levels if row["level"] is None or row["table_count"]]


def title(db: "DB", rows: list[dict[str, Any]]) -> str:
    """The database in a line."""
    tables = sum(row["table_count"] for row in rows)
    size = size_text(sum(row["file_bytes"] or 0 for row in rows))
    mode = ", read-only" if db.read_only else ""
    return (
        f"lsmkit.DB({_path(db)!r}): {tables:,} table{'s' * (tables != 1)}, {size} in files, "
        f"last seqno {db.last_seqno:,}{mode}"
    )


def size_of(row: dict[str, Any]) -> int:
    """The weight of a row; of a log that tells none, the file bytes."""
    return row["weight"] if row["weight"] is not None else row["file_bytes"] or 0


def bar_fraction(row: dict[str, Any], largest: int) -> float:
    """How full the bar is: of the target, or of the heaviest row where there is none."""
    whole = row["target_weight"] or largest
    return size_of(row) / whole if whole else 0.0


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Weight, target, runs, tables, entries and score as texts; "?": not known."""
    memtable = row["level"] is None
    entries = row["entry_count"]
    return (
        "?" if row["weight"] is None and row["file_bytes"] is None else size_text(size_of(row)),
        size_text(row["target_weight"]) if row["target_weight"] else "",
        "" if memtable else f"{row['run_count']:,}",
        "" if memtable else f"{row['table_count']:,}",
        "?" if entries is None else f"{entries:,}",
        "" if memtable or not row["score"] else f"{row['score']:.2f}",
    )


def _line(row: dict[str, Any], largest: int) -> tuple[str, ...]:
    weight, target, *others = cells(row)
    return (row["name"], weight, target, bar(bar_fraction(row, largest), BAR_WIDTH), *others)


def _path(db: "DB") -> str:
    return str(getattr(db, "path", ""))
