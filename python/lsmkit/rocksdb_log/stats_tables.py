"""RocksDB's compaction stats, as text: the table that its log and ``GetProperty`` show.

    ** Compaction Stats [default] **
    Level    Files   Size     Score Read(GB)  Rn(GB) Rnp1(GB) Write(GB) ... W-Amp ... KeyIn KeyDrop
    ------------------------------------------------------------------------------------------------
      L0     11/10   1.21 MB   0.4      0.0     0.0      0.0       0.0  ...   1.0 ...     0       0
     Sum     43/21   3.45 MB   0.0      0.0     0.0      0.0       0.0  ...   2.2 ...   56K    9326

Columns came with time (CompMergeCPU in 6.0, Rblob in 6.16, WPreComp in 10) and one went
(Stall(cnt)), so they are found by their names. Figures are rounded as they stand there.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["StatsReader", "cumulative_stall_us", "is_stats_line"]

_TITLE = re.compile(r"\*\* Compaction Stats \[(.{0,200})\] \*\*")
_UPTIME = re.compile(r"Uptime\(secs\): ([\d.]{1,30}) total")
_STALL = re.compile(r"Cumulative stall: (\d{1,9}):(\d\d):(\d{1,2}(?:\.\d{1,6})?) H:M:S")
_ROW = re.compile(r"L\d{1,2}|Sum|Int|Low|High|Bottom|User")
_GB, _MB = 1 << 30, 1 << 20
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "PB": 1 << 50}
_COUNTS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
_MOST = float(1 << 62)
# By RocksDB's name: ours, and what one of its units is.
_COLUMNS: dict[str, tuple[str, float]] = {
    "Score": ("score", 1),
    "Read(GB)": ("read_bytes", _GB),
    "Rn(GB)": ("input_read_bytes", _GB),
    "Rnp1(GB)": ("output_level_read_bytes", _GB),
    "Write(GB)": ("written_bytes", _GB),
    "Wnew(GB)": ("new_bytes", _GB),
    "Moved(GB)": ("moved_bytes", _GB),
    "W-Amp": ("write_amp", 1),
    "Rd(MB/s)": ("read_bytes_per_s", _MB),
    "Wr(MB/s)": ("written_bytes_per_s", _MB),
    "Comp(sec)": ("duration_us", 1_000_000),
    "CompMergeCPU(sec)": ("cpu_us", 1_000_000),
    "Comp(cnt)": ("job_count", 1),
    "Avg(sec)": ("mean_duration_us", 1_000_000),
}
_FLOATS = ("score", "write_amp", "read_bytes_per_s", "written_bytes_per_s", "mean_duration_us")


class StatsReader:
    """Takes lines one by one; rows of tables come out. Keeps no more than one head."""

    def __init__(self) -> None:
        self.family = ""
        self.heads: list[str] = []

    def take(self, line: str) -> dict[str, Any] | None:
        """A row of the frame ``rocksdb_stats``, without time, or None."""
        if title := _TITLE.search(line):
            self.family, self.heads = title[1], []
            return None
        words = line.split()
        if words[:2] in (["Level", "Files"], ["Priority", "Files"]):
            self.heads = words[:64]
            return None
        if not self.heads or not words or len(words) > 64 or not _ROW.fullmatch(words[0]):
            return None
        row = _row(self.heads, words)
        return None if row is None else {"column_family": self.family, **row}

    def rows(self, lines: Iterable[str]) -> list[dict[str, Any]]:
        """Of a text."""
        found = (self.take(line) for line in lines)
        return [row for row in found if row is not None]


def is_stats_line(text: str) -> bool:
    """Whether a line belongs to what stands between the tables, or ends a dump."""
    return bool(_TITLE.search(text) or _UPTIME.search(text))


def cumulative_stall_us(text: str) -> int | None:
    """What writes have waited since the open, of a line of the DB's stats."""
    found = _STALL.search(text)
    if not found:
        return None
    seconds = 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3])
    return round(seconds * 1e6)


def _row(heads: list[str], words: list[str]) -> dict[str, Any] | None:
    """None: it is no row of that table."""
    row: dict[str, Any] = {"name": words[0]}
    at = 1
    for head in heads[1:]:
        if at >= len(words):
            return None  # cut off
        if head == "Files":
            counts = words[at].split("/")
            if not all(re.fullmatch(r"\d{1,9}", count) for count in counts) or len(counts) > 2:
                return None
            row["table_count"] = int(counts[0])
            row["busy_table_count"] = int(counts[1]) if len(counts) == 2 else None
        elif head in ("Size", "Size(MB)"):
            unit = "MB"
            if head == "Size":
                at += 1
                unit = words[at] if at < len(words) else ""
            size = _number(words[at - (head == "Size")])
            if size is None or unit not in _UNITS:
                return None
            row["file_bytes"] = round(size * _UNITS[unit])
        elif head in ("KeyIn", "KeyDrop"):
            row["in_entries" if head == "KeyIn" else "dropped_entries"] = _count(words[at])
        elif head in _COLUMNS:
            name, unit_size = _COLUMNS[head]
            value = _number(words[at])
            if value is None:
                return None
            row[name] = value * unit_size if name in _FLOATS else round(value * unit_size)
        at += 1
    return row


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < _MOST / _UNITS["PB"] else None


def _count(word: str) -> int | None:
    """A count as RocksDB shortens it, ``56K``."""
    found = re.fullmatch(r"(\d{1,15})([KMGBT]?)", word)
    return int(found[1]) * _COUNTS[found[2]] if found else None
