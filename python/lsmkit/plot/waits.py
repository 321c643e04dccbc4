"""`latency`: how long operations of a run in time took."""

import math
from typing import TYPE_CHECKING, Any, Literal

from lsmkit.plot.canvas import COLOURS, LINES, MARKERS, finish, picture, refuse, titles
from lsmkit.plot.sources import Several, named
from lsmkit.run import Waits
from lsmkit.text import duration_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["latency"]

_SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": math.nan}
_NAMES = ("p50", "p90", "p99", "p99.9", "max")


def latency(
    sources: Several,
    *,
    of: Literal["writes", "reads", "both"] = "both",
    ax: "Axes | None" = None,
) -> "Axes":
    """How long operations took, from the middle of them to the longest.

    Parameters
    ----------
    sources : Run, or a list or dict of runs
        In time.
    of : {"writes", "reads", "both"}
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        A line per run and kind of operation, in microseconds on a logarithmic axis: from when an
        operation came until it was done.

    Raises
    ------
    InvalidArgument
        A run without time, or no such operations.
    """
    if of not in ("writes", "reads", "both"):
        raise refuse("latency", f"of={of!r} is neither 'writes' nor 'reads' nor 'both'")
    lines: list[tuple[str, Waits]] = []
    given = named(sources, "latency")
    for name, source in given.items():
        timing: Any = getattr(source, "timing", None)
        if timing is None:
            raise refuse(
                "latency",
                f"{name}: nothing is known of its waits; it needs a run in time, such as "
                "lsmkit.simulate(..., machine='gp3')",
            )
        for kind in ("writes", "reads") if of == "both" else (of,):
            waits: Waits = getattr(timing, kind)
            if waits.count > 0:
                lines.append((kind if len(given) == 1 else f"{name}: {kind}", waits))
    if not lines:
        raise refuse("latency", f"there were no {'operations' if of == 'both' else of}")
    with picture(ax) as axes:
        titles(
            axes,
            "How long operations took",
            next(iter(given)) if len(given) == 1 else "from coming in until done",
        )
        for number, (name, waits) in enumerate(lines):
            _draw(axes, number, name, waits, near=len(lines) == 1)
        axes.set_yscale("log")
        axes.set_xticks(range(len(_NAMES)), _NAMES)
        axes.set_xlim(-0.3, len(_NAMES) - 0.5)
        axes.set_ylabel("time")
        axes.set_xlabel("share of operations that took no longer")
        axes.margins(y=0.1)
        _label_times(axes)
        finish(axes, loc="upper center", bbox_to_anchor=(0.5, -0.16))
        return axes


def _draw(ax: "Axes", number: int, name: str, waits: Waits, near: bool) -> None:
    times = [max(getattr(waits, f"{share}_us"), 1e-3) for share in _SHARES]
    ax.plot(
        range(len(times)),
        times,
        color=COLOURS[number % len(COLOURS)],
        linestyle=LINES[number % len(LINES)],
        marker=MARKERS[number % len(MARKERS)],
        label=f"{name}: {waits.count:,.0f}, on average {_time(waits.mean_us)}",
    )
    for place, us in enumerate(times):
        if near or place == len(times) - 1:
            ax.annotate(
                _time(us), (place, us), xytext=(6, -11), textcoords="offset points", fontsize=9
            )


def _label_times(ax: "Axes") -> None:
    """Ticks as times; where there is no power of ten to be labelled, those between them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim()
    ax.yaxis.set_major_formatter(FuncFormatter(lambda us, _: _time(us)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    if high / low < 100:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))


def _time(us: float) -> str:
    return f"{us:.2g} us" if us < 10 else duration_text(us).replace(".0 ", " ")
