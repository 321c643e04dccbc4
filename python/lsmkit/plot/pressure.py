"""`debt`, `stalls`, `utilisation`: what builds up when writes come faster than can be compacted."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    ACCENT,
    COLOURS,
    INK,
    finish,
    note,
    picture,
    refuse,
    say_nothing_there,
    size_axis,
    titles,
)
from lsmkit.plot.level_history import LevelHistory, level_history
from lsmkit.plot.sources import Floats, Source, frame_of, name_of, numbers
from lsmkit.plot.stall_areas import draw_stalls, draw_warned
from lsmkit.plot.thinning import kept_rows, thinned_text
from lsmkit.plot.time_axis import Along, label_axis, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["debt", "stalls", "utilisation"]

_STRETCHES = 120  # of time, in each of which shares and rates are the mean


def debt(source: Source, *, x: Along | None = None, ax: "Axes | None" = None) -> "Axes":
    """What compaction still has to rewrite, over time.

    Parameters
    ----------
    source : DB, Run or Frame
        A run in time tells the debt that its flow control looks at, and so does its `timeline()`.
        Of others, and of ``tables(all=True)``: the weight above the deepest level that holds
        anything, all of which has to go down yet.
    x : {"time", "commits", "event"}, optional
        What runs from left to right, but for a run in time.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
    """
    if _has_timeline(source):
        frame = frame_of(source, "timeline", ("time_us", "debt_weight"), "debt")
        owed, words = numbers(frame, "debt_weight"), "weight that compaction has to rewrite"
        values, kind, label = seconds(numbers(frame, "time_us"), virtual=True)
    else:
        history = level_history(source, x, "debt")
        owed, words = _above_the_deepest(history), f"{history.unit} above the deepest level"
        values, kind, label = history.x, history.along, history.label
    with picture(ax) as axes:
        titles(axes, "Debt over time", name_of(source))
        if not len(values):
            say_nothing_there(axes, "nothing was written to tables yet")
            return axes
        rows = kept_rows(values, owed)
        axes.fill_between(
            values[rows], 0, owed[rows], step="post", color=COLOURS[5], alpha=0.6, linewidth=0
        )
        axes.plot(values[rows], owed[rows], drawstyle="steps-post", color=COLOURS[0])
        axes.set_ylim(0, max(float(np.nanmax(owed)) * 1.1, 1.0))
        _draw_limits(axes, source)
        size_axis(axes.yaxis)
        axes.set_ylabel(words)
        label_axis(axes, values, kind, label)
        note(axes, thinned_text(len(values), len(rows)))
        return axes


def _has_timeline(source: Source) -> bool:
    if isinstance(source, Frame):
        return "debt_weight" in source.columns or "device_utilisation" in source.columns
    return getattr(source, "timing", None) is not None


def _above_the_deepest(history: LevelHistory) -> Floats:
    weight, held = history.weight, history.table_count > 0
    if not weight.size:
        return np.zeros(0)
    total = weight.sum(axis=0)
    deepest = len(weight) - 1 - held[::-1].argmax(axis=0)
    return np.asarray(total - weight[deepest, np.arange(weight.shape[1])], np.float64)


def _draw_limits(ax: "Axes", source: Source) -> None:
    """RocksDB's limits, where they are near what was reached."""
    options: Any = getattr(source, "options", None)
    if options is None or options.flow != "rocksdb":
        return
    highest = ax.get_ylim()[1]
    for name, verb in (("soft_pending_bytes", "delay"), ("hard_pending_bytes", "stop")):
        limit = getattr(options, name)
        if 0 < limit < 1.6 * highest:
            ax.axhline(limit, color=ACCENT, linestyle="--", linewidth=1.2)
            ax.annotate(
                f"writes {verb} here",
                (0.01, limit),
                xycoords=("axes fraction", "data"),
                xytext=(0, 3),
                textcoords="offset points",
                color=ACCENT,
                fontsize=9,
            )
            ax.set_ylim(0, max(ax.get_ylim()[1], limit * 1.1))


# -- Stalls ----------------------------------------------------------------------------------------


def stalls(source: Source, *, ax: "Axes | None" = None) -> "Axes":
    """When writes waited, for what, and what still came through.

    Parameters
    ----------
    source : DB, Run or Frame
        A run in time, or its `timeline()`: the causes are told. A database, or its `series()`: by
        the real clock, between one change of the tree and the next, whatever the cause.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Share of each stretch of time that writes waited, as areas, by the cause at its end; the
        Axes over it has the bytes of keys and values put per second, as a line.
    """
    if isinstance(warned := getattr(source, "stalls", None), Frame):
        return draw_warned(source, warned, ax)
    if _has_timeline(source):
        needs = ("time_us", "stall_us", "cause", "accepted_bytes")
        frame = frame_of(source, "timeline", needs, "stalls")
        most = _STRETCHES
        causes, done = frame["cause"], numbers(frame, "accepted_bytes")
    else:
        frame = frame_of(source, "series", ("time_us", "stall_us", "user_bytes"), "stalls")
        frame = frame[~np.isnan(numbers(frame, "stall_us"))]
        most = 80  # events crowd: rates between two of them jump
        causes, done = np.full(len(frame), "", object), numbers(frame, "user_bytes")
    time_us, waited = numbers(frame, "time_us"), numbers(frame, "stall_us")
    values, kind, label = seconds(time_us, _has_timeline(source))
    with picture(ax) as axes:
        spent, whole = _total(waited), _total(time_us)
        share = spent / whole if whole else 0.0
        titles(
            axes,
            f"Stalls: writes waited {spent / 1e6:,.2f} of {whole / 1e6:,.2f} s ({share:.0%})",
            name_of(source),
        )
        if len(values) < 2:
            say_nothing_there(axes, "there is no stretch of time to show yet")
            return axes
        edges, shares, rate, why = _stretches(values, time_us, waited, done, causes, most)
        by_cause = {cause: np.where(why == cause, shares, 0.0) for cause in dict.fromkeys(why)}
        draw_stalls(axes, edges, by_cause, rate)
        label_axis(axes, values, kind, label)
        return axes


