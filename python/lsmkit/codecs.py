"""Codecs of values. `db.typed(value=...)` takes one, or its type.

============================  ================  ================================================
type                          name              bytes
============================  ================  ================================================
bytes                         bytes             as they are
str                           str               UTF-8
dict, list (`Json()`)         json              JSON as UTF-8, without spaces; NaN is refused
                                                (keys come back as str, tuples as lists)
int                           int               two's complement, little-endian, as short as can be
float                         float             8 bytes: IEEE 754, little-endian
struct.Struct("<dq") (tuple)  struct:<dq        as `struct` packs them
============================  ================  ================================================
"""

import json
import struct
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray
from lsmkit.keys import as_float, cut, expect
from lsmkit.text import escape, shorten
from lsmkit.value_arrays import (
    columns_of,
    decode_floats,
    decode_integers,
    decode_texts,
    encode_floats,
    encode_integers,
    encode_texts,
    joined,
    listed,
)

__all__ = ["Bytes", "Float", "Int", "Json", "Str", "Struct", "ValueCodec", "value_codec"]

V = TypeVar("V")


class ValueCodec(ABC, Generic[V]):
    """Turns values into bytes and back. Subclass it for values of your own."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is stored in the database; another meaning of bytes needs another name."""

    @abstractmethod
    def encode(self, value: V, /) -> bytes:
        """The bytes of a value. TypeError for a wrong type."""

    @abstractmethod
    def decode(self, data: bytes, /) -> V:
        """The value. InvalidArgument if `data` is none."""

    def encode_many(self, values: Any, /) -> Any:
        """A column of values as bytes that `DB.put_many` takes.

        Parameters
        ----------
        values : array or sequence
            Numbers best as NumPy arrays, text and JSON as lists; of a struct codec a sequence of
            columns, one per element.

        Raises
        ------
        TypeError, InvalidArgument
            As `encode`, and for a row that is null.
        """
        return joined([self.encode(value) for value in listed(values)])

    def decode_many(self, data: BinaryArray, /) -> Any:
        """The column of values that `encode_many` made `data` of.

        Numbers come back as NumPy arrays, masked where a row is null; integers as int64, or as
        objects if one of them needs more; text and JSON as lists, with None; bytes as they are; of
        a struct codec a tuple of columns.

        Raises
        ------
        InvalidArgument
            A row is none of this codec.
        """
        return [None if row is None else self.decode(row) for row in data.to_list()]

    def __repr__(self) -> str:
        return f"<value codec {self.name}>"


class Bytes(ValueCodec[bytes]):
    """Bytes as they are."""

    name = "bytes"

    def encode(self, value: bytes, /) -> bytes:
        expect(value, bytes, bytearray, memoryview)
        return bytes(value)

    def decode(self, data: bytes, /) -> bytes:
        return data

    def encode_many(self, values: Any, /) -> Any:
        return values

    def decode_many(self, data: BinaryArray, /) -> BinaryArray:
        return data


class Str(ValueCodec[str]):
    """Text as UTF-8."""

    name = "str"

    def encode(self, value: str, /) -> bytes:
        expect(value, str)
        return value.encode()

    def decode(self, data: bytes, /) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise _no_value(self.name, data) from None

    def encode_many(self, values: Any, /) -> BinaryArray:
        try:
            return encode_texts(values)
        except TypeError:
            return super().encode_many(values)  # type: ignore[no-any-return]  # says which

    def decode_many(self, data: BinaryArray, /) -> list[str | None]:
        try:
            return decode_texts(data)
        except UnicodeError:
            return super().decode_many(data)  # type: ignore[no-any-return]  # says which


class Json(ValueCodec[V]):
    """What JSON can say. `due` is the Python type that the whole value has.

    JSON has string keys and lists alone: ``{1: (2, 3)}`` comes back as ``{"1": [2, 3]}``.
    """

    name = "json"

    def __init__(self, due: type[V] | None = None) -> None:
        self._due = due

    def encode(self, value: V, /) -> bytes:
        if self._due is not None:
            expect(value, self._due)
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()

    def decode(self, data: bytes, /) -> V:
        try:
            return cast(V, json.loads(data))
        except ValueError:
            raise _no_value(self.name, data) from None


