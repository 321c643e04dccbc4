"""LevelDB's properties, told of an lsmkit database."""

import re

from lsmkit.db import DB
from lsmkit.text import escape

__all__ = ["property_text"]


def property_text(db: DB, name: bytes) -> bytes | None:
    """The text of a property, or None if there is none of that name."""
    if found := re.fullmatch(rb"leveldb\.num-files-at-level(\d{1,9})", name):
        return _table_count(db, int(found[1]))
    if name == b"leveldb.approximate-memory-usage":
        memory = db.stats().memory
        return b"%d" % (memory.memtable_bytes + memory.cache_bytes)
    if name == b"leveldb.stats":
        return str(db.levels()).encode()
    return _tables(db).encode() if name == b"leveldb.sstables" else None


def _table_count(db: DB, level: int) -> bytes | None:
    if level >= db.options.level_count:
        return None
    return b"%d" % sum(row["level"] == level for row in db.tables())


def _tables(db: DB) -> str:
    lines: list[str] = []
    rows = list(db.tables())
    for level in range(db.options.level_count):
        lines.append(f"--- level {level} ---")
        lines += [
            f" {row['number']}:{row['file_bytes']}"
            f"['{escape(row['smallest_key'])}' .. '{escape(row['largest_key'])}']"
            for row in rows
            if row["level"] == level
        ]
    return "\n".join(lines) + "\n"
