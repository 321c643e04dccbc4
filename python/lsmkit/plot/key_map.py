"""`key_ranges`: which keys each table spans, run by run."""

import bisect
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lsmkit.frame import Frame
from lsmkit.plot.canvas import (
    ACCENT,
    level_colour,
    level_hatch,
    note,
    picture,
    refuse,
    say_nothing_there,
    titles,
)
from lsmkit.plot.sources import Floats, Source, frame_of, name_of
from lsmkit.text import escape, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["key_ranges", "key_text", "shared_length"]

_COLUMNS = ("level", "run", "smallest_key", "largest_key")
_FINEST = 2_000  # parts of the axis; narrower tables are drawn with their neighbours
_MOST_LANES = 12.0


def key_ranges(
    source: Source,
    *,
    at: int | None = None,
    key: bytes | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """A map of the tables: a lane per sorted run, newest on top, a block per table.

    From left to right stand all first and last keys of tables in order, each as far from the next:
    so tables that are narrow in key space stay visible, and what lies above what overlaps it.

    Parameters
    ----------
    source : DB, Run or Frame
        A frame: of `tables()`.
    at : int, optional
        As they stood after the event of that number.
    key : bytes, optional
        Where it would be: a line, and an outline around each table that may hold it.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidArgument
        The tables have no keys, as of a run with fidelity "drawn".
    """
    wanted = {} if at is None else {"at": at}
    tables = frame_of(source, "tables", _COLUMNS, "key_ranges", **wanted)
    if tables.column("smallest_key").null_count:
        raise refuse(
            "key_ranges", "keys are not modelled here; simulate with fidelity 'exact' or 'segment'"
        )
    if key is not None and not isinstance(key, bytes):
        raise TypeError(f"plot.key_ranges: key: bytes are due, not {type(key).__name__}")
    levels = np.unique(tables["level"])
    with picture(ax, (8.6, 1.7 + 0.55 * min(_MOST_LANES, max(3, len(_lanes(tables)))))) as axes:
        when = f", after event {at:,}" if at is not None else ""
        titles(axes, _title(tables, key), f"{name_of(source)}{when}")
        if not len(tables):
            say_nothing_there(axes, "no tables yet")
            return axes
        _Map(tables).draw(axes, levels.tolist(), key)
        return axes


def _title(tables: Frame, key: bytes | None) -> str:
    if key is None:
        return "Key ranges of tables"
    ends = zip(tables.column("smallest_key"), tables.column("largest_key"), strict=True)
    count = sum(first <= key <= last for first, last in ends)
    return f"{count:,} table{'s' * (count != 1)} may hold {key_text(key, 30)}"


def _lanes(tables: Frame) -> dict[tuple[int, int], int]:
    """A number for each run: levels from L0 on, in each the newest first, as the rows stand."""
    pairs = zip(tables["level"].tolist(), tables["run"].tolist(), strict=True)
    return {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}


class _Map:
    """Where tables are on the axis of keys, and in which lane."""

    def __init__(self, tables: Frame) -> None:
        first, last = list(tables.column("smallest_key")), list(tables.column("largest_key"))
        self.keys: list[bytes] = sorted({*first, *last})
        rank = {key: place for place, key in enumerate(self.keys)}
        self.begin = np.array([rank[key] for key in first], np.float64)
        self.end = np.array([rank[key] + 1 for key in last], np.float64)
        self.level = tables["level"].astype(np.int64)
        lanes = _lanes(tables)
        pairs = zip(self.level.tolist(), tables["run"].tolist(), strict=True)
        self.lane = np.array([lanes[pair] for pair in pairs])
        self.lane_levels = [level for level, _ in lanes]
        self.first, self.last = first, last

    def draw(self, ax: "Axes", levels: list[int], key: bytes | None) -> None:
        """All of it."""
        from matplotlib.collections import PolyCollection

        begin, end, lane, level = self._merged()
        for each in levels:
            own = level == each
            ax.add_collection(
                PolyCollection(
                    _boxes(begin[own], end[own], lane[own]),
                    facecolors=[level_colour(each)],
                    edgecolors="white",
                    linewidths=0.9 if own.sum() < 300 else 0.2,
                    hatch=level_hatch(each),
                    label=f"L{each}",
                )
            )
        self._label(ax)
        if key is not None:
            self._mark(ax, key)
        if len(begin) < len(self.begin):
            note(
                ax,
                f"{len(self.begin):,} tables as {len(begin):,} blocks: narrow neighbours as one",
            )

    def _merged(self) -> tuple[Floats, Floats, npt.NDArray[Any], npt.NDArray[Any]]:
        """Blocks to draw: neighbours of a run that begin in the same part of the axis as one."""
        if len(self.begin) <= _FINEST:
            return self.begin, self.end, self.lane, self.level
        part = (self.begin * _FINEST / len(self.keys)).astype(np.int64)
        order = np.lexsort((self.begin, self.lane))
        part, lane = part[order], self.lane[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (part[1:] != part[:-1]) | (lane[1:] != lane[:-1])
        starts = np.flatnonzero(new)
        begin = self.begin[order][starts]
        end = np.maximum.reduceat(self.end[order], starts)
        return begin, end, lane[starts], self.level[order][starts]

    def _label(self, ax: "Axes") -> None:
        count = len(self.lane_levels)
        places: dict[int, list[int]] = {}
        for lane, level in enumerate(self.lane_levels):
            places.setdefault(level, []).append(lane)
        names = [
            f"L{level}" + (f"\n{len(lanes):,} runs" if len(lanes) > 1 else "")
            for level, lanes in places.items()
        ]
        ax.set_yticks([float(np.mean(lanes)) for lanes in places.values()], names)
        for lanes in list(places.values())[1:]:
            ax.axhline(lanes[0] - 0.5, color="#9a9a9a", linewidth=0.6)
        ax.set_ylim(count - 0.45, -0.55)
        ax.set_xlim(0, len(self.keys))
        ticks = np.unique(np.linspace(0, len(self.keys) - 1, 6).astype(int)).tolist()
        common = shared_length(self.keys[0], self.keys[-1])
        shown = [key_text(self.keys[i][common:], 14) for i in ticks]
        ax.set_xticks([tick + 0.5 for tick in ticks], shown)
        behind = key_text(self.keys[0][:common], 30)
        ax.set_xlabel("keys in order" + (f", behind {behind!r}" if common else ""))
        ax.grid(visible=False)
        ax.tick_params(axis="y", length=0)

    def _mark(self, ax: "Axes", key: bytes) -> None:
        holds = np.array(
            [a <= key <= b for a, b in zip(self.first, self.last, strict=True)], np.bool_
        )
        rank = bisect.bisect_left(self.keys, key)
        place = rank + 0.5 if rank < len(self.keys) and self.keys[rank] == key else float(rank)
        from matplotlib.collections import PolyCollection

        ax.axvline(place, color=ACCENT, linewidth=1.4)
        ax.add_collection(
            PolyCollection(
                _boxes(self.begin[holds], self.end[holds], self.lane[holds]),
                facecolors="none",
                edgecolors=ACCENT,
                linewidths=2,
                zorder=4,
                label="may hold the key",
            )
        )


def key_text(key: bytes | str, width: int) -> str:
    """A key as text that matplotlib's own font can show: escapes for what is far from Latin."""
    text = escape(key) if isinstance(key, bytes) else key
    shown = (
        c if ord(c) < 0x530 else "".join(f"\\x{b:02x}" for b in c.encode()) for c in text[:width]
    )
    return shorten("".join(shown) + ("…" if len(text) > width else ""), width)


def shared_length(first: bytes | str, last: bytes | str) -> int:
    """How much two keys have in common at the front: in order, all between them have it, too."""
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(last)))


def _boxes(begin: Floats, end: Floats, lane: npt.NDArray[Any]) -> Any:
    """Corners, shape (blocks, 4, 2)."""
    low, high = lane - 0.38, lane + 0.38
    return np.stack(
        [np.stack(pair, axis=1) for pair in ((begin, low), (end, low), (end, high), (begin, high))],
        axis=1,
    )
