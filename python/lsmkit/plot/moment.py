"""`tree`: one moment of a tree, a bar per memtable and level."""

import math
from typing import TYPE_CHECKING, Any

from lsmkit.plot.canvas import (
    ACCENT,
    INK,
    MEMTABLE,
    level_colour,
    level_hatch,
    picture,
    say_nothing_there,
    size_axis,
    titles,
)
from lsmkit.plot.sources import Source, frame_of, name_of, sizes_of
from lsmkit.text import size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tree"]

Row = dict[str, Any]


def tree(
    source: Source, *, at: int | None = None, log: bool = True, ax: "Axes | None" = None
) -> "Axes":
    """What each memtable and level holds, and how far it is from its target.

    Parameters
    ----------
    source : DB, Run or Frame
        A frame: of `levels()`.
    at : int, optional
        As the tree stood after the event of that number; without memtables and targets, which
        events don't tell.
    log : bool
        Sizes on a logarithmic axis, where levels that grow by the same factor are steps of the
        same length; False: to scale.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        One bar per row, in weight (key + value + 8 bytes a record), the newest on top.
    """
    wanted = {} if at is None else {"at": at}
    frame = frame_of(source, "levels", ("name", "level", "weight"), "tree", **wanted)
    sizes = sizes_of(frame, "weight", "file_bytes")
    pairs = zip(frame, sizes.values.tolist(), strict=True)
    rows = [{**row, "size": size} for row, size in pairs]
    rows = [row for row in rows if row["size"] or row["level"] is None or row.get("table_count")]
    with picture(ax, (8.0, 1.5 + 0.45 * max(3, len(rows)))) as axes:
        when = f", after event {at:,}" if at is not None else ""
        titles(axes, "The tree, level by level", f"{name_of(source)}{when}")
        if not any(row["size"] for row in rows):
            there = any(row.get("table_count") for row in rows)
            say_nothing_there(axes, "sizes are not known" if there else "no records yet")
            return axes
        _draw(axes, rows, log)
        by_weight = sizes.unit == "weight"
        axes.set_xlabel("weight (key + value + 8 bytes a record)" if by_weight else sizes.unit)
        return axes


def _draw(ax: "Axes", rows: list[Row], log: bool) -> None:
    sizes = [size for row in rows for size in (row["size"], row.get("target_weight")) if size]
    left = min(sizes) / 3 if log else 0.0
    for place, row in enumerate(rows):
        memtable = row["level"] is None
        ax.barh(
            place,
            max(row["size"] - left, 0),
            left=left,
            height=0.72,
            color=MEMTABLE if memtable else level_colour(row["level"]),
            hatch="" if memtable else level_hatch(row["level"]),
            edgecolor="white",
            linewidth=0.8,
        )
        _draw_target(ax, place, row)
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.invert_yaxis()
    if log:
        ax.set_xscale("log", base=2)
    ax.set_xlim(left, max(sizes) * (3 if log else 1.08))
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    _label(ax, rows, log)


def _draw_target(ax: "Axes", place: int, row: Row) -> None:
    if row.get("target_weight"):
        due = (row.get("score") or 0) >= 1
        ax.plot(
            [row["target_weight"]] * 2,
            [place - 0.44, place + 0.44],
            color=ACCENT if due else INK,
            linewidth=2.4,
            solid_capstyle="butt",
            label="target" if not ax.get_legend_handles_labels()[1] else None,
        )


def _label(ax: "Axes", rows: list[Row], log: bool) -> None:
    if log:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

        low, high = ax.get_xlim()
        steps = max(1, math.ceil(math.log2(high / low) / 6))
        ax.xaxis.set_major_locator(LogLocator(base=2.0**steps, numticks=12))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda size, _: size_text(size).replace(".0 ", " "))
        )
    else:
        size_axis(ax.xaxis)
    for place, row in enumerate(rows):
        ax.annotate(
            _text(row),
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="lower left", bbox_to_anchor=(0.86, 1.0), borderaxespad=0, handlelength=1)


def _text(row: Row) -> str:
    known = row["size"] or not row.get("table_count")
    parts = [size_text(row["size"]) if known else "size not known"]
    if row.get("target_weight"):
        parts[0] += f", {row['size'] / row['target_weight']:.0%} of target"
    if row["level"] is not None and row.get("table_count") is not None:
        runs = row.get("run_count") or 1
        tables = row["table_count"]
        parts.append(
            f"{tables:,} table{'s' * (tables != 1)}" + (f" in {runs:,} runs" if runs > 1 else "")
        )
    return "; ".join(parts)
