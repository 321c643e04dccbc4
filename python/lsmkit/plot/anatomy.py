"""`table_anatomy`: the parts of an SSTable, to scale, as `lsmkit dump` reads them."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.plot.canvas import ACCENT, COLOURS, GREY, HATCHES, INK, picture, refuse, titles
from lsmkit.plot.key_map import key_text, shared_length
from lsmkit.text import size_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lsmkit.db import DB

__all__ = ["Anatomy", "read_anatomy", "table_anatomy"]

Part = tuple[int, int, str, str]  # offset, bytes, name, text

_LOOKS = {
    "header": (COLOURS[6], ""),
    "data block": ((0.71, 0.85, 0.92), ""),
    "dictionary": (COLOURS[3], HATCHES[5]),
    "filter": (COLOURS[4], HATCHES[1]),
    "index block": (COLOURS[2], HATCHES[3]),
    "properties": (COLOURS[3], HATCHES[2]),
    "footer": (COLOURS[6], HATCHES[4]),
    "damage": (ACCENT, HATCHES[4]),
}
_FINEST = 400  # blocks that are drawn apart
_ENTRIES = 24


@dataclass
class Anatomy:
    """What a table's file holds.

    Attributes
    ----------
    path : Path
    parts : list of (offset, bytes, name, text)
        In order, without the entries.
    entries : list of (offset, bytes, name, text)
        Of one data block; `bytes` are those of key and value.
    entry_count : int
        Of that block.
    """

    path: Path
    parts: list[Part] = field(default_factory=list)
    entries: list[Part] = field(default_factory=list)
    entry_count: int = 0

    @property
    def file_bytes(self) -> int:
        """Up to the end of the last part."""
        return max((offset + size for offset, size, _, _ in self.parts), default=0)


def read_anatomy(path: "str | os.PathLike[str]", block: int = 0) -> Anatomy:
    """The parts of a table's file, and the first entries of data block number `block`.

    Raises
    ------
    InvalidArgument
        It is no table, or has no such block.
    IOError
        It can't be read.
    """
    out = Anatomy(Path(path))
    blocks = -1

    def take(offset: int, size: int, part: str, text: str) -> None:
        nonlocal blocks
        if part == "entry":
            if blocks == block:
                out.entry_count += 1
                if len(out.entries) < _ENTRIES:
                    out.entries.append((offset, size, part, text))
            return
        blocks += part == "data block"
        out.parts.append((offset, size, part, text))

    kind = _core.dump_file(path, take)
    if kind != "table":
        raise refuse("table_anatomy", f"{path} is no table but a file of kind {kind!r}")
    if not 0 <= block <= max(blocks, 0):
        raise refuse("table_anatomy", f"block={block}: the table has {blocks + 1:,} data blocks")
    out.parts.sort(key=lambda part: part[0])
    return out


def table_anatomy(
    source: "DB | str | os.PathLike[str]",
    *,
    number: int | None = None,
    block: int = 0,
    ax: "Axes | None" = None,
) -> "Axes":
    """A table's file from its first byte to its last: blocks, filter, index, properties, footer.

    Parameters
    ----------
    source : DB or path
        A database on the system's disk, or the path of a ``.table`` file.
    number : int, optional
        Which table of the database. Default: the one with the most file bytes.
    block : int
        Which data block is shown from near.
    ax : Axes, optional
        Default: of a new figure.

    Returns
    -------
    Axes
        The file to scale; below, what follows the data blocks, and one data block, each to a
        scale of its own.

    Raises
    ------
    InvalidArgument
        There is no such table, or it does not lie on the system's disk.
    """
    anatomy = read_anatomy(_path(source, number), block)
    with picture(ax, (9.4, 4.6)) as axes:
        _Drawing(axes, anatomy).draw(block)
        return axes


def _path(source: Any, number: int | None) -> Path:
    if isinstance(source, str | os.PathLike):
        if number is not None:
            raise refuse("table_anatomy", "number= is for a database; the path names its table")
        return Path(source)
    if not hasattr(source, "tables") or not hasattr(source, "path"):
        raise TypeError(
            f"plot.table_anatomy: a database or a path is due, not {type(source).__name__}"
        )
    tables = source.tables()
    if not len(tables):
        raise refuse("table_anatomy", "the database has no tables yet: db.flush() writes one")
    numbers = tables["number"].tolist()
    if number is None:
        number = numbers[int(tables["file_bytes"].argmax())]
    elif number not in numbers:
        raise InvalidArgument(f"plot.table_anatomy: no table {number}; see db.tables()['number']")
    path = Path(os.fsdecode(source.path)) / f"{number:012d}.table"
    if not path.exists():
        raise refuse("table_anatomy", f"{path} is not on the system's disk")
    return path


class _Drawing:
    """Three lanes: one block, the file, its tail."""

    BLOCK, FILE, TAIL = 2.0, 1.0, 0.0
    HEIGHT = 0.42

    def __init__(self, ax: "Axes", anatomy: Anatomy) -> None:
        self.ax = ax
        self.anatomy = anatomy
        self.named: set[str] = set()

    def draw(self, block: int) -> None:
        """All of it."""
        parts = self.anatomy.parts
        whole = self.anatomy.file_bytes or 1
        data = [part for part in parts if part[2] == "data block"]
        tail = [part for part in parts if part[2] not in ("data block", "header")]
        self._lane(self.FILE, _merged(parts, whole), 0, whole)
        if tail:
            begin = tail[0][0]
            self._zoom(self.FILE, begin / whole, 1.0, self.TAIL)
            self._lane(self.TAIL, tail, begin, whole - begin, texts=True)
        if data:
            offset, size, _, _ = data[block]
            self._zoom(self.FILE, offset / whole, (offset + size) / whole, self.BLOCK)
            self._entries()
        self._label(data, tail, block)

    def _lane(
        self, place: float, parts: list[Part], begin: int, whole: int, texts: bool = False
    ) -> None:
        for offset, size, name, _ in parts:
            colour, hatch = _LOOKS.get(name, (GREY, ""))
            self._box(place, (offset - begin) / whole, size / whole, colour, hatch, name)
            if texts and size / whole > 0.08:
                self._text((offset - begin + size / 2) / whole, place, f"{name}\n{size_text(size)}")

    def _entries(self) -> None:
        shown = self.anatomy.entries
        keys = [text.split("' at ")[0].strip("'") for _, _, _, text in shown]
        common = shared_length(min(keys), max(keys)) if len(keys) > 1 else 0
        whole = sum(entry[1] for entry in shown) or 1
        left = 0.0
        for number, (_, entry_bytes, _, _) in enumerate(shown):
            width = entry_bytes / whole
            shade = (0.71, 0.85, 0.92) if number % 2 else (0.84, 0.92, 0.96)
            self._box(self.BLOCK, left, width, shade, "", "entry")
            if width > 0.03:
                key = ("…" if common else "") + key_text(keys[number][common:], 10)
                self._text(left + width / 2, self.BLOCK, key, rotation=90 if width < 0.09 else 0)
            left += width

    def _box(
        self, place: float, left: float, width: float, colour: Any, hatch: str, name: str
    ) -> None:
        self.ax.barh(
            place,
            width,
            left=left,
            height=self.HEIGHT,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.5 if width > 0.004 else 0.0,
            label=name if name not in self.named and name != "entry" else None,
        )
        self.named.add(name)

    def _text(self, x: float, y: float, text: str, rotation: float = 0) -> None:
        self.ax.text(
            x, y, text, ha="center", va="center", fontsize=8, rotation=rotation, color=INK,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.2},
        )  # fmt: skip

    def _zoom(self, place: float, left: float, right: float, onto: float) -> None:
        """What is shown from near, as a shadow that widens."""
        half = self.HEIGHT / 2 if onto < place else -self.HEIGHT / 2
        top, bottom = place - half, onto + half
        self.ax.fill(
            [left, right, 1.0, 0.0], [top, top, bottom, bottom],
            color=GREY, alpha=0.10, linewidth=0, zorder=0,
        )  # fmt: skip

    def _label(self, data: list[Part], tail: list[Part], block: int) -> None:
        file_bytes = self.anatomy.file_bytes
        stored = sum(part[1] for part in data)
        titles(
            self.ax,
            f"Anatomy of {self.anatomy.path.name}",
            f"{len(data):,} data blocks are {stored / (file_bytes or 1):.0%} of it",
        )
        lanes = {self.FILE: f"the file\n{size_text(file_bytes)}"}
        if tail:
            lanes[self.TAIL] = f"after the data\n{size_text(file_bytes - tail[0][0])}"
        if data:
            shown, count = len(self.anatomy.entries), self.anatomy.entry_count
            what = f"{count:,} entries" if shown == count else f"first {shown} of {count:,} entries"
            lanes[self.BLOCK] = f"data block {block}\n{size_text(data[block][1])}, {what}"
        self.ax.set_yticks(list(lanes), list(lanes.values()))
        self.ax.tick_params(axis="y", length=0)
        self.ax.set_xticks([])
        self.ax.set_xlim(0, 1)
        self.ax.set_ylim(-0.45, 2.4)
        self.ax.grid(visible=False)
        self.ax.spines[["left", "bottom"]].set_visible(False)
        self.ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=7, handlelength=1.4)


def _merged(parts: list[Part], whole: int) -> list[Part]:
    """Data blocks too narrow to be seen apart, drawn as one with their neighbours."""
    if len(parts) <= _FINEST:
        return parts
    out: list[Part] = []
    for part in parts:
        last = out[-1] if out else None
        if last and last[2] == part[2] == "data block" and last[1] < whole / _FINEST:
            out[-1] = (last[0], part[0] + part[1] - last[0], last[2], "")
        else:
            out.append(part)
    return out
