"""How a frame looks: aligned text in a terminal, a table in a notebook."""

import html as html_escapes
from typing import TYPE_CHECKING, Any

from lsmkit.text import escape, shorten, size_text

if TYPE_CHECKING:
    from lsmkit.frame import Frame
    from lsmkit.schema import ColumnSpec

__all__ = ["cell", "html", "text"]

MAX_ROWS = 30  # more are shown as the first and the last
MAX_CELL = 40  # characters


def cell(value: Any, spec: "ColumnSpec") -> str:
    """One value for people: sizes with their unit, bytes as text, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return escape(value)
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:.2f}"
    if spec.unit in ("bytes", "weight"):
        return size_text(value)
    return f"{value:,}" if spec.unit else str(value)


def text(frame: "Frame") -> str:
    """Aligned columns; one row is shown as a list of its columns."""
    if len(frame) == 1 and len(frame.columns) > 6:
        return _one_row(frame)
    lines = _table(frame, frame.columns)
    return "\n".join([*lines, f"[{len(frame):,} {frame.name} x {len(frame.columns)} columns]"])


def _table(frame: "Frame", names: list[str]) -> list[str]:
    rows = _shown_rows(len(frame))
    cells = [[name, *_column_cells(frame, name, rows)] for name in names]
    lines = [""] * (len(rows) + 1)
    for name, column in zip(names, cells, strict=True):
        width = max(map(len, column))
        right = frame.column(name).dtype not in ("str", "bytes", "list[u64]")
        for number, item in enumerate(column):
            lines[number] += (item.rjust(width) if right else item.ljust(width)) + "  "
    return [line.rstrip() for line in lines]


def _column_cells(frame: "Frame", name: str, rows: list[int | None]) -> list[str]:
    column, spec = frame.column(name), frame.spec(name)
    return ["..." if row is None else shorten(cell(column[row], spec), MAX_CELL) for row in rows]


def _shown_rows(count: int) -> list[int | None]:
    if count <= MAX_ROWS:
        return list(range(count))
    half = MAX_ROWS // 2
    return [*range(half), None, *range(count - half, count)]


def _one_row(frame: "Frame") -> str:
    width = max(map(len, frame.columns))
    lines = []
    for name in frame.columns:
        spec = frame.spec(name)
        lines.append(f"{name:<{width}}  {cell(frame[0][name], spec):>12}  {spec.meaning}".rstrip())
    return "\n".join([*lines, f"[1 row of {frame.name}]"])


def html(frame: "Frame") -> str:
    """A table whose headings tell unit and meaning when pointed at."""
    rows = _shown_rows(len(frame))
    heads = []
    for name in frame.columns:
        spec = frame.spec(name)
        title = ", ".join(part for part in (spec.meaning, spec.unit) if part)
        heads.append(f'<th title="{_safe(title)}">{_safe(name)}</th>')
    columns = [_column_cells(frame, name, rows) for name in frame.columns]
    body = "".join(
        "<tr>" + "".join(f"<td>{_safe(column[row])}</td>" for column in columns) + "</tr>"
        for row in range(len(rows))
    )
    return (
        f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{len(frame):,} {_safe(frame.name)}</p>"
    )


def _safe(text: str) -> str:
    return html_escapes.escape(text)
