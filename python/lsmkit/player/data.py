"""`History`: a run as arrays, taken from its frames: tables, events, and figures by event.

A *step* is an event that the history holds; state 0 is before the first of them, state n after the
n-th. A table is one row for as long as it stands in one place; one that moves a level down as it is
dies and is born again, as in the frame "all_tables".
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.player.layers import LayeredSource, event_columns, layer_bounds, layer_columns

__all__ = ["NEVER", "History", "Source", "history_of"]

Array = npt.NDArray[Any]

NEVER = 0xFFFFFFFF  # the step at which a table that stands has died
MAX_KEY_BYTES = 64  # of a key, to be shown
MAX_TEXT_CHARACTERS = 4000  # of an event

TABLE_COLUMNS = (
    "level", "run", "number", "weight", "file_bytes", "entry_count", "tombstone_count",
    "smallest_seqno", "largest_seqno",
)  # fmt: skip
EVENT_COLUMNS = (
    "number", "job", "score", "input_level", "output_level", "read_weight", "written_weight",
    "in_entries", "out_entries", "dropped_entries", "duration_us", "last_seqno",
)  # fmt: skip
FIGURES = (
    "write_amp", "write_amp_weight", "space_amp", "read_amp", "run_count", "l0_run_count", "weight",
    "live_weight", "stall_us", "user_bytes", "horizon_lsn", "layer_count", "layers_read",
    "live_bytes", "storage_to_log",
)  # fmt: skip
SAMPLED = (
    "debt_weight", "device_utilisation", "job_count", "memtable_weight", "sealed_memtables",
    "waiting_ops", "delay_us_per_kib", "stopped",
)  # fmt: skip


class Source(Protocol):
    """What has the frames: a `Run`, a `DB`, a RocksDB log."""

    def tables(self, *, all: bool) -> Frame: ...
    def events(self) -> Frame: ...
    def series(self) -> Frame: ...


@dataclass
class History:
    """Arrays of one length each for tables, for events, and for figures (one per event).

    Attributes
    ----------
    tables : dict of str to ndarray
        Columns of the frame "all_tables"; those that are null somewhere are left out.
    born, died : ndarray of uint32, shape (tables,)
        The first state in which a table stands, and the first in which it does no more (`NEVER`).
        Rows are in order of birth.
    low, high : ndarray of uint32, shape (tables,)
        The table's first and last key, as an index into `keys`.
    keys : list of bytes
        Bounds of tables in their order, each once, cut off at `MAX_KEY_BYTES`. Empty: keys are not
        modelled.
    events : dict of str to ndarray
        Columns of the frame "events", and "time_us", counted from `origin_us`.
    kinds, reasons, causes : list of str
        What "kind", "reason" and "cause" of `events` count.
    texts : list of str
        What "text" of `events` counts, from 1 on; 0 is none.
    figures : dict of str to ndarray of float64
        As of each event; NaN where it is not known.
    """

    tables: dict[str, Array]
    born: Array
    died: Array
    low: Array
    high: Array
    keys: list[bytes]
    events: dict[str, Array]
    kinds: list[str]
    reasons: list[str]
    texts: list[str]
    figures: dict[str, Array]
    causes: list[str] = field(default_factory=list)
    origin_us: int = 0
    event_count: int = 0  # before thinning
    notes: list[str] = field(default_factory=list)  # what is shown in place of what
    rows: str = "tables"  # or "layers"

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return len(self.events["time_us"])


def history_of(
    source: Source | LayeredSource, start: int | None = None, end: int | None = None
) -> History:
    """The history of a run, or of its events from number `start` to number `end`.

    Raises
    ------
    InvalidArgument
        No event is kept between the two, or the run kept none at all.
    """
    before = source.events()
    layered = hasattr(source, "layers")
    tables = source.layers(all=True) if hasattr(source, "layers") else source.tables(all=True)
    series = source.series()
    # A database goes on meanwhile: what is told is what all of these know.
    events = before if hasattr(source, "fidelity") else source.events()
    first, last = _range(before, events, start, end)
    events = _within(events, "number", first, last)
    numbers = events["number"].astype(np.int64)
    born, died, kept = _lives(tables, numbers)
    tables = tables[kept]
    keys, low, high = layer_bounds(tables) if layered else _bounds(tables)
    columns, notes = (layer_columns(tables), []) if layered else _table_columns(tables)
    kinds, kind = _counted(events["kind"])
    reasons, reason = _counted(events["reason"])
    texts, text = _counted(events["text"], first="")
    clock = events["time_us"].astype(np.float64)
    # A simulation's clock begins with it, others' anywhere.
    origin = 0 if hasattr(source, "fidelity") else int(clock[0])
    figures = _figures(_within(series, "event", first, last), numbers)
    history = History(
        tables=columns,
        born=born,
        died=died,
        low=low,
        high=high,
        keys=keys,
        events={
            **{name: _plain(events, name) for name in EVENT_COLUMNS if _full(events, name)},
            **(event_columns(events) if layered else {}),
            "time_us": clock - origin,
            "kind": kind,
            "reason": reason,
            "text": text,
        },
        kinds=kinds,
        reasons=reasons,
        texts=texts[1:],
        figures=figures,
        origin_us=origin,
        event_count=len(numbers),
        notes=notes,
        rows="layers" if layered else "tables",
    )
    timeline = getattr(source, "timeline", None)
    if timeline is not None:
        _sample(history, timeline(), clock)
    return history


def _range(before: Frame, after: Frame, start: int | None, end: int | None) -> tuple[int, int]:
    if not len(before) or not len(after):
        raise InvalidArgument(
            "there is nothing to play: no events are kept. A simulation keeps them unless it was "
            "made with keep_events=False; a database has them once something was written"
        )
    kept = int(after["number"][0]), int(before["number"][-1])
    first = max(kept[0], start) if start is not None else kept[0]
    last = min(kept[1], end) if end is not None else kept[1]
    if first > last:
        raise InvalidArgument(
            f"no event lies between start={start} and end={end}; kept are {kept[0]} to {kept[1]}"
        )
    return first, last


def _within(frame: Frame, column: str, first: int, last: int) -> Frame:
    numbers = frame[column]
    return frame[(numbers >= first) & (numbers <= last)]


def _lives(tables: Frame, numbers: Array) -> tuple[Array, Array, Array]:
    """States of birth and death, and which rows stand in any state; in order of birth."""
    born, died = tables.column("born"), tables.column("died")
    born_at = np.searchsorted(numbers, born.values.astype(np.int64)) + 1
    died_at = np.searchsorted(numbers, died.values.astype(np.int64)) + 1
    too_old = born.values.astype(np.int64) < numbers[0]
    born_at[too_old if born.valid is None else too_old | ~born.valid] = 0
    ended = died.values.astype(np.int64)
    alive = ended > numbers[-1] if died.valid is None else ~died.valid | (ended > numbers[-1])
    gone = ~alive & (ended < numbers[0])
    died_at[alive] = NEVER
    begun = born_at <= len(numbers)
    rows = np.flatnonzero(begun & ~gone & (born_at < died_at))
    rows = rows[np.argsort(born_at[rows], kind="stable")]
    return born_at[rows].astype(np.uint32), died_at[rows].astype(np.uint32), rows


def _bounds(tables: Frame) -> tuple[list[bytes], Array, Array]:
    """All bounds in order, and each table's place among them."""
    if not (_full(tables, "smallest_key") and _full(tables, "largest_key")):
        none = np.zeros(len(tables), np.uint32)
        return [], none, none
    smallest = tables.column("smallest_key").to_list()
    largest = tables.column("largest_key").to_list()
    ordered = sorted({*smallest, *largest})
    places = {key: place for place, key in enumerate(ordered)}
    low, high = (
        np.fromiter((places[key] for key in bounds), np.uint32, len(bounds))
        for bounds in (smallest, largest)
    )
    return [shown_key(key) for key in ordered], low, high


