"""What "all_tables" and "series" are by definition: events taken one by one, in Python."""

from collections import Counter


class SlowReplay:
    """Takes events as `_core.HeldEvents.rows` has them."""

    def __init__(self, tables, events):
        self.tables = []
        self.moments = []
        self.standing = {}
        self.runs = Counter()
        for table in _older_than(events, tables):
            self._bear(table, None)
        for event in events:
            self._take(event)

    def _take(self, event):
        for table in event["removed"]:
            row = self.standing.pop(table["number"])
            row["died"] = event["number"]
            self.runs[row["level"], row["run"]] -= 1
            self.runs = +self.runs
        for table in event["added"]:
            self._bear(table, event["number"])
        if event["removed"] or event["added"]:
            self.moments.append(self._moment(event))

    def _bear(self, table, event):
        row = {**table, "born": event, "died": None}
        self.tables.append(row)
        self.standing[table["number"]] = row
        self.runs[row["level"], row["run"]] += 1

    def _moment(self, event):
        return {
            **{name: event[name] for name in ("time_us", "wall_us", "last_seqno")},
            "event": event["number"],
            "table_count": len(self.standing),
            "run_count": len(self.runs),
            "l0_run_count": sum(level == 0 for level, _ in self.runs),
            "weight": sum(row["weight"] for row in self.standing.values()),
            "file_bytes": sum(row["file_bytes"] for row in self.standing.values()),
            **_counted(event["counters"]),
        }


def _older_than(events, tables):
    """Tables that stood before the first event."""
    older, named = [], set()
    for event in events:
        older += [table for table in event["removed"] if table["number"] not in named]
        named.update(table["number"] for table in event["removed"] + event["added"])
    return older + [table for table in tables if table["number"] not in named]


def _counted(of):
    if of is None:
        names = ("user_bytes", "written_bytes", "write_amp", "write_amp_weight", "stall_us")
        return dict.fromkeys(names)
    user = of["user_key_bytes"] + of["user_value_bytes"]
    written = of["flush_file_bytes"] + of["compaction_written_file_bytes"]
    weight = of["flush_weight"] + of["compaction_written_weight"]
    return {
        "user_bytes": user,
        "written_bytes": written,
        "write_amp": written / user if user else None,
        "write_amp_weight": weight / of["user_weight"] if of["user_weight"] else None,
        "stall_us": of["stall_us"],
    }
