"""`Run`: what a simulation did, in the frames that a database has."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lsmkit import _core, tree_html, tree_text
from lsmkit._errors import InvalidArgument
from lsmkit.compaction_stats import WithCompactionStats
from lsmkit.frame import Frame
from lsmkit.frames import (
    Columns,
    all_tables_of,
    events_of,
    frame_of,
    level_rows,
    levels_at,
    memtable_row,
    rows_of,
    tables_at,
)
from lsmkit.machine import Machine
from lsmkit.options import Options, option_texts
from lsmkit.player import Playable
from lsmkit.reads import Reads
from lsmkit.schema import SCHEMAS
from lsmkit.stats import Counters
from lsmkit.text import size_text
from lsmkit.version import Version
from lsmkit.workload import Workload

__all__ = ["Run", "Timing", "Waits", "Window"]


@dataclass(frozen=True)
class Window:
    """The stretch of a run over which it is measured: since all that lives was written over once.

    Means are by weight put: a moment counts for what was put until the next.

    Attributes
    ----------
    first_seqno, last_seqno : int
        It opens right after the former.
    overwritten : bool
        False: that never came, and the window opens half-way.
    write_amp : float
        File bytes written by flush and compaction / bytes of keys and values put, in the window.
        NaN: nothing was put.
    write_amp_weight : float
        The same in weights, whatever the codec.
    user_weight : int
        Weight put in the window.
    mean_space_amp, peak_space_amp : float
        Weight of all tables / weight of the newest record of each key.
    mean_run_count, peak_run_count : float
        Sorted runs.
    mean_level_weight, mean_level_table_count : tuple of float
        By level, from L0 on.
    """

    first_seqno: int
    last_seqno: int
    overwritten: bool
    write_amp: float
    write_amp_weight: float
    user_weight: int
    mean_space_amp: float
    peak_space_amp: float
    mean_run_count: float
    peak_run_count: float
    mean_level_weight: tuple[float, ...]
    mean_level_table_count: tuple[float, ...]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Window":
        """From the compiled module's."""
        lists = ("mean_level_weight", "mean_level_table_count")
        return cls(**{**values, **{name: tuple(values[name]) for name in lists}})


@dataclass(frozen=True)
class Waits:
    """How long operations took, in microseconds. Zeros if there were none."""

    count: float
    mean_us: float
    p50_us: float
    p90_us: float
    p99_us: float
    p999_us: float
    max_us: float


@dataclass(frozen=True)
class Timing:
    """What only a simulation in time knows.

    Attributes
    ----------
    writes, reads : Waits
        From when an operation came until it was done.
    stall_s : dict of str to float
        Seconds in which writes waited, by cause.
    device_utilisation : float
        On average, 0 to 1.
    cores_used : float
        On average.
    offered_work, dropped_work : float
        In the unit of the phases' rates: operations, or bytes of keys and values put.
    accepted_ops, accepted_bytes : float
    waiting_bytes, oldest_wait_us : float
        In line at the end.
    why_ended : str
        Empty: it goes on.
    """

    writes: Waits
    reads: Waits
    stall_s: dict[str, float]
    device_utilisation: float
    cores_used: float
    offered_work: float
    dropped_work: float
    accepted_ops: float
    accepted_bytes: float
    waiting_bytes: float
    oldest_wait_us: float
    why_ended: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Timing":
        """From the compiled module's."""
        waits = {name: Waits(**values[name]) for name in ("writes", "reads")}
        return cls(**{**values, **waits})