class Int(ValueCodec[int]):
    """Integers of any size."""

    name = "int"

    def encode(self, value: int, /) -> bytes:
        expect(value, int)
        bits = (~value if value < 0 else value).bit_length() + 1
        return value.to_bytes((bits + 7) // 8, "little", signed=True)

    def decode(self, data: bytes, /) -> int:
        return int.from_bytes(data, "little", signed=True)

    def encode_many(self, values: Any, /) -> BinaryArray:
        short = encode_integers(values)
        return super().encode_many(values) if short is None else short

    def decode_many(self, data: BinaryArray, /) -> npt.NDArray[Any]:
        short = decode_integers(data)
        if short is not None:
            return short
        numbers = np.empty(len(data), object)
        numbers[:] = super().decode_many(data)
        return numbers if data.valid is None else np.ma.MaskedArray(numbers, ~data.valid)


class Struct(ValueCodec[tuple[Any, ...]]):
    """Tuples that the standard library's `struct` packs."""

    def __init__(self, layout: struct.Struct | str) -> None:
        try:
            self._struct = layout if isinstance(layout, struct.Struct) else struct.Struct(layout)
        except (struct.error, UnicodeError) as error:
            raise InvalidArgument(f"struct format {cut(layout)}: {error}") from None
        form = self._struct.format
        if not form.startswith(("<", ">", "!")):
            raise InvalidArgument(
                f"struct format {form!r}: begin with < or >, so that every machine reads it alike"
            )
        if self._struct.size == 0:
            raise InvalidArgument(f"struct format {form!r}: it names nothing to store")

    @property
    def name(self) -> str:
        return f"struct:{self._struct.format}"

    @property
    def width(self) -> int:
        """How many elements its tuples have."""
        return len(self._struct.unpack(bytes(self._struct.size)))

    def encode(self, value: tuple[Any, ...], /) -> bytes:
        expect(value, tuple)
        try:
            return self._struct.pack(*value)
        except (struct.error, OverflowError) as error:
            raise InvalidArgument(f"{cut(value)} does not fit {self.name}: {error}") from None

    def decode(self, data: bytes, /) -> tuple[Any, ...]:
        try:
            return self._struct.unpack(data)
        except struct.error:
            raise _no_value(self.name, data) from None

    def encode_many(self, values: Any, /) -> BinaryArray:
        columns = [listed(column) for column in values]
        if len(columns) != self.width:
            raise InvalidArgument(f"{self.name} takes {self.width} columns, not {len(columns)}")
        if len({len(column) for column in columns}) > 1:
            counts = ", ".join(str(len(column)) for column in columns)
            raise InvalidArgument(f"the columns have different lengths: {counts}")
        try:
            return joined(list(map(self._struct.pack, *columns)))
        except (struct.error, OverflowError):
            return joined([self.encode(row) for row in zip(*columns, strict=True)])  # says which

    def decode_many(self, data: BinaryArray, /) -> tuple[Any, ...]:
        nothing = bytes(self._struct.size)
        if np.any(data.is_valid() & (data.lengths() != len(nothing))):
            rows = [self.decode(nothing if row is None else row) for row in data.to_list()]
        else:
            packed = data.to_fixed(len(nothing), fill=nothing).tobytes()
            rows = list(self._struct.iter_unpack(packed))
        return columns_of(rows, self._kinds(), data)

    def _kinds(self) -> list[type[np.generic] | None]:
        """What NumPy holds each element as; None: as a list."""
        return [_kind_of(item) for item in self._struct.unpack(b"\xff" * self._struct.size)]


class Float(ValueCodec[float]):
    """Floating-point numbers, NaN too."""

    name = "float"

    def encode(self, value: float, /) -> bytes:
        expect(value, float, int)
        return struct.pack("<d", as_float(value))

    def decode(self, data: bytes, /) -> float:
        if len(data) != 8:
            raise _no_value(self.name, data)
        return cast(float, struct.unpack("<d", data)[0])

    def encode_many(self, values: Any, /) -> Any:
        block = encode_floats(values)
        return super().encode_many(values) if block is None else block

    def decode_many(self, data: BinaryArray, /) -> Any:
        numbers = decode_floats(data)
        return super().decode_many(data) if numbers is None else numbers  # which raises


_OF_TYPE: dict[Any, ValueCodec[Any]] = {
    bytes: Bytes(),
    str: Str(),
    int: Int(),
    float: Float(),
    dict: Json(dict),
    list: Json(list),
}


@overload
def value_codec(value: type[V] | ValueCodec[V]) -> ValueCodec[V]: ...
@overload
def value_codec(value: struct.Struct) -> ValueCodec[tuple[Any, ...]]: ...
def value_codec(value: Any) -> Any:
    """The codec of a type of values. TypeError if there is none."""
    if isinstance(value, ValueCodec):
        return value
    if isinstance(value, struct.Struct):
        return Struct(value)
    origin = getattr(value, "__origin__", value)  # dict of dict[str, int]
    if isinstance(origin, type) and origin in _OF_TYPE:
        return _OF_TYPE[origin]
    raise TypeError(
        f"value={cut(value)}: there are bytes, str, int, float, dict, list, struct.Struct, and the "
        "codecs of lsmkit.codecs"
    )


def _kind_of(item: Any) -> type[np.generic] | None:
    """Of an element that was unpacked from bits that are all set."""
    if isinstance(item, int) and not isinstance(item, bool):
        return np.int64 if item < 0 else np.uint64
    return {bool: np.bool_, float: np.float64, complex: np.complex128}.get(type(item))


def _no_value(name: str, data: bytes) -> InvalidArgument:
    found = shorten(escape(data[:60]), 60)
    return InvalidArgument(f"stored bytes are no value of codec {name}: {found!r}")
