"""`write_amp` and `amplification`: what a tree writes, reads and holds for what it is given."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    COLOURS,
    HATCHES,
    LINES,
    MARKERS,
    finish,
    picture,
    refuse,
    say_nothing_there,
    titles,
)
from lsmkit.plot.sources import (
    Floats,
    Several,
    Sizes,
    Source,
    frame_of,
    is_log,
    name_of,
    named,
    numbers,
    sizes_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["amplification", "write_amp"]

_EVENTS = ("kind", "reason", "output_level", "written_weight", "last_seqno")


def write_amp(source: Source, *, settled: bool | None = None, ax: "Axes | None" = None) -> "Axes":
    """How often each byte that was put is written again, level by level, and why.

    A bar per level: weight written to it by flushes and compactions / weight put. Their sum is
    the write amplification; tables that move down as they are cost nothing.

    Parameters
    ----------
    source : DB, Run or Frame
        A frame: of `events()`; it knows what was flushed, not what was put, so the bars are over
        that. A log of RocksDB: file bytes over those flushed, which is its W-Amp.
    settled : bool, optional
        Count only from when all was written over once (`Run.window`). Default: for runs that came
        so far.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Bars stacked by reason.

    Raises
    ------
    InvalidArgument
        `settled=True` for something else than a run; a run that kept no events.
    """
    cost = getattr(source, "cost", None)
    if cost is not None:
        levels = {level: cost for level, cost in enumerate(cost.level_write_amp) if cost}
        parts = {"by formula": levels}
        told, over = "in the long run", "weight put"
    else:
        parts, told, over = _written(source, settled)
    with picture(ax) as axes:
        total = sum(sum(levels.values()) for levels in parts.values())
        titles(
            axes,
            f"Write amplification by level: {total:.2f} in all" if parts else "Write amplification",
            f"{name_of(source)}; {told}",
        )
        if not total:
            say_nothing_there(axes, "nothing was written to tables yet")
            return axes
        _draw_bars(axes, parts)
        axes.set_ylabel(f"{over.rsplit(maxsplit=1)[0]} written / {over}")
        return axes


def _written(source: Source, settled: bool | None) -> tuple[dict[str, dict[int, float]], str, str]:
    window = getattr(source, "window", None)
    if settled and window is None:
        raise refuse("write_amp", "settled=True is for a run, which has a window")
    if settled is None:
        settled = window is not None and window.overwritten and window.user_weight > 0
    events = frame_of(source, "events", _EVENTS, "write_amp")
    if not len(events) and _flushed_without_events(source):
        raise refuse("write_amp", "this run kept no events: simulate with keep_events=True")
    # Of a log by RocksDB's definition, in file bytes.
    names = ("", "written_bytes") if is_log(source) else ("written_weight", "written_bytes")
    sizes = sizes_of(events, *names)
    events, written = events[sizes.values > 0], sizes.values[sizes.values > 0]
    told, over = "all of it", "weight put"
    if settled and window is not None:
        since = numbers(events, "last_seqno") > window.first_seqno
        events, written = events[since], written[since]
        told, whole = "since all was written over once", float(window.user_weight)
    else:
        whole, told, over = _put(source, float(written[events["kind"] == "flush"].sum()), sizes)
    return (_shares(events, written / whole) if whole else {}), told, over


def _shares(events: Frame, share: Floats) -> dict[str, dict[int, float]]:
    """By reason and level, reasons in the order in which they first came."""
    reasons, levels = events["reason"], events["output_level"]
    parts: dict[str, dict[int, float]] = {}
    for reason in dict.fromkeys(reasons.tolist()):
        own = reasons == reason
        parts[reason] = {
            int(level): float(share[own & (levels == level)].sum())
            for level in np.unique(levels[own])
        }
    return parts


def _flushed_without_events(source: Source) -> bool:
    counters: Any = getattr(source, "counters", None)
    return counters is not None and counters.flush_count > 0


def _put(source: Source, flushed: float, sizes: Sizes) -> tuple[float, str, str]:
    """What was put while these events came, which events, and what that is called."""
    stats: Any = getattr(source, "stats", None)
    counters: Any = stats().counters if stats is not None else getattr(source, "counters", None)
    if isinstance(source, Frame) or counters is None:
        return flushed, sizes.note("events") or "all of it", f"{sizes.unit} flushed"
    if not counters.flush_weight:
        return 0.0, "all of it", "weight put"
    # Older events may be gone: then of all that was put, the share of all flushes that is known.
    known = flushed / counters.flush_weight
    told = "all of it" if known > 0.999 else f"the events that are kept, {known:.0%} of flushes"
    return counters.user_weight * known, told, "weight put"


def _draw_bars(ax: "Axes", parts: dict[str, dict[int, float]]) -> None:
    levels = sorted({level for part in parts.values() for level in part})
    below = np.zeros(len(levels))
    for number, (reason, part) in enumerate(parts.items()):
        heights = np.array([part.get(level, 0.0) for level in levels])
        ax.bar(
            range(len(levels)),
            heights,
            bottom=below,
            width=0.66,
            color=COLOURS[number % len(COLOURS)],
            hatch=HATCHES[number % len(HATCHES)],
            edgecolor="white",
            linewidth=0.8,
            label=reason,
        )
        below += heights
    for place, height in enumerate(below):
        ax.annotate(
            f"{height:.2f}",
            (place, height),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontweight="bold",
        )
    ax.set_xticks(range(len(levels)), [f"into L{level}" for level in levels])
    ax.set_xlim(-0.6, max(len(levels), 3) - 0.4)
    ax.set_ylim(0, float(below.max()) * 1.15)
    finish(ax, loc="upper left", bbox_to_anchor=(1.01, 1.0), title="why")


# -- The triangle ----------------------------------------------------------------------------------

CORNERS = ("write", "read", "space")
_ANGLES = (math.pi / 2, math.pi / 2 + 4 * math.pi / 3, math.pi / 2 + 2 * math.pi / 3)
# By frame: which columns stand for the corners, the first that has values.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "write": ("settled_write_amp", "write_amp_weight", "write_amp"),
    "read": ("mean_run_count", "runs", "run_count"),
    "space": ("mean_space_amp", "space_amp"),
}


def amplification(
    sources: Several,
    *,
    labels: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """The three amplifications as a triangle each: what is saved at one corner is paid at another.

    Parameters
    ----------
    sources : DB, Run, Frame, or a list or dict of them
        A frame: one row per triangle, of `summary()`, `sweep`, `suite` or `tune`. Of a database,
        space amplification is found by reading all keys.
    labels : sequence of str, optional
        Default: the names in the dict, or what the sources are.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        Each corner's scale begins at 0 in the middle and ends at the greatest value. Write: weight
        written / put. Read: sorted runs, what a scan merges and a get looks into at most. Space:
        weight in tables / weight of the newest record of each key. Settled means, where known.

    Raises
    ------
    InvalidArgument
        Nothing to draw, or nothing is known of a corner.
    """
    rows = _triangles(sources, labels)
    most = {c: max(row[c] for _, row in rows) or 1.0 for c in CORNERS}
    with picture(ax, (7.6, 5.6)) as axes:
        titles(axes, "What a tree pays: writing, reading, space", "smaller is better")
        _draw_frame(axes, most)
        for number, (name, row) in enumerate(rows):
            _draw_triangle(axes, number, name, row, most)
        axes.legend(loc="upper left", bbox_to_anchor=(0.68, 1.0), handlelength=3)
        return axes


def _triangles(
    sources: Several, labels: Sequence[str] | None
) -> list[tuple[str, dict[str, float]]]:
    rows: list[tuple[str, dict[str, float]]] = []
    for name, source in named(sources, "amplification").items():
        if isinstance(source, Frame) and len(source) > 1:
            rows += [
                (_row_name(source, i), _corners(source[i : i + 1], source))
                for i in range(len(source))
            ]
        else:
            frame = frame_of(source, "summary", (), "amplification")
            rows.append((name, _corners(frame, source)))
    if labels is not None:
        if len(labels) != len(rows):
            raise refuse("amplification", f"{len(labels)} labels for {len(rows)} triangles")
        rows = [(str(label), row) for label, (_, row) in zip(labels, rows, strict=True)]
    if len(rows) > len(COLOURS):
        raise refuse(
            "amplification",
            f"{len(rows)} triangles can't be told apart; give at most {len(COLOURS)}, such as "
            "frame.head(5)",
        )
    return rows


def _row_name(frame: Frame, row: int) -> str:
    names = [n for n in ("workload", "config", "machine") if n in frame.columns]
    return ", ".join(str(frame.column(n)[row]) for n in names) or f"row {row}"


def _corners(frame: Frame, source: Source) -> dict[str, float]:
    if not len(frame):
        raise refuse("amplification", f"the frame {frame.name!r} has no rows")
    out = {}
    for corner, columns in _COLUMNS.items():
        known = [numbers(frame, name)[0] for name in columns if name in frame.columns]
        values = [float(value) for value in known if math.isfinite(value)]
        if not values and corner == "space" and hasattr(source, "space_amp"):
            values = [source.space_amp()]
        if not values or not math.isfinite(values[0]):
            raise refuse(
                "amplification",
                f"{frame.name!r} does not tell of {corner}: it has none of "
                f"{', '.join(columns)}, or nothing was put yet",
            )
        out[corner] = values[0]
    return out


def _draw_frame(ax: "Axes", most: dict[str, float]) -> None:
    for share in (0.25, 0.5, 0.75, 1.0):
        xs = [share * math.cos(angle) for angle in (*_ANGLES, _ANGLES[0])]
        ys = [share * math.sin(angle) for angle in (*_ANGLES, _ANGLES[0])]
        ax.plot(xs, ys, color="#dddddd" if share < 1 else "#9a9a9a", linewidth=0.8, zorder=1)
    words = {"write": "writes", "read": "sorted runs", "space": "space"}
    for corner, angle in zip(CORNERS, _ANGLES, strict=True):
        x, y = math.cos(angle), math.sin(angle)
        ax.plot([0, x], [0, y], color="#dddddd", linewidth=0.8, zorder=1)
        ax.annotate(
            f"{words[corner]}\nup to {most[corner]:.3g}",
            (x, y),
            xytext=(0, 8 if y > 0 else -8),
            textcoords="offset points",
            ha="center",
            va="bottom" if y > 0 else "top",
            fontweight="bold",
        )
    ax.set_aspect("equal")
    ax.set_xlim(-1.35, 1.75)
    ax.set_ylim(-0.85, 1.3)
    ax.set_axis_off()


def _draw_triangle(
    ax: "Axes", number: int, name: str, row: dict[str, float], most: dict[str, float]
) -> None:
    shares = [row[corner] / most[corner] for corner in CORNERS]
    xs = [s * math.cos(angle) for s, angle in zip(shares, _ANGLES, strict=True)]
    ys = [s * math.sin(angle) for s, angle in zip(shares, _ANGLES, strict=True)]
    colour = COLOURS[number]
    ax.fill(xs, ys, color=colour, alpha=0.08, zorder=2)
    figures = f"writes {row['write']:.1f}, runs {row['read']:.1f}, space {row['space']:.2f}"
    ax.plot(
        [*xs, xs[0]],
        [*ys, ys[0]],
        color=colour,
        linestyle=LINES[number],
        marker=MARKERS[number],
        label=f"{name}\n{figures}",
        zorder=3,
    )
