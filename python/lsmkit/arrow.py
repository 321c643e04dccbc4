"""Columns as Arrow arrays that share their memory. Needs pyarrow, which is imported when called.

pyarrow fills the structs of Arrow's C data interface, too: their release callbacks are called while
Python exceptions are under way and from threads without the GIL, which callbacks written in Python
do not survive. Only validity masks and booleans are copied, into bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit.column import Column
from lsmkit.optional import need

__all__ = ["to_arrow"]


def to_arrow(columns: Mapping[str, Column]) -> Any:
    """A `pyarrow.Table`."""
    pyarrow = need("pyarrow")
    arrays = [_array(pyarrow, column) for column in columns.values()]
    nullable = [column.valid is not None for column in columns.values()]
    fields = [
        pyarrow.field(name, array.type, may_be_null)
        for name, array, may_be_null in zip(columns, arrays, nullable, strict=True)
    ]
    return pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields))


def _array(pyarrow: Any, column: Column) -> Any:
    validity = None if column.valid is None else pyarrow.py_buffer(_bits(column.valid))
    values = np.ascontiguousarray(column.values)
    data = pyarrow.py_buffer(_bits(values) if column.dtype == "bool" else values)
    count, nulls = len(column), column.null_count
    if column.offsets is None:
        kind = pyarrow.from_numpy_dtype(values.dtype)
        return pyarrow.Array.from_buffers(kind, count, [validity, data], nulls)
    offsets = pyarrow.py_buffer(column.offsets)
    if column.dtype == "list[u64]":
        items = pyarrow.Array.from_buffers(pyarrow.uint64(), len(values), [None, data], 0)
        kind = pyarrow.large_list(pyarrow.field("item", pyarrow.uint64(), nullable=False))
        return pyarrow.Array.from_buffers(kind, count, [validity, offsets], nulls, 0, [items])
    kind = pyarrow.large_string() if column.dtype == "str" else pyarrow.large_binary()
    return pyarrow.Array.from_buffers(kind, count, [validity, offsets, data], nulls)


def _bits(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return np.packbits(mask, bitorder="little")