class Run(WithCompactionStats, Playable):
    """What a simulation did up to one moment. Made by `lsmkit.simulate` and `Simulation.run`.

    Its frames are those of a database: the same columns, nulls where only that could tell. File
    bytes are modelled: of "exact" runs byte for byte as the engine would write them without
    compression; what zstd leaves is measured on a sample of the workload's values, and of
    "segment" runs the bytes of a record are those of a sample. They decide nothing.

    Attributes
    ----------
    workload : Workload
    options : Options
    fidelity : str
    machine : Machine or None
        None: it was in lock-step.
    assumptions : tuple of str
        What was taken for granted: of the tree that it began with, none of an empty one; with
        fidelity "drawn" of all that has no keys, and frames' names tell of it.
    timing : Timing or None
        Waits, stalls and use of the machine; None in lock-step.
    counters : Counters
        What was put, flushed and compacted, in weights.
    window : Window
        Amplification over the settled part.
    reads : Reads or None
        What gets and scans looked into. With fidelity "segment" on average, the cache by Che's
        approximation, within some points; None there for what shares of keys do not tell: reads of
        a queue, and among writes that come to each key in its turn.
    ops : int
        Operations of the workload so far, reads too; `ops_by_kind` has them by kind.
    """

    def __init__(
        self,
        core: _core.Simulation,
        workload: Workload,
        options: Options,
        fidelity: str,
        machine: Machine | None = None,
        assumptions: tuple[str, ...] = (),
    ) -> None:
        state = core.state()
        self.workload = workload
        self.options = options
        self.fidelity = fidelity
        self.machine = machine
        self.assumptions = assumptions
        self.timing = None if state["timed"] is None else Timing.of(state["timed"])
        self.counters = Counters(**state["counters"])
        self.window = Window.of(state["window"])
        self.reads = None if state["reads"] is None else Reads.of(state["reads"])
        self.ops: int = state["ops"]
        self.ops_by_kind: dict[str, int] = state["ops_by_kind"]
        self._state = state
        self._version = core.version()
        self._log = core.events()
        self._series = core.series()
        self._samples = core.samples()
        self._level_reads = core.level_reads()

    # -- Frames ------------------------------------------------------------------------------------

    def levels(self, at: int | None = None) -> Frame:
        """One row for the memtable and one per level; see `DB.levels`.

        Parameters
        ----------
        at : int, optional
            As the tree stood after that event, by number, without memtable, targets and scores.
        """
        if at is not None:
            return self._told(levels_at(self._kept_log(), at, self._unknown()))
        seal_weight = self.options.memtable_bytes
        memtable = {
            "sealed": False,
            "weight": self._state["memtable_weight"],
            "entry_count": self._state["memtable_entries"] or 0,
        }
        texts = option_texts(vars(self.options))
        rows = level_rows(self._modelled(self._version.levels(texts)))
        return self._told(frame_of("levels", [memtable_row(memtable, seal_weight), *rows]))

    def tables(self, at: int | None = None, *, all: bool = False) -> Frame:
        """One row per table; see `DB.tables`.

        Parameters
        ----------
        at : int, optional
            As they stood after that event, by number.
        all : bool
            Every table that ever was, with the events of its birth and death.
        """
        if all:
            return self._told(all_tables_of(self._kept_log(), self._unknown()))
        if at is not None:
            return self._told(tables_at(self._kept_log(), at, self._unknown()))
        rows = rows_of(self._modelled(self._version.tables()))
        return self._told(frame_of("tables", [self._without_keys(row) for row in rows]))

    def events(self) -> Frame:
        """What happened, oldest first; see `DB.events`."""
        return self._told(events_of(self._log, self._unknown()))

    def series(self) -> Frame:
        """How the tree grew, one row per event; see `DB.series`."""
        rows = rows_of(self._series)
        for row in rows:
            written = row["flush_weight"] + row["compaction_written_weight"]
            row["wall_us"] = row["time_us"]
            row["write_amp"] = _ratio(row["written_bytes"], row["user_bytes"])
            row["write_amp_weight"] = _ratio(written, row["user_weight"])
            row["space_amp"] = _ratio(row["weight"], row["live_weight"])
        before: dict[str, Any] | None = None
        for row in rows:
            row.update(_read_ratios(row, before))
            before = row
        for row in rows:
            self._forget_files(row)
        return self._told(frame_of("series", rows))

    def level_reads(self) -> Frame:
        """What gets looked into, one row per level, from L0 on.

        Without rows where nothing was read from tables, or that is not modelled.
        """
        rows = rows_of(self._level_reads)
        for row in rows:
            row.update(_read_ratios(row, None))
        return frame_of("level_reads", rows)

    def timeline(self) -> Frame:
        """What a simulation in time was like at regular times, and at the end.

        Without rows in lock-step.
        """
        return self._told(frame_of("timeline", rows_of(self._samples)))

    def summary(self) -> Frame:
        """The run in one row; see `DB.summary`."""
        counted, levels = self.counters, self._version.levels()
        written = counted.flush_weight + counted.compaction_written_weight
        written_bytes = counted.flush_file_bytes + counted.compaction_written_file_bytes
        user_bytes = counted.user_key_bytes + counted.user_value_bytes
        tables = self._version.tables()
        row = {
            "last_seqno": self._state["last_seqno"],
            "level_count": sum(count > 0 for count in levels["table_count"]),
            "run_count": self._version.run_count,
            "table_count": self._version.table_count,
            "entry_count": self._version.entry_count,
            "weight": self._version.weight,
            "live_weight": self._state["live_weight"],
            "file_bytes": sum(levels["file_bytes"]),
            "compression_ratio": _ratio(
                sum(levels["file_bytes"]), sum(tables["key_bytes"]) + sum(tables["value_bytes"])
            ),
            "puts": counted.puts,
            "deletes": counted.deletes,
            "user_bytes": user_bytes,
            "flush_count": counted.flush_count,
            "flush_bytes": counted.flush_file_bytes,
            "compaction_count": counted.compaction_count,
            "compaction_read_bytes": counted.compaction_read_file_bytes,
            "compaction_written_bytes": counted.compaction_written_file_bytes,
            "trivial_move_count": counted.trivial_move_count,
            "dropped_count": counted.compaction_dropped_entries,
            "write_amp": _ratio(written_bytes, user_bytes),
            "write_amp_weight": _ratio(written, counted.user_weight),
            "write_amp_over_flush": _ratio(written_bytes, counted.flush_file_bytes),
            "settled_write_amp": self.window.write_amp_weight,
            "mean_space_amp": self.window.mean_space_amp,
            "peak_space_amp": self.window.peak_space_amp,
            "mean_run_count": self.window.mean_run_count,
            "gets": None if self.reads is None else self.reads.gets,
            **_of_reads(self.reads),
            "stall_us": counted.stall_us if self.timing is None else self._stall_us(),
        }
        self._forget_files(row)
        return self._told(frame_of("summary", [row]))

    def version(self) -> Version:
        """The tables as they stand, as a value."""
        return Version._of(self._version)

    def _told(self, frame: Frame) -> Frame:
        """With what is assumed in its name."""
        if self.fidelity != "drawn":
            return frame
        columns = {name: frame.column(name) for name in frame.columns}
        specs = {name: frame.spec(name) for name in frame.columns}
        return Frame(columns, specs, f"{frame.name} (assumption: {', '.join(self.assumptions)})")

    def _modelled(self, columns: Columns) -> Columns:
        """Nulls for what only a database knows, and of files, which a drawn tree has none of."""
        unknown = _OF_TABLES | _OF_FILES if self.fidelity == "drawn" else _OF_TABLES
        return {
            name: [None] * len(values) if name in unknown else values
            for name, values in columns.items()
        }

    def _forget_files(self, row: dict[str, Any]) -> None:
        if self.fidelity == "drawn":
            row.update(dict.fromkeys(_OF_FILES & row.keys()))

    def _without_keys(self, row: dict[str, Any]) -> dict[str, Any]:
        """Bounds of a drawn tree's tables are no keys."""
        if "no keys" in self.assumptions:
            row["smallest_key"] = row["largest_key"] = None
        return row

    def _stall_us(self) -> int:
        assert self.timing is not None
        return round(1e6 * sum(self.timing.stall_s.values()))

    def _kept_log(self) -> _core.HeldEvents:
        if self._series["event"] and not len(self._log):
            raise InvalidArgument("this run kept no events: simulate with keep_events=True")
        return self._log

    def _unknown(self) -> frozenset[str]:
        return unknown_columns(self.fidelity, self.assumptions)

    # -- Shown -------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return tree_text.picture(self._title(), tree_text.shown_rows(self.levels()))

    def _repr_html_(self) -> str:
        return tree_html.picture(self._title(), tree_text.shown_rows(self.levels()))

    def _title(self) -> str:
        window, tables = self.window, self._version.table_count
        since = "since all was written over" if window.overwritten else "over the last half"
        return (
            f"lsmkit.Run {self.workload.name!r}, {self.fidelity}: {tables:,} "
            f"table{'s' * (tables != 1)}, weight {size_text(self._version.weight)}; {since}: "
            f"write amplification {window.write_amp_weight:.2f}, space {window.mean_space_amp:.3f} "
            f"(peak {window.peak_space_amp:.3f}), {window.mean_run_count:.1f} sorted runs"
            f"{self._timing_text()}{self._assumed_text()}"
        )

    def _assumed_text(self) -> str:
        return f"; assumption: {', '.join(self.assumptions)}" if self.fidelity == "drawn" else ""

    def _timing_text(self) -> str:
        if self.timing is None:
            return ""
        writes, stalls = self.timing.writes, sum(self.timing.stall_s.values())
        return (
            f"; writes took {writes.p50_us:,.1f} us (p50), {writes.p99_us:,.0f} (p99), "
            f"{writes.max_us:,.0f} (most), {stalls:,.1f} s of stalls, device "
            f"{self.timing.device_utilisation:.0%} in use"
        )


