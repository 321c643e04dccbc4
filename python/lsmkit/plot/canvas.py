"""Where pictures are drawn: figures, and the look that all of them share. Imports matplotlib late.

The style holds inside `canvas` alone: matplotlib's own settings are as before after each picture.
"""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lsmkit._errors import InvalidArgument
from lsmkit.text import size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ACCENT",
    "COLOURS",
    "GREY",
    "HATCHES",
    "INK",
    "LEVEL_HATCHES",
    "LINES",
    "MARKERS",
    "MEMTABLE",
    "canvas",
    "finish",
    "label_right",
    "level_colour",
    "level_hatch",
    "note",
    "picture",
    "refuse",
    "say_nothing_there",
    "size_axis",
    "titles",
]

INK = "#222222"
GREY = "#6b6b6b"
ACCENT = "#d55e00"
MEMTABLE = "#e69f00"
# Told apart with any colour vision (Okabe and Ito), and by line, marker and hatching besides.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "||||", "oo")
LEVEL_HATCHES = ("", "//", "..", "\\\\", "xx", "--", "||", "oo")

STYLE: Any = {
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9a9a9a",
    "axes.linewidth": 0.8,
    "axes.titlesize": 12,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
}

# From light to dark, so that depth can be told in grey: L0 is the lightest.
_SHALLOW, _DEEP = (0.71, 0.85, 0.92), (0.02, 0.19, 0.36)
_DEEPEST = 6


@contextmanager
def canvas(ax: "Axes | None" = None, size: tuple[float, float] = (8.0, 4.4)) -> Iterator["Axes"]:
    """An Axes to draw on in the style of these pictures, for pictures of one's own.

    >>> with lsmkit.plot.canvas() as axes:  # doctest: +SKIP
    ...     axes.plot(fanouts, written, "o")

    Parameters
    ----------
    ax : Axes, optional
        Default: that of a new figure, which is closed again if drawing fails.
    size : (float, float)
        Of a new figure, in inches.

    Returns
    -------
    context manager of Axes
        The style holds inside; matplotlib's own settings are as before afterwards.
    """
    pyplot = _pyplot()
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(
            f"ax: one matplotlib Axes is due, not {type(ax).__name__}; of several, give one"
        )
    with _styled():
        if ax is not None:
            _dress(ax)
            yield ax
            return
        figure, new = pyplot.subplots(figsize=size, layout="constrained")
        try:
            _dress(new)
            yield new
        except BaseException:
            pyplot.close(figure)
            raise


@contextmanager
def picture(ax: "Axes | None", size: tuple[float, float] = (8.0, 4.4)) -> Iterator["Axes"]:
    """A `canvas` on which text is text: a key may hold dollars, else the marks of a formula."""
    with canvas(ax, size) as axes:
        from matplotlib.text import Text

        before = {text: text.get_text() for text in axes.findobj(Text)}
        yield axes
        for text in axes.findobj(Text):
            if text.get_text() != before.get(text, ""):
                text.set_parse_math(False)


@contextmanager
def _styled() -> Iterator[None]:
    """Our settings, and no others, are as before afterwards.

    All of them would be too many (`rc_context`): a notebook's backend, which the first figure
    loads, makes settings that must stay, or no further figure is shown.
    """
    import matplotlib

    settings: Any = matplotlib.rcParams
    before = {name: settings[name] for name in STYLE}
    settings.update(STYLE)
    try:
        yield
    finally:
        settings.update(before)


def _pyplot() -> Any:
    try:
        return importlib.import_module("matplotlib.pyplot")
    except ImportError as error:
        raise ImportError(
            "lsmkit.plot needs matplotlib, which is not installed: pip install 'lsmkit[plot]'"
        ) from error


def _dress(ax: "Axes") -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="y")
    ax.set_axisbelow(True)
    ax.tick_params(length=3)
    ax.set_prop_cycle(color=COLOURS)


def titles(ax: "Axes", title: str, subtitle: str = "") -> None:
    """What is shown, and of what, above the picture."""
    ax.set_title(title, loc="left", fontweight="bold", pad=20 if subtitle else 8)
    if subtitle:
        ax.text(
            0, 1, subtitle, transform=ax.transAxes, color=GREY, fontsize=9, va="bottom", ha="left"
        ).set_position((0, 1.015))


def note(ax: "Axes", text: str) -> None:
    """A remark below the picture, on the right."""
    if text:
        ax.annotate(
            text,
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -34),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
            color=GREY,
        )


def say_nothing_there(ax: "Axes", text: str) -> None:
    """In the middle of a picture that would be empty."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=GREY)
    ax.set_yticks([])
    ax.set_xticks([])


def finish(ax: "Axes", **legend: Any) -> None:
    """A legend, if there is more than one thing to tell apart."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > 1:
        ax.legend(handles, labels, **legend)


def size_axis(axis: Any) -> None:
    """Ticks as sizes, ``12.0 MiB``, at round binary figures."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    class BinaryLocator(MaxNLocator):
        def tick_values(self, vmin: float, vmax: float) -> Any:
            unit = 1.0
            while unit * 1024 <= max(abs(vmin), abs(vmax)):
                unit *= 1024
            ticks: Any = super().tick_values(vmin / unit, vmax / unit)
            return ticks * unit

    axis.set_major_locator(BinaryLocator(nbins=6, steps=[1, 2, 2.5, 4, 5, 8, 10]))
    axis.set_major_formatter(FuncFormatter(lambda size, _: _in_one_unit(size, axis)))


def _in_one_unit(size: float, axis: Any) -> str:
    """A size in the unit of the axis' greatest."""
    largest = max(abs(end) for end in axis.get_view_interval())
    unit = size_text(largest).split()[1]
    scale = 1024 ** ("B", "KiB", "MiB", "GiB", "TiB").index(unit)
    return f"{size / scale:.3g} {unit}" if size else "0"


def level_colour(level: int) -> tuple[float, float, float]:
    """The shade of a level: the deeper, the darker."""
    depth = min(level, _DEEPEST) / _DEEPEST
    red, green, blue = (
        shallow + (deep - shallow) * depth for shallow, deep in zip(_SHALLOW, _DEEP, strict=True)
    )
    return red, green, blue


def level_hatch(level: int) -> str:
    """The hatching of a level, other than its neighbours'."""
    return LEVEL_HATCHES[level % len(LEVEL_HATCHES)]


def label_right(ax: "Axes", heights: Sequence[float], texts: Sequence[str]) -> None:
    """Labels behind the right edge, each at its height in data, moved apart where they'd meet."""
    if not heights:
        return
    low, high = ax.get_ylim()
    least = (high - low) * 0.058
    order = sorted(range(len(heights)), key=heights.__getitem__)
    places = [heights[i] for i in order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + least)
    over = max(0.0, places[-1] - high)
    places[-1] -= over
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - least)
    for place, i in zip(places, order, strict=True):
        ax.annotate(
            texts[i],
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            annotation_clip=False,
        )


def refuse(what: str, text: str) -> InvalidArgument:
    """The error of a picture that can't be."""
    return InvalidArgument(f"plot.{what}: {text}")