def shown_key(key: bytes) -> bytes:
    """As much of a key as is shown."""
    return key if len(key) <= MAX_KEY_BYTES else key[: MAX_KEY_BYTES - 3] + b"..."


def _table_columns(tables: Frame) -> tuple[dict[str, Array], list[str]]:
    """What the page knows of each table, but for its keys; and notes."""
    weight, notes = _sizes(tables)
    known = {name: _plain(tables, name) for name in TABLE_COLUMNS if _full(tables, name)}
    return {**known, "weight": weight}, notes


def _sizes(tables: Frame) -> tuple[Array, list[str]]:
    """What each table is drawn as large as, and a note if that is not its weight.

    A log that begins in the middle does not tell the weights of tables that it found there.
    """
    if _full(tables, "weight"):
        return _plain(tables, "weight"), []
    column = tables.column("file_bytes")
    sizes = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    notes = ["tables are as large as their files: the log does not tell the weights of all"]
    if column.null_count:
        notes.append(f"{column.null_count} tables of which it tells no size at all have none")
    return sizes, notes


def _counted(values: Array, first: str | None = None) -> tuple[list[str], Array]:
    """The different texts in order of appearance, and which of them each row has."""
    found: dict[str, int] = {} if first is None else {first: 0}
    indexes = np.fromiter(
        (found.setdefault(str(value), len(found)) for value in values), np.uint32, len(values)
    )
    return [text[:MAX_TEXT_CHARACTERS] for text in found], indexes


def _full(frame: Frame, name: str) -> bool:
    return name in frame.columns and not frame.column(name).null_count


def _plain(frame: Frame, name: str) -> Array:
    return frame.column(name).values


def _figures(series: Frame, numbers: Array) -> dict[str, Array]:
    """The series as of each event: events that leave the tree alone have what was before."""
    place = np.searchsorted(series["event"].astype(np.int64), numbers, side="right") - 1
    figures = {}
    for name in FIGURES:
        if name not in series.columns or not len(series):
            continue
        column = series.column(name)
        values = column.values.astype(np.float64)
        if column.valid is not None:
            values[~column.valid] = np.nan
        figures[name] = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
    if "user_bytes" in figures:  # an axis: it never goes back
        figures["user_bytes"] = np.maximum.accumulate(np.nan_to_num(figures["user_bytes"]))
    return {name: values for name, values in figures.items() if not np.isnan(values).all()}


def _sample(history: History, timeline: Frame, clock: Array) -> None:
    """What the timeline tells, as of each event."""
    if not len(timeline):
        return
    place = np.searchsorted(timeline["time_us"].astype(np.float64), clock, side="right") - 1
    place = np.maximum(place, 0)
    for name in SAMPLED:
        history.figures[name] = timeline.column(name).values.astype(np.float64)[place]
    history.figures["stall_us"] = np.maximum.accumulate(
        np.interp(clock, timeline["time_us"].astype(float), timeline["stall_us"].astype(float))
    )
    history.causes, cause = _counted(timeline["cause"])
    history.events["cause"] = cause[place]