def unknown_columns(fidelity: str, assumptions: tuple[str, ...]) -> frozenset[str]:
    """Columns that are not modelled."""
    files = _OF_FILES if fidelity == "drawn" else frozenset()
    return files | (_KEYS if "no keys" in assumptions else frozenset())


_OF_TABLES = frozenset(spec.name for spec in SCHEMAS["tables"] if spec.sources == ("db",))
_KEYS = frozenset(("smallest_key", "largest_key"))
_OF_FILES = frozenset(
    (
        "file_bytes",
        "compression_ratio",
        "read_bytes",
        "written_bytes",
        "flush_bytes",
        "compaction_read_bytes",
        "compaction_written_bytes",
        "write_amp",
        "write_amp_over_flush",
    )
)


def _of_reads(reads: Reads | None) -> dict[str, float | None]:
    names = ("read_amp", "blocks_per_get", "false_positive_rate", "cache_hit_ratio")
    found = {name: math.nan if reads is None else getattr(reads, name) for name in names}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


def _read_ratios(
    row: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, float | None]:
    """Of cumulative counts, since those before."""

    def since(name: str) -> int:
        return int(row.get(name, 0)) - (0 if before is None else int(before[name]))

    passed, spared = since("false_positives"), since("filter_negatives")
    hits, misses = since("cache_hits"), since("cache_misses")
    return {
        "read_amp": _ratio(since("tables_probed"), since("gets")),
        "false_positive_rate": _ratio(passed, passed + spared),
        "cache_hit_ratio": _ratio(hits, hits + misses),
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
