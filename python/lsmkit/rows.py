"""Columns of bytes from whatever arrays people have: NumPy, lists, `BinaryArray`, Arrow."""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray

__all__ = ["Piece", "Role", "pieces_of", "rows_of", "whole_pieces_of"]

Role: TypeAlias = Literal["key", "value"]


PREFIXED_ROWS = 1 << 18  # as many keys are copied at once to get their prefix


def rows_of(column: Any, role: Role, prefix: bytes = b"") -> Iterator[_core.Rows]:
    """The column's chunks as the compiled module reads them, each row behind `prefix`.

    Without a prefix only Arrow streams have several.

    Raises
    ------
    TypeError
        It is no column of bytes; says what to do.
    InvalidArgument
        A row is null.
    """
    first = 0
    for rows in _chunks(column, role):
        null = rows.first_null()
        if null < len(rows):
            raise InvalidArgument(f"row {first + null}: its {role} is null, which none may be")
        first += len(rows)
        if not prefix:
            yield rows
            continue
        for begin in range(0, max(1, len(rows)), PREFIXED_ROWS):
            yield rows.prefixed(prefix, begin, min(PREFIXED_ROWS, len(rows) - begin))


def _chunks(column: Any, role: Role) -> Iterator[_core.Rows]:
    keys = role == "key"
    if isinstance(column, BinaryArray):
        bits = None if column.valid is None else np.packbits(column.valid, bitorder="little")
        yield _core.Rows.offsets(column.data, column.offsets, bits)
    elif isinstance(column, np.ndarray):
        yield _of_numpy(column, role)
    elif isinstance(column, list | tuple):
        yield _core.Rows.joined(column, keys=keys)
    elif hasattr(column, "__arrow_c_array__"):
        yield _core.Rows.arrow(*column.__arrow_c_array__(), keys=keys)
    elif hasattr(column, "__arrow_c_stream__"):
        reader = _core.ChunkReader(column.__arrow_c_stream__(), keys=keys)
        yield from iter(reader.next, None)
    else:
        raise TypeError(
            f"{role}s: {type(column).__name__} is no column of bytes: NumPy arrays of S, V or "
            "uint8[rows, width], lists of bytes, lsmkit.BinaryArray and Arrow arrays are"
        )


def _of_numpy(array: np.ndarray[Any, Any], role: Role) -> _core.Rows:
    if array.dtype.kind in "SV" and array.dtype.fields is None:
        if array.ndim != 1:
            raise TypeError(f"{role}s: one dimension is due, not {array.ndim}")
        packed = np.ascontiguousarray(array)
        # NumPy's value of an S ends before its trailing NULs; a V is all of its bytes.
        lengths = np.char.str_len(packed).astype(np.int64) if array.dtype.kind == "S" else None
        width = array.dtype.itemsize
        return _core.Rows.fixed(packed.view(np.uint8), len(packed), width, lengths)
    if array.dtype == np.uint8 and array.ndim == 2:
        packed = np.ascontiguousarray(array)
        return _core.Rows.fixed(packed, len(packed), packed.shape[1])
    raise TypeError(f"{role}s: {_no_bytes(array)}")


def _no_bytes(array: np.ndarray[Any, Any]) -> str:
    kind, shape = array.dtype.kind, "x".join(map(str, array.shape))
    if kind in "iufM":
        codec = {"i": "I64", "u": "U64", "f": "F64", "M": "Datetime"}[kind]
        return (
            f"an array of {array.dtype} ({shape}) is no column of bytes: "
            f"lsmkit.keys.{codec}().encode_many(array) makes one that sorts as the numbers do; "
            "uint8 of shape (rows, width) is taken as it is"
        )
    if kind in "UT":
        return "text is no bytes: lsmkit.keys.Str().encode_many(array) makes UTF-8 of it"
    if kind == "O":
        return (
            "an array of objects is no column of bytes: pass a list of bytes (array.tolist()), or "
            "lsmkit.keys.Str().encode_many(array) of text"
        )
    return f"an array of {array.dtype} ({shape}) is no column of bytes"


Piece: TypeAlias = tuple[_core.Rows, int, _core.Rows | None, int, int]
"""Keys, the first key of them, values (None: without), the first value, how many rows."""


def whole_pieces_of(keys: Any, prefix: bytes = b"") -> Iterator[Piece]:
    """Keys without values."""
    return ((rows, 0, None, 0, len(rows)) for rows in rows_of(keys, "key", prefix))


def pieces_of(keys: Any, values: Any, prefix: bytes = b"") -> Iterator[Piece]:
    """Two columns side by side, wherever each is cut; keys behind `prefix`.

    Raises
    ------
    InvalidArgument
        Their lengths differ: at once if both are known, else at the end of the shorter one.
    """
    lengths = [len(column) if hasattr(column, "__len__") else None for column in (keys, values)]
    if None not in lengths and lengths[0] != lengths[1]:
        raise InvalidArgument(f"{lengths[0]} keys and {lengths[1]} values: as many are due")
    return _side_by_side(rows_of(keys, "key", prefix), rows_of(values, "value"))


def _side_by_side(*columns: Iterator[_core.Rows]) -> Iterator[Piece]:
    ends: list[_core.Rows | None] = [None, None]
    places = [0, 0]
    while True:
        for side, column in enumerate(columns):
            while (rows := ends[side]) is None or places[side] == len(rows):
                ends[side], places[side] = next(column, None), 0
                if ends[side] is None:
                    break
        keys, values = ends
        if keys is None or values is None:
            if keys is not values:
                shorter, longer = ("keys", "values") if keys is None else ("values", "keys")
                raise InvalidArgument(f"there are fewer {shorter} than {longer}")
            return
        length = min(len(keys) - places[0], len(values) - places[1])
        yield keys, places[0], values, places[1], length
        places = [place + length for place in places]
