"""Columns as Arrow's arrays, which share their memory: what the compiled module needs to know.

Only validity masks and booleans are copied, into bits. No package is needed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.column import FIXED_DTYPES, Column

if TYPE_CHECKING:
    from lsmkit._core import _ArrowColumn

__all__ = ["Described", "bits_of", "table_of"]

Described: TypeAlias = "_ArrowColumn"

_FORMATS = {
    "bool": "b",
    "i32": "i",
    "i64": "l",
    "u32": "I",
    "u64": "L",
    "f64": "g",
    "bytes": "Z",  # large_binary
    "str": "U",  # large_utf8
    "list[u64]": "+L",  # large_list
}


def table_of(columns: Mapping[str, Column]) -> Described:
    """Columns of one length as a struct, which others read as a table.

    Raises
    ------
    InvalidArgument
        A column's arrays do not fit together, so that others would read what is not there.
    """
    fields = [_described(name, column) for name, column in columns.items()]
    rows = len(next(iter(columns.values()), ()))
    return "", "+s", False, rows, 0, [None], fields


def _described(name: str, column: Column) -> Described:
    """A column, for `_core.arrow_schema` and its like. Errors as `table_of`."""
    _check(name, column)
    values = np.require(column.values, requirements=["C", "A"])
    buffers = [None if column.valid is None else bits_of(column.valid)]
    if column.offsets is not None:
        buffers.append(np.require(column.offsets, np.int64, ["C", "A"]))
    children: list[Described] = []
    if column.dtype == "list[u64]":
        children = [("item", "L", False, len(values), 0, [None, values], [])]
    else:
        buffers.append(bits_of(values) if column.dtype == "bool" else values)
    nullable, format_ = column.valid is not None, _FORMATS[column.dtype]
    return name, format_, nullable, len(column), column.null_count, buffers, children


def _check(name: str, column: Column) -> None:
    if column.dtype not in _FORMATS:
        raise InvalidArgument(f"column {name!r}: no column type is named {column.dtype!r}")
    due = FIXED_DTYPES.get(column.dtype, np.uint64 if column.dtype == "list[u64]" else np.uint8)
    if column.values.dtype != due or column.values.ndim != 1:
        shape = f"{column.values.dtype} of {column.values.ndim} dimensions"
        raise InvalidArgument(f"column {name!r}: {np.dtype(due)} are due, not {shape}")
    if (column.offsets is None) != (column.dtype in FIXED_DTYPES):
        raise InvalidArgument(f"column {name!r}: {column.dtype} and these offsets do not fit")
    if column.valid is not None and column.valid.shape != (len(column),):
        raise InvalidArgument(f"column {name!r}: valid: a bool per row is due")
    if column.offsets is not None:
        _check_offsets(name, column.offsets, column.values)
    if column.dtype == "str":
        _check_text(name, column)


def _check_offsets(name: str, offsets: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
    falls = np.any(offsets[1:] < offsets[:-1])
    if offsets.dtype.kind != "i" or falls or offsets[0] < 0 or offsets[-1] > len(values):
        raise InvalidArgument(
            f"column {name!r}: offsets: they must not fall, and stay within the values"
        )


def _check_text(name: str, column: Column) -> None:
    """Readers of Arrow trust that text is UTF-8, row by row."""
    assert column.offsets is not None
    begin, end = int(column.offsets[0]), int(column.offsets[-1])
    data = column.values[begin:end]
    inner = column.offsets[(column.offsets > begin) & (column.offsets < end)] - begin
    try:
        str(data.tobytes(), "utf-8")
        within = bool(np.any(data[inner] & 0xC0 == 0x80))
    except UnicodeDecodeError:
        within = True
    if within:
        raise InvalidArgument(f"column {name!r}: a row is no UTF-8; make it a column of bytes")


def bits_of(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """A bit per row, lowest first."""
    return np.packbits(mask, bitorder="little")