def _total(counter: Floats) -> float:
    return float(counter[-1] - counter[0]) if len(counter) else 0.0


def _stretches(
    values: Floats,
    time_us: Floats,
    waited: Floats,
    done: Floats,
    causes: npt.NDArray[Any],
    most: int,
) -> tuple[Floats, Floats, Floats, npt.NDArray[Any]]:
    """Edges of stretches, share waited and bytes per second in each, and the cause.

    More than `most` are taken together: counters run on, so that shares and rates stay exact, and
    the cause is that of the longest wait among them.
    """
    ends = np.arange(1, len(time_us))
    if len(ends) > most:
        edges = np.linspace(time_us[0], time_us[-1], most + 1)[1:]
        ends = np.unique(np.clip(np.searchsorted(time_us, edges), 1, len(time_us) - 1))
    begins = np.concatenate(([0], ends[:-1]))
    took = np.maximum(time_us[ends] - time_us[begins], 1)
    share = np.clip((waited[ends] - waited[begins]) / took, 0, 1)
    rate = (done[ends] - done[begins]) / took * 1e6
    each = np.diff(waited)
    why = np.empty(len(ends), object)
    for i, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        why[i] = causes[begin + 1 + int(each[begin:end].argmax())]
    return np.concatenate((values[:1], values[ends])), share, rate, why


# -- The device ------------------------------------------------------------------------------------


def utilisation(source: Source, *, ax: "Axes | None" = None) -> "Axes":
    """What the device of a run in time read and wrote, and how busy it was.

    Parameters
    ----------
    source : Run or Frame
        A run in time, or its `timeline()`.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Bytes read and written per second, as stacked areas; the Axes over it has the share of the
        device in use, as a line.

    Raises
    ------
    InvalidArgument
        There was no device: a run in lock-step, or a database.
    """
    needs = ("time_us", "device_read_bytes", "device_written_bytes", "device_utilisation")
    if not isinstance(source, Frame) and not _has_timeline(source):
        raise refuse(
            "utilisation",
            "it needs a run in time, which has a device: lsmkit.simulate(..., machine='gp3')",
        )
    frame = frame_of(source, "timeline", needs, "utilisation")
    time_us = numbers(frame, "time_us")
    values, kind, label = seconds(time_us, virtual=True)
    with picture(ax) as axes:
        timing: Any = getattr(source, "timing", None)
        busy = f": {timing.device_utilisation:.0%} in use" if timing is not None else ""
        titles(axes, f"The device over time{busy}", name_of(source))
        if len(values) < 2:
            say_nothing_there(axes, "there is no stretch of time to show")
            return axes
        none = np.full(len(frame), "", object)
        read, written = (numbers(frame, name) for name in needs[1:3])
        used = _running(time_us, numbers(frame, "device_utilisation"))
        edges, shares, read_rate, _ = _stretches(values, time_us, used, read, none, _STRETCHES)
        written_rate = _stretches(values, time_us, used, written, none, _STRETCHES)[2]
        _draw_device(axes, edges, read_rate, written_rate, shares)
        label_axis(axes, values, kind, label)
        return axes


def _running(time_us: Floats, share: Floats) -> Floats:
    """Microseconds in use so far, of the share in use at the end of each stretch."""
    took = np.diff(time_us, prepend=time_us[:1])
    return np.cumsum(took * share)


def _draw_device(ax: "Axes", edges: Floats, read: Floats, written: Floats, busy: Floats) -> None:
    ax.stairs(written, edges, fill=True, color=COLOURS[0], label="written", linewidth=0)
    ax.stairs(
        read + written,
        edges,
        baseline=written,
        fill=True,
        facecolor=COLOURS[5],
        hatch="////",
        edgecolor="white",
        linewidth=0,
        label="read",
    )
    ax.set_ylim(0, max(float((read + written).max()) * 1.2, 1))
    size_axis(ax.yaxis)
    ax.set_ylabel("moved per second")
    over = ax.twinx()
    over.stairs(
        busy, edges, color=INK, linewidth=1.2, linestyle="--", baseline=None, label="in use"
    )
    over.set_ylim(0, 1.05)
    over.spines["top"].set_visible(False)
    from matplotlib.ticker import PercentFormatter

    over.yaxis.set_major_formatter(PercentFormatter(1.0))
    over.set_ylabel("in use (dashed line)")
    finish(ax, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
