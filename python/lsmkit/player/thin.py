"""Merges consecutive events into one step, so that a long run fits where it should.

A step's state is the one after its last event, so every state that is shown is true; tables that
were born and died within one step are not there. What was read and written adds up.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit.player.data import NEVER, History

__all__ = ["thinned"]

_SUMS = frozenset(
    ("read_weight", "written_weight", "in_entries", "out_entries", "dropped_entries", "duration_us")
)
COUNTED = ("flush", "compaction", "trivial move")


def thinned(history: History, steps: int) -> History:
    """The history in at most so many steps, of about as many events each."""
    if history.steps <= steps:
        return history
    ends = np.unique(np.linspace(0, history.steps, max(1, steps) + 1).astype(np.int64)[1:])
    starts = np.concatenate(([0], ends[:-1]))
    # The state after the event at an index; states are those of the last events of steps.
    born = np.searchsorted(ends, history.born.astype(np.int64)).astype(np.int64) + 1
    born[history.born == 0] = 0
    died = np.searchsorted(ends, history.died.astype(np.int64)).astype(np.int64) + 1
    died[history.died == NEVER] = NEVER
    rows = np.flatnonzero(born < died)
    keys, low, high = _used_keys(history, rows)
    events = {name: _merged(name, values, starts, ends) for name, values in history.events.items()}
    events |= _merged_counts(history, starts, ends)
    texts, events["text"] = _used_texts(history.texts, events["text"])
    return replace(
        history,
        tables={name: values[rows] for name, values in history.tables.items()},
        born=born[rows].astype(np.uint32),
        died=died[rows].astype(np.uint32),
        low=low,
        high=high,
        keys=keys,
        events=events,
        texts=texts,
        figures={name: values[ends - 1] for name, values in history.figures.items()},
    )


def _merged(
    name: str,
    values: npt.NDArray[Any],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> npt.NDArray[Any]:
    if name in _SUMS:
        return np.add.reduceat(values.astype(np.float64), starts)
    return values[ends - 1]


def _merged_counts(
    history: History, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """How many events of each kind a step stands for."""
    counts = {"merged": (ends - starts).astype(np.uint32)}
    for name in COUNTED:
        number = history.kinds.index(name) if name in history.kinds else -1
        of_kind = (history.events["kind"] == number).astype(np.uint32)
        counts[f"merged {name}"] = np.add.reduceat(of_kind, starts)
    return counts


def _used_keys(
    history: History, rows: npt.NDArray[np.intp]
) -> tuple[list[bytes], npt.NDArray[Any], npt.NDArray[Any]]:
    low, high = history.low[rows], history.high[rows]
    if not history.keys:
        return [], low, high
    used, places = np.unique(np.concatenate((low, high)), return_inverse=True)
    places = places.astype(np.uint32)
    return [history.keys[place] for place in used], places[: len(low)], places[len(low) :]


def _used_texts(
    texts: list[str], indexes: npt.NDArray[Any]
) -> tuple[list[str], npt.NDArray[np.uint32]]:
    used, places = np.unique(np.append(indexes, 0), return_inverse=True)
    return [texts[index - 1] for index in used[1:]], places[:-1].astype(np.uint32)
