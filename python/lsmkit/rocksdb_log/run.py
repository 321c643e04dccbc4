"""`RocksDBRun`: what a log of RocksDB tells, in the frames that a database has."""

from collections.abc import Sequence
from typing import Any

from lsmkit import tree_html, tree_text
from lsmkit._errors import InvalidArgument
from lsmkit.compaction_stats import WithCompactionStats
from lsmkit.frame import Frame
from lsmkit.frames import frame_of
from lsmkit.options import OptionNote, Options
from lsmkit.player import Playable
from lsmkit.rocksdb_log.moments import (
    Walk,
    Written,
    event_row,
    find_hidden,
    life_row,
    moments,
    standing_at,
    table_row,
)
from lsmkit.rocksdb_log.reader import Log
from lsmkit.rocksdb_log.records import Life, Problem
from lsmkit.rocksdb_log.tree import Tree
from lsmkit.text import size_text

__all__ = ["RocksDBRun"]


class RocksDBRun(WithCompactionStats, Playable):
    """What a RocksDB did, as its log tells. Made by `lsmkit.read_rocksdb_log`.

    Its frames are those of a database and of a simulation; what a log does not tell is null: keys,
    targets, reads, and with old releases weights. Nothing of it changes any more.

    Attributes
    ----------
    files : tuple of str
        That were read, in order.
    releases : tuple of str
        Of RocksDB, that wrote them.
    column_family : str
        That the frames are of.
    column_families : tuple of str
        That the log tells of; `family` gives another one.
    options : Options or None
        As near to the log's list as can be; None: `option_notes` or `problems` tell why.
    option_notes : tuple of OptionNote
        What could not be taken, by line.
    option_values : dict of str to str
        All options as the log lists them.
    problems : tuple of Problem
        What was broken, missing or contradictory, and where. Empty: nothing.
    assumptions : tuple of str
        How what the log does not tell was filled in.
    fidelity : str
        "log".
    """

    fidelity = "log"

    def __init__(self, log: Log, column_family: str | None) -> None:
        self._log = log
        self.files = tuple(str(file.path) for file in log.files)
        self.releases = tuple(log.releases)
        named = [name for name in log.options.families if name]
        self.column_families = tuple(dict.fromkeys([*named, *log.records]))
        self.column_family = _chosen(log, column_family, self.column_families)
        family = self.column_family
        self._tree = Tree([*log.records.get(family, []), *log.shared])
        dumps = [row for row in log.stats if row["column_family"] == family]
        self._tree.hidden = find_hidden(self._tree, dumps)
        self.options: Options | None
        self.option_notes: tuple[OptionNote, ...]
        self.options, self.option_notes, why = log.options.options(family)
        self.option_values = log.options.values(family)
        self.problems = (*log.problems, *self._contradictions())
        if why and log.known_lines:
            self.problems += (Problem(log.files[-1].path.name, 0, f"options: {why}"),)
        self.assumptions = tuple(self._assumed(column_family))

    def family(self, name: str) -> "RocksDBRun":
        """The same log, of another column family."""
        return RocksDBRun(self._log, name)

    # -- Frames ------------------------------------------------------------------------------------

    def levels(self, at: int | None = None) -> Frame:
        """One row per level; see `DB.levels`.

        Where the log began when tables stood, `table_count` is what it counts, and what it does
        not tell of all of them is null.

        Parameters
        ----------
        at : int, optional
            As the tree stood after that event, by number. Default: at the end.
        """
        walk = standing_at(self._tree, at)
        by_level: dict[int, list[Life]] = {}
        for life in walk.standing.values():
            by_level.setdefault(life.level, []).append(life)
        rows = [_level(n, walk, by_level.get(n, [])) for n in range(walk.level_count)]
        return frame_of("levels", rows)

    def tables(self, at: int | None = None, *, all: bool = False) -> Frame:
        """One row per table that the log names; see `DB.tables`.

        Parameters
        ----------
        at : int, optional
            As they stood after that event, by number.
        all : bool
            Every table that ever was, with the events of its birth and death.
        """
        if all and at is not None:
            raise InvalidArgument(
                f"tables(at={at}, all=True): all=True gives the tables of every event, at= those "
                "of one; say one of them"
            )
        if all:
            lives = [*self._tree.older, *(x for e in self._tree.events for x in e.added)]
            return frame_of("all_tables", [life_row(life) for life in lives])
        return frame_of("tables", _ordered(standing_at(self._tree, at)))

    def events(self) -> Frame:
        """What happened, oldest first; see `DB.events`. Reasons are RocksDB's words."""
        return frame_of("events", [event_row(event) for event in self._tree.events])

    def series(self) -> Frame:
        """How the tree grew, one row per event that changed it; see `DB.series`."""
        return frame_of("series", list(moments(self._tree, self._stalled())))

    def summary(self) -> Frame:
        """The log in one row; see `DB.summary`. Counters begin with the log."""
        walk, written = standing_at(self._tree, None), Written()
        for event in self._tree.events:
            written.take(event)
        levels = [walk.tables_in(level) for level in range(walk.level_count)]
        stored = self._stored_bytes(walk)
        file_bytes, stalled = walk.sum("file_bytes"), self._stalled()
        row = {
            "last_seqno": self._tree.events[-1].last_seqno if self._tree.events else None,
            "level_count": sum(count > 0 for count in levels),
            "run_count": walk.run_counts[0],
            "table_count": walk.table_count,
            "entry_count": walk.sum("entry_count"),
            "weight": walk.sum("weight"),
            "file_bytes": file_bytes,
            "compression_ratio": _ratio(file_bytes, stored),
            "puts": written.puts,
            "deletes": written.deletes,
            "user_bytes": written.user_bytes,
            "flush_count": written.flushes,
            "flush_bytes": written.flushed_bytes,
            "compaction_count": written.compactions,
            "compaction_read_bytes": written.compaction_read_bytes,
            "compaction_written_bytes": written.compaction_written_bytes,
            "trivial_move_count": written.moves,
            "dropped_count": written.dropped,
            "write_amp": _ratio(written.bytes, written.user_bytes),
            "write_amp_weight": _ratio(written.weight, written.user_weight),
            "write_amp_over_flush": _ratio(written.bytes, written.flushed_bytes),
            "stall_us": stalled[-1][1] if stalled else None,
        }
        return frame_of("summary", [row])

    @property
    def stats_tables(self) -> Frame:
        """The compaction stats that RocksDB dumped, as they stand there, rounded."""
        own = [row for row in self._log.stats if row["column_family"] == self.column_family]
        return frame_of("rocksdb_stats", own)

    @property
    def stalls(self) -> Frame:
        """The times in which the log warns that writes wait; their ends are inferred."""
        rows = [
            {
                "wall_us": stall.wall_us,
                "end_wall_us": stall.end_wall_us,
                "kind": stall.kind,
                "cause": stall.cause,
                "value": stall.value,
                "rate_bytes_per_s": stall.rate_bytes_per_s,
                "warnings": stall.lines,
                "text": stall.text,
            }
            for stall in self._tree.stalls.stalls
        ]
        return frame_of("rocksdb_stalls", rows)

    # -- What it rests on --------------------------------------------------------------------------

    def _stored_bytes(self, walk: Walk) -> int | None:
        stored = [(life.table.key_bytes, life.table.value_bytes) for life in walk.standing.values()]
        if any(key is None or value is None for key, value in stored):
            return None
        return sum((key or 0) + (value or 0) for key, value in stored)

    def _stalled(self) -> list[tuple[int, int]]:
        """By wall time, over all opens: each begins at nothing."""
        found: list[tuple[int, int]] = []
        before_us = last_us = 0
        for wall_us, waited_us in self._log.stalled:
            if waited_us < last_us:
                before_us += last_us
            last_us = waited_us
            found.append((wall_us, before_us + waited_us))
        return found

    def _contradictions(self) -> list[Problem]:
        names = [file.path.name for file in self._log.files]
        found = [Problem(names[r.file], r.line, text) for r, text in self._tree.wrong[:100]]
        if len(self._tree.wrong) > 100:
            found.append(Problem("", 0, f"{len(self._tree.wrong) - 100:,} contradictions more"))
        walk = standing_at(self._tree, None)
        for level, counted in enumerate(walk.state or ()):
            if walk.by_level[level] > counted:
                text = (
                    f"L{level} has {counted:,} tables at the end by the log's count, and "
                    f"{walk.by_level[level]:,} by its events"
                )
                found.append(Problem(names[-1], 0, text))
        return found

    def _assumed(self, asked: str | None) -> list[str]:
        tree, walk = self._tree, standing_at(self._tree, None)
        found = []
        if asked is None and len(self.column_families) > 1:
            others = ", ".join(name for name in self.column_families if name != self.column_family)
            found.append(f"column family {self.column_family!r}; there are also {others[:200]}")
        if tree.older or walk.table_count > len(walk.standing):
            found.append("tables stood when the log began; of those that no job took only the "
                         "number is known")  # fmt: skip
        if tree.hidden:
            count = sum(count for count, _ in tree.hidden.values())
            found.append(f"the sizes of {count:,} tables that no line names are what the last "
                         "dumped stats leave for them, rounded as there")  # fmt: skip
        if tree.estimated:
            found.append(
                f"the sizes of {tree.estimated:,} tables are equal shares of what jobs read"
            )
        if not self._log.zone_known and self._log.known_lines:
            found.append("times are in UTC: no event tells the log's time zone")
        if any(event.user_weight for event in tree.events):
            found.append("user bytes are those of the memtables that were flushed")
        if tree.stalls.stalls:
            found.append("a stall ends with the next flush or compaction without a warning")
        return found

    # -- Shown -------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return tree_text.picture(self._title(), self._shown())

    def _repr_html_(self) -> str:
        return tree_html.picture(self._title(), self._shown())

    def _shown(self) -> list[dict[str, Any]]:
        return tree_text.shown_rows(self.levels())

    def _title(self) -> str:
        row = self.summary()[0]
        size = "" if row["file_bytes"] is None else f", {size_text(row['file_bytes'])} in files"
        amp = row["write_amp_over_flush"]
        written = "" if amp is None else f"; written / flushed {amp:.2f}"
        problems = f"; {len(self.problems)} problems" if self.problems else ""
        release = f" of RocksDB {', '.join(self.releases)}" if self.releases else ""
        return (
            f"lsmkit.RocksDBRun{release}, column family {self.column_family!r}: "
            f"{row['table_count']:,} tables{size}; {row['flush_count']:,} flushes, "
            f"{row['compaction_count']:,} compactions{written}{problems}"
        )


