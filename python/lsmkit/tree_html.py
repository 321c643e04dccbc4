"""The tree as HTML: what a notebook shows for a database."""

import html
from typing import TYPE_CHECKING, Any

from lsmkit.tree_text import bar_fraction, cells, shown_rows, size_of, title
from lsmkit.tree_text import draw as draw_text

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["draw", "picture"]

# Colours that people with any colour vision tell apart (Okabe and Ito).
MEMTABLE_COLOUR = "#e69f00"
LEVEL_COLOUR = "#0072b2"
DUE_COLOUR = "#d55e00"  # a level whose score says that a compaction is due


def draw(db: "DB") -> str:
    """A line about the whole, then a table with a bar per memtable and level."""
    if db.closed:
        return f"<pre>{html.escape(draw_text(db))}</pre>"
    rows = shown_rows(db.levels())
    return picture(title(db, rows), rows)


def picture(title: str, rows: list[dict[str, Any]]) -> str:
    """A line, then a row for each of `levels()`."""
    largest = max(map(size_of, rows), default=0)
    heads = ("", "", "weight", "target", "runs", "tables", "entries", "score")
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(_row(row, largest) for row in rows)
    return (
        f"<p><code>{html.escape(title)}</code></p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: dict[str, Any], largest: int) -> str:
    bar = _bar(min(1.0, bar_fraction(row, largest)), _colour(row))
    name = html.escape(row["name"])
    shown = "".join(f"<td>{cell}</td>" for cell in cells(row))
    return f"<tr><th>{name}</th><td>{bar}</td>{shown}</tr>"


def _colour(row: dict[str, Any]) -> str:
    if row["level"] is None:
        return MEMTABLE_COLOUR
    return DUE_COLOUR if (row["score"] or 0) >= 1 else LEVEL_COLOUR


def _bar(fraction: float, colour: str) -> str:
    return (
        '<div style="width:10em;height:0.9em;border:1px solid #8884">'
        f'<div style="width:{100 * fraction:.1f}%;height:100%;background:{colour}"></div></div>'
    )
