"""What runs from left to right in pictures over time: seconds, commits or events."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from lsmkit.plot.canvas import refuse
from lsmkit.plot.sources import Floats, Source, is_log, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lsmkit.frame import Frame

__all__ = ["Along", "along", "label_axis", "seconds"]

Along = Literal["time", "commits", "event"]

_COLUMNS = {"time": "time_us", "commits": "last_seqno", "event": "event"}
_UNITS = (
    (86_400.0, "days"),
    (3_600.0, "hours"),
    (60.0, "minutes"),
    (1.0, "seconds"),
    (1e-3, "milliseconds"),
)


def along(source: Source, series: "Frame", x: Along | None, who: str) -> tuple[Floats, Along, str]:
    """Where each row of `series` stands, along what, and its label.

    Default: seconds for what ran in time, else commits, which a pause between two opens of a
    database does not stretch.
    """
    if x is None:
        timed = getattr(source, "timing", None) is not None or is_log(source)
        x = "time" if timed or "last_seqno" not in series.columns else "commits"
    if x not in _COLUMNS:
        raise refuse(who, f"x={x!r} is neither 'time' nor 'commits' nor 'event'")
    if _COLUMNS[x] not in series.columns:
        raise refuse(who, f"x={x!r} needs a column {_COLUMNS[x]}, which {series.name!r} lacks")
    if x == "time":
        return (*seconds(numbers(series, "time_us"), _is_virtual(source)),)
    return numbers(series, _COLUMNS[x]), x, "commits" if x == "commits" else "event"


def seconds(time_us: Floats, virtual: bool = False) -> tuple[Floats, Along, str]:
    """Time since the first row, in a unit that fits, and its label."""
    past = (time_us - time_us[0]) / 1e6 if len(time_us) else time_us
    longest = float(past[-1]) if len(past) else 0.0
    size, unit = next(((size, unit) for size, unit in _UNITS if longest >= 2 * size), _UNITS[-1])
    return past / size, "time", f"{'simulated ' if virtual else ''}{unit}"


def _is_virtual(source: Source) -> bool:
    return hasattr(source, "fidelity") and not is_log(source)


def label_axis(ax: "Axes", values: Floats, x: Along, label: str) -> None:
    """Limits and label of what runs from left to right."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_xlabel(label)
    if len(values) > 1 and values[-1] > values[0]:
        ax.set_xlim(values[0], values[-1])
    if x != "time":
        ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _count(value)))


def _count(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:.4g} M"
    return f"{value:,.0f}" if np.isfinite(value) else ""
