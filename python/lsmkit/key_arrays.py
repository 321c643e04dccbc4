"""Key codecs over whole columns: what `KeyCodec.encode_many` and `decode_many` do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray
from lsmkit.value_arrays import without_nulls

__all__ = [
    "Block",
    "bytes_of",
    "datetimes_of",
    "encode_datetimes",
    "encode_f64",
    "encode_i64",
    "encode_u64",
    "f64_of",
    "i64_of",
    "join_parts",
    "u64_of",
]

Block = npt.NDArray[np.uint8]
"""uint8 of shape (rows, 8)."""

_SIGN = np.uint64(1 << 63)
_ALL = np.uint64(2**64 - 1)


def bytes_of(encoded: "BinaryArray | npt.NDArray[Any] | Sequence[bytes]") -> BinaryArray:
    """Encoded keys in whatever shape they come, as rows of bytes. None may be null."""
    if isinstance(encoded, BinaryArray):
        rows = encoded
    elif isinstance(encoded, np.ndarray):
        if encoded.dtype != np.uint8 or encoded.ndim != 2:
            raise TypeError("encoded keys: uint8 of shape (rows, width) or a BinaryArray is due")
        offsets = np.arange(len(encoded) + 1, dtype=np.int64) * encoded.shape[1]
        rows = BinaryArray._made(offsets, np.ascontiguousarray(encoded).ravel())
    else:
        rows = BinaryArray.of(encoded)
    if rows.null_count:
        raise InvalidArgument(f"row {int(np.argmin(rows.is_valid()))} is null, which is no key")
    return rows


def _block(encoded: Any, name: str) -> npt.NDArray[np.uint64]:
    """Rows of 8 bytes as big-endian numbers."""
    rows = bytes_of(encoded)
    wrong = np.flatnonzero(rows.lengths() != 8)
    if len(wrong):
        raise InvalidArgument(
            f"row {wrong[0]} has {rows.lengths()[wrong[0]]} bytes, which is no key of codec {name}"
        )
    block = rows.to_fixed(8)
    return np.ascontiguousarray(block).view(">u8").ravel().astype(np.uint64)


def _bytes(numbers: npt.NDArray[np.uint64]) -> Block:
    return numbers.astype(">u8").view(np.uint8).reshape(len(numbers), 8)


def _integers(column: Any, kinds: str, name: str) -> npt.NDArray[Any]:
    numbers = without_nulls(column)
    if numbers.size == 0:
        return numbers.reshape(0).astype(np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in kinds:
        raise TypeError(
            f"codec {name} takes a column of integers, not {numbers.dtype} of shape {numbers.shape}"
        )
    return numbers


def encode_u64(column: Any) -> Block:
    """Integers from 0 to 2**64 - 1."""
    numbers = _integers(column, "iu", "u64")
    low = np.flatnonzero(numbers < 0)
    if len(low):
        raise InvalidArgument(f"row {low[0]}: a key of codec u64 is not {numbers[low[0]]}")
    return _bytes(numbers.astype(np.uint64))


def u64_of(encoded: Any) -> npt.NDArray[np.uint64]:
    return _block(encoded, "u64")


def encode_i64(column: Any) -> Block:
    """Integers from -2**63 to 2**63 - 1."""
    numbers = _integers(column, "iu", "i64")
    if numbers.dtype == np.uint64:
        high = np.flatnonzero(numbers >= _SIGN)
        if len(high):
            raise InvalidArgument(f"row {high[0]}: a key of codec i64 is not {numbers[high[0]]}")
    return _bytes(numbers.astype(np.int64).view(np.uint64) ^ _SIGN)


def i64_of(encoded: Any) -> npt.NDArray[np.int64]:
    return (_block(encoded, "i64") ^ _SIGN).view(np.int64)


def encode_f64(column: Any) -> Block:
    """Floats but NaN; integers that floats hold exactly."""
    given = without_nulls(column)
    if given.size and (given.ndim != 1 or given.dtype.kind not in "iuf"):
        raise TypeError(f"codec f64 takes a column of floats, not {given.dtype}")
    numbers = given.reshape(-1).astype(np.float64)
    nan = np.flatnonzero(np.isnan(numbers))
    if len(nan):
        raise InvalidArgument(f"row {nan[0]}: NaN has no place in an order, so it is no key")
    if given.dtype.kind in "iu":
        _refuse_rounded(given, numbers)
    bits = (numbers + 0.0).view(np.uint64)  # + 0.0 makes -0.0 0.0
    return _bytes(np.where(bits & _SIGN, bits ^ _ALL, bits ^ _SIGN))


def _refuse_rounded(given: npt.NDArray[Any], numbers: npt.NDArray[np.float64]) -> None:
    doubtful = np.flatnonzero(np.abs(numbers) >= 2.0**53)
    for row in doubtful:
        if int(numbers[row]) != int(given[row]):
            raise InvalidArgument(f"row {row}: a float cannot hold {given[row]} exactly")


def f64_of(encoded: Any) -> npt.NDArray[np.float64]:
    bits = _block(encoded, "f64")
    return np.where(bits & _SIGN, bits ^ _SIGN, bits ^ _ALL).view(np.float64)


def encode_datetimes(column: Any, first_us: int, last_us: int) -> Block:
    """Moments of a datetime64 column, which are taken as UTC, to the microsecond."""
    moments = without_nulls(column)
    if moments.size and (moments.ndim != 1 or moments.dtype.kind != "M"):
        raise TypeError(f"codec datetime takes a column of datetime64 in UTC, not {moments.dtype}")
    nat = np.flatnonzero(np.isnat(moments.astype("M8[us]")))
    if len(nat):
        raise InvalidArgument(f"row {nat[0]}: NaT names no moment")
    exact = moments.reshape(-1).astype("M8[us]")
    us = exact.view(np.int64)
    wrong = np.flatnonzero((us < first_us) | (us > last_us))
    if len(wrong):
        row = wrong[0]
        raise InvalidArgument(f"row {row}: {moments[row]} lies outside of the years 1 to 9999")
    return encode_i64(us)


def datetimes_of(encoded: Any, first_us: int, last_us: int) -> npt.NDArray[np.datetime64]:
    us = i64_of(encoded)
    wrong = np.flatnonzero((us < first_us) | (us > last_us))
    if len(wrong):
        raise InvalidArgument(f"row {wrong[0]} is no key of codec datetime: not in years 1 to 9999")
    return us.view("M8[us]")


def join_parts(parts: Sequence[BinaryArray]) -> BinaryArray:
    """Row by row, what the columns hold, one after the other."""
    lengths = np.stack([part.lengths() for part in parts], axis=1)
    ends = np.cumsum(lengths.ravel())
    begins = (ends - lengths.ravel()).reshape(lengths.shape)
    data = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    for column, part in enumerate(parts):
        _scatter(part, begins[:, column], data)
    offsets = np.zeros(len(parts[0]) + 1, np.int64)
    offsets[1:] = ends.reshape(lengths.shape)[:, -1] if len(ends) else 0
    return BinaryArray._made(offsets, data)


def _scatter(part: BinaryArray, begins: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> None:
    """Copies row i of `part` to `data[begins[i]:]`."""
    lengths = part.lengths()
    shift = np.repeat(begins - part.offsets[:-1], lengths)
    source = np.arange(part.offsets[0], part.offsets[-1])
    data[source + shift] = part.data[part.offsets[0] : part.offsets[-1]]
