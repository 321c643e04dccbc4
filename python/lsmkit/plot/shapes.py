"""`levels`: how the levels of a tree filled and emptied."""

from typing import TYPE_CHECKING

import numpy as np

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    GREY,
    INK,
    label_right,
    level_colour,
    level_hatch,
    note,
    picture,
    say_nothing_there,
    size_axis,
    titles,
)
from lsmkit.plot.level_history import LevelHistory, level_history
from lsmkit.plot.sources import Source, frame_of, name_of
from lsmkit.plot.thinning import kept_rows, thinned_text
from lsmkit.plot.time_axis import Along, label_axis
from lsmkit.text import size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["levels"]

_LANE = 0.82  # of which height the tallest stands


def levels(
    source: Source,
    *,
    x: Along | None = None,
    stacked: bool = False,
    ax: "Axes | None" = None,
) -> "Axes":
    """How much each level held, over time.

    Parameters
    ----------
    source : DB, Run or Frame
        A frame: of ``tables(all=True)``, drawn event by event.
    x : {"time", "commits", "event"}, optional
        What runs from left to right. Default: time for what ran in time, else commits.
    stacked : bool
        False: a lane per level, each to a scale of its own, with its present target as a dashed
        line. True: areas upon each other, to one scale.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Areas of weight (key + value + 8 bytes a record) in tables, memtables apart.

    Raises
    ------
    InvalidArgument
        A run that kept no events.
    """
    history = level_history(source, x, "levels")
    lanes = len(history.levels)
    with picture(ax, (8.6, 4.6 if stacked else 1.5 + 0.85 * max(2, lanes))) as axes:
        titles(axes, f"{history.unit.capitalize()} by level", name_of(source))
        if not history.x.size:
            say_nothing_there(axes, "no table was ever written")
        elif stacked:
            _draw_stacked(axes, history)
        else:
            _draw_lanes(axes, history, _targets(source))
        return axes


def _targets(source: Source) -> dict[int, float]:
    """By level, as they are now; a frame of tables tells none."""
    if isinstance(source, Frame):
        return {}
    rows = frame_of(source, "levels", ("level", "target_weight"), "levels")
    return {
        row["level"]: row["target_weight"]
        for row in rows
        if row["level"] is not None and row["target_weight"]
    }


def _draw_lanes(ax: "Axes", history: LevelHistory, targets: dict[int, float]) -> None:
    drawn = 0
    for lane, level in enumerate(history.levels):
        weight = history.weight[lane]
        target = targets.get(level, 0.0)
        floor = float(len(history.levels) - 1 - lane)
        scale = _LANE / max(float(weight.max()), target, 1.0)
        rows = kept_rows(history.x, weight)
        drawn = max(drawn, len(rows))
        ax.fill_between(
            history.x[rows],
            floor,
            floor + weight[rows] * scale,
            step="post",
            color=level_colour(level),
            hatch=level_hatch(level),
            edgecolor="white",
            linewidth=0,
            label=f"L{level}",
        )
        ax.plot(
            history.x[rows],
            floor + weight[rows] * scale,
            drawstyle="steps-post",
            color=level_colour(min(level + 2, 6)),
            linewidth=0.8,
        )
        if target:
            ax.plot(
                [0, 1],
                [floor + target * scale] * 2,
                transform=ax.get_yaxis_transform(),
                color=INK,
                linewidth=1,
                linestyle=(0, (4, 3)),
            )
        ax.axhline(floor, color=GREY, linewidth=0.6)
        _label_lane(ax, floor, float(weight[-1]), float(weight.max()), target)
    ax.set_ylim(-0.02, len(history.levels))
    ax.set_yticks(
        [len(history.levels) - 1 - lane + 0.4 for lane in range(len(history.levels))],
        [f"L{level}" for level in history.levels],
    )
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    label_axis(ax, history.x, history.along, history.label)
    note(ax, thinned_text(len(history.x), drawn) or history.note)


def _label_lane(ax: "Axes", floor: float, now: float, peak: float, target: float) -> None:
    lines = [f"{size_text(now)} now", f"{size_text(peak)} at most"]
    if target:
        lines.append(f"{size_text(target)} target (- -)")
    ax.annotate(
        "\n".join(lines),
        (1, floor + 0.4),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        annotation_clip=False,
    )


def _draw_stacked(ax: "Axes", history: LevelHistory) -> None:
    rows = kept_rows(history.x, history.weight.sum(axis=0))
    x, weight = history.x[rows], history.weight[:, rows]
    order = range(len(history.levels) - 1, -1, -1)  # the deepest at the bottom
    tops = np.cumsum(weight[::-1], axis=0)[::-1]
    for lane in order:
        level = history.levels[lane]
        ax.fill_between(
            x,
            tops[lane] - weight[lane],
            tops[lane],
            step="post",
            color=level_colour(level),
            hatch=level_hatch(level),
            edgecolor="white",
            linewidth=0,
            label=f"L{level}",
        )
    ax.plot(x, tops[0], drawstyle="steps-post", color=INK, linewidth=0.9)
    ax.set_ylim(0, float(tops[0].max()) * 1.06 or 1)
    size_axis(ax.yaxis)
    ax.set_ylabel(history.unit)
    label_axis(ax, history.x, history.along, history.label)
    middles = [float(tops[lane][-1] - weight[lane][-1] / 2) for lane in order]
    texts = [f"L{history.levels[lane]}  {size_text(weight[lane][-1])}" for lane in order]
    label_right(ax, middles, texts)
    note(ax, thinned_text(len(history.x), len(rows)) or history.note)
