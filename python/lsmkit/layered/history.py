"""A layered store's events replayed: which layers stood at a moment, and how it grew.

The compiled module tells of every layer that was created or deleted. People are told of steps: a
flush, or a job of a compaction with all that it created and deleted.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lsmkit._errors import InvalidArgument
from lsmkit.frames import Columns, rows_of
from lsmkit.text import size_text

__all__ = ["History", "Row", "shown_layer"]

Row: TypeAlias = dict[str, Any]

_NAMES = {
    "layer": "number",
    "kind": "kind",
    "page_begin": "begin_key",
    "page_end": "end_key",
    "lsn_begin": "begin_lsn",
    "lsn_end": "end_lsn",
    "bytes": "file_bytes",
}
PAGE_BYTES = 8192


def shown_layer(row: Row) -> Row:
    """A layer of the compiled module's under the names of frames."""
    return {shown: row[name] for name, shown in _NAMES.items()}


class History:
    """What events tell of layers and steps, which are numbered from 1.

    Attributes
    ----------
    ends : list of int
        The last event of each step, as the compiled module counts them from 0.
    layers : list of dict
        Every layer that ever was, in order of birth.
    steps : list of dict
        Rows of the frame "layer_events".
    """

    def __init__(self, events: Columns) -> None:
        self._events = events
        rows = rows_of(events)
        self.ends = _ends(rows, by_job=True)
        self.layers = self._lives(rows)
        begins = [0, *(end + 1 for end in self.ends)][: len(self.ends)]
        log_bytes = _log_bytes(events)
        self.steps = [
            _step(number, rows[begin : end + 1], int(log_bytes[end]))
            for number, (begin, end) in enumerate(zip(begins, self.ends, strict=True), 1)
        ]

    def _lives(self, events: list[Row]) -> list[Row]:
        layers: dict[int, Row] = {}
        for at, row in enumerate(events):
            step = bisect_left(self.ends, at) + 1
            if row["deleted"]:
                layers[row["layer"]]["died"] = step
            else:
                level = 0 if row["reason"] == "flush" else row["level"] + 1
                layers[row["layer"]] = {
                    **shown_layer(row), "level": level,
                    "born": step,
                    "died": None,
                }  # fmt: skip
        return list(layers.values())

    def standing(self, at: int) -> list[Row]:
        """Layers that stood after that step, from the bottom up.

        Raises
        ------
        InvalidArgument
            There is no such step.
        """
        if not 1 <= at <= len(self.steps):
            said = f"they are 1 to {len(self.steps)}" if self.steps else "there is none"
            raise InvalidArgument(f"at: there is no event {at}; {said}")
        rows = [
            row
            for row in self.layers
            if row["born"] <= at and (row["died"] is None or row["died"] > at)
        ]
        return sorted(rows, key=lambda r: (r["end_lsn"], r["kind"] == "image", r["number"]))

    def series(self, moments: Columns, samples: Sequence[Row]) -> list[Row]:
        """One row per flush and per level that was compacted, as it stood then.

        Parameters
        ----------
        moments : Columns
            Horizon and pages in use after each flush, as the compiled module tells them.
        samples : sequence of dict
            What sampled reads cost, each with the number of `events` before it.
        """
        events = self._events
        deleted = np.array(events["deleted"], bool)
        sizes = np.array(events["bytes"], np.uint64)
        created = np.cumsum(~deleted)
        written = np.cumsum(np.where(deleted, np.uint64(0), sizes))
        gone = np.cumsum(np.where(deleted, sizes, np.uint64(0)))
        log_bytes = _log_bytes(events)
        rows = []
        for last in _ends(rows_of(events), by_job=False):
            log = int(log_bytes[last])
            live = int(written[last] - gone[last])
            pages, horizon = (_at(moments, name, log) for name in ("pages_in_use", "horizon"))
            rows.append(
                {
                    "event": bisect_left(self.ends, last) + 1,
                    "events": last + 1,
                    "kind": kind_of({"reason": events["reason"][last]}),
                    "user_bytes": log,
                    "written_bytes": int(written[last]),
                    "live_bytes": live,
                    "layer_count": int(2 * created[last]) - last - 1,
                    "created_layers": int(created[last]),
                    "deleted_layers": last + 1 - int(created[last]),
                    "write_amp": int(written[last]) / log,
                    "storage_to_log": live / log,
                    "horizon_lsn": horizon,
                    "storage_to_logical": live / (pages * PAGE_BYTES) if pages else None,
                }
            )
        _add_samples(rows, samples)
        return rows


