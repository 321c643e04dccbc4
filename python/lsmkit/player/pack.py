"""The bytes that the player's module reads: a JSON header, then columns.

::

    "LSMPLAY1"   8 bytes
    u32          bytes of the header, blanks at its end included, so that columns begin at 16 + 8 n
    u32          0
    header       JSON: "columns": {name: [type, offset, count]}, and all that is said once
    columns      little-endian, 8-byte ones first; offsets count from the end of the header

Several runs follow each other as ``u64 bytes, run``. Types: u8 u16 u32 u64 f32 f64. Integers that
fit take the narrowest; others above 2^32 are f64, exact up to 2^53, except "number", u64.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit.player.data import History

__all__ = ["bundle", "columns_of", "figure_type", "joined", "packed", "unpacked"]

MAGIC = b"LSMPLAY1"
_TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "u64": "<u8", "f32": "<f4", "f64": "<f8"}
Array = npt.NDArray[Any]


def columns_of(history: History, *, narrow: bool = True) -> dict[str, Array]:
    """All columns of a history by name: "table ...", "event ...", "figure ...", "keys", "texts"."""
    columns = {f"table {name}": values for name, values in history.tables.items()}
    columns |= {"table born": history.born, "table died": history.died}
    if history.keys:
        columns |= {"table low": history.low, "table high": history.high}
    columns |= {f"event {name}": values for name, values in history.events.items()}
    if narrow:
        exact = ("table number",)
        columns = {n: v if n in exact else _narrow(v) for n, v in columns.items()}
    else:
        columns = {name: _wide(name, values) for name, values in columns.items()}
    for name, values in history.figures.items():
        columns[f"figure {name}"] = values.astype(figure_type(name))
    columns["keys"], columns["key ends"] = joined(history.keys)
    texts = [text.encode("utf-8", "replace") for text in history.texts]
    columns["texts"], columns["text ends"] = joined(texts)
    return columns


def figure_type(name: str) -> str:
    """Those that add up for ever need all their digits."""
    return "<f8" if name in ("user_bytes", "stall_us", "horizon_lsn") else "<f4"


def packed(header: Mapping[str, Any], columns: Mapping[str, Array]) -> bytes:
    """One run, or a part of it."""
    ordered = sorted(columns.items(), key=lambda item: -item[1].dtype.itemsize)
    places, parts, offset = {}, [], 0
    for name, values in ordered:
        data = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        places[name] = [_type_name(data), offset, len(data)]
        parts.append(data.tobytes())
        offset += data.nbytes
    text = json.dumps(_finite({**header, "columns": places}), separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    lengths = np.array([len(text), 0], "<u4").tobytes()
    return b"".join((MAGIC, lengths, text, *parts))


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """What `packed` took."""
    if data[:8] != MAGIC:
        raise ValueError(f"these bytes are not of the player: they begin with {data[:8]!r}")
    end = 16 + int.from_bytes(data[8:12], "little")
    header = json.loads(data[16:end])
    columns = {
        name: np.frombuffer(data, _TYPES[kind], count, end + offset)
        for name, (kind, offset, count) in header["columns"].items()
    }
    return header, columns


def bundle(runs: Iterable[bytes]) -> bytes:
    """Several runs in one piece."""
    return b"".join(part for run in runs for part in (len(run).to_bytes(8, "little"), run))


def _narrow(values: Array) -> Array:
    if values.dtype.kind == "f" or not len(values):
        return values.astype("<f8")
    most = int(values.max())
    for kind in ("<u1", "<u2", "<u4"):
        if most <= np.iinfo(kind).max and int(values.min()) >= 0:
            return values.astype(kind)
    return values.astype("<f8")


def _wide(name: str, values: Array) -> Array:
    """Of a part that others follow: types that do not depend on what is in it."""
    if name == "table number":
        return values.astype("<u8")
    fixed = ("table born", "table died", "table low", "table high", "event text")
    return values.astype("<u4" if name in fixed else "<f8")


def joined(parts: list[bytes]) -> tuple[Array, Array]:
    """Byte strings one after the other, and where each ends."""
    ends = np.cumsum([len(part) for part in parts], dtype=np.uint64).astype("<u4")
    return np.frombuffer(b"".join(parts), np.uint8), ends


def _type_name(values: Array) -> str:
    kind = values.dtype
    return f"{'f' if kind.kind == 'f' else 'u'}{8 * kind.itemsize}"


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
