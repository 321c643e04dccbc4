"""How much each level held after each event, from when tables were born and when they died."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lsmkit.frame import Frame
from lsmkit.plot.canvas import refuse
from lsmkit.plot.sources import Floats, Source, frame_of, numbers, sizes_of
from lsmkit.plot.time_axis import Along, along

__all__ = ["LevelHistory", "level_history"]

_NEEDED = ("level", "weight", "born", "died")


@dataclass(frozen=True)
class LevelHistory:
    """Weight by level and moment.

    Attributes
    ----------
    levels : tuple of int
        That ever held a table.
    weight : ndarray, shape (levels, moments)
    table_count : ndarray, shape (levels, moments)
    x : ndarray, shape (moments,)
    along : {"time", "commits", "event"}
        What `x` is.
    label : str
    unit : str
        "weight", or "file bytes" where that is known of more tables.
    note : str
        What is not known; empty: nothing.
    """

    levels: tuple[int, ...]
    weight: Floats
    table_count: Floats
    x: Floats
    along: Along
    label: str
    unit: str
    note: str


def level_history(source: Source, x: Along | None, who: str) -> LevelHistory:
    """Of a database or run, along `x`; of its ``tables(all=True)``, by event."""
    tables = frame_of(source, "tables", _NEEDED, who, all=True)
    born, died = numbers(tables, "born"), numbers(tables, "died")
    if isinstance(source, Frame):
        if x not in (None, "event"):
            raise refuse(who, f"a frame of tables knows no x={x!r}; give the database or run")
        numbered = np.concatenate((born, died))
        event = np.unique(numbered[~np.isnan(numbered)])
        axis: tuple[Floats, Along, str] = (event, "event", "event")
    else:
        series = frame_of(source, "series", ("event",), who)
        event = numbers(series, "event")
        axis = along(source, series, x, who)
    levels, index = np.unique(numbers(tables, "level").astype(np.int64), return_inverse=True)
    sizes = sizes_of(tables, "weight", "file_bytes")
    weight, count = (
        _summed(len(levels), event, index, values, born, died)
        for values in (sizes.values, np.ones(len(tables)))
    )
    told = (sizes.unit, sizes.note("tables"))
    return LevelHistory(tuple(levels.tolist()), weight, count, *axis, *told)


def _summed(
    level_count: int,
    event: Floats,
    index: npt.NDArray[np.intp],
    values: Floats,
    born: Floats,
    died: Floats,
) -> Floats:
    change = np.zeros((level_count, len(event) + 1))  # one more: what happens after the last
    older = np.isnan(born)
    at = np.where(older, 0, np.searchsorted(event, np.where(older, 0, born)))
    np.add.at(change, (index, at), values)
    gone = ~np.isnan(died)
    at = np.searchsorted(event, died[gone])
    np.subtract.at(change, (index[gone], at), values[gone])
    return np.cumsum(change, axis=1)[:, : len(event)]
