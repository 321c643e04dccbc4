"""Replays events: which tables stood when, and how the tree grew.

Events are kept for a while only, so some tables are older than the first that is kept: those that
an event takes away though none put them there, and those that stand and that no event names. A
table that moves down a level as it is dies there and is born here, under the same number.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lsmkit._errors import InvalidArgument

__all__ = ["Replay", "replay"]

Row: TypeAlias = dict[str, Any]


@dataclass
class Replay:
    """What events tell. Rows are those of the frames "all_tables" and "series" of `schema.py`."""

    tables: list[Row] = field(default_factory=list)
    moments: list[Row] = field(default_factory=list)
    standing: dict[int, Row] = field(default_factory=dict)  # by table number
    runs: Counter[tuple[int, int]] = field(default_factory=Counter)  # tables, by level and run
    weight: int = 0  # of those that stand, as the next
    file_bytes: int = 0

    def take(self, event: Row) -> None:
        """Go on by one event."""
        for table in event["removed"]:
            self._die(table["number"], event["number"])
        for table in event["added"]:
            self.bear(table, event["number"])
        if event["removed"] or event["added"]:
            self.moments.append(self._moment(event))

    def bear(self, table: Row, event: int | None) -> None:
        """Put a table there."""
        row = {**table, "born": event, "died": None}
        self.tables.append(row)
        self.standing[table["number"]] = row
        self.runs[row["level"], row["run"]] += 1
        self.weight += row["weight"]
        self.file_bytes += row["file_bytes"]

    def _die(self, number: int, event: int) -> None:
        row = self.standing.pop(number)
        row["died"] = event
        self.weight -= row["weight"]
        self.file_bytes -= row["file_bytes"]
        run = (row["level"], row["run"])
        self.runs[run] -= 1
        if not self.runs[run]:
            del self.runs[run]

    def _moment(self, event: Row) -> Row:
        return {
            "event": event["number"],
            "time_us": event["time_us"],
            "wall_us": event["wall_us"],
            "last_seqno": event["last_seqno"],
            "table_count": len(self.standing),
            "run_count": len(self.runs),
            "l0_run_count": sum(level == 0 for level, _ in self.runs),
            "weight": self.weight,
            "file_bytes": self.file_bytes,
            **_counted(event["counters"]),
        }


def replay(tables: list[Row], events: list[Row], until: int | None = None) -> Replay:
    """Take events in order, up to the number `until`.

    `tables` are those that stood at some moment before the last event.

    Raises
    ------
    InvalidArgument
        `until` is no event that is kept.
    """
    if until is not None and until not in (event["number"] for event in events):
        kept = f"{events[0]['number']} to {events[-1]['number']}" if events else "none"
        raise InvalidArgument(f"at={until}: no such event is kept; there are {kept}")
    result = Replay()
    for table in _older_than(events, tables):
        result.bear(table, None)
    for event in events:
        if until is not None and event["number"] > until:
            break
        result.take(event)
    return result


def _older_than(events: list[Row], tables: list[Row]) -> list[Row]:
    """Tables that stood before the first event."""
    older: list[Row] = []
    named: set[int] = set()
    for event in events:
        older += [table for table in event["removed"] if table["number"] not in named]
        named.update(table["number"] for table in event["removed"] + event["added"])
    return older + [table for table in tables if table["number"] not in named]


def _counted(counters: Row | None) -> Row:
    if counters is None:
        names = ("user_bytes", "written_bytes", "write_amp", "write_amp_weight", "stall_us")
        return dict.fromkeys(names)
    user_bytes = counters["user_key_bytes"] + counters["user_value_bytes"]
    written_bytes = counters["flush_file_bytes"] + counters["compaction_written_file_bytes"]
    written_weight = counters["flush_weight"] + counters["compaction_written_weight"]
    user_weight = counters["user_weight"]
    return {
        "user_bytes": user_bytes,
        "written_bytes": written_bytes,
        "write_amp": written_bytes / user_bytes if user_bytes else None,
        "write_amp_weight": written_weight / user_weight if user_weight else None,
        "stall_us": counters["stall_us"],
    }
