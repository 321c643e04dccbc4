"""What a simulation did since one last looked, as a part of a run that the page appends.

Tables keep their row, keys their number. Keys come in the order in which they were met; the page
sorts them. So a look costs what is new, however long the session is.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit.frames import Row
from lsmkit.options import Options, option_texts
from lsmkit.player.data import (
    EVENT_COLUMNS,
    FIGURES,
    MAX_TEXT_CHARACTERS,
    NEVER,
    SAMPLED,
    shown_key,
)
from lsmkit.player.pack import figure_type, joined
from lsmkit.player.targets import level_targets
from lsmkit.simulate import Simulation

__all__ = ["Deltas"]

Array = npt.NDArray[Any]

TABLE_COLUMNS = (
    "level", "run", "number", "weight", "entry_count", "tombstone_count", "smallest_seqno",
    "largest_seqno",
)  # fmt: skip
TARGET_LEVELS = 16


class Deltas:
    """Remembers what was told: rows of tables that stand, numbers of keys, steps."""

    def __init__(self, options: Options, name: str) -> None:
        self._texts = option_texts(vars(options))
        self._name = name
        self._events = 0  # of the simulation, that were told
        self._steps = 0
        self._rows = 0
        self._standing: dict[int, int] = {}
        self._weights: dict[tuple[int, int], int] = {}
        self._moments = 0
        self._keys: dict[bytes, int] = {}
        self._kinds: dict[str, int] = {}
        self._reasons: dict[str, int] = {}
        self._causes: dict[str, int] = {}
        self._text_count = 0
        self._said: list[tuple[str, int, str]] = []

    def said(self, kind: str, time_us: int, text: str) -> None:
        """An event that is not the tree's."""
        self._said.append((kind, time_us, text))

    def since_last(self, simulation: Simulation) -> tuple[dict[str, Any], dict[str, Array]]:
        """Header and columns of what came since the last look."""
        part = _Part()
        for event in self._merged(self._new_events(simulation)):
            self._take(event, part)
        columns = self._columns(part, simulation)
        header = {
            "schema": 1,
            "name": self._name,
            "options": self._texts,
            "notes": list(simulation._assumptions),
            "events": self._steps,
            "ended": part.ended,
            "unsorted": True,
            "kinds": list(self._kinds),
            "reasons": list(self._reasons),
            "causes": list(self._causes),
        }
        return header, columns

    def _new_events(self, simulation: Simulation) -> list[Row]:
        found = simulation._core.events(since=self._events).rows()
        self._events += len(found)
        return found

    def _merged(self, events: list[Row]) -> list[Row]:
        """With what was said, in order of time."""
        others = [
            dict.fromkeys(EVENT_COLUMNS, 0)
            | {"kind": kind, "time_us": us, "reason": "none", "text": text}
            | {"removed": [], "added": []}
            for kind, us, text in self._said
        ]
        self._said = []
        return sorted([*events, *others], key=lambda event: event["time_us"])

    def _take(self, event: Row, part: "_Part") -> None:
        self._steps += 1
        step = self._steps
        for table in event["removed"]:
            row = self._standing.pop(table["number"])
            if row >= self._rows - len(part.born):
                part.died[row - (self._rows - len(part.born))] = step
            else:
                part.ended.append([row, step])
            self._weigh(table["level"], table["run"], -part.weight_of(table))
        for table in event["added"]:
            self._standing[table["number"]] = self._rows
            self._rows += 1
            part.born.append(step)
            part.died.append(NEVER)
            part.tables.append(table)
            part.bounds.append((self._key(table["smallest_key"], part),
                                self._key(table["largest_key"], part)))  # fmt: skip
            self._weigh(table["level"], table["run"], table["weight"])
        part.events.append(event)
        part.codes.append(
            (
                _code(self._kinds, event["kind"]),
                _code(self._reasons, event["reason"]),
                self._text(event["text"], part),
            )
        )
        if event["removed"] or event["added"] or step == 1:
            targets = level_targets(self._weights, self._texts)[:TARGET_LEVELS]
            part.target_states.append(step)
            part.targets.extend(targets + [0] * (TARGET_LEVELS - len(targets)))

    def _weigh(self, level: int, run: int, weight: int) -> None:
        place = level, run
        self._weights[place] = self._weights.get(place, 0) + weight
        if self._weights[place] <= 0:
            del self._weights[place]

    def _key(self, key: bytes | None, part: "_Part") -> int:
        if key is None:
            return 0
        number = self._keys.get(key)
        if number is None:
            number = self._keys[key] = len(self._keys)
            part.keys.append(shown_key(key))
        return number

    def _text(self, text: str, part: "_Part") -> int:
        if not text:
            return 0
        part.texts.append(text[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace"))
        self._text_count += 1
        return self._text_count

    def _columns(self, part: "_Part", simulation: Simulation) -> dict[str, Array]:
        columns: dict[str, Array] = {
            "table born": np.array(part.born, "<u4"),
            "table died": np.array(part.died, "<u4"),
            "table number": np.array([t["number"] for t in part.tables], "<u8"),
        }
        for name in TABLE_COLUMNS:
            if name != "number":
                values = [table[name] for table in part.tables]
                columns[f"table {name}"] = np.array(values, "<f8")
        if self._keys:
            bounds = np.array(part.bounds, "<u4").reshape(-1, 2)
            columns["table low"], columns["table high"] = bounds[:, 0], bounds[:, 1]
        for name in (*EVENT_COLUMNS, "time_us"):
            columns[f"event {name}"] = np.array([e[name] for e in part.events], "<f8")
        codes = np.array(part.codes, "<u4").reshape(-1, 3)
        for place, name in enumerate(("kind", "reason", "text")):
            columns[f"event {name}"] = codes[:, place]
        columns |= self._figures(part.events, simulation)
        columns["target state"] = np.array(part.target_states, "<u4")
        columns["target weight"] = np.array(part.targets, "<f8")
        columns["keys"], columns["key ends"] = joined(part.keys)
        columns["texts"], columns["text ends"] = joined(part.texts)
        return columns

    def _figures(self, events: list[Row], simulation: Simulation) -> dict[str, Array]:
        """The series and the samples as of each event."""
        clock = np.array([event["time_us"] for event in events], np.float64)
        # The moment that was last, for what came before the next; and the one before, since which
        # it counts.
        begin = max(0, self._moments - 2)
        series = simulation._core.series(since=begin)
        self._moments = begin + len(series["event"])
        own = slice(1 if begin else 0, None)
        figures = {
            name: _as_of(clock, series["time_us"][own], values[own])
            for name, values in _ratios(series).items()
        }
        samples = simulation._core.samples(since_us=clock[0] if len(clock) else math.inf)
        times = samples["time_us"]
        for name in SAMPLED:
            figures[name] = _as_of(clock, times, np.array(samples[name], float))
        figures["user_bytes"] = np.nan_to_num(figures["user_bytes"])  # an axis
        codes = np.array([_code(self._causes, cause) for cause in samples["cause"]], float)
        cause = np.nan_to_num(_as_of(clock, times, codes))
        columns = {
            f"figure {name}": values.astype(figure_type(name)) for name, values in figures.items()
        }
        if len(times):
            columns["figure stall_us"] = np.interp(clock, times, samples["stall_us"])
        columns["event cause"] = cause.astype("<u4")
        return columns


class _Part:
    """What one reply tells."""

    def __init__(self) -> None:
        self.events: list[Row] = []
        self.codes: list[tuple[int, int, int]] = []
        self.tables: list[Row] = []
        self.born: list[int] = []
        self.died: list[int] = []
        self.ended: list[list[int]] = []
        self.bounds: list[tuple[int, int]] = []
        self.keys: list[bytes] = []
        self.texts: list[bytes] = []
        self.target_states: list[int] = []
        self.targets: list[int] = []

    @staticmethod
    def weight_of(table: Mapping[str, Any]) -> int:
        """Of a table that goes."""
        return int(table["weight"])


def _code(codes: dict[str, int], text: str) -> int:
    return codes.setdefault(text, len(codes))


def _as_of(clock: Array, times: list[int], values: Array) -> Array:
    if not len(times):
        return np.full(len(clock), math.nan)
    place = np.searchsorted(np.array(times, np.float64), clock, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], math.nan)


def _ratios(series: Mapping[str, list[Any]]) -> dict[str, Array]:
    """The figures of `Run.series` that are shown."""
    of = {name: np.array(values, np.float64) for name, values in series.items()}
    written = of["flush_weight"] + of["compaction_written_weight"]
    found = {name: of[name] for name in FIGURES if name in of}
    with np.errstate(divide="ignore", invalid="ignore"):
        found["write_amp_weight"] = written / of["user_weight"]
        found["space_amp"] = of["weight"] / of["live_weight"]
        probed, gets = (np.diff(of[name], prepend=0) for name in ("tables_probed", "gets"))
        found["read_amp"] = probed / gets  # since the event before
    return found
