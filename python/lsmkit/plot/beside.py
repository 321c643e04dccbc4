"""`compare`: two sources side by side, such as the engine and its simulation."""

from typing import TYPE_CHECKING

import numpy as np

from lsmkit.plot.canvas import (
    ACCENT,
    COLOURS,
    finish,
    note,
    picture,
    refuse,
    say_nothing_there,
    size_axis,
    titles,
)
from lsmkit.plot.sources import Floats, Several, Source, frame_of, named, numbers
from lsmkit.plot.thinning import kept_rows, thinned_text
from lsmkit.plot.time_axis import label_axis
from lsmkit.schema import SCHEMAS
from lsmkit.twin import Twin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compare"]

_LOOKS = (
    {"color": "#9fc5e8", "linewidth": 5.0, "linestyle": "-"},
    {"color": "#10355c", "linewidth": 1.5, "linestyle": "--"},
    {"color": COLOURS[1], "linewidth": 1.4, "linestyle": ":"},
    {"color": COLOURS[2], "linewidth": 1.4, "linestyle": "-."},
)


_WORDS = {
    "weight": ("weight of all tables", "key + value + 8 bytes a record"),
    "write_amp_weight": ("write amplification", "weight written / put, so far"),
    "write_amp": ("write amplification", "file bytes written / bytes put, so far"),
    "space_amp": ("space amplification", "weight of all tables / of the newest record of each key"),
    "run_count": ("sorted runs", "what a get may have to look into"),
}
_TWIN_LOOKS = ({"color": COLOURS[1], "linestyle": "--"}, {"color": COLOURS[0], "linestyle": "-"})


def compare(
    sources: Several | Twin,
    other: Source | None = None,
    *,
    what: str = "weight",
    ax: "Axes | None" = None,
) -> "Axes":
    """One figure of several trees under the same writes, along the commits.

    Parameters
    ----------
    sources : Twin, or DB, Run or Frame, or a list or dict of up to four of them
        A frame: of `series()`. A twin: what engine and simulation did alike, by what was written,
        and where they part, if they do.
    other : DB, Run or Frame, optional
        The second, beside one.
    what : str
        A column of `series()`: "weight", "run_count", "write_amp_weight", "space_amp" ...
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        The first is drawn broad and light, the others thin upon it: where they agree, they hide
        none of it. The title tells by how much two differ at most, at the commits of either.

    Raises
    ------
    InvalidArgument
        No such column, or it is null in one of them.
    """
    if isinstance(sources, Twin):
        return _draw_twin(sources, ax)
    if other is not None:
        sources = [sources, other]  # type: ignore[list-item]
    given = named(sources, "compare")
    if not 2 <= len(given) <= len(_LOOKS):
        raise refuse("compare", f"two to {len(_LOOKS)} are compared, not {len(given)}")
    curves = {name: _curve(name, source, what) for name, source in given.items()}
    with picture(ax) as axes:
        drawn = total = 0
        for look, (name, (x, y)) in zip(_LOOKS, curves.items(), strict=False):
            rows = kept_rows(x, y)
            total, drawn = max(total, len(x)), max(drawn, len(rows))
            axes.plot(x[rows], y[rows], drawstyle="steps-post", label=name, **look)  # type: ignore[arg-type]
        spec = next((s for s in SCHEMAS["series"] if s.name == what), None)
        words, meaning = _WORDS.get(what, (what.replace("_", " "), spec.meaning if spec else ""))
        titles(axes, words.capitalize() + _difference(list(curves.values())), meaning)
        if spec is not None and spec.unit in ("weight", "bytes"):
            size_axis(axes.yaxis)
        axes.set_ylabel(words)
        axes.set_ylim(bottom=0)
        longest = max((x for x, _ in curves.values()), key=lambda x: x[-1])
        label_axis(axes, longest, "commits", "commits")
        finish(axes, loc="best")
        note(axes, thinned_text(total, drawn))
        return axes


def _curve(name: str, source: Source, what: str) -> tuple[Floats, Floats]:
    frame = frame_of(source, "series", ("last_seqno", what), "compare")
    x, y = numbers(frame, "last_seqno"), numbers(frame, what)
    if not len(x):
        raise refuse("compare", f"of {name} nothing was flushed yet")
    known = ~(np.isnan(x) | np.isnan(y))
    if not known.any():
        raise refuse("compare", f"{name} knows nothing of {what}: choose another column")
    return x[known], y[known]


def _difference(curves: list[tuple[Floats, Floats]]) -> str:
    """Of two, at the moments of either; of each the value that stood then."""
    if len(curves) != 2:
        return ""
    (xa, ya), (xb, yb) = curves
    begin = max(xa[0], xb[0])
    end = min(xa[-1], xb[-1])
    x = np.unique(np.concatenate((xa, xb)))
    x = x[(x >= begin) & (x <= end)]
    if not len(x):
        return ""
    first = ya[np.searchsorted(xa, x, side="right") - 1]
    second = yb[np.searchsorted(xb, x, side="right") - 1]
    apart = np.abs(first - second)
    if not apart.any():
        return ": the same at every moment"
    worst = float((apart / np.maximum(np.abs(first), 1e-12)).max())
    mean = float(apart.mean() / max(float(np.abs(first).mean()), 1e-12))
    return f": {mean:.1%} apart on average, {worst:.1%} at most"


def _draw_twin(twin: Twin, ax: "Axes | None") -> "Axes":
    """Weight written so far, by what both did."""
    events = twin.events[numbers(twin.events, "written_weight") > 0]
    with picture(ax) as axes:
        verdict = "engine and simulation did the same" if twin.agree else "they part"
        titles(axes, f"{twin.edits:,} edits: {verdict}", f"{twin.workload.name}; written so far")
        if not len(events):
            say_nothing_there(axes, "nothing was written to tables")
            return axes
        x, written = numbers(events, "last_seqno"), numbers(events, "written_weight")
        drawn = 0
        flush = events["kind"] == "flush"
        for look, own, name in (
            (_TWIN_LOOKS[0], flush, "by flushes"),
            (_TWIN_LOOKS[1], ~flush, "by compactions"),
        ):
            y = np.cumsum(np.where(own, written, 0.0))
            rows = kept_rows(x, y)
            axes.plot(x[rows], y[rows], drawstyle="steps-post", label=name, **look)  # type: ignore[arg-type]
            drawn = max(drawn, len(rows))
        if not twin.agree:
            axes.axvline(x[-1], color=ACCENT, linewidth=2, label="the first difference")
        size_axis(axes.yaxis)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("weight written")
        label_axis(axes, x, "commits", "commits")
        finish(axes, loc="upper left")
        note(axes, thinned_text(len(x), drawn))
        return axes
