"""`reads`: what gets had to look into, over time."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lsmkit.plot.canvas import COLOURS, finish, note, picture, refuse, titles
from lsmkit.plot.sources import Floats, Source, frame_of, name_of, numbers
from lsmkit.plot.time_axis import Along, along, label_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["reads"]

_STRETCHES = 120


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
        In up to 120 stretches: tables probed per get, over all gets of the stretch, as a line; the
        fewest and the most sorted runs, as a band.

    Raises
    ------
    InvalidArgument
        Nothing was read, or it is not known when.
    """
    frame = frame_of(source, "series", ("run_count", "gets", "read_amp"), "reads")
    if not len(frame) or not np.isfinite(numbers(frame, "read_amp")).any():
        raise refuse(
            "reads",
            f"{name_of(source)} tells of no gets over time; simulate a workload with gets, such "
            "as lsmkit.workloads.ycsb('a', ...)",
        )
    values, kind, label = along(source, frame, x, "reads")
    begins = _begins(values)
    runs, per_get = numbers(frame, "run_count"), _per_get(frame, begins)
    fewest, most = np.minimum.reduceat(runs, begins), np.maximum.reduceat(runs, begins)
    edges = np.append(values[begins], values[-1])
    with picture(ax) as axes:
        titles(axes, "Tables that a get looks into", name_of(source))
        axes.stairs(
            most,
            edges,
            baseline=fewest,
            fill=True,
            facecolor=COLOURS[5],
            alpha=0.35,
            hatch="....",
            edgecolor="white",
            linewidth=0,
            label="sorted runs, fewest to most",
        )
        middles = (edges[:-1] + edges[1:]) / 2
        axes.plot(
            middles, per_get, color=COLOURS[0], marker="o", markersize=3, label="probed per get"
        )
        axes.set_ylim(0, max(float(most.max()), float(np.nanmax(per_get))) * 1.25)
        axes.set_ylabel("tables")
        label_axis(axes, values, kind, label)
        finish(axes, loc="upper right", ncols=2)
        if len(begins) < len(values):
            note(axes, f"{len(values):,} moments in {len(begins):,} stretches")
        return axes


def _begins(values: Floats) -> npt.NDArray[np.intp]:
    """The first row of each stretch."""
    if len(values) <= _STRETCHES:
        return np.arange(len(values))
    edges = np.linspace(values[0], values[-1], _STRETCHES + 1)[:-1]
    return np.unique(np.searchsorted(values, edges))


def _per_get(frame: Any, begins: npt.NDArray[np.intp]) -> Floats:
    """Of each stretch all tables probed / all gets; NaN without gets."""
    gets = np.diff(numbers(frame, "gets"), prepend=0.0)
    probed = np.nan_to_num(numbers(frame, "read_amp")) * gets
    count = np.add.reduceat(gets, begins)
    out = np.full(len(begins), np.nan)
    np.divide(np.add.reduceat(probed, begins), count, out=out, where=count > 0)
    return out
