"""RocksDB's compaction stats, of anything that has the frames: as a frame, and as its text."""

from collections.abc import Iterator
from typing import Any, Protocol

from lsmkit.frame import Frame
from lsmkit.frames import frame_of

__all__ = ["Source", "WithCompactionStats", "compaction_stats", "compaction_stats_text"]

_GB, _MB = 1 << 30, 1 << 20


class Source(Protocol):
    """A database, a simulation's run, or a log of RocksDB."""

    column_family: str

    def levels(self) -> Frame: ...
    def events(self) -> Frame: ...
    def tables(self, *, all: bool = False) -> Frame: ...


class WithCompactionStats:
    """The methods of whoever has the frames."""

    column_family = "default"

    def compaction_stats(self: Source) -> Frame:
        """What flushes and compactions into each level read and wrote, and RocksDB's ratios.

        One row per level and one named "Sum", of the events that are kept; the columns mean what
        those of RocksDB's "** Compaction Stats **" mean. `compaction_stats_text` has its text.
        """
        return compaction_stats(self, column_family=self.column_family)

    def compaction_stats_text(self: Source) -> str:
        """The same as RocksDB prints it, so that its readers and tools can take it."""
        return compaction_stats_text(compaction_stats(self, column_family=self.column_family))


class _Level:
    """Sums over the jobs that wrote into one level, or over all."""

    def __init__(self) -> None:
        self.input_read = self.own_read = self.written = self.moved = 0
        self.duration_us = self.jobs = self.in_entries = self.dropped = 0

    def add(self, other: "_Level") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def compaction_stats(source: Source, *, column_family: str = "default") -> Frame:
    """What flushes and compactions read and wrote, by the level that they wrote into.

    The columns mean what RocksDB's "** Compaction Stats **" mean by theirs. They cover the events
    that `source` keeps; for a long-lived database these are the latest.

    Parameters
    ----------
    source : DB, Run or RocksDBRun
    column_family : str
        For the column of that name.

    Returns
    -------
    Frame
        "rocksdb_stats" of `SCHEMAS`, one row per level that holds tables or was written, and one
        named "Sum". Sizes are of files, or weights where files are not modelled.
    """
    by_level, flushed = _summed(source)
    rows = []
    total, tables, stored = _Level(), 0, 0
    for level in source.levels():
        if level["level"] is None:
            continue
        summed = by_level.pop(level["level"], None)
        if summed is None and not level["table_count"]:
            continue
        summed = summed or _Level()
        size = level["file_bytes"] if level["file_bytes"] is not None else level["weight"]
        into = flushed if level["level"] == 0 else summed.input_read
        shown = {"table_count": level["table_count"], "file_bytes": size, "score": level["score"]}
        rows.append({"name": level["name"], **shown, **_columns(summed, into)})
        total.add(summed)
        tables, stored = tables + level["table_count"], stored + (size or 0)
    for number, summed in sorted(by_level.items()):  # that stand empty by now
        row = {"name": f"L{number}", "table_count": 0, "file_bytes": 0}
        rows.append({**row, **_columns(summed, flushed if number == 0 else summed.input_read)})
        total.add(summed)
    row = {"name": "Sum", "table_count": tables, "file_bytes": stored}
    rows.append({**row, **_columns(total, flushed)})
    return frame_of("rocksdb_stats", [{"column_family": column_family, **row} for row in rows])


def _summed(source: Source) -> tuple[dict[int, _Level], int]:
    """By level, and what came in from outside: by flushes, and ingested."""
    sizes = _sizes(source.tables(all=True))
    levels: dict[int, _Level] = {}
    flushed = 0
    for event in source.events():
        kind = event["kind"]
        if kind not in ("flush", "compaction", "trivial move", "ingest"):
            continue
        if kind == "compaction" and not event["added"] and event["in_entries"] == 0:
            continue  # tables were dropped unread, which RocksDB does not count
        level = levels.setdefault(event["output_level"], _Level())
        if kind == "ingest":
            moved = [sizes.added.get((n, event["number"]), 0) for n in event["added"]]
            level.moved += sum(moved)
            flushed += sum(moved)
            continue
        taken = [sizes.removed.get((n, event["number"]), (0, 0)) for n in event["removed"]]
        if kind == "trivial move":
            level.moved += sum(size for _, size in taken)
            continue
        written = event["written_bytes"]
        level.written += written if written is not None else event["written_weight"] or 0
        level.duration_us += event["duration_us"]
        level.jobs += 1
        if kind == "flush":
            flushed += written if written is not None else event["written_weight"] or 0
            continue
        level.own_read += sum(size for n, size in taken if n == event["output_level"])
        level.input_read += sum(size for n, size in taken if n != event["output_level"])
        level.in_entries += event["in_entries"] or 0
        level.dropped += event["dropped_entries"] or 0
    return levels, flushed


