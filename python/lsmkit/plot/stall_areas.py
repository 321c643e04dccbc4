"""Stalls as areas: which share of each stretch of time writes waited, and for what."""

from typing import TYPE_CHECKING

import numpy as np

from lsmkit.frame import Frame
from lsmkit.plot.canvas import COLOURS, HATCHES, INK, picture, say_nothing_there, size_axis, titles
from lsmkit.plot.sources import Floats, Source, frame_of, name_of, numbers
from lsmkit.plot.time_axis import label_axis, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_stalls", "draw_warned"]

_STRETCHES = 120
_CAUSES = ("memtables", "l0_runs", "debt", "log", "", "none")
_CAUSE_WORDS = {
    "memtables": "memtables not flushed",
    "l0_runs": "runs in L0",
    "debt": "debt of compaction",
    "log": "log not made yet",
    "": "writes waited",
    "none": "what was over by then",
}


def draw_stalls(
    ax: "Axes",
    edges: Floats,
    shares: dict[str, Floats],
    rate: Floats | None,
    none: str = "no write ever waited",
) -> None:
    """Areas by cause, one upon the other, and bytes per second as a line over them."""
    from matplotlib.ticker import PercentFormatter

    causes = [cause for cause in _CAUSES if cause in shares]
    causes += sorted(set(shares) - set(_CAUSES))
    below = np.zeros(len(edges) - 1)
    for cause in causes:
        if not shares[cause].any():
            continue
        number = _CAUSES.index(cause) if cause in _CAUSES else len(_CAUSES)
        top = np.minimum(below + shares[cause], 1.0)
        ax.stairs(
            top,
            edges,
            baseline=below.copy(),
            fill=True,
            color=COLOURS[(number + 1) % len(COLOURS)],
            hatch=HATCHES[number % len(HATCHES)],
            edgecolor="white",
            linewidth=0,
            alpha=0.75,
            label=_CAUSE_WORDS.get(cause, cause),
        )
        below = top
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("share of time that writes waited")
    if rate is not None:
        _draw_rate(ax, edges, rate)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
            ncols=3,
            title="what they waited for",
        )
    else:
        ax.annotate(none, (0.02, 0.93), xycoords="axes fraction")


def _draw_rate(ax: "Axes", edges: Floats, rate: Floats) -> None:
    from matplotlib.patheffects import withStroke

    over = ax.twinx()
    halo = [withStroke(linewidth=3.4, foreground="white", alpha=0.85)]
    over.stairs(rate, edges, color=INK, linewidth=1.4, baseline=None, path_effects=halo)
    over.set_ylim(0, max(float(rate.max()) * 1.15, 1))
    over.spines["top"].set_visible(False)
    size_axis(over.yaxis)
    over.set_ylabel("put per second (line)")


def draw_warned(source: Source, warned: Frame, ax: "Axes | None") -> "Axes":
    """Of a log, the times in which it warns that writes are slowed down or stopped."""
    wall_us = numbers(frame_of(source, "series", ("wall_us",), "stalls"), "wall_us")
    begins, ends = numbers(warned, "wall_us"), numbers(warned, "end_wall_us")
    moments = np.concatenate((wall_us, begins, ends[~np.isnan(ends)]))
    with picture(ax) as axes:
        if not len(moments) or moments.max() <= moments.min():
            titles(axes, "Stalls", name_of(source))
            say_nothing_there(axes, "there is no stretch of time to show")
            return axes
        edges = np.linspace(moments.min(), moments.max(), _STRETCHES + 1)
        ends = np.where(np.isnan(ends), edges[-1], ends)
        causes = warned["cause"]
        shares = {
            cause: _covered(edges, begins[causes == cause], ends[causes == cause])
            for cause in dict.fromkeys(causes.tolist())
        }
        values, kind, label = seconds(edges)
        took = float(edges[1] - edges[0]) / 1e6
        spent = float(np.minimum(sum(shares.values(), np.zeros(_STRETCHES)), 1).sum()) * took
        titles(
            axes,
            f"Stalls: warned of in {spent:,.1f} of {_STRETCHES * took:,.1f} s",
            name_of(source),
        )
        draw_stalls(axes, values, shares, None, none="the log warns of no stall")
        axes.set_ylabel("share of time that the log warns of")
        label_axis(axes, values, kind, label)
        return axes


def _covered(edges: Floats, begins: Floats, ends: Floats) -> Floats:
    """Which share of each stretch lies in one of the intervals, that may overlap."""
    order = np.argsort(begins)
    begins, ends = begins[order], np.maximum.accumulate(ends[order])
    begins = np.maximum(begins, np.concatenate(([begins[0]], ends[:-1])))  # what is new of each
    lengths = np.maximum(ends - begins, 0)
    until = np.array([np.clip(edge - begins, 0, lengths).sum() for edge in edges])
    return np.asarray(np.diff(until) / np.diff(edges), np.float64)
