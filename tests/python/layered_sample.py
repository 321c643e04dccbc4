"""A made-up run of layers: what `lsmkit.player.layers` asks of one, and nothing more."""

from itertools import pairwise

import numpy as np

from lsmkit.column import Column
from lsmkit.frame import Frame

LAYER = {
    "number": "u64", "kind": "str", "level": "i32", "begin_key": "u64", "end_key": "u64",
    "begin_lsn": "u64", "end_lsn": "u64", "file_bytes": "u64", "record_count": "u64",
    "born": "u64", "died": "u64",
}  # fmt: skip
EVENT = {
    "number": "u64", "kind": "str", "time_us": "u64", "job": "u64", "reason": "str", "text": "str",
    "read_bytes": "u64", "written_bytes": "u64",
}  # fmt: skip
SERIES = {
    "event": "u64", "write_amp": "f64", "storage_to_log": "f64", "layer_count": "f64",
    "horizon_lsn": "f64", "live_bytes": "f64",
}  # fmt: skip
KEYS, TOP, TARGET = 600_000, 2**64 - 1, 256 << 20


def frame(dtypes, rows, name):
    columns = {
        column: Column.of(dtype, [row[column] for row in rows]) for column, dtype in dtypes.items()
    }
    return Frame(columns, name=name)


class LayeredSample:
    """Flushes of all keys; each fourth is retiled into partitions, each eighth into images too."""

    options = None
    assumptions = ("made up",)

    def __init__(self, flushes=24, partitions=8):
        self._layers, self._events, self._series = [], [], []
        self._written = 0
        fresh = []
        for number in range(flushes):
            lsn = number * TARGET
            fresh.append(self._layer("delta", 0, (0, TOP), (lsn, lsn + TARGET), TARGET))
            self._event("flush", "target size", born=[fresh[-1]])
            if len(fresh) < 4:
                continue
            bounds = np.linspace(0, KEYS, partitions + 1).astype(int).tolist()
            bounds = [0, *bounds[1:-1], TOP]
            spans = list(pairwise(bounds))
            span = (fresh[0]["begin_lsn"], lsn + TARGET)
            size = 4 * TARGET // partitions
            made = [self._layer("delta", 1, keys, span, size) for keys in spans]
            if number % 8 == 7:
                images = [keys for i, keys in enumerate(spans) if i % 3]
                made += [
                    self._layer("image", 1, keys, (span[1], span[1]), TARGET) for keys in images
                ]
            self._event("compaction", "depth", born=made, died=fresh)
            fresh = []

    def _layer(self, kind, level, keys, lsns, size):
        layer = {
            "number": len(self._layers) + 1, "kind": kind, "level": level, "begin_key": keys[0],
            "end_key": keys[1], "begin_lsn": lsns[0], "end_lsn": lsns[1], "file_bytes": size,
            "record_count": size // 1000, "born": None, "died": None,
        }  # fmt: skip
        self._layers.append(layer)
        return layer

    def _event(self, kind, reason, born=(), died=()):
        number = len(self._events) + 1
        for layer in born:
            layer["born"] = number
        for layer in died:
            layer["died"] = number
        self._written += (written := sum(layer["file_bytes"] for layer in born))
        self._events.append(
            {
                "number": number, "kind": kind, "time_us": number * 1_000_000, "job": number,
                "reason": reason, "text": f"{len(died)} in, {len(born)} out",
                "written_bytes": written, "read_bytes": sum(layer["file_bytes"] for layer in died),
            }
        )  # fmt: skip
        log = max(layer["end_lsn"] for layer in self._layers)
        live = [layer for layer in self._layers if layer["born"] and not layer["died"]]
        live_bytes = sum(layer["file_bytes"] for layer in live)
        self._series.append(
            {
                "event": number, "write_amp": self._written / log, "layer_count": len(live),
                "storage_to_log": live_bytes / log, "live_bytes": live_bytes,
                "horizon_lsn": max(0, log - 8 * TARGET),
            }
        )  # fmt: skip

    def layers(self, *, all):
        assert all
        return frame(LAYER, self._layers, "all_layers")

    def events(self):
        return frame(EVENT, self._events, "events")

    def series(self):
        return frame(SERIES, self._series, "series")
