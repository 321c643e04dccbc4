"""From records to events, and to which table stood in which level when.

Lines are not in the order of what they tell: those of jobs are written when the job is over, with
the time when they came to be. So records are put in order first. Tables that stood before the log
begins are met when a job takes them; what no line names is known by count alone, from the numbers
of tables per level that flushes and compactions report.
"""

from collections import Counter, deque
from collections.abc import Callable

from lsmkit.rocksdb_log.records import Event, Life, Record, Stall, Table
from lsmkit.rocksdb_log.stalls import StallTracker

__all__ = ["Tree"]

_KEY_OVERHEAD_BYTES = 8


class Tree:
    """What one column family's records come to.

    Attributes
    ----------
    events : list of Event
    older : list of Life
        Of tables that stood before the first event, as far as a job took them.
    standing : dict of int to Life
        At the end, by number.
    state : tuple of int or None
        Tables by level that the log reported last.
    estimated : int
        Tables whose size is a share of what a job read.
    wrong : list of (Record, str)
        What does not fit together.
    hidden : dict of int to (int, int)
        By level, how many tables no line names, and their file bytes; see `find_hidden`.
    """

    def __init__(self, records: list[Record]) -> None:
        self.events: list[Event] = []
        self.older: list[Life] = []
        self.standing: dict[int, Life] = {}
        self.state: tuple[int, ...] | None = None
        self.estimated = 0
        self.wrong: list[tuple[Record, str]] = []
        self.hidden: dict[int, tuple[int, int]] = {}
        self.stalls = StallTracker()
        self._created: dict[int, Table] = {}  # not installed yet, by number
        self._of_job: dict[int, list[int]] = {}  # those numbers, by job
        self._flushes: dict[int, deque[Record]] = {}  # begun, by job
        self._compactions: dict[int, Record] = {}  # running, by job
        self._busy: Counter[int] = Counter()  # inputs of running compactions
        self._level_runs: dict[int, int] = {}
        self._next_run = 1
        self._recovering: int | None = None
        self._begin_us = 0
        self._last_seqno: int | None = None
        records.sort(key=lambda r: (r.epoch, r.wall_us, r.file, r.line))
        for record in records:
            _TAKERS[record.kind](self, record)

    # -- Flushes -----------------------------------------------------------------------------------

    def _create(self, record: Record) -> None:
        assert record.table is not None
        self._created[record.table.number] = record.table
        self._of_job.setdefault(record.job, []).append(record.table.number)

    def _flush_begins(self, record: Record) -> None:
        self._flushes.setdefault(record.job, deque()).append(record)

    def _flush_lasted(self, record: Record) -> None:
        if begun := self._flushes.get(record.job):
            begun[0].duration_us = record.duration_us

    def _flush_fails(self, record: Record) -> None:
        self._drop_outputs(record.job)
        self._flushes.pop(record.job, None)
        self._event(record, "job error", "flush", text=record.text)

    def _flushed(self, record: Record) -> None:
        begun = self._flushes.get(record.job)
        started = begun.popleft() if begun else None
        if not begun:
            self._flushes.pop(record.job, None)
        tables = self._outputs(record.job)
        if started is None and not tables:
            self._report(record.state, self.events[-1] if self.events else None)
            return  # it failed, and that is told already; or all of it is lost
        reason = started.reason if started else ""
        event = self._event(record, "flush", reason)
        if started is not None:
            took_us = max(0, record.wall_us - started.wall_us)
            event.duration_us = took_us if started.duration_us is None else started.duration_us
        self._add(event, tables, 0)
        _count_user(event, started, tables)
        event.in_entries = event.user_entries
        self._report(record.state, event)
        self._changed(record)

    def _recovery_begins(self, record: Record) -> None:
        self._recovering = record.job

    def _recovered(self, record: Record) -> None:
        tables = self._outputs(record.job)
        self._recovering = None
        if tables:
            event = self._event(record, "flush", "recovery", text="what the logs held")
            self._add(event, tables, 0)
            _count_user(event, None, tables)

    # -- Compactions -------------------------------------------------------------------------------

    def _compaction_begins(self, record: Record) -> None:
        self._compactions[record.job] = record
        unknown: list[Table] = []
        known_bytes = 0
        for level, numbers in record.inputs:
            for number in numbers:
                self._busy[number] += 1
                table = self._met(record, number, level)
                if table.file_bytes is None:
                    unknown.append(table)
                else:
                    known_bytes += table.file_bytes
        if unknown and record.bytes is not None and record.bytes >= known_bytes:
            share, rest = divmod(record.bytes - known_bytes, len(unknown))
            for i, table in enumerate(unknown):
                table.file_bytes = share + (i < rest)
            self.estimated += len(unknown) if len(unknown) > 1 else 0

    def _met(self, record: Record, number: int, level: int) -> Table:
        """A table that a job takes from a level, put there if the log did not tell of it."""
        life = self.standing.get(number)
        if life is not None and life.level == level:
            return life.table
        if life is not None:
            text = f"table {number} stands in L{life.level} by what was told, and is taken from"
            self.wrong.append((record, f"{text} L{level}"))
            event = self._event(record, "trivial move", text="not told of")
            self._remove(event, life)
            self._add(event, [life.table], level)
            return life.table
        if number in self._created:
            table = self._created.pop(number)
            event = self._event(record, "flush" if level == 0 else "compaction", text="not told of")
            self._add(event, [table], level)
            return table
        table = Table(number)
        self._stand(Life(table, level, self._run(level, []), None), self.older)
        return table

    def _compacted(self, record: Record) -> None:
        started = self._compactions.pop(record.job, None)
        self._release(started)
        if record.text:
            self._drop_outputs(record.job)
            self._event(record, "job error", "compaction", text=record.text)
            return
        if started is None:
            self.wrong.append((record, f"the compaction of job {record.job} has no beginning"))
        event = self._event(record, "compaction", started.reason if started else "")
        event.score = started.score if started else None
        event.read_bytes = started.bytes if started else None
        event.in_entries, event.out_entries = record.in_entries, record.out_entries
        began_us = started.wall_us if started else record.wall_us
        event.duration_us = record.duration_us or max(0, record.wall_us - began_us)
        numbers = [n for _, inputs in started.inputs for n in inputs] if started else []
        for number in dict.fromkeys(numbers):
            if number in self.standing:
                self._remove(event, self.standing[number])
        event.input_level = min((level for level, _ in started.inputs), default=0) if started else 0
        event.output_level = record.level
        tables = self._outputs(record.job)
        if record.output_count is not None and record.output_count != len(tables):
            told = f"{record.output_count} outputs, and {len(tables)} are told of"
            self.wrong.append((record, f"the compaction of job {record.job} has {told}"))
        self._add(event, tables, record.level)
        self._report(record.state, event)
        self._changed(record)

    def _moved(self, record: Record) -> None:
        event = self._event(record, "trivial move")
        event.output_level = record.level
        numbers = [number for _, inputs in record.inputs for number in inputs]
        if record.output_count is not None and record.output_count != len(numbers):
            told = f"{record.output_count} tables, and {len(numbers)} are named"
            self.wrong.append((record, f"the trivial move of job {record.job} has {told}"))
        for number, size_bytes in zip(numbers, record.sizes, strict=False):
            life = self.standing.get(number)
            table = life.table if life else self._taken(number) or Table(number)
            if table.file_bytes is None:
                table.file_bytes = size_bytes
            if life is not None:
                self._remove(event, life)
                event.input_level = life.level
            self._add(event, [table], record.level)
        self._changed(record)

    def _taken(self, number: int) -> Table | None:
        """One that was made, and of which no job told that it was put there."""
        return self._created.pop(number, None)

    def _dropped(self, record: Record) -> None:
        """By FIFO."""
        event = self._event(record, "compaction", record.reason)
        for _, numbers in record.inputs:
            for number in numbers:
                if number in self.standing:
                    self._remove(event, self.standing[number])
        self._changed(record)

    # -- Tables that come and go otherwise ---------------------------------------------------------

    def _deleted(self, record: Record) -> None:
        self._created.pop(record.number, None)
        life = self.standing.get(record.number)
        if life is not None and not self._busy[record.number]:
            text = "its file was deleted; no job that the log tells of took it away"
            self._remove(self._event(record, "deletion", text=text), life)

    def _ingested(self, record: Record) -> None:
        event = self._event(record, "ingest")
        event.output_level = record.level
        self._add(event, [Table(record.number, created_us=record.wall_us)], record.level)

    def _counted(self, record: Record) -> None:
        self._report(record.state, self.events[-1] if self.events else None)

    # -- The database ------------------------------------------------------------------------------

    def _opened(self, record: Record) -> None:
        for started in self._compactions.values():
            self._release(started)
        for pending in (self._created, self._of_job, self._flushes, self._compactions):
            pending.clear()
        self._stall_ends(record, self.stalls.end(record.wall_us))
        self._event(record, "open")

    def _closed(self, record: Record) -> None:
        self._stall_ends(record, self.stalls.end(record.wall_us))
        self._event(record, "close")

    def _error(self, record: Record) -> None:
        self._event(record, "job error", text=record.text)

    def _stalled(self, record: Record) -> None:
        before = self.stalls.current
        begun = self.stalls.warn(record)
        if begun is None:
            return
        self._stall_ends(record, before)
        self._event(record, "stall begins", begun.cause, text=f"{begun.kind}: {begun.text}")

    def _changed(self, record: Record) -> None:
        self._stall_ends(record, self.stalls.change(record))

    def _stall_ends(self, record: Record, ended: Stall | None) -> None:
        if ended is not None:
            event = self._event(record, "stall ends", ended.cause)
            event.duration_us = max(0, (ended.end_wall_us or 0) - ended.wall_us)

    # -- How it is kept ----------------------------------------------------------------------------

    def _event(self, record: Record, kind: str, reason: str = "", text: str = "") -> Event:
        if not self.events:
            self._begin_us = record.wall_us
        last_us = self.events[-1].time_us if self.events else 0
        time_us = max(last_us, record.wall_us - self._begin_us)
        event = Event(len(self.events) + 1, record.wall_us, time_us, kind, record.job, reason, text)
        event.last_seqno = self._last_seqno
        self.events.append(event)
        return event

    def _outputs(self, job: int) -> list[Table]:
        numbers = self._of_job.pop(job, [])
        found = [self._created.pop(number, None) for number in numbers]
        return [table for table in found if table is not None]

    def _drop_outputs(self, job: int) -> None:
        self._outputs(job)

    def _add(self, event: Event, tables: list[Table], level: int) -> None:
        run = self._run(level, event.removed)
        for table in tables:
            if table.number in self.standing:
                continue  # told of twice
            life = Life(table, level, run, event.number)
            self._stand(life, event.added)
            if level == 0 and not event.removed:
                run = self._new_run()
            if table.largest_seqno is not None:
                self._last_seqno = max(self._last_seqno or 0, table.largest_seqno)
        event.last_seqno = self._last_seqno

    def _stand(self, life: Life, kept_in: list[Life]) -> None:
        self.standing[life.table.number] = life
        kept_in.append(life)

    def _remove(self, event: Event, life: Life) -> None:
        life.died = event.number
        event.removed.append(life)
        del self.standing[life.table.number]

    def _run(self, level: int, removed: list[Life]) -> int:
        """In L0 each table is one, as new as the newest that it is made of."""
        if level > 0:
            if level not in self._level_runs:
                self._level_runs[level] = self._new_run()
            return self._level_runs[level]
        above = [life.run for life in removed if life.level == 0]
        return max(above) if above else self._new_run()

    def _new_run(self) -> int:
        self._next_run += 1
        return self._next_run - 1

    def _release(self, started: Record | None) -> None:
        for _, numbers in started.inputs if started else ():
            for number in numbers:
                self._busy[number] -= 1
                if self._busy[number] <= 0:
                    del self._busy[number]

    def _report(self, state: tuple[int, ...] | None, event: Event | None) -> None:
        if state is not None:
            self.state = state
            if event is not None:
                event.state = state