def kind_of(row: Row) -> str:
    """Of the step that an event belongs to."""
    return {"flush": "flush", "collected": "collection"}.get(row["reason"], "compaction")


def _ends(events: list[Row], *, by_job: bool) -> list[int]:
    """The last event of each flush, which is one, and of each compaction or job of it."""

    def step(at: int) -> tuple[str, int, int]:
        row = events[at]
        return kind_of(row), row["compaction"], row["job"] if by_job else 0

    return [
        at
        for at in range(len(events))
        if at + 1 == len(events) or events[at]["reason"] == "flush" or step(at) != step(at + 1)
    ]


def _log_bytes(events: Columns) -> np.ndarray[Any, Any]:
    """What was flushed of the log at each event."""
    is_flush = np.array([reason == "flush" for reason in events["reason"]], bool)
    ends = np.array(events["lsn_end"], np.uint64)
    return np.maximum.accumulate(np.where(is_flush, ends, np.uint64(0)))


def _step(number: int, events: list[Row], log_bytes: int) -> Row:
    created = [row for row in events if not row["deleted"]]
    deleted = [row for row in events if row["deleted"]]
    first = (created or events)[0]
    written = sum(row["bytes"] for row in created)
    return {
        "number": number,
        "kind": kind_of(first),
        "time_us": log_bytes,
        "reason": first["reason"],
        "compaction": first["compaction"],
        "level": first["level"],
        "job": first["job"],
        "created": [row["layer"] for row in created],
        "deleted": [row["layer"] for row in deleted],
        "written_bytes": written,
        "text": _text(first, created, deleted, written),
    }


def _text(first: Row, created: list[Row], deleted: list[Row], written: int) -> str:
    if first["reason"] == "flush":
        return f"flush: {size_text(written)} of the log"
    if first["reason"] == "collected":
        return f"{len(deleted)} layers gone that no LSN to be read needs"
    if first["reason"] == "bottom":
        return f"{len(created)} images at the horizon or a pinned LSN, {size_text(written)}"
    where = f"compaction {first['compaction']}, of level {first['level']}, job {first['job']}"
    made = ", ".join(
        f"{row['kind']} {row['layer']} of {_keys(row)}, {size_text(row['bytes'])}"
        for row in created
    )
    gone = f"; {len(deleted)} layer{'s' * (len(deleted) != 1)} gone" if deleted else ""
    return f"{where}: {made or 'nothing made'}{gone}"


def _keys(row: Row) -> str:
    end = "the end" if row["page_end"] == 2**64 - 1 else f"{row['page_end']:,}"
    return f"pages {row['page_begin']:,} to {end}"


def _at(moments: Columns, name: str, lsn: int) -> int:
    at = bisect_right(moments["flushed_lsn"], lsn) - 1
    return moments[name][at] if at >= 0 else 0


def _add_samples(rows: list[Row], samples: Sequence[Row]) -> None:
    """Figures of a sample belong to the last row before it; the layers read last, to all after."""
    ends = [row["events"] for row in rows]
    sampled = {bisect_right(ends, sample["events"]) - 1: sample for sample in samples}
    layers_read = None
    for at, row in enumerate(rows):
        sample = sampled.get(at)
        if sample is not None:
            row |= {n: v for n, v in sample.items() if n not in ("events", "user_bytes", "reads")}
            layers_read = sample["layers_opened_mean"]
        row["layers_read"] = layers_read
