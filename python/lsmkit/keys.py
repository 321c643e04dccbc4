"""Codecs of keys whose bytes sort as the values do. `db.typed(key=...)` takes one, or its type.

==================  ============  ==================================================================
type                name          bytes
==================  ============  ==================================================================
bytes               bytes         as they are
str                 str           UTF-8, which sorts by code point
int                 i64           8 bytes, big-endian, sign bit flipped; -2**63 to 2**63 - 1
(`U64()`)           u64           8 bytes, big-endian; 0 to 2**64 - 1
float               f64           8 bytes: IEEE 754, big-endian, sign bit flipped, and all others
                                  too for negative numbers; NaN is refused, -0.0 becomes 0.0, an
                                  int that a float can't hold exactly is refused
datetime            datetime      as i64: microseconds since 1970 in UTC; naive ones are refused,
                                  and those that UTC has no year 1 to 9999 for
tuple[A, B, ...]    (a,b,...)     each element's bytes in turn; in those of bytes and str 00 becomes
                                  00 ff, and 00 01 ends them, so that ("a", "b") < ("ab", "")
==================  ============  ==================================================================
"""

import struct
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast, get_args, get_origin

import numpy as np
import numpy.typing as npt

from lsmkit import key_arrays
from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray
from lsmkit.text import escape, shorten
from lsmkit.value_arrays import decode_texts, encode_texts, joined, listed

__all__ = ["F64", "I64", "U64", "Bytes", "Datetime", "KeyCodec", "Str", "Tuple", "key_codec"]

K = TypeVar("K")

