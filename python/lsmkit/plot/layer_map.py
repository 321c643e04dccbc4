"""`layers`: the layers of a layered store at one moment, in the plane of keys and LSNs."""

from typing import TYPE_CHECKING, Any, Union

import numpy as np

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    ACCENT,
    level_colour,
    level_hatch,
    note,
    picture,
    say_nothing_there,
    size_axis,
    titles,
)
from lsmkit.plot.sources import frame_of, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lsmkit.layered import Run

__all__ = ["layers"]

Row = dict[str, Any]

_COLUMNS = ("kind", "level", "begin_key", "end_key", "begin_lsn", "end_lsn")
_ALL_KEYS = 2**64 - 1
_FINEST = 1_000  # parts of each axis; layers narrower and lower than that are drawn with others


def layers(
    source: Union["Run", Frame], *, at: int | None = None, ax: "Axes | None" = None
) -> "Axes":
    """A map of the layers: keys from left to right, the log from below to above, to scale.

    A block is a delta, the darker and the more hatched the more often its records were rewritten; a
    line is an image. A read goes down from where it is to the first line.

    Parameters
    ----------
    source : layered.Run or Frame
        A frame: of its `layers()`.
    at : int, optional
        As they stood after the event of that number.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
    """
    wanted = {} if at is None else {"at": at}
    frame = frame_of(source, "layers", _COLUMNS, "layers", **wanted)
    rows = frame.rows()
    deltas = [row for row in rows if row["kind"] == "delta"]
    images = [row for row in rows if row["kind"] == "image"]
    with picture(ax, (8.6, 5.0)) as axes:
        when = f", after event {at:,}" if at is not None else ""
        said = f"{len(deltas):,} deltas (blocks), {len(images):,} images (lines)"
        titles(axes, f"Layers: {said}", f"{name_of(source)}{when}")
        if not rows:
            say_nothing_there(axes, "no layers yet")
            return axes
        width, height = _last_key(rows), max(row["end_lsn"] for row in rows)
        drawn = _draw_deltas(axes, deltas, width, height)
        drawn += _draw_images(axes, images, width)
        axes.set_xlim(0, width)
        axes.set_ylim(0, height * 1.02)
        axes.set_xlabel("key: page")
        axes.set_ylabel("LSN: bytes of the log")
        size_axis(axes.yaxis)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        if drawn < len(rows):
            note(axes, f"{len(rows):,} layers, drawn as {drawn:,}: narrow ones with neighbours")
        return axes


def _last_key(rows: list[Row]) -> int:
    """Where the axis ends: behind the last bound that is a page's."""
    last = max((row["end_key"] for row in rows if row["end_key"] < _ALL_KEYS), default=0)
    begun = max(row["begin_key"] for row in rows)
    if begun < last:
        return int(last)
    # The last layer goes on to the end of all keys; it is drawn as wide as others are.
    widths = [row["end_key"] - row["begin_key"] for row in rows if row["end_key"] < _ALL_KEYS]
    return int(begun + (np.median(widths) if widths else 1))


def _draw_deltas(ax: "Axes", deltas: list[Row], width: int, height: int) -> int:
    from matplotlib.collections import PolyCollection

    drawn = 0
    for level in sorted({row["level"] or 0 for row in deltas}):
        boxes = _merged([row for row in deltas if (row["level"] or 0) == level], width, height)
        corners = [
            [(x0, y0), (x0, y1), (x1, y1), (x1, y0)]
            for x0, x1, y0, y1 in ((b[0], min(b[1], width), b[2], b[3]) for b in boxes)
        ]
        ax.add_collection(
            PolyCollection(
                corners,
                facecolors=[level_colour(min(level, 6))],
                edgecolors="white",
                linewidths=0.7,
                hatch=level_hatch(level),
            )
        )
        drawn += len(boxes)
    return drawn


def _draw_images(ax: "Axes", images: list[Row], width: int) -> int:
    from matplotlib.collections import LineCollection

    boxes = _merged(images, width, 1)
    gap = width / 600  # so that neighbours are seen to be two
    lines = []
    for begin, end, lsn, _ in boxes:
        last = min(end, width)
        lines.append([(begin, lsn), (max(begin, last - gap), lsn)])
    ax.add_collection(LineCollection(lines, colors=ACCENT, linewidths=2.4, capstyle="butt"))
    return len(boxes)


def _merged(rows: list[Row], width: int, height: int) -> list[list[int]]:
    """Boxes as begin, end, lowest, highest; what is narrow and lies side by side becomes one."""
    boxes: list[list[int]] = []
    for row in sorted(rows, key=lambda row: (row["end_lsn"], row["begin_lsn"], row["begin_key"])):
        box = [row["begin_key"], row["end_key"], row["begin_lsn"], row["end_lsn"]]
        if boxes and _joins(boxes[-1], box, width / _FINEST):
            boxes[-1][1] = box[1]
        else:
            boxes.append(box)
    low = [box for box in boxes if box[3] - box[2] < height / _FINEST and height > 1]
    if len(low) < _FINEST:
        return boxes
    return [box for box in boxes if box not in low] + _stacked(low, height / _FINEST)


def _joins(before: list[int], box: list[int], narrow: float) -> bool:
    side_by_side = before[1] == box[0] and before[2:] == box[2:]
    return side_by_side and box[1] - before[0] < narrow


def _stacked(low: list[list[int]], at_least: float) -> list[list[int]]:
    """Of layers over the same keys, those on each other in one stretch of the axis as one."""
    out: dict[tuple[int, int, int], list[int]] = {}
    for box in low:
        place = (box[0], box[1], int(box[2] // at_least))
        if place in out:
            out[place][2:] = [min(out[place][2], box[2]), max(out[place][3], box[3])]
        else:
            out[place] = list(box)
    return list(out.values())
