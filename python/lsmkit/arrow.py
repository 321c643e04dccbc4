"""Columns as Arrow sees them: formats and buffers for the PyCapsule interface.

Needs no Arrow library. The structs of Arrow's C data interface are filled by the compiled module,
which pins the buffers until the consumer lets go of them. Only validity masks and booleans are
copied, into bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit import _core
from lsmkit.column import Column

__all__ = ["array_capsule", "schema_capsule", "stream_capsule"]

_FORMATS = {
    "bool": "b",
    "i32": "i",
    "i64": "l",
    "u32": "I",
    "u64": "L",
    "f64": "g",
    "bytes": "Z",  # large binary: 64-bit offsets
    "str": "U",  # large UTF-8
    "list[u64]": "+L",  # large list
}


def schema_capsule(columns: Mapping[str, Column]) -> object:
    """An `arrow_schema` capsule of a struct with one field per column."""
    return _core.arrow_schema(_struct_field(columns))


def array_capsule(columns: Mapping[str, Column], length: int) -> object:
    """An `arrow_array` capsule of a struct array."""
    return _core.arrow_array(_struct_array(columns, length))


def stream_capsule(columns: Mapping[str, Column], length: int) -> object:
    """An `arrow_array_stream` capsule of one struct array."""
    return _core.arrow_stream(_struct_field(columns), _struct_array(columns, length))


def _struct_field(columns: Mapping[str, Column]) -> Any:
    return ("", "+s", False, tuple(_field(name, column) for name, column in columns.items()))


def _struct_array(columns: Mapping[str, Column], length: int) -> Any:
    return (length, 0, (None,), tuple(_array(column) for column in columns.values()))


def _field(name: str, column: Column) -> Any:
    children = (("item", "L", False, ()),) if column.dtype == "list[u64]" else ()
    return (name, _FORMATS[column.dtype], column.valid is not None, children)


def _array(column: Column) -> Any:
    validity = None if column.valid is None else _bits(column.valid)
    values = np.ascontiguousarray(column.values)
    if column.offsets is None:
        data = _bits(values) if column.dtype == "bool" else values
        return (len(column), column.null_count, (validity, data), ())
    if column.dtype == "list[u64]":
        items = (len(values), 0, (None, values), ())
        return (len(column), column.null_count, (validity, column.offsets), (items,))
    return (len(column), column.null_count, (validity, column.offsets, values), ())


def _bits(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return np.packbits(mask, bitorder="little")
