"""What pictures are made of: the frames of a database, of a run, or one that is given as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame

if TYPE_CHECKING:
    from lsmkit.db import DB
    from lsmkit.run import Run

__all__ = [
    "Floats",
    "Several",
    "Sizes",
    "Source",
    "frame_of",
    "is_log",
    "name_of",
    "named",
    "numbers",
    "sizes_of",
]

Source: TypeAlias = Union["DB", "Run", Frame, "Told"]
Several: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]
Floats: TypeAlias = npt.NDArray[np.float64]


class Told(Protocol):
    """What has the frames of a run, whoever made it: another engine's log, for one."""

    def levels(self, at: int | None = None) -> Frame:
        """One row per level."""

    def events(self) -> Frame:
        """One row per event."""

    def series(self) -> Frame:
        """One row per event that changed the tree."""

    def summary(self) -> Frame:
        """One row."""


def frame_of(
    source: Source, name: str, columns: Sequence[str], who: str, **arguments: Any
) -> Frame:
    """The frame called `name` of a source, which has `columns`; or the source, if it is a frame.

    Raises
    ------
    InvalidArgument
        A frame without these columns.
    TypeError
        It is no source.
    """
    if isinstance(source, Frame):
        frame = source
    elif callable(method := getattr(source, name, None)):
        frame = method(**arguments)
    else:
        raise TypeError(
            f"plot.{who}: a database, a run or a frame is due, not {type(source).__name__}"
        )
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        said = ", ".join(f"{argument}={value}" for argument, value in arguments.items())
        raise InvalidArgument(
            f"plot.{who}: the frame {frame.name!r} has no column {', '.join(lacking)}; give a "
            f"database, a run, or its {name}({said}), with {', '.join(columns)}"
        )
    return frame


def numbers(frame: Frame, name: str) -> Floats:
    """A column as floats, NaN where it is null.

    Raises
    ------
    InvalidArgument
        It holds no numbers.
    """
    column = frame.column(name)
    if column.offsets is not None:
        raise InvalidArgument(f"plot: column {name!r} of {frame.name!r} holds no numbers")
    out = column.values.astype(np.float64)
    if column.valid is not None:
        out[~column.valid] = np.nan
    return out


@dataclass(frozen=True)
class Sizes:
    """How large rows are.

    Attributes
    ----------
    values : ndarray
        0 where it is not known.
    unit : str
        "weight" or "file bytes".
    unknown : ndarray of bool
    """

    values: Floats
    unit: str
    unknown: npt.NDArray[np.bool_]

    def note(self, what: str) -> str:
        """Of how many rows the size is not known; empty: of none."""
        count = int(self.unknown.sum())
        return f"{what} whose size is not known: {count:,}" if count else ""


def sizes_of(frame: Frame, weight: str, file_bytes: str) -> Sizes:
    """By weight; but by file bytes where that is known of more rows, as in logs of RocksDB."""
    found = []
    for name, unit in ((weight, "weight"), (file_bytes, "file bytes")):
        if name in frame.columns:
            values = numbers(frame, name)
            found.append(Sizes(np.nan_to_num(values), unit, np.isnan(values)))
    return min(found, key=lambda sizes: int(sizes.unknown.sum()))


def is_log(source: Source) -> bool:
    """Whether it is what a log of another engine tells."""
    return getattr(source, "fidelity", "") == "log"


def name_of(source: Source) -> str:
    """A source in a few words."""
    if isinstance(source, Frame):
        return source.name
    if is_log(source):
        releases = ", ".join(getattr(source, "releases", ()))
        family = getattr(source, "column_family", "")
        return f"log of RocksDB {releases}" + (f", column family {family!r}" if family else "")
    workload = getattr(source, "workload", None)
    if workload is not None:
        options, fidelity = getattr(source, "options", None), getattr(source, "fidelity", "exact")
        told = " (assumption)" if fidelity == "drawn" else ""
        layout = getattr(options, "layout", "")
        parts = (workload.name, layout, f"simulated, {fidelity}{told}")
        return ", ".join(part for part in parts if part)
    path = getattr(source, "path", None)
    return str(path) if path is not None else type(source).__name__


def named(sources: Several, who: str) -> dict[str, Source]:
    """Sources by name: of a mapping its own, else what they are, each once."""
    if isinstance(sources, Mapping) and not hasattr(sources, "levels"):
        out = {str(name): source for name, source in sources.items()}
    else:
        several: Any = sources if isinstance(sources, list | tuple) else [sources]
        out = {}
        for source in several:
            name = base = name_of(source)
            number = 1
            while name in out:
                number += 1
                name = f"{base} ({number})"
            out[name] = source
    if not out:
        raise InvalidArgument(f"plot.{who}: nothing was given to draw")
    return out
