"""`reads`: what gets had to look into, over time."""

from typing import TYPE_CHECKING

import numpy as np

from lsmkit.plot.canvas import COLOURS, canvas, finish, note, refuse, titles
from lsmkit.plot.sources import Source, frame_of, name_of, numbers
from lsmkit.plot.thinning import kept_rows, thinned_text
from lsmkit.plot.time_axis import Along, along, label_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["reads"]


def reads(source: Source, *, x: Along | None = None, ax: "Axes | None" = None) -> "Axes":
    """Read amplification over time, beside the sorted runs that bound it.

    Parameters
    ----------
    source : Run or Frame
        A run with reads, or its `series()`. A database counts reads as a whole (`DB.stats`).
    x : {"time", "commits", "event"}, optional
        What runs from left to right. Default: time for what ran in time, else commits.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Tables probed per get between one change of the tree and the next, and sorted runs.

    Raises
    ------
    InvalidArgument
        Nothing was read, or it is not known when.
    """
    frame = frame_of(source, "series", ("run_count", "read_amp"), "reads")
    probed, runs = numbers(frame, "read_amp"), numbers(frame, "run_count")
    values, kind, label = along(source, frame, x, "reads")
    there = ~np.isnan(probed)
    if not there.any():
        raise refuse(
            "reads",
            f"{name_of(source)} tells of no gets over time; simulate a workload with gets, such "
            "as lsmkit.workloads.ycsb('a', ...)",
        )
    with canvas(ax) as axes:
        titles(axes, "Tables that a get looks into", name_of(source))
        drawn = kept_rows(values, runs)
        axes.plot(
            values[drawn],
            runs[drawn],
            drawstyle="steps-post",
            color=COLOURS[5],
            linewidth=1.2,
            label="sorted runs: the most it can be",
        )
        rows = kept_rows(values[there], probed[there])
        axes.plot(
            values[there][rows],
            probed[there][rows],
            color=COLOURS[0],
            marker="o" if len(rows) < 60 else "",
            markersize=3,
            label="tables probed per get",
        )
        axes.set_ylim(0, max(float(runs.max()), float(np.nanmax(probed))) * 1.2 or 1)
        axes.set_ylabel("tables")
        label_axis(axes, values, kind, label)
        finish(axes, loc="upper right", ncols=2)
        note(axes, thinned_text(len(values), max(len(rows), len(drawn))))
        return axes
