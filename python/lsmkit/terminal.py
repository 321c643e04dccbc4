"""What commands print: tables, progress, errors. With rich if it is installed, plain otherwise."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Protocol

__all__ = ["ProgressLine", "bytes_text", "note", "progress", "rate_text", "table"]


class ProgressLine(Protocol):
    """A progress bar: tell it how far the work is."""

    def __call__(self, done: int, total: int, /) -> None: ...


def bytes_text(count: float) -> str:
    """A number of bytes for people, "12.3 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def rate_text(count: int, seconds: float) -> str:
    """How fast `count` things went, "1,234,000/s"."""
    return f"{count / seconds:,.0f}/s" if seconds > 0 else "-"


def note(text: str) -> None:
    """A line on standard error, so that standard output holds results alone."""
    print(text, file=sys.stderr)


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


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)


def _is_text(column: int, cells: list[list[str]]) -> bool:
    return any(row[column][:1].isalpha() for row in cells)


def _rich_table(title: str, columns: Sequence[str], cells: list[list[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    grid = Table(title=title, title_justify="left")
    for i, name in enumerate(columns):
        grid.add_column(name, justify="left" if _is_text(i, cells) else "right")
    for row in cells:
        grid.add_row(*map(escape, row))
    Console().print(grid)


@contextmanager
def progress(text: str) -> Iterator[ProgressLine]:
    """A progress bar on standard error, for as long as the block runs."""
    if find_spec("rich") and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(text, total=None)

            def show(done: int, total: int) -> None:
                bars.update(task, completed=done, total=total or None)

            yield show
        return
    yield _plain_progress(text)
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _plain_progress(text: str) -> ProgressLine:
    shown = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < 1:
            return
        shown = now
        share = f"{100 * done // total} %" if total else f"{done:,}"
        end = "\r" if sys.stderr.isatty() else "\n"
        print(f"{text}: {share}", end=end, file=sys.stderr, flush=True)

    return show