_END = b"\x00\x01"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_US, _LAST_US = (
    (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for moment in (datetime.min, datetime.max)
)


class KeyCodec(ABC, Generic[K]):
    """Turns keys into bytes that sort alike, and back. Subclass it for keys of your own."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is stored in the database; another meaning of bytes needs another name."""

    @abstractmethod
    def encode(self, key: K, /) -> bytes:
        """Bytes with `encode(a) < encode(b)` if and only if `a < b`. TypeError for a wrong type."""

    @abstractmethod
    def decode(self, data: bytes, /) -> K:
        """The key. InvalidArgument if `data` is none."""

    def encode_many(self, keys: Any, /) -> "BinaryArray | npt.NDArray[np.uint8]":
        """A column of keys as bytes that `DB.put_many` and its like take.

        Parameters
        ----------
        keys : array or sequence
            Numbers and datetime64 (taken as UTC) as NumPy arrays, text as a list or NumPy array of
            str; of a tuple codec a sequence of columns, one per element.

        Returns
        -------
        ndarray of uint8, shape (rows, 8), or BinaryArray
            The former from codecs of fixed width.

        Raises
        ------
        TypeError, InvalidArgument
            As `encode`; the text names the row.
        """
        return joined([self.encode(key) for key in listed(keys)])

    def decode_many(self, data: Any, /) -> Any:
        """The column of keys that `encode_many` made `data` of. InvalidArgument if it is none.

        `data` may have any shape that `get_many` and `scan` give. Numbers come back as NumPy
        arrays, moments as datetime64[us], text and bytes as lists, tuples as a tuple of columns.
        """
        rows = key_arrays.bytes_of(data)
        return [self.decode(row) for row in rows.to_list() if row is not None]

    def encode_parts(self, keys: Any, /) -> BinaryArray:
        """As `encode_part`, of a column."""
        return joined([self.encode_part(key) for key in listed(keys)])

    def encode_bound(self, bound: K, /) -> bytes:
        """As `encode`, for the bound of a range, which need not be a whole key."""
        return self.encode(bound)

    def encode_prefix(self, prefix: K, /) -> bytes:
        """What the bytes of all keys begin with that begin with `prefix`."""
        raise TypeError(f"keys of codec {self.name} have no prefixes; use start= and stop=")

    def encode_part(self, key: K, /) -> bytes:
        """As `encode`, for an element of a tuple: no such bytes begin with others."""
        return self.encode(key).replace(b"\x00", b"\x00\xff") + _END

    def decode_part(self, data: bytes, begin: int, /) -> tuple[K, int]:
        """The key that `encode_part` wrote at `begin`, and where it ends."""
        end = data.find(_END, begin)
        if end < 0:
            raise no_key(self.name, data)
        return self.decode(data[begin:end].replace(b"\x00\xff", b"\x00")), end + len(_END)

    def __repr__(self) -> str:
        return f"<key codec {self.name}>"


class Bytes(KeyCodec[bytes]):
    """Bytes as they are."""

    name = "bytes"

    def encode(self, key: bytes, /) -> bytes:
        expect(key, bytes, bytearray, memoryview)
        return bytes(key)

    def decode(self, data: bytes, /) -> bytes:
        return data

    encode_prefix = encode


class Str(KeyCodec[str]):
    """Text as UTF-8."""

    name = "str"

    def encode(self, key: str, /) -> bytes:
        expect(key, str)
        return key.encode()

    def decode(self, data: bytes, /) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise no_key(self.name, data) from None

    def encode_many(self, keys: Any, /) -> "BinaryArray | npt.NDArray[np.uint8]":
        try:
            return encode_texts(keys)
        except TypeError:
            return super().encode_many(keys)  # says which

    def decode_many(self, data: Any, /) -> Any:
        try:
            return decode_texts(key_arrays.bytes_of(data))
        except UnicodeError:
            return super().decode_many(data)  # says which

    encode_prefix = encode


class _Fixed(KeyCodec[K]):
    """Keys of 8 bytes."""

    encode_part = KeyCodec.encode_bound

    def decode_part(self, data: bytes, begin: int, /) -> tuple[K, int]:
        return self.decode(data[begin : begin + 8]), begin + 8

    def encode_parts(self, keys: Any, /) -> BinaryArray:
        return key_arrays.bytes_of(self.encode_many(keys))


class U64(_Fixed[int]):
    """Integers from 0 to 2**64 - 1."""

    name = "u64"

    def encode(self, key: int, /) -> bytes:
        expect(key, int)
        if not 0 <= key < 1 << 64:
            raise InvalidArgument(f"a key of codec u64 lies in 0 to 2**64 - 1: {cut(key)}")
        return key.to_bytes(8)

    def decode(self, data: bytes, /) -> int:
        if len(data) != 8:
            raise no_key(self.name, data)
        return int.from_bytes(data)

    def encode_many(self, keys: Any, /) -> npt.NDArray[np.uint8]:
        return key_arrays.encode_u64(keys)

    def decode_many(self, data: Any, /) -> Any:
        return key_arrays.u64_of(data)


class I64(_Fixed[int]):
    """Integers from -2**63 to 2**63 - 1."""

    name = "i64"

    def encode(self, key: int, /) -> bytes:
        expect(key, int)
        if not -(1 << 63) <= key < 1 << 63:
            raise InvalidArgument(f"a key of codec i64 lies in -2**63 to 2**63 - 1: {cut(key)}")
        return (key + (1 << 63)).to_bytes(8)

    def decode(self, data: bytes, /) -> int:
        if len(data) != 8:
            raise no_key(self.name, data)
        return int.from_bytes(data) - (1 << 63)

    def encode_many(self, keys: Any, /) -> npt.NDArray[np.uint8]:
        return key_arrays.encode_i64(keys)

    def decode_many(self, data: Any, /) -> Any:
        return key_arrays.i64_of(data)


class F64(_Fixed[float]):
    """Floating-point numbers but NaN."""

    name = "f64"

    def encode(self, key: float, /) -> bytes:
        expect(key, float, int)
        if key != key:
            raise InvalidArgument("NaN has no place in an order, so it is no key")
        number = as_float(key)
        if number != key:  # else it would overwrite its neighbour
            raise InvalidArgument(f"a float cannot hold {cut(key)} exactly, so it is no key")
        data = struct.pack(">d", number + 0.0)  # + 0.0 makes -0.0 0.0
        return bytes(byte ^ 0xFF for byte in data) if data[0] & 0x80 else _flip(data)

    def decode(self, data: bytes, /) -> float:
        if len(data) != 8:
            raise no_key(self.name, data)
        bits = _flip(data) if data[0] & 0x80 else bytes(byte ^ 0xFF for byte in data)
        return cast(float, struct.unpack(">d", bits)[0])

    def encode_many(self, keys: Any, /) -> npt.NDArray[np.uint8]:
        return key_arrays.encode_f64(keys)

    def decode_many(self, data: Any, /) -> Any:
        return key_arrays.f64_of(data)


class Datetime(_Fixed[datetime]):
    """Moments, to the microsecond. They come back in UTC."""

    name = "datetime"

    def encode(self, key: datetime, /) -> bytes:
        expect(key, datetime)
        if key.utcoffset() is None:
            raise InvalidArgument(
                f"{key!r} has no time zone, so it names no moment; say tzinfo=datetime.UTC"
            )
        us = (key - _EPOCH) // _MICROSECOND
        if not _FIRST_US <= us <= _LAST_US:
            raise InvalidArgument(f"{key!r} lies outside of the years 1 to 9999 in UTC")
        return I64().encode(us)

    def decode(self, data: bytes, /) -> datetime:
        us = I64().decode(data)
        if not _FIRST_US <= us <= _LAST_US:
            raise no_key(self.name, data)
        return _EPOCH + us * _MICROSECOND

    def encode_many(self, keys: Any, /) -> npt.NDArray[np.uint8]:
        return key_arrays.encode_datetimes(keys, _FIRST_US, _LAST_US)

    def decode_many(self, data: Any, /) -> Any:
        return key_arrays.datetimes_of(data, _FIRST_US, _LAST_US)


class Tuple(KeyCodec[tuple[Any, ...]]):
    """Tuples of a fixed length, each element with a codec. A prefix is a shorter tuple."""

    def __init__(self, *codecs: KeyCodec[Any]) -> None:
        if not codecs:
            raise InvalidArgument("a tuple key has at least one element")
        self._codecs = codecs

    @property
    def name(self) -> str:
        return f"({','.join(codec.name for codec in self._codecs)})"

    def encode(self, key: tuple[Any, ...], /) -> bytes:
        if isinstance(key, tuple) and len(key) != len(self._codecs):
            raise InvalidArgument(
                f"a key of codec {self.name} has {len(self._codecs)} elements: {cut(key)}"
            )
        return self.encode_prefix(key)

    def encode_prefix(self, prefix: tuple[Any, ...], /) -> bytes:
        expect(prefix, tuple)
        if len(prefix) > len(self._codecs):
            raise InvalidArgument(f"{cut(prefix)} is longer than a key of codec {self.name}")
        parts = zip(self._codecs, prefix, strict=False)
        return b"".join(codec.encode_part(item) for codec, item in parts)

    encode_bound = encode_prefix
    encode_part = encode

    def encode_many(self, keys: Any, /) -> BinaryArray:
        if len(keys) != len(self._codecs):
            raise InvalidArgument(
                f"codec {self.name} takes {len(self._codecs)} columns, not {len(keys)}"
            )
        columns = zip(self._codecs, keys, strict=True)
        parts = [codec.encode_parts(column) for codec, column in columns]
        if len({len(part) for part in parts}) > 1:
            counts = ", ".join(str(len(part)) for part in parts)
            raise InvalidArgument(f"the columns have different lengths: {counts}")
        return key_arrays.join_parts(parts)

    encode_parts = encode_many

    def decode_many(self, data: Any, /) -> tuple[Any, ...]:
        rows = super().decode_many(data)
        return tuple(list(column) for column in zip(*rows, strict=True)) or tuple(
            [] for _ in self._codecs
        )

    @property
    def width(self) -> int:
        """How many elements its tuples have."""
        return len(self._codecs)

    def decode(self, data: bytes, /) -> tuple[Any, ...]:
        key, end = self.decode_part(data, 0)
        if end != len(data):
            raise no_key(self.name, data)
        return key

    def decode_part(self, data: bytes, begin: int, /) -> tuple[tuple[Any, ...], int]:
        items = []
        for codec in self._codecs:
            item, begin = codec.decode_part(data, begin)
            items.append(item)
        return tuple(items), begin


_OF_TYPE: dict[Any, KeyCodec[Any]] = {
    bytes: Bytes(),
    str: Str(),
    int: I64(),
    float: F64(),
    datetime: Datetime(),
}


def key_codec(key: type[K] | KeyCodec[K]) -> KeyCodec[K]:
    """The codec of a type of keys. TypeError if there is none."""
    if isinstance(key, KeyCodec):
        return key
    elements = get_args(key)
    if get_origin(key) is tuple and elements and ... not in elements:
        return cast(KeyCodec[K], Tuple(*map(key_codec, elements)))
    if isinstance(key, type) and key in _OF_TYPE:
        return _OF_TYPE[key]
    raise TypeError(
        f"key={cut(key)}: there are bytes, str, int, float, datetime, tuple[...] of these, and the "
        "codecs of lsmkit.keys"
    )


def expect(value: object, *types: type) -> None:
    """Raises TypeError unless `value` is of one of the types. A bool is no int here."""
    if not isinstance(value, types) or isinstance(value, bool):
        found = type(value).__name__
        raise TypeError(f"{types[0].__name__} is due, not {found}: {cut(value)}")


def as_float(number: float) -> float:
    """The float nearest to a number. InvalidArgument for an int beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        raise InvalidArgument(f"{cut(number)} is too large for a float") from None


def no_key(name: str, data: bytes) -> InvalidArgument:
    """The error for stored bytes that `name` can't have written."""
    found = shorten(escape(data[:60]), 60)
    return InvalidArgument(f"stored bytes are no key of codec {name}: {found!r}")


def cut(value: object) -> str:
    """A value for an error text, not too long."""
    try:
        return shorten(repr(value), 60)
    except ValueError:  # Python prints no int of more than some thousand digits
        return f"<{type(value).__name__} of very many digits>"


def _flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 0x80]) + data[1:]
