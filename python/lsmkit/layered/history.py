"""A layered store's events replayed: which layers stood at a moment, and how it grew."""

from bisect import bisect_right
from typing import Any, TypeAlias

import numpy as np

from lsmkit._errors import InvalidArgument
from lsmkit.frames import Columns, rows_of

__all__ = ["BOX", "Row", "layers_at", "lives", "series_rows"]

Row: TypeAlias = dict[str, Any]

BOX = ("layer", "kind", "page_begin", "page_end", "lsn_begin", "lsn_end", "bytes")


def lives(events: Columns) -> list[Row]:
    """Every layer that events tell of, with the numbers of those of its birth and death."""
    layers: dict[int, Row] = {}
    for row in rows_of(events):
        if row["deleted"]:
            layers[row["layer"]]["died"] = row["number"]
        else:
            layers[row["layer"]] = {
                **{name: row[name] for name in BOX},
                "born": row["number"],
                "died": None,
            }
    return list(layers.values())


def layers_at(all_layers: list[Row], event_count: int, at: int) -> list[Row]:
    """Those that stood after the event of that number, from the bottom up.

    Raises
    ------
    InvalidArgument
        There is no such event.
    """
    if not 0 <= at < event_count:
        said = f"they are 0 to {event_count - 1}" if event_count else "there is none"
        raise InvalidArgument(f"at: there is no event {at}; {said}")
    standing = [
        row for row in all_layers if row["born"] <= at and (row["died"] is None or row["died"] > at)
    ]
    return sorted(standing, key=lambda row: (row["lsn_end"], row["kind"] == "image", row["layer"]))


def series_rows(events: Columns, moments: Columns, samples: list[Row]) -> list[Row]:
    """One row per flush and per level that was compacted, as it stood then.

    Parameters
    ----------
    events, moments : Columns
        As the compiled module tells them.
    samples : list of dict
        What sampled reads cost, each with the number of `events` before it; a row has those of the
        last sample that came after the row before.
    """
    deleted = np.array(events["deleted"], bool)
    sizes = np.array(events["bytes"], np.uint64)
    is_flush = np.array(events["compaction"], np.uint64) == 0
    log_bytes = np.maximum.accumulate(
        np.where(is_flush, np.array(events["lsn_end"], np.uint64), np.uint64(0))
    )
    written = np.cumsum(np.where(deleted, np.uint64(0), sizes))
    gone = np.cumsum(np.where(deleted, sizes, np.uint64(0)))
    created, removed = np.cumsum(~deleted), np.cumsum(deleted)
    rows: list[Row] = []
    for last in _last_events(events["compaction"]):
        pages = _pages_at(moments, int(log_bytes[last]))
        log, live = int(log_bytes[last]), int(written[last]) - int(gone[last])
        rows.append(
            {
                "event": last,
                "what": "flush" if is_flush[last] else "compaction",
                "log_bytes": log,
                "written_bytes": int(written[last]),
                "live_bytes": live,
                "live_layers": int(created[last]) - int(removed[last]),
                "created_layers": int(created[last]),
                "deleted_layers": int(removed[last]),
                "write_amp": int(written[last]) / log,
                "storage_amp_log": live / log,
                "storage_amp_logical": live / (pages * 8192) if pages else None,
            }
        )
    _add_samples(rows, samples)
    return rows


def _last_events(compactions: list[int]) -> list[int]:
    """The last event of each flush, which is one, and of each compaction."""
    count = len(compactions)
    return [
        i
        for i in range(count)
        if compactions[i] == 0 or i + 1 == count or compactions[i + 1] != compactions[i]
    ]


def _pages_at(moments: Columns, lsn: int) -> int:
    at = bisect_right(moments["flushed_lsn"], lsn) - 1
    return moments["pages_in_use"][at] if at >= 0 else 0


def _add_samples(rows: list[Row], samples: list[Row]) -> None:
    ends = [row["event"] + 1 for row in rows]
    for sample in samples:
        at = bisect_right(ends, sample["events"]) - 1
        if at >= 0:
            figures = sample.items()
            rows[at] |= {name: value for name, value in figures if name not in _NO_FIGURES}


_NO_FIGURES = frozenset(("events", "log_bytes", "reads"))