def _count_user(event: Event, started: Record | None, tables: list[Table]) -> None:
    """What was put: what the memtables held, or, where that is not told, what was written of it."""
    entries = sum(table.entry_count or 0 for table in tables)
    event.out_entries = entries
    if started is None or started.in_entries is None:
        event.user_entries = entries
        event.user_tombstones = sum(table.tombstone_count or 0 for table in tables)
    else:
        event.user_entries = started.in_entries
        event.user_tombstones = started.tombstones or 0
    if started is not None and started.bytes is not None:
        # The memtable counts its records as it encodes them: two lengths, key and mark, value.
        weight = started.bytes - event.user_entries * _lengths_bytes(tables, entries)
    elif started is None and all(table.weight is not None for table in tables):
        weight = sum(table.weight or 0 for table in tables)
    else:
        event.user_weight = event.user_bytes = None
        return
    event.user_weight = max(0, weight)
    event.user_bytes = max(0, weight - _KEY_OVERHEAD_BYTES * event.user_entries)


def _lengths_bytes(tables: list[Table], entries: int) -> int:
    """Of one record, by the average of those that were written."""
    if not entries:
        return 2
    keys = sum(table.key_bytes or 0 for table in tables) / entries + _KEY_OVERHEAD_BYTES
    values = sum(table.value_bytes or 0 for table in tables) / entries
    return _varint_bytes(keys) + _varint_bytes(values)


def _varint_bytes(value: float) -> int:
    return max(1, -(-int(value).bit_length() // 7))


_TAKERS: dict[str, Callable[[Tree, Record], None]] = {
    "created": Tree._create,
    "flush started": Tree._flush_begins,
    "flush lasted": Tree._flush_lasted,
    "flush failed": Tree._flush_fails,
    "flushed": Tree._flushed,
    "recovery started": Tree._recovery_begins,
    "recovered": Tree._recovered,
    "compaction started": Tree._compaction_begins,
    "compacted": Tree._compacted,
    "moved": Tree._moved,
    "dropped": Tree._dropped,
    "deleted": Tree._deleted,
    "ingested": Tree._ingested,
    "state": Tree._counted,
    "open": Tree._opened,
    "close": Tree._closed,
    "error": Tree._error,
    "stall": Tree._stalled,
}
