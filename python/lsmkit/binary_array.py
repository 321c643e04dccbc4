"""`BinaryArray`: rows of bytes as two arrays, offsets and data, which Arrow can share."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.arrow import Described, bits_of
from lsmkit.buffers import Buffer
from lsmkit.column import Column

__all__ = ["BinaryArray"]


class BinaryArray(Sequence[bytes | None]):
    """Rows of bytes, some of them perhaps null. What `get_many` and `scan` give, and all take.

    Row i is ``data[offsets[i]:offsets[i + 1]]``. The arrays are read-only and stay valid after the
    database is closed. pyarrow, polars and duckdb take it as it is (Arrow's large_binary, through
    the `PyCapsule interface
    <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>`_), without a
    copy of offsets and data.

    Attributes
    ----------
    offsets : ndarray of int64, shape (rows + 1,)
    data : ndarray of uint8
    valid : ndarray of bool, shape (rows,), or None
        False where a row is null. None: no row is.
    """

    __slots__ = ("data", "offsets", "valid")

    def __init__(
        self,
        offsets: npt.NDArray[np.int64],
        data: npt.NDArray[np.uint8],
        valid: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        if offsets.dtype != np.int64 or offsets.ndim != 1 or len(offsets) == 0:
            raise InvalidArgument("offsets: int64 of shape (rows + 1,), so at least one, are due")
        if data.dtype != np.uint8 or data.ndim != 1:
            raise InvalidArgument("data: uint8 of one dimension are due")
        if offsets[0] < 0 or offsets[-1] > len(data) or np.any(offsets[1:] < offsets[:-1]):
            raise InvalidArgument("offsets: they must not fall, and stay within the data")
        if valid is not None and (valid.dtype != np.bool_ or valid.shape != (len(offsets) - 1,)):
            raise InvalidArgument("valid: a bool per row is due")
        self.offsets = np.ascontiguousarray(offsets)
        self.data = np.ascontiguousarray(data)
        self.valid = None if valid is None or valid.all() else np.ascontiguousarray(valid)

    @classmethod
    def _made(
        cls,
        offsets: npt.NDArray[np.int64],
        data: npt.NDArray[np.uint8],
        valid: npt.NDArray[np.bool_] | None = None,
    ) -> "BinaryArray":
        """As the constructor, of arrays that were made to fit: nothing is looked at."""
        made = cls.__new__(cls)
        made.offsets, made.data = offsets, data
        made.valid = None if valid is None or valid.all() else valid
        return made

    @classmethod
    def of(cls, rows: Sequence[Buffer | None]) -> "BinaryArray":
        """From a list of buffers, None for null. TypeError for what is no buffer."""
        missing = np.fromiter((row is None for row in rows), np.bool_, len(rows))
        parts = [b"" if row is None else bytes(memoryview(row)) for row in rows]
        column = Column.of("bytes", parts)
        assert column.offsets is not None
        return cls._made(column.offsets, column.values, ~missing if missing.any() else None)

    @classmethod
    def concatenate(cls, arrays: Sequence["BinaryArray"]) -> "BinaryArray":
        """All rows of some arrays, one after the other."""
        if len(arrays) == 1:
            return arrays[0]
        lengths = [np.diff(array.offsets) for array in arrays]
        offsets = np.zeros(sum(map(len, lengths)) + 1, np.int64)
        if arrays:
            np.cumsum(np.concatenate(lengths), out=offsets[1:])
        parts = [array.data[array.offsets[0] : array.offsets[-1]] for array in arrays]
        data = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
        if all(array.valid is None for array in arrays):
            return cls._made(offsets, data)
        return cls._made(offsets, data, np.concatenate([array.is_valid() for array in arrays]))

    # -- As a sequence -----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> bytes | None: ...
    @overload
    def __getitem__(self, index: slice) -> "BinaryArray": ...
    def __getitem__(self, index: int | slice) -> "bytes | BinaryArray | None":
        """A row as bytes, None if it is null; or some rows."""
        if isinstance(index, slice):
            return self._slice(index)
        row = range(len(self))[index]
        if self.valid is not None and not self.valid[row]:
            return None
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def _slice(self, index: slice) -> "BinaryArray":
        begin, end, step = index.indices(len(self))
        if step != 1:
            return self.take(np.arange(begin, end, step))
        end = max(begin, end)
        valid = None if self.valid is None else self.valid[begin:end]
        return BinaryArray._made(self.offsets[begin : end + 1], self.data, valid)

    def __iter__(self) -> Iterator[bytes | None]:
        return iter(self.to_list())

    def to_list(self) -> list[bytes | None]:
        """All rows as bytes, None where one is null."""
        whole, ends = self.data.tobytes(), self.offsets.tolist()
        rows: list[bytes | None] = [whole[begin:end] for begin, end in pairwise(ends)]
        if self.valid is not None:
            for row in np.flatnonzero(~self.valid):
                rows[row] = None
        return rows

    def take(self, rows: npt.NDArray[np.intp]) -> "BinaryArray":
        """The rows of the given numbers, in their order."""
        taken = Column("bytes", self.data, self.offsets, self.valid).take(rows)
        assert taken.offsets is not None
        return BinaryArray._made(taken.offsets, taken.values, taken.valid)

    def __eq__(self, other: object) -> bool:
        """Whether all rows are the same, wherever they lie."""
        if not isinstance(other, BinaryArray):
            return NotImplemented
        return len(self) == len(other) and self.to_list() == other.to_list()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        nulls = f", {self.null_count:,} null" if self.null_count else ""
        return f"<BinaryArray of {len(self):,} rows{nulls}, {self.nbytes:,} bytes>"

    # -- As arrays ---------------------------------------------------------------------------------

    @property
    def null_count(self) -> int:
        """How many rows are null."""
        return 0 if self.valid is None else int(len(self) - np.count_nonzero(self.valid))

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return int(self.offsets[-1] - self.offsets[0])

    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes of each row, shape (rows,); 0 where one is null."""
        return np.diff(self.offsets)

    def is_valid(self) -> npt.NDArray[np.bool_]:
        """Which rows are not null, shape (rows,)."""
        return np.ones(len(self), np.bool_) if self.valid is None else self.valid

    def to_fixed(self, width: int | None = None, *, fill: bytes | None = None) -> Any:
        """Rows of one width, as uint8 of shape (rows, width), without a copy if it can be.

        Parameters
        ----------
        width : int, optional
            Bytes of each row; default: of the first that is not null.
        fill : bytes, optional
            Stands for null rows; `width` bytes of it are due. None: no row may be null.

        Raises
        ------
        InvalidArgument
            A row has another width; `fill` has; or a row is null and there is no `fill`.
        """
        valid, lengths = self.is_valid(), self.lengths()
        if width is None:
            width = int(lengths[np.argmax(valid)]) if len(lengths) else 0
        wrong = np.flatnonzero(valid & (lengths != width))
        if len(wrong):
            raise InvalidArgument(
                f"row {wrong[0]} has {lengths[wrong[0]]} bytes, not {width}: to_fixed() is for "
                "rows of one width"
            )
        if self.valid is None:
            return self.data[self.offsets[0] : self.offsets[-1]].reshape(len(self), width)
        if fill is None or len(fill) != width:
            row = int(np.argmin(self.valid))
            raise InvalidArgument(f"row {row} is null: pass fill=, {width} bytes to stand for it")
        fixed = np.tile(np.frombuffer(fill, np.uint8), (len(self), 1))
        rows = np.flatnonzero(self.valid)
        fixed[rows] = self.data[self.offsets[rows][:, None] + np.arange(width)]
        return fixed

    def to_numpy(self) -> npt.NDArray[np.object_]:
        """An object array of bytes and None."""
        objects = np.empty(len(self), object)
        objects[:] = self.to_list()
        return objects

    # -- As Arrow ----------------------------------------------------------------------------------

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Arrow's capsules of a large_binary array."""
        column = self._arrow()
        return _core.arrow_schema(column), _core.arrow_array(column)

    def __arrow_c_schema__(self) -> object:
        """Arrow's capsule of the type, large_binary."""
        return _core.arrow_schema(self[:0]._arrow())

    def _arrow(self) -> Described:
        bits = None if self.valid is None else bits_of(self.valid)
        return "", "Z", True, len(self), self.null_count, [bits, self.offsets, self.data], []