def _chosen(log: Log, asked: str | None, known: Sequence[str]) -> str:
    if asked is not None:
        if asked not in known:
            there = ", ".join(repr(name) for name in known)[:300] or "none"
            raise InvalidArgument(f"the log tells of no column family {asked!r}; there are {there}")
        return asked
    if log.records.get("default") or not log.records:
        return "default"
    return max(log.records, key=lambda name: len(log.records[name]))


def _level(number: int, walk: Walk, lives: list[Life]) -> dict[str, Any]:
    count = walk.tables_in(number)
    runs = walk.run_counts[1] if number == 0 else int(count > 0)

    def total(name: str) -> int | None:
        values = [getattr(life.table, name) for life in lives]
        return sum(values) if len(lives) == count and None not in values else None

    names = ("weight", "file_bytes", "entry_count", "tombstone_count")
    sums = {name: total(name) for name in names}
    hidden = walk.hidden_bytes(number, count - len(lives))
    known = [life.table.file_bytes for life in lives]
    if hidden is not None and None not in known:
        sums["file_bytes"] = hidden + sum(size or 0 for size in known)
    row = {"name": f"L{number}", "level": number, "run_count": runs, "table_count": count}
    return {**row, **sums}


def _ordered(walk: Walk) -> list[dict[str, Any]]:
    """By level, newest run first, and by number, for there are no keys."""
    lives = sorted(walk.standing.values(), key=lambda x: (x.level, -x.run, x.table.number))
    rows: list[dict[str, Any]] = []
    places: dict[int, dict[int, int]] = {}
    for life in lives:
        runs = places.setdefault(life.level, {})
        index = runs.setdefault(life.run, len(runs))
        rows.append({**table_row(life), "run_index": index})
    return rows


def _ratio(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
