"""Goes through a log line by line and keeps what it tells, by column family."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lsmkit._errors import CorruptionError, InvalidArgument
from lsmkit.rocksdb_log.entries import BrokenEvent, Entry, event_of, integer, parse
from lsmkit.rocksdb_log.event_records import fill, known_events
from lsmkit.rocksdb_log.files import BROKEN_FILE, Line, LogFile, lines
from lsmkit.rocksdb_log.option_dump import OptionDump
from lsmkit.rocksdb_log.records import Problem, Record
from lsmkit.rocksdb_log.stats_tables import StatsReader, cumulative_stall_us
from lsmkit.rocksdb_log.text_records import TextReader

__all__ = ["Log", "read"]

MAX_PROBLEMS = 200
_EVENT = b"EVENT_LOG_v1 "
_QUARTER_US = 900 * 1_000_000  # clocks are set to time zones in steps of a quarter of an hour
_CLOCK_SLACK_US = 2_000_000
_JOBS_KEPT = 4096
_BINARY = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")


@dataclass
class Log:
    """What was found in the files of a log."""

    files: list[LogFile]
    records: dict[str, list[Record]] = field(default_factory=dict)  # by column family
    shared: list[Record] = field(default_factory=list)  # of the database: open, close, error
    stats: list[dict[str, Any]] = field(default_factory=list)
    stalled: list[tuple[int, int]] = field(default_factory=list)  # wall time, us since the open
    options: OptionDump = field(default_factory=OptionDump)
    problems: list[Problem] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    untold_problems: int = 0
    known_lines: int = 0
    has_events: bool = False
    zone_known: bool = False
    ended_early: bool = False


def read(
    files: list[LogFile],
    *,
    strict: bool,
    max_records: int,
    progress: Callable[[int, int], object] | None,
) -> Log:
    """All that the files tell.

    Raises
    ------
    CorruptionError
        With `strict`: the first problem.
    InvalidArgument
        No line is one of a log.
    """
    log = Log(files)
    total = files[-1].before_bytes + files[-1].size_bytes if files else 0
    reader = _Reader(log, strict, max_records)
    for number, file in enumerate(files):
        reader.open(number, file)

        def tell(done: int, file: LogFile = file) -> None:
            if progress is not None:
                progress(file.before_bytes + min(done, file.size_bytes), total)

        try:
            for line in lines(file, tell):
                reader.take(line)
                if log.ended_early:
                    break
        except BROKEN_FILE as error:
            reader.problem(0, f"can't be read any further: {error}")
        reader.close()
    if not log.known_lines:
        raise InvalidArgument(f"{files[0].path}: no line of it is one of a RocksDB log")
    if not log.has_events:
        reader.problem(
            0, "no EVENT_LOG_v1 lines, so nothing is known of tables; RocksDB has them from 3.11 on"
        )
    if log.untold_problems:
        log.problems.append(Problem("", 0, f"{log.untold_problems:,} problems more"))
    return log


class _Reader:
    def __init__(self, log: Log, strict: bool, max_records: int) -> None:
        self.log = log
        self.strict = strict
        self.room = max_records
        self.text = TextReader()
        self.stats = StatsReader()
        self.jobs: dict[int, str] = {}
        self.file_number = -1
        self.file: LogFile | None = None
        self.offset_us: int | None = None  # from local time to UTC
        self.epoch = 0
        self.last_written_us = 0
        self.dump_us = 0  # when the stats at hand were dumped
        self.in_table_options = False
        self.odd_lines = 0
        self.line_number = 0

    # -- Files -------------------------------------------------------------------------------------

    def open(self, number: int, file: LogFile) -> None:
        """Go on to the next file."""
        self.file_number, self.file = number, file
        self.odd_lines = self.line_number = 0
        if not file.size_bytes:
            self.problem(0, "is empty")

    def close(self) -> None:
        """The file is over."""
        if self.odd_lines > 1:
            self.problem(0, f"{self.odd_lines:,} lines are none of a log, and were skipped")

    def problem(self, line: int, text: str) -> None:
        """Keep it, or raise it."""
        name = self.file.path.name if self.file else ""
        found = Problem(name, line, text)
        if self.strict:
            raise CorruptionError(str(found), file=str(self.file.path) if self.file else "")
        if len(self.log.problems) < MAX_PROBLEMS:
            self.log.problems.append(found)
        else:
            self.log.untold_problems += 1

    # -- Lines -------------------------------------------------------------------------------------

    def take(self, line: Line) -> None:
        """One line."""
        self.line_number = line.number
        if not line.whole:
            self.problem(line.number, f"longer than {len(line.data):,} bytes: cut off there")
        elif not line.ended:
            self.problem(line.number, "the file ends within this line")
        entry = parse(line.data)
        at = line.data.find(_EVENT)
        if entry is not None:
            self.in_table_options = False
            self._tick(entry, line.number)
            if line.number == 1 and b"RocksDB version" not in line.data:
                self.problem(1, "the log's head is missing: what stood before is not known")
            self.log.known_lines += 1
        if at >= 0:
            self.log.known_lines += 1
            self._event(line.data[at + len(_EVENT) :], entry, line.number)
        elif entry is not None:
            self._entry(entry, line.number)
        else:
            self._continuation(line)

    def _tick(self, entry: Entry, line: int) -> None:
        back_us = self.last_written_us - entry.written_us
        if back_us > _CLOCK_SLACK_US:
            self.epoch += 1
            zone = abs(back_us - round(back_us / _QUARTER_US) * _QUARTER_US) < _CLOCK_SLACK_US
            if not zone:
                self.problem(line, f"the clock goes back by {back_us / 1e6:,.1f} s")
        self.last_written_us = entry.written_us

    def _continuation(self, line: Line) -> None:
        """A line without a time: of options, of a dump of stats, or of nothing known."""
        if _BINARY.search(line.data):
            self.odd_lines += 1
            if self.odd_lines == 1:
                self.problem(line.number, "is no text, and was skipped")
            return
        text = line.data.decode("utf-8", "replace")
        if self.in_table_options:
            self.log.options.take_table(text, line.number)
            return
        waited_us = cumulative_stall_us(text)
        if waited_us is not None and self._has_room():
            self.log.stalled.append((self._utc(self.dump_us), waited_us))
        row = self.stats.take(text)
        if row is not None and self._has_room():
            self.log.stats.append({"wall_us": self._utc(self.dump_us), **row})

    def _entry(self, entry: Entry, line: int) -> None:
        text = entry.text
        stripped = text.lstrip()
        if stripped.startswith(b"Options.") or b"Options for column family" in text:
            self.log.options.take(stripped.decode("utf-8", "replace"), line)
            return
        if stripped.startswith(b"table_factory options:"):
            self.in_table_options = True
            rest = stripped.partition(b":")[2].decode("utf-8", "replace")
            self.log.options.take_table(rest, line)
            return
        if stripped.startswith(b"RocksDB version:"):
            release = stripped.partition(b":")[2].strip()[:20].decode("ascii", "replace")
            if release not in self.log.releases and len(self.log.releases) < MAX_PROBLEMS:
                self.log.releases.append(release)
            self.log.options.begin(release)
            return
        if not text or b"DUMPING STATS" in text:
            self.dump_us = entry.local_us
            return
        if "** Compaction Stats" in (shown := text[:300].decode("utf-8", "replace")):
            self.stats.take(shown)
        found = self.text.take(entry)
        if found is None:
            return
        family, job, record = found
        if family is not None and job is not None:
            self._belongs(job, family)
        if record is not None:
            record.file, record.line, record.epoch = self.file_number, line, self.epoch
            record.wall_us = self._utc(entry.local_us)
            self._keep(record, family)
            if record.kind == "open":
                self.jobs.clear()

    # -- Events ------------------------------------------------------------------------------------

    def _event(self, text: bytes, entry: Entry | None, line: int) -> None:
        broken = False
        try:
            event = event_of(text)
        except BrokenEvent as error:
            event, broken = error.fields, True
        name = event.get("event")
        if broken:
            what = f"; of the event {name[:40]!r}" if isinstance(name, str) else "; of the event"
            self.problem(line, f"broken JSON{what} {len(event)} fields could be read")
        if not isinstance(name, str) or name not in known_events():
            return
        self.log.has_events = True
        wall_us = self._wall_us(event, entry)
        job = integer(event.get("job"), 1 << 31) or 0
        thread = entry.thread if entry is not None else b""
        record = Record(self.epoch, wall_us, "", job, self.file_number, line, thread)
        if wrong := fill(record, name, event):
            self.problem(line, f"the event {name!r} {wrong}")
        if not record.kind:
            return
        family = event.get("cf_name")
        family = family[:200] if isinstance(family, str) else None
        if family is not None:
            self._belongs(job, family)
        if record.kind in ("recovery started", "recovered", "deleted"):
            self._keep(record, None)
            return
        if record.kind in ("moved", "compacted"):
            self.text.complete(record)
        self._keep(record, family or self.jobs.get(job) or self._only_family())

    def _wall_us(self, event: dict[str, Any], entry: Entry | None) -> int:
        told = integer(event.get("time_micros"), 1 << 56)
        if told is None:
            return self._utc(entry.local_us if entry else self.last_written_us)
        if entry is not None:
            apart_us = told - entry.local_us
            offset_us = round(apart_us / _QUARTER_US) * _QUARTER_US
            if abs(apart_us - offset_us) < 60_000_000:
                self._set_offset(offset_us)
        return told

    def _set_offset(self, offset_us: int) -> None:
        if self.offset_us is None:
            self.log.zone_known = True
            for record in self.log.shared:
                record.wall_us = max(0, record.wall_us + offset_us)
            for row in self.log.stats:
                row["wall_us"] = max(0, row["wall_us"] + offset_us)
            self.log.stalled = [(max(0, t + offset_us), us) for t, us in self.log.stalled]
        self.offset_us = offset_us

    def _utc(self, local_us: int) -> int:
        return max(0, local_us + (self.offset_us or 0))

    # -- What is kept ------------------------------------------------------------------------------

    def _belongs(self, job: int, family: str) -> None:
        if self.jobs.get(job) != family:
            self.jobs.pop(job, None)
            self.jobs[job] = family
            if len(self.jobs) > _JOBS_KEPT:
                self.jobs.pop(next(iter(self.jobs)))

    def _only_family(self) -> str:
        """Where a job belongs that nothing tells of."""
        known = list(self.log.records)
        return known[0] if len(known) == 1 else "default"

    def _keep(self, record: Record, family: str | None) -> None:
        if not self._has_room():
            return
        if family is None and record.kind == "ingested":
            family = self._only_family()
        if family is None:
            self.log.shared.append(record)
        else:
            self.log.records.setdefault(family, []).append(record)

    def _has_room(self) -> bool:
        self.room -= 1
        if self.room < 0 and not self.log.ended_early:
            self.log.ended_early = True
            self.problem(
                self.line_number, "as much as was asked for is read (max_records): the rest is not"
            )
        return self.room >= 0
