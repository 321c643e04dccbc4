"""`suite` and `tuning`: configurations beside each other, to choose from."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    ACCENT,
    COLOURS,
    GREY,
    HATCHES,
    INK,
    finish,
    picture,
    refuse,
    say_nothing_there,
    titles,
)
from lsmkit.plot.sources import Floats, frame_of, numbers
from lsmkit.schema import SCHEMAS
from lsmkit.text import shorten
from lsmkit.tune import Tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["suite", "tuning"]


def suite(frame: Frame, value: str = "settled_write_amp", *, ax: "Axes | None" = None) -> "Axes":
    """One figure of a suite: a group of bars per workload and machine, a bar per configuration.

    Parameters
    ----------
    frame : Frame
        Of `lsmkit.suite` or `lsmkit.sweep`; of the latter, means over seeds.
    value : str
        A column: "settled_write_amp", "mean_space_amp", "put_p99_us" ...
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Bars, with 95 % confidence intervals where the frame has them; what could not be simulated
        is marked by a cross.
    """
    frame = frame_of(frame, "suite", ("workload", "config", "machine", value), "suite")
    if not len(frame):
        raise refuse("suite", "the frame has no rows")
    groups, configs, cells = _cells(frame, value)
    several = len(dict.fromkeys(frame["machine"].tolist())) > 1
    with picture(ax, (max(7.0, 1.6 + 1.5 * len(groups)), 4.4)) as axes:
        spec = next((s for s in SCHEMAS["suite"] if s.name == value), None)
        titles(axes, value, spec.meaning if spec is not None else "")
        width = 0.82 / len(configs)
        for number, config in enumerate(configs):
            places = np.arange(len(groups)) + (number - (len(configs) - 1) / 2) * width
            told = [cells.get((*group, config), (math.nan, math.nan)) for group in groups]
            _draw_bars(axes, number, config, places, width, np.array(told, np.float64))
        names = [
            group[0] + (f"\n{group[1]}" if several and group[1] is not None else "")
            for group in groups
        ]
        axes.set_xticks(range(len(groups)), names)
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(value)
        finish(axes, loc="upper left", bbox_to_anchor=(1.01, 1.0))
        return axes


def _cells(frame: Frame, value: str) -> tuple[list[Any], list[str], dict[Any, Any]]:
    values = numbers(frame, value)
    spread = f"{value}_ci"
    halves = numbers(frame, spread) if spread in frame.columns else np.full(len(frame), np.nan)
    gathered: dict[Any, list[tuple[float, float]]] = {}
    for row, figure, half in zip(
        frame["workload", "machine", "config"], values, halves, strict=True
    ):
        key = (row["workload"], row["machine"], row["config"])
        gathered.setdefault(key, []).append((float(figure), float(half)))
    cells = {
        key: (float(np.mean([v for v, _ in some])), some[0][1] if len(some) == 1 else math.nan)
        for key, some in gathered.items()
    }
    groups = list(dict.fromkeys((workload, machine) for workload, machine, _ in cells))
    return groups, list(dict.fromkeys(config for _, _, config in cells)), cells


def _draw_bars(ax: "Axes", number: int, name: str, places: Any, width: float, told: Floats) -> None:
    heights, halves = told[:, 0], told[:, 1]
    known = ~np.isnan(heights)
    ax.bar(
        places[known],
        heights[known],
        width=width * 0.92,
        color=COLOURS[number % len(COLOURS)],
        hatch=HATCHES[number % len(HATCHES)],
        edgecolor="white",
        linewidth=0.6,
        label=name,
    )
    sure = known & ~np.isnan(halves)
    if sure.any():
        ax.errorbar(
            places[sure],
            heights[sure],
            halves[sure],
            fmt="none",
            ecolor=INK,
            elinewidth=1,
            capsize=2,
        )
    if not known.all():
        ax.plot(places[~known], np.zeros((~known).sum()), "x", color=ACCENT, clip_on=False)


# -- Pareto ----------------------------------------------------------------------------------------

_FIGURES = {
    "write_amp": "settled_write_amp",
    "space_amp": "mean_space_amp",
    "runs": "mean_run_count",
}
_WORDS = {
    "write_amp": "write amplification",
    "space_amp": "space amplification",
    "runs": "sorted runs",
    "cost_per_month": "cost of a month",
}
_LABELLED = 8


def tuning(
    source: Tuning | Frame,
    *,
    x: str = "space_amp",
    y: str = "write_amp",
    ax: "Axes | None" = None,
) -> "Axes":
    """Configurations by two costs, and the front: those that none beats in both.

    Parameters
    ----------
    source : Tuning or Frame
        A frame: of a `Tuning`, or of `lsmkit.sweep`.
    x, y : str
        "write_amp", "space_amp", "runs", "cost_per_month", or columns of the frame.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Hollow points are by formula, full ones simulated; the front is of the simulated ones, if
        there are any. The chosen one, the first row of a tuning, has a ring.
    """
    frame = source.frame if isinstance(source, Tuning) else source
    columns = [
        _FIGURES[name]
        if isinstance(frame, Frame) and name in _FIGURES and name not in frame.columns
        else name
        for name in (x, y)
    ]
    frame = frame_of(frame, "frame", ("config", *columns), "tuning")
    xs, ys = (numbers(frame, name) for name in columns)
    there = ~(np.isnan(xs) | np.isnan(ys))
    simulated = (
        frame["simulated"].astype(np.bool_)
        if "simulated" in frame.columns
        else np.ones(len(frame), np.bool_)
    )
    with picture(ax, (8.6, 5.0)) as axes:
        titles(axes, f"{_words(y).capitalize()} against {_words(x)}", "smaller is better in both")
        if not there.any():
            say_nothing_there(axes, "no configuration has both figures")
            return axes
        _draw_points(axes, xs, ys, there, simulated)
        front = _front(xs, ys, there & simulated if (there & simulated).any() else there)
        axes.plot(
            xs[front],
            ys[front],
            drawstyle="steps-post",
            color=COLOURS[0],
            linewidth=1.2,
            zorder=2,
            label="the front: none is better in both",
        )
        if "simulated" in frame.columns:
            axes.plot(
                xs[0], ys[0], "o", markersize=15, markerfacecolor="none", markeredgecolor=ACCENT,
                markeredgewidth=2, label="chosen", linestyle="none",
            )  # fmt: skip
        _name_points(axes, frame, xs, ys, front)
        axes.set_xlabel(_words(x))
        axes.set_ylabel(_words(y))
        axes.margins(0.14, 0.12)
        axes.grid(visible=True, axis="both")
        finish(axes, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4)
        return axes


def _words(name: str) -> str:
    return _WORDS.get(name, name)


def _front(xs: Floats, ys: Floats, among: Any) -> list[int]:
    """Rows that no other beats in both, from left to right."""
    rows = [int(row) for row in np.lexsort((ys, xs)) if among[row]]
    front: list[int] = []
    for row in rows:
        if not front or ys[row] < ys[front[-1]]:
            front.append(row)
    return front


def _draw_points(ax: "Axes", xs: Floats, ys: Floats, there: Any, simulated: Any) -> None:
    by_formula = there & ~simulated
    if by_formula.any():
        ax.plot(
            xs[by_formula], ys[by_formula], "o", markersize=4, markerfacecolor="none",
            markeredgecolor=GREY, alpha=0.6, label="by formula", linestyle="none",
        )  # fmt: skip
    run = there & simulated
    if run.any():
        ax.plot(
            xs[run], ys[run], "s", color=COLOURS[0], markersize=6, label="simulated",
            linestyle="none", zorder=3,
        )  # fmt: skip


def _name_points(ax: "Axes", frame: Frame, xs: Floats, ys: Floats, front: list[int]) -> None:
    """Numbers beside the points of the front, and beside the picture what they are."""
    for number, row in enumerate(front[:_LABELLED], 1):
        ax.annotate(
            str(number),
            (xs[row], ys[row]),
            xytext=(7, 7),
            textcoords="offset points",
            fontweight="bold",
        )
    names = [str(frame.column("config")[row]) for row in front[:_LABELLED]]
    texts = [
        f"{n}  " + shorten(name, 90).replace(", ", "\n    ") for n, name in enumerate(names, 1)
    ]
    if len(front) > _LABELLED:
        texts.append(f"and {len(front) - _LABELLED:,} more")
    ax.annotate(
        "\n".join(texts),
        (1, 1),
        xycoords="axes fraction",
        xytext=(12, 0),
        textcoords="offset points",
        va="top",
        fontsize=9,
        annotation_clip=False,
    )
