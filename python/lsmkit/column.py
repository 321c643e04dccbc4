"""`Column`: values of one type with a validity mask, as NumPy arrays that Arrow can share.

Three shapes, told apart by `dtype`:

=================  ===========================================  ==========================
dtype              values                                       offsets
=================  ===========================================  ==========================
bool u32 u64 ...   one item per row                             None
bytes, str         uint8, all rows' bytes one after the other   int64[rows + 1] into values
list[u64] ...      all rows' items one after the other          int64[rows + 1] into values
=================  ===========================================  ==========================
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FIXED_DTYPES", "Column"]

FIXED_DTYPES: dict[str, np.dtype[Any]] = {
    "bool": np.dtype(np.bool_),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "u32": np.dtype(np.uint32),
    "u64": np.dtype(np.uint64),
    "f64": np.dtype(np.float64),
}
DTYPES = (*FIXED_DTYPES, "bytes", "str", "list[u64]")


@dataclass(frozen=True, eq=False)
class Column:
    """Values of one type. Do not change its arrays: frames share them.

    Attributes
    ----------
    dtype : str
        One of bool, i32, i64, u32, u64, f64, bytes, str, list[u64].
    values : ndarray
        See the head of this file. Rows that are null hold zeros, or nothing.
    offsets : ndarray of int64, shape (rows + 1,), or None
    valid : ndarray of bool, shape (rows,), or None
        False where a row is null. None: no row is.
    """

    dtype: str
    values: npt.NDArray[Any]
    offsets: npt.NDArray[np.int64] | None = None
    valid: npt.NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, dtype: str, items: Sequence[Any]) -> "Column":
        """From Python values, None for null. ValueError for a dtype that there isn't."""
        nulls = np.fromiter((item is None for item in items), np.bool_, len(items))
        valid = ~nulls if nulls.any() else None
        if dtype in FIXED_DTYPES:
            filled = [0 if item is None else item for item in items]
            return cls(dtype, np.array(filled, FIXED_DTYPES[dtype]), None, valid)
        if dtype not in DTYPES:
            raise ValueError(f"no column type is named {dtype!r}; there are {', '.join(DTYPES)}")
        parts = [b"" if item is None else item for item in items]
        if dtype == "str":
            # What is no UTF-8, as in a path of other bytes, is a str with surrogates in Python.
            parts = [
                part.encode("utf-8", "backslashreplace") if isinstance(part, str) else part
                for part in parts
            ]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        if dtype == "list[u64]":
            values: npt.NDArray[Any] = np.array([i for part in parts for i in part], np.uint64)
        else:
            values = np.frombuffer(b"".join(parts), np.uint8)
        return cls(dtype, values, offsets, valid)

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    def __getitem__(self, row: int) -> Any:
        """One row as a Python value; None if it is null."""
        row = range(len(self))[row]
        if self.valid is not None and not self.valid[row]:
            return None
        if self.offsets is None:
            return self.values[row].item()
        part = self.values[self.offsets[row] : self.offsets[row + 1]]
        if self.dtype == "bytes":
            return part.tobytes()
        return part.tobytes().decode() if self.dtype == "str" else part.tolist()

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def to_list(self) -> list[Any]:
        """All rows as Python values."""
        return list(self)

    @property
    def null_count(self) -> int:
        """How many rows are null."""
        return 0 if self.valid is None else int(len(self) - np.count_nonzero(self.valid))

    def to_numpy(self) -> npt.NDArray[Any]:
        """A read-only array with one item per row.

        Fixed-width columns: the values themselves, a masked array if rows are null. Others: an
        object array of bytes, str, list or None.
        """
        if self.offsets is None:
            shared = self.values.view()
            shared.flags.writeable = False
            return shared if self.valid is None else np.ma.MaskedArray(shared, ~self.valid)
        objects = np.empty(len(self), object)
        objects[:] = self.to_list()
        objects.flags.writeable = False
        return objects

    def take(self, rows: npt.NDArray[np.intp]) -> "Column":
        """The rows of the given numbers, in their order."""
        valid = None if self.valid is None else self.valid[rows]
        if self.offsets is None:
            return Column(self.dtype, self.values[rows], None, valid)
        begins, ends = self.offsets[rows], self.offsets[rows + 1]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(ends - begins, out=offsets[1:])
        places = np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], ends - begins)
        return Column(self.dtype, self.values[places], offsets, valid)
