"""Value codecs over whole columns: what `ValueCodec.encode_many` and `decode_many` do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray

__all__ = [
    "columns_of",
    "decode_floats",
    "decode_integers",
    "decode_texts",
    "encode_floats",
    "encode_integers",
    "encode_texts",
    "joined",
    "listed",
    "without_nulls",
]

_WIDTHS = np.arange(9)  # of bytes; an int64 takes 8 at most, a uint64 9


def listed(column: Any) -> Sequence[Any]:
    """The rows of a column as Python's values: of lists, and of NumPy's and data frames' columns.

    Raises
    ------
    TypeError
        It is one value, not a column of them.
    """
    if isinstance(column, str | bytes | bytearray | memoryview | dict):
        raise TypeError(
            f"a column of values is due, such as a list, not one {type(column).__name__}"
        )
    for method in ("tolist", "to_pylist", "to_list"):
        if hasattr(column, method):
            rows: Sequence[Any] = getattr(column, method)()
            return rows
    return list(column)


def without_nulls(column: Any) -> npt.NDArray[Any]:
    """As an array. InvalidArgument for a masked row, whose number would be stored otherwise."""
    if isinstance(column, np.ma.MaskedArray):
        masked = np.flatnonzero(np.ma.getmaskarray(column))
        if len(masked):
            raise InvalidArgument(f"row {masked[0]} is null, which can't be stored")
    return np.asarray(column)


def joined(parts: Sequence[bytes]) -> BinaryArray:
    """Rows of bytes, none of them null."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=offsets[1:])
    return BinaryArray._made(offsets, np.frombuffer(b"".join(parts), np.uint8))


def encode_texts(column: Any) -> BinaryArray:
    """UTF-8 of each row. TypeError for what is no str, UnicodeError for what has no UTF-8."""
    return joined(list(map(str.encode, listed(column))))


def decode_texts(data: BinaryArray) -> list[str | None]:
    """What `encode_texts` made, None where a row is null. UnicodeError for what is no UTF-8."""
    return [None if row is None else row.decode() for row in data.to_list()]


def encode_floats(column: Any) -> npt.NDArray[np.uint8] | None:
    """Eight bytes each, little-endian; None for what NumPy has no numbers of."""
    numbers = without_nulls(column)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iuf":
        return None
    return numbers.astype("<f8").view(np.uint8).reshape(len(numbers), 8)


def decode_floats(data: BinaryArray) -> npt.NDArray[np.float64] | None:
    """What `encode_floats` made, masked where a row is null; None if a row has other lengths."""
    if np.any(data.is_valid() & (data.lengths() != 8)):
        return None
    block = data.to_fixed(8, fill=bytes(8))
    return _masked(np.ascontiguousarray(block).view("<f8").ravel().astype(np.float64), data)


def encode_integers(column: Any) -> BinaryArray | None:
    """Two's complement, little-endian, as short as can be; None for what has no 64 bits."""
    numbers = without_nulls(column)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        return None
    negative = numbers < 0
    bits = numbers.astype(np.uint64)
    size = np.where(negative, ~bits, bits)
    lengths = np.ones(len(numbers), np.int64)
    for width in range(1, 9):  # a byte more from 2**(8 * width - 1) on
        lengths += size >= np.uint64(1 << (8 * width - 1))
    block = np.empty((len(numbers), 9), np.uint8)
    block[:, :8] = bits.astype("<u8").view(np.uint8).reshape(-1, 8)
    block[:, 8] = np.where(negative, 0xFF, 0)
    offsets = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return BinaryArray._made(offsets, block[lengths[:, None] > _WIDTHS])


def decode_integers(data: BinaryArray) -> npt.NDArray[np.int64] | None:
    """What `encode_integers` made, masked where a row is null; None if one has over 64 bits."""
    lengths = data.lengths()
    if np.any(lengths > 8):
        return None
    if not data.nbytes:
        return _masked(np.zeros(len(data), np.int64), data)
    last = data.data[np.maximum(data.offsets[1:] - 1, 0)]
    sign = np.where((lengths > 0) & (last >= 0x80), 0xFF, 0).astype(np.uint8)
    block = np.repeat(sign, 8).reshape(-1, 8)
    used = lengths[:, None] > _WIDTHS[:8]
    block[used] = data.data[data.offsets[0] : data.offsets[-1]]
    return _masked(block.view("<i8").ravel().astype(np.int64), data)


def _masked(numbers: npt.NDArray[Any], data: BinaryArray) -> npt.NDArray[Any]:
    return numbers if data.valid is None else np.ma.MaskedArray(numbers, ~data.valid)


def columns_of(
    rows: Sequence[tuple[Any, ...]], kinds: Sequence[type[np.generic] | None], data: BinaryArray
) -> tuple[Any, ...]:
    """Tuples as columns: arrays of the kinds, lists where there is none. Null where `data` is."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(kinds)
    return tuple(
        _listed_nulls(column, data) if kind is None else _masked(np.array(column, kind), data)
        for column, kind in zip(columns, kinds, strict=True)
    )


def _listed_nulls(items: Sequence[Any], data: BinaryArray) -> list[Any]:
    valid = data.is_valid().tolist()
    return [item if there else None for item, there in zip(items, valid, strict=True)]