class _sizes:
    """Levels and sizes of tables, by number and the event that took them or put them there."""

    def __init__(self, tables: Frame) -> None:
        self.removed: dict[tuple[int, int], tuple[int, int]] = {}
        self.added: dict[tuple[int, int], int] = {}
        names = ("number", "level", "file_bytes", "weight", "born", "died")
        columns = [tables.column(name).to_list() for name in names]
        for number, level, file_bytes, weight, born, died in zip(*columns, strict=True):
            size = file_bytes if file_bytes is not None else weight or 0
            if died is not None:
                self.removed[number, died] = (level, size)
            if born is not None:
                self.added[number, born] = size


def _columns(summed: _Level, flushed: int) -> dict[str, Any]:
    read = summed.input_read + summed.own_read
    # In lock-step jobs take no time, and have no rates. RocksDB adds a microsecond.
    seconds = (summed.duration_us + 1) / 1e6 if summed.duration_us else 0.0
    return {
        "read_bytes": read,
        "input_read_bytes": summed.input_read,
        "output_level_read_bytes": summed.own_read,
        "written_bytes": summed.written,
        "new_bytes": summed.written - summed.own_read,
        "moved_bytes": summed.moved,
        "write_amp": summed.written / flushed if flushed else 0.0,
        "read_bytes_per_s": read / seconds if seconds else None,
        "written_bytes_per_s": summed.written / seconds if seconds else None,
        "duration_us": summed.duration_us,
        "job_count": summed.jobs,
        "mean_duration_us": summed.duration_us / summed.jobs if summed.jobs else 0.0,
        "in_entries": summed.in_entries,
        "dropped_entries": summed.dropped,
    }


_HEAD = (
    "Level    Files   Size     Score Read(GB)  Rn(GB) Rnp1(GB) Write(GB) Wnew(GB) Moved(GB) W-Amp "
    "Rd(MB/s) Wr(MB/s) Comp(sec) CompMergeCPU(sec) Comp(cnt) Avg(sec) KeyIn KeyDrop"
)


def compaction_stats_text(frame: Frame) -> str:
    """A frame of `compaction_stats` in RocksDB's words and widths, as its tools read it.

    Figures are rounded as RocksDB rounds them; nulls are zeros there. Use the frame for figures.
    """
    return "\n".join(_lines(frame)) + "\n"


def _lines(frame: Frame) -> Iterator[str]:
    family = frame[0]["column_family"] if len(frame) else "default"
    yield f"** Compaction Stats [{family}] **"
    yield _HEAD
    yield "-" * (len(_HEAD) + 1)
    for row in frame:
        known = {name: value if value is not None else 0 for name, value in row.items()}
        yield _line(known)


def _line(row: dict[str, Any]) -> str:
    files = f"{row['table_count']:6d}/{row['busy_table_count']:<3d}"
    gigabytes = [
        f"{row[name] / _GB:{width}.1f}"
        for name, width in (
            ("read_bytes", 8),
            ("input_read_bytes", 7),
            ("output_level_read_bytes", 8),
            ("written_bytes", 9),
            ("new_bytes", 8),
            ("moved_bytes", 9),
        )
    ]
    return " ".join(
        (
            f"{row['name']:>4}",
            files,
            f"{_bytes(row['file_bytes']):>8}",
            f"{row['score']:5.1f}",
            *gigabytes,
            f"{row['write_amp']:5.1f}",
            f"{row['read_bytes_per_s'] / _MB:8.1f}",
            f"{row['written_bytes_per_s'] / _MB:8.1f}",
            f"{row['duration_us'] / 1e6:9.2f}",
            f"{row['cpu_us'] / 1e6:17.2f}",
            f"{row['job_count']:9d}",
            f"{row['mean_duration_us'] / 1e6:8.3f}",
            f"{_count(row['in_entries']):>7}",
            f"{_count(row['dropped_entries']):>6}",
        )
    )


def _bytes(value: int) -> str:
    """From KB on, as RocksDB does."""
    size, unit = value / 1024, 0
    while unit < 3 and size >= 1024:
        size, unit = size / 1024, unit + 1
    return f"{size:.2f} {('KB', 'MB', 'GB', 'TB')[unit]}"


def _count(value: int) -> str:
    for most, unit, name in ((10**4, 1, ""), (10**7, 10**3, "K"), (10**10, 10**6, "M")):
        if value < most:
            return f"{value // unit}{name}"
    return f"{value // 10**9}G"
