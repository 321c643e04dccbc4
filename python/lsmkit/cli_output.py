"""What commands print: tables, JSON, progress. With rich if it is installed, plain otherwise."""

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol

from lsmkit.frame import Frame
from lsmkit.frame_text import cell as frame_cell
from lsmkit.text import escape

__all__ = [
    "ShowProgress",
    "frame_table",
    "markdown_table",
    "note",
    "print_json",
    "progress",
    "rate_text",
    "table",
]


class ShowProgress(Protocol):
    """Moves a progress bar: what is done, the total (0: not known), and what is being done."""

    def __call__(self, done: int, total: int, what: str = ..., /) -> None: ...


def rate_text(count: int, seconds: float) -> str:
    """How fast `count` things went, "1,234,000/s"."""
    return f"{count / seconds:,.0f}/s" if seconds > 0 else "-"


def note(text: str) -> None:
    """A line on standard error, so that standard output holds results alone."""
    print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """One JSON value in a line. Bytes become text with escapes, NaN and infinity null."""
    print(json.dumps(_plain(value), ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return escape(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def frame_table(title: str, frame: Frame) -> None:
    """Print a frame as a table."""
    specs = [frame.spec(name) for name in frame.columns]
    rows = [[frame_cell(row[spec.name], spec) or "-" for spec in specs] for row in frame]
    table(title, frame.columns, rows)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table. Columns whose cells are numbers stand to the right."""
    cells = [["-" if cell is None else _cell(cell) for cell in row] for row in rows]
    if find_spec("rich") and sys.stdout.isatty():
        _rich_table(title, columns, cells)
        return
    widths = [
        max([len(name), *(len(row[i]) for row in cells)], default=0)
        for i, name in enumerate(columns)
    ]
    print(title)
    for row in [list(columns), ["-" * width for width in widths], *cells]:
        padded = [
            cell.ljust(width) if _is_text(i, cells) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(padded).rstrip())
    print()


def markdown_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table below a heading, in Markdown."""
    cells = [["-" if cell is None else _cell(cell) for cell in row] for row in rows]
    print(f"### {title}\n")
    for row in (columns, ["---"] * len(columns), *cells):
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    print()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)


def _is_text(column: int, cells: list[list[str]]) -> bool:
    return not all(row[column][:1].isdigit() or row[column] in ("", "-") for row in cells)


def _rich_table(title: str, columns: Sequence[str], cells: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # As Text: in a str, [brackets] and :words: would be markup.
    grid = Table(title=Text(title), title_justify="left")
    for i, name in enumerate(columns):
        grid.add_column(name, justify="left" if _is_text(i, cells) else "right")
    for row in cells:
        grid.add_row(*map(Text, row))
    Console().print(grid)


@contextmanager
def progress(text: str) -> Iterator[ShowProgress]:
    """A progress bar on standard error, for as long as the block runs."""
    if find_spec("rich") and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(text, total=None)

            def show(done: int, total: int, what: str = text) -> None:
                bars.update(task, completed=done, total=total or None, description=what)

            yield show
    else:
        yield _plain_progress(text)


def _plain_progress(text: str) -> ShowProgress:
    """Prints a line a second."""
    shown = time.monotonic()

    def show(done: int, total: int, what: str = text) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= 1:
            shown = now
            share = f"{100 * done // total} %" if total else f"{done:,}"
            print(f"{what}: {share}", file=sys.stderr, flush=True)

    return show
