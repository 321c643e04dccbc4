"""From lines of text to records: moves, stalls, what failed, what was ingested or dropped."""

import re
from collections.abc import Callable

from lsmkit.rocksdb_log.entries import Entry
from lsmkit.rocksdb_log.event_records import MAX_LEVELS
from lsmkit.rocksdb_log.records import Record

__all__ = ["Found", "TextReader"]

# The column family and the job that a line belongs to, and what it tells.
Found = tuple[str | None, int | None, Record | None]

_FAMILY = rb"\[(.{0,200}?)\] "
_JOB = re.compile(_FAMILY + rb"\[JOB (\d{1,9})\]")
_STALL = re.compile(_FAMILY + rb"(Stalling|Stopping) writes because (.*)")
_MOVE = re.compile(_FAMILY + rb"Mov(?:ing|ed) #(\d{1,19}) to level-(\d{1,3}) (\d{1,19}) bytes")
_PICK = re.compile(_FAMILY + rb"FIFO compaction: picking file (\d{1,19}) .*for deletion")
_DROPPED = re.compile(_FAMILY + rb"Deleted \d{1,9} files")
_FLUSH = re.compile(
    _FAMILY + rb"\[JOB (\d{1,9})\] Level-0 flush table #\d{1,19}: \d{1,19} bytes (.*)"
)
_FLUSHED = re.compile(_FAMILY + rb"\[JOB \d{1,9}\] Flush lasted (\d{1,15}) microseconds")
_COMPACTED = re.compile(_FAMILY + rb"compacted to: .*write-amplify\([^)]{0,20}\) (.*?), records in")
_INGESTED = re.compile(
    rb"\[AddFile\] External SST file .* was ingested in L(\d{1,3}) "
    rb"with path .*?(\d{1,19})\.(?:sst|ldb) "
)
_OPENED = re.compile(rb"Recovering from manifest file")
_CLOSED = re.compile(rb"Shutdown complete")
_FAILED = re.compile(
    rb"(?:Compaction|Flush) error|Waiting after background|Background IO error|Corruption:"
)
_MAX_TEXT = 500
_MAX_LINE_BYTES = 4096  # RocksDB cuts lines like these at 512
_MAX_PENDING = 1 << 16


class TextReader:
    """Takes lines that are no events. What belongs to an event that follows is kept for it."""

    def __init__(self) -> None:
        self.moves: dict[bytes, list[tuple[int, int]]] = {}  # by thread: tables, bytes
        self.failed: dict[bytes, str] = {}  # by thread: of the compaction that it ends
        self.picked: dict[bytes, list[int]] = {}  # by family: tables that FIFO drops

    def take(self, entry: Entry) -> Found | None:
        """None: it tells nothing that is looked for."""
        if len(entry.text) > _MAX_LINE_BYTES:
            entry = entry._replace(text=entry.text[:_MAX_LINE_BYTES])
        text = entry.text
        for word, taker in _TAKERS:
            if word in text:
                found = taker(self, entry)
                if found is not None:
                    return found
        if entry.severity in (b"ERROR", b"FATAL") or _FAILED.search(text):
            return None, None, _record("error", entry, text)
        return None

    def complete(self, record: Record) -> None:
        """Add to an event what the lines before it told."""
        if record.kind == "moved":
            moves = self.moves.pop(record.thread, [])
            if moves:
                record.inputs = ((-1, tuple(number for number, _ in moves)),)
                record.sizes = tuple(size for _, size in moves)
        else:
            record.text = self.failed.pop(record.thread, "")

    def _job(self, entry: Entry) -> Found | None:
        if not (found := _JOB.match(entry.text)):
            return None
        job, record = int(found[2]), None
        lasted = _FLUSHED.match(entry.text)
        if lasted:
            record = _record("flush lasted", entry, b"")
            record.job, record.duration_us = job, int(lasted[2])
        flush = _FLUSH.match(entry.text)
        if flush and not flush[3].startswith(b"OK"):
            record = _record("flush failed", entry, flush[3])
            record.job = job
        return _name(found[1]), job, record

    def _stall(self, entry: Entry) -> Found | None:
        if not (found := _STALL.match(entry.text)):
            return None
        record = _record("stall", entry, found[3])
        record.reason = "stop" if found[2] == b"Stopping" else "slowdown"
        return _name(found[1]), None, record

    def _move(self, entry: Entry) -> Found | None:
        if not (found := _MOVE.match(entry.text)):
            return None
        moves = self.moves.setdefault(entry.thread, [])
        if len(moves) < _MAX_PENDING and len(self.moves) < _MAX_PENDING:
            moves.append((int(found[2]), int(found[4])))
        return _name(found[1]), None, None

    def _pick(self, entry: Entry) -> Found | None:
        if not (found := _PICK.match(entry.text)):
            return None
        picked = self.picked.setdefault(found[1], [])
        if len(picked) < _MAX_PENDING and len(self.picked) < _MAX_PENDING:
            picked.append(int(found[2]))
        return _name(found[1]), None, None

    def _dropped(self, entry: Entry) -> Found | None:
        if not (found := _DROPPED.match(entry.text)):
            return None
        record = _record("dropped", entry, b"")
        record.reason = "FIFO"
        record.inputs = ((-1, tuple(self.picked.pop(found[1], ()))),)
        return _name(found[1]), None, record

    def _compacted(self, entry: Entry) -> Found | None:
        if not (found := _COMPACTED.match(entry.text)):
            return None
        if not found[2].startswith(b"OK") and len(self.failed) < _MAX_PENDING:
            self.failed[entry.thread] = found[2][:_MAX_TEXT].decode("utf-8", "replace")
        return _name(found[1]), None, None

    def _ingested(self, entry: Entry) -> Found | None:
        found = _INGESTED.search(entry.text)
        if not found or int(found[1]) >= MAX_LEVELS or int(found[2]) >= 1 << 63:
            return None
        record = _record("ingested", entry, b"")
        record.level, record.number = int(found[1]), int(found[2])
        return None, None, record

    def _opened(self, entry: Entry) -> Found | None:
        if not _OPENED.match(entry.text):
            return None
        self.moves.clear()
        self.failed.clear()
        self.picked.clear()
        return None, None, _record("open", entry, b"")

    def _closed(self, entry: Entry) -> Found | None:
        return (None, None, _record("close", entry, b"")) if _CLOSED.match(entry.text) else None


_TAKERS: tuple[tuple[bytes, Callable[[TextReader, Entry], Found | None]], ...] = (
    (b"[JOB ", TextReader._job),
    (b" writes because ", TextReader._stall),
    (b" to level-", TextReader._move),
    (b"picking file", TextReader._pick),
    (b"] Deleted ", TextReader._dropped),
    (b"compacted to:", TextReader._compacted),
    (b"was ingested in", TextReader._ingested),
    (b"Recovering from", TextReader._opened),
    (b"Shutdown", TextReader._closed),
)


def _record(kind: str, entry: Entry, text: bytes) -> Record:
    shown = text[:_MAX_TEXT].decode("utf-8", "replace").strip()
    return Record(0, 0, kind, 0, 0, 0, entry.thread, text=shown)


def _name(family: bytes) -> str:
    return family.decode("utf-8", "replace")
