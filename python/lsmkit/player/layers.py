"""Runs whose rows are layers: rectangles of keys x LSNs, of a store that keeps all history.

A *delta* layer holds the records of a key range in an LSN range, an *image* layer every page of a
key range at one LSN. Who offers ``layers(all=True)`` is played so. That frame has the columns

===================  ==========  ===============================================================
number               u64         which layer
kind                 str         "delta" or "image"
level                i32         0: flushed; n: rewritten n times, or as the planner found it
begin_key, end_key   u64         half-open
begin_lsn, end_lsn   u64         half-open; of an image both are its LSN
file_bytes           u64         what it is drawn as large as
record_count         u64         optional
born, died           u64, null   events that put it there and took it away, as of "all_tables"
===================  ==========  ===============================================================

``events()`` has number, kind, time_us, reason and text, and may have job, score, input_level,
output_level, read_bytes, written_bytes and duration_us; ``series()`` has event, and of the figures
of `data.FIGURES` those that are known; ``horizon_lsn`` is drawn into the picture.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame

__all__ = ["LayeredSource", "event_columns", "layer_bounds", "layer_columns"]

Array = npt.NDArray[Any]

KINDS = {"delta": 1, "image": 2}  # 0 would be a table
_RENAMED = {"read_bytes": "read_weight", "written_bytes": "written_weight"}


class LayeredSource(Protocol):
    """What has the frames of layers."""

    def layers(self, *, all: bool) -> Frame: ...
    def events(self) -> Frame: ...
    def series(self) -> Frame: ...


def layer_columns(layers: Frame) -> dict[str, Array]:
    """What the page knows of each layer, but for its keys. InvalidArgument: an unknown kind."""
    unknown = set(layers["kind"]) - KINDS.keys()
    if unknown:
        raise InvalidArgument(f"a layer's kind is delta or image, not {min(unknown)!r}")
    kinds = np.fromiter((KINDS[kind] for kind in layers["kind"]), np.uint8, len(layers))
    begin, end = layers["begin_lsn"], layers["end_lsn"]
    columns = {name: layers[name] for name in ("level", "number", "begin_lsn", "end_lsn")}
    columns |= {"kind": kinds, "weight": layers["file_bytes"]}
    if "record_count" in layers.columns and not layers.column("record_count").null_count:
        columns["entry_count"] = layers["record_count"]
    # Layers of the same LSNs stand side by side: the newest have the highest number.
    spans = np.stack((end, begin, kinds.astype(np.uint64)), axis=1)
    _, run = np.unique(spans, axis=0, return_inverse=True)
    return columns | {"run": run.reshape(-1).astype(np.uint32)}


def layer_bounds(layers: Frame) -> tuple[list[bytes], Array, Array]:
    """All bounds in order, and each layer's place among them; the second is not in it."""
    begin, end = layers["begin_key"], layers["end_key"]
    bounds, places = np.unique(np.concatenate((begin, end)), return_inverse=True)
    places = places.reshape(-1).astype(np.uint32)
    last = np.iinfo(np.uint64).max
    keys = [b"the end" if bound == last else b"%d" % bound for bound in bounds.tolist()]
    return keys, places[: len(begin)], places[len(begin) :]


def event_columns(events: Frame) -> dict[str, Array]:
    """Bytes under the names that the page has for what was read and written."""
    return {
        shown: events[name]
        for name, shown in _RENAMED.items()
        if name in events.columns and not events.column(name).null_count
    }
