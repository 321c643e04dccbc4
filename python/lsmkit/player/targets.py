"""What each level should weigh, state by state, as the planner's own rules say.

Targets depend on the weights of levels and runs alone, so each state is asked about as a tree with
one table per run. Beyond `MAX_STATES` states every n-th is asked, and holds until the next.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit import _core
from lsmkit.options import Options, option_texts
from lsmkit.player.data import NEVER, History

__all__ = ["level_targets", "targets_of"]

MAX_STATES = 2000


def targets_of(
    history: History, options: Options, most: int = MAX_STATES
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float64]]:
    """Targets by state and level.

    Returns
    -------
    states : ndarray of uint32, shape (n,)
        Ascending, the first is 0.
    targets : ndarray of float64, shape (n, levels)
        In weight; 0: none.
    """
    texts = option_texts(vars(options))
    stride = max(1, -(-(history.steps + 1) // most))
    states, rows = [], []
    for state, runs in _weights(history, stride):
        states.append(state)
        rows.append(level_targets(runs, texts))
    width = max(len(row) for row in rows)
    padded = [row + [0] * (width - len(row)) for row in rows]
    return np.array(states, np.uint32), np.array(padded, np.float64)


def _weights(history: History, stride: int) -> Iterator[tuple[int, Mapping[tuple[int, int], int]]]:
    """Every n-th state, with the weight of each (level, run)."""
    levels = history.tables["level"].tolist()
    run_ids = history.tables["run"].tolist()
    weights = history.tables["weight"].tolist()
    begins = np.searchsorted(history.born, np.arange(history.steps + 2)).tolist()
    by_death = np.argsort(history.died, kind="stable")
    ends = np.searchsorted(history.died[by_death], np.arange(history.steps + 2)).tolist()
    dying = by_death[history.died[by_death] != NEVER].tolist()
    runs: dict[tuple[int, int], int] = {}
    for state in range(history.steps + 1):
        for row in dying[ends[state] : ends[state + 1]]:
            place = levels[row], run_ids[row]
            runs[place] -= weights[row]
            if runs[place] <= 0:
                del runs[place]
        for row in range(begins[state], begins[state + 1]):
            place = levels[row], run_ids[row]
            runs[place] = runs.get(place, 0) + weights[row]
        if state % stride == 0:
            yield state, runs


def level_targets(runs: Mapping[tuple[int, int], int], options: Mapping[str, str]) -> list[Any]:
    # Oldest first: a run of L0 is known by its newest commit.
    ordered = sorted(runs.items(), key=lambda item: (-item[0][0], item[0][1]))
    lines = [
        f"L{level} run={age if level == 0 else run} #{age} a..b weight={weight} entries=1 "
        f"seqnos={age}..{age}"
        for age, ((level, run), weight) in enumerate(ordered, 1)
    ]
    levels = _core.Version("\n".join(lines)).levels(options)
    return list(levels["target_weight"])
