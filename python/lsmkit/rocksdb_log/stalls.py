"""When writes were slowed down or stood, from the lines that warn of it.

RocksDB warns whenever the tree or the memtables change and the condition holds; it does not say
when it is over. A change after which the thread that made it did not warn has ended it.
"""

import re

from lsmkit.rocksdb_log.records import Record, Stall

__all__ = ["StallTracker"]

_CAUSES = (
    ("immutable memtables", "memtables"),
    ("level-0 files", "l0_runs"),
    ("pending compaction bytes", "debt"),
    ("limit on level", "level"),  # of releases 3
)
_VALUE = re.compile(r"\d{1,19}")
_RATE = re.compile(r"rate (\d{1,18})")


class StallTracker:
    """Takes records in order and keeps the times in which writes had to wait."""

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self.current: Stall | None = None
        self.warned: set[bytes] = set()  # threads, since their last change of the tree

    def warn(self, record: Record) -> Stall | None:
        """A warning. The stall that begins with it, if one does."""
        self.warned.add(record.thread)
        cause = next((name for words, name in _CAUSES if words in record.text), "other")
        now = self.current
        if now is not None and (now.kind, now.cause) == (record.reason, cause):
            now.lines += 1
            return None
        self.end(record.wall_us)
        value, rate = _VALUE.search(record.text), _RATE.search(record.text)
        self.current = Stall(
            record.wall_us,
            record.reason,
            cause,
            int(value[0]) if value else None,
            int(rate[1]) if rate else None,
            record.text,
        )
        self.stalls.append(self.current)
        return self.current

    def change(self, record: Record) -> Stall | None:
        """The tree was changed. The stall that ends with it, if one does."""
        if record.thread in self.warned:
            self.warned.discard(record.thread)
            return None
        return self.end(record.wall_us)

    def end(self, wall_us: int) -> Stall | None:
        """Writes go on, or the database was closed."""
        ended, self.current = self.current, None
        if ended is not None:
            ended.end_wall_us = max(wall_us, ended.wall_us)
        return ended
