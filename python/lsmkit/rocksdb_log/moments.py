"""The rows of the frames, from the events of a log's tree."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lsmkit._errors import InvalidArgument
from lsmkit.rocksdb_log.records import Event, Life
from lsmkit.rocksdb_log.tree import Tree
from lsmkit.text import duration_text, size_text

__all__ = ["Walk", "event_row", "find_hidden", "life_row", "moments", "standing_at", "table_row"]

Row = dict[str, Any]


class Walk:
    """Sums over the tables that stand, kept while events are taken in order."""

    def __init__(self, tree: Tree) -> None:
        self.standing: dict[int, Life] = {}
        self.by_level: Counter[int] = Counter()
        self.l0_runs: Counter[int] = Counter()
        self.sums: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()  # tables that lack it
        self.state: tuple[int, ...] | None = None
        self.hidden = tree.hidden
        for life in tree.older:
            self._add(life)

    def take(self, event: Event) -> None:
        """Go on by one event."""
        for life in event.removed:
            self._remove(life)
        for life in event.added:
            self._add(life)
        if event.state is not None:
            self.state = event.state
        elif self.state is not None and (event.removed or event.added):
            self.state = _moved_state(self.state, event)

    def _add(self, life: Life) -> None:
        self.standing[life.table.number] = life
        self._count(life, 1)

    def _remove(self, life: Life) -> None:
        if self.standing.pop(life.table.number, None) is not None:
            self._count(life, -1)

    def _count(self, life: Life, sign: int) -> None:
        self.by_level[life.level] += sign
        if life.level == 0:
            self.l0_runs[life.run] += sign
            if not self.l0_runs[life.run]:
                del self.l0_runs[life.run]
        for name in ("weight", "file_bytes", "entry_count"):
            value = getattr(life.table, name)
            if value is None:
                self.unknown[name] += sign
            else:
                self.sums[name] += sign * value

    def tables_in(self, level: int) -> int:
        """As the log counts them, or as many as it names."""
        counted = self.state[level] if self.state and level < len(self.state) else 0
        return max(counted, self.by_level[level])

    @property
    def level_count(self) -> int:
        """Levels that may hold tables."""
        named = max((level for level, count in self.by_level.items() if count), default=-1) + 1
        return max(named, len(self.state or ()))

    @property
    def table_count(self) -> int:
        """Of all levels."""
        return sum(self.tables_in(level) for level in range(self.level_count))

    @property
    def run_counts(self) -> tuple[int, int]:
        """Sorted runs, and those of them in L0."""
        nameless = self.tables_in(0) - self.by_level[0]
        in_l0 = len(self.l0_runs) + nameless
        below = sum(self.tables_in(level) > 0 for level in range(1, self.level_count))
        return in_l0 + below, in_l0

    def sum(self, name: str) -> int | None:
        """Of all tables that stand; None if it is not known of one of them."""
        levels = range(self.level_count)
        nameless = [self.tables_in(level) - self.by_level[level] for level in levels]
        if self.unknown[name] or (name != "file_bytes" and any(nameless)):
            return None
        hidden = [self.hidden_bytes(level, count) for level, count in enumerate(nameless)]
        return None if None in hidden else self.sums[name] + sum(size or 0 for size in hidden)

    def hidden_bytes(self, level: int, count: int) -> int | None:
        """File bytes of the `count` tables of a level that the log does not name."""
        if not count:
            return 0
        known_count, size = self.hidden.get(level, (0, 0))
        return size if known_count == count else None


def _moved_state(state: tuple[int, ...], event: Event) -> tuple[int, ...]:
    """What was counted before, and what came and went since."""
    change = Counter(life.level for life in event.added)
    change.subtract(Counter(life.level for life in event.removed))
    length = max(len(state), max(change, default=0) + 1)
    padded = [*state, *([0] * (length - len(state)))]
    return tuple(max(0, count + change[level]) for level, count in enumerate(padded))


def find_hidden(tree: Tree, dumps: list[Row]) -> dict[int, tuple[int, int]]:
    """Tables that no line names, by level: how many, and their file bytes.

    They stood when the log began, and at its end, so that they come to the same all along: what
    RocksDB told of the level when it dumped its stats last, less the tables that are named.

    Parameters
    ----------
    tree : Tree
    dumps : list of dict
        Rows of "rocksdb_stats", in order.
    """
    last = dumps[-1]["wall_us"] if dumps else 0
    rows = {row["name"]: row for row in dumps if row["wall_us"] == last}
    walk = Walk(tree)
    for event in tree.events:
        if event.wall_us > last:
            break
        walk.take(event)
    found: dict[int, tuple[int, int]] = {}
    for level in range(walk.level_count):
        row = rows.get(f"L{level}", {})
        count = walk.tables_in(level) - walk.by_level[level]
        named = [x.table.file_bytes for x in walk.standing.values() if x.level == level]
        told, size = row.get("table_count"), row.get("file_bytes")
        if count and told == walk.tables_in(level) and size is not None and None not in named:
            found[level] = (count, max(0, size - sum(n or 0 for n in named)))
    return found


def standing_at(tree: Tree, at: int | None) -> Walk:
    """After the event of a number; None: at the end."""
    if at is not None and not 1 <= at <= len(tree.events):
        kept = f"1 to {len(tree.events)}" if tree.events else "none"
        raise InvalidArgument(f"at={at}: the log tells of no such event; there are {kept}")
    walk = Walk(tree)
    for event in tree.events[:at]:
        walk.take(event)
    return walk


def moments(tree: Tree, stalled: list[tuple[int, int]]) -> Iterator[Row]:
    """A row of the series per event that changed the tree.

    Parameters
    ----------
    tree : Tree
    stalled : list of (wall time, us)
        What writes have waited until then, never less than before.
    """
    walk, written = Walk(tree), Written()
    waited_us: int | None = None
    next_dump = 0
    for event in tree.events:
        walk.take(event)
        written.take(event)
        while next_dump < len(stalled) and stalled[next_dump][0] <= event.wall_us:
            waited_us = stalled[next_dump][1]
            next_dump += 1
        if not event.removed and not event.added:
            continue
        run_count, l0_run_count = walk.run_counts
        yield {
            "event": event.number,
            "time_us": event.time_us,
            "wall_us": event.wall_us,
            "last_seqno": event.last_seqno,
            "table_count": walk.table_count,
            "run_count": run_count,
            "l0_run_count": l0_run_count,
            "weight": walk.sum("weight"),
            "file_bytes": walk.sum("file_bytes"),
            "user_bytes": written.user_bytes,
            "written_bytes": written.bytes,
            "write_amp": _ratio(written.bytes, written.user_bytes),
            "write_amp_weight": _ratio(written.weight, written.user_weight),
            "stall_us": waited_us,
        }


class Written:
    """What was put and written so far; None from where on the log does not tell."""

    def __init__(self) -> None:
        self.user_bytes: int | None = 0
        self.user_weight: int | None = 0
        self.bytes: int | None = 0
        self.weight: int | None = 0
        self.flushed_bytes: int | None = 0
        self.puts = self.deletes = 0
        self.flushes = self.compactions = self.moves = self.dropped = 0
        self.compaction_read_bytes: int | None = 0
        self.compaction_written_bytes: int | None = 0

    def take(self, event: Event) -> None:
        """Go on by one event."""
        size = _sum(event.added, "file_bytes")
        if event.kind == "flush":
            self.flushes += 1
            self.flushed_bytes = _plus(self.flushed_bytes, size)
            self.user_bytes = _plus(self.user_bytes, event.user_bytes)
            self.user_weight = _plus(self.user_weight, event.user_weight)
            self.puts += max(0, event.user_entries - event.user_tombstones)
            self.deletes += event.user_tombstones
        elif event.kind == "compaction" and not is_drop(event):
            self.compactions += 1
            self.compaction_read_bytes = _plus(self.compaction_read_bytes, _read_bytes(event))
            self.compaction_written_bytes = _plus(self.compaction_written_bytes, size)
            self.dropped += dropped_entries(event) or 0
        elif event.kind == "trivial move":
            self.moves += len(event.added)
            return
        else:
            return
        self.bytes = _plus(self.bytes, size)
        self.weight = _plus(self.weight, _sum(event.added, "weight"))


def is_drop(event: Event) -> bool:
    """Whether tables went without being read, as FIFO lets them."""
    return event.kind == "compaction" and not event.added and event.in_entries == 0


def dropped_entries(event: Event) -> int | None:
    """What a compaction read and did not write."""
    if event.kind != "compaction" or event.in_entries is None or event.out_entries is None:
        return None
    return max(0, event.in_entries - event.out_entries)


def event_row(event: Event) -> Row:
    """A row of the events."""
    writes = event.kind in ("flush", "compaction")
    reads = event.kind == "compaction" and not is_drop(event)
    row: Row = {
        "number": event.number,
        "kind": event.kind,
        "time_us": event.time_us,
        "wall_us": event.wall_us,
        "job": event.job,
        "reason": event.reason,
        "score": event.score,
        "input_level": event.input_level,
        "output_level": event.output_level,
        "removed": [life.table.number for life in event.removed],
        "added": [life.table.number for life in event.added],
        "read_bytes": _read_bytes(event) if reads else 0,
        "written_bytes": _sum(event.added, "file_bytes") if writes else 0,
        "read_weight": _sum(event.removed, "weight") if reads else 0,
        "written_weight": _sum(event.added, "weight") if writes else 0,
        "in_entries": event.in_entries,
        "out_entries": event.out_entries,
        "dropped_entries": dropped_entries(event) if event.kind == "compaction" else 0,
        "duration_us": event.duration_us,
        "last_seqno": event.last_seqno,
        "text": event.text,
    }
    return {**row, "line": _line(event, row)}


def _line(event: Event, row: Row) -> str:
    parts = [f"#{event.number} {event.kind}"]
    if event.reason:
        parts.append(f"({event.reason})")
    if event.kind in ("compaction", "trivial move"):
        parts.append(f"L{event.input_level} -> L{event.output_level}:")
    if event.removed or event.added:
        read, written = row["read_bytes"], row["written_bytes"]
        parts.append(
            f"{len(event.removed)} tables{_size(read)} to {len(event.added)}{_size(written)}"
        )
    if event.duration_us:
        parts.append(f"in {duration_text(event.duration_us)}")
    return " ".join(parts) + (f": {event.text}" if event.text else "")


def _size(value: int | None) -> str:
    return f" ({size_text(value)})" if value else ""


def table_row(life: Life) -> Row:
    """A row of the tables."""
    table = life.table
    return {
        "level": life.level,
        "run": life.run,
        "run_index": None,
        "number": table.number,
        "job": table.job,
        "smallest_seqno": table.smallest_seqno,
        "largest_seqno": table.largest_seqno,
        "weight": table.weight,
        "file_bytes": table.file_bytes,
        "key_bytes": table.key_bytes,
        "value_bytes": table.value_bytes,
        "entry_count": table.entry_count,
        "tombstone_count": table.tombstone_count,
        "created_us": table.created_us,
        "codec": table.codec,
    }


def life_row(life: Life) -> Row:
    """A row of all tables."""
    return {**table_row(life), "born": life.born, "died": life.died}


def _read_bytes(event: Event) -> int | None:
    known = _sum(event.removed, "file_bytes")
    return known if known is not None else event.read_bytes


def _sum(lives: list[Life], name: str) -> int | None:
    values = [getattr(life.table, name) for life in lives]
    return None if None in values else sum(values)


def _plus(so_far: int | None, more: int | None) -> int | None:
    return None if so_far is None or more is None else so_far + more


def _ratio(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
