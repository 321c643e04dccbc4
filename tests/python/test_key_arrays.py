"""Columns of keys: the same bytes as key by key, and back (W3.10)."""

from datetime import UTC

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import keys

MOMENTS = st.datetimes(timezones=st.just(UTC))
COLUMNS = {
    "u64": (keys.U64(), st.integers(0, 2**64 - 1), np.uint64),
    "i64": (keys.I64(), st.integers(-(2**63), 2**63 - 1), np.int64),
    "f64": (keys.F64(), st.floats(allow_nan=False), np.float64),
    "str": (keys.Str(), st.text(st.characters(exclude_categories=["Cs"])), object),
    "bytes": (keys.Bytes(), st.binary(), object),
}


def encoded_rows(encoded):
    return [bytes(row) for row in encoded]


@pytest.mark.parametrize("name", COLUMNS)
@given(data=st.data())
def test_a_column_becomes_what_its_keys_become(name, data):
    codec, one, dtype = COLUMNS[name]
    column = data.draw(st.lists(one, max_size=20))
    given_column = column if dtype is object else np.array(column, dtype)
    encoded = codec.encode_many(given_column)
    assert encoded_rows(encoded) == [codec.encode(key) for key in column]
    assert list(codec.decode_many(encoded)) == [key + 0 if name == "f64" else key for key in column]


@given(column=st.lists(MOMENTS, max_size=20))
def test_moments_are_datetime64_in_utc(column):
    codec = keys.Datetime()
    moments = np.array([moment.replace(tzinfo=None) for moment in column], "M8[us]")
    encoded = codec.encode_many(moments)
    assert encoded_rows(encoded) == [codec.encode(moment) for moment in column]
    assert codec.decode_many(encoded).tolist() == moments.tolist()


@given(
    rows=st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 99)))
)
def test_tuples_are_columns_side_by_side(rows):
    codec = keys.Tuple(keys.Str(), keys.Tuple(keys.U64(), keys.Bytes()))
    texts, numbers = [row[0] for row in rows], np.array([row[1] for row in rows], np.int64)
    tails = [b"\x00tail"] * len(rows)
    encoded = codec.encode_many([texts, (numbers, tails)])
    due = [(text, (number, b"\x00tail")) for text, number in rows]
    assert encoded.to_list() == [codec.encode(key) for key in due]
    decoded = codec.decode_many(encoded)
    assert list(zip(*decoded, strict=True)) == due


def test_what_can_be_no_key_is_named_by_its_row():
    cases = [
        (keys.U64(), np.array([1, -1]), "row 1.*-1"),
        (keys.I64(), np.array([1, 2**63], np.uint64), "row 1"),
        (keys.F64(), np.array([1.0, np.nan]), "row 1: NaN"),
        (keys.F64(), np.array([0, 2**53 + 1]), "row 1.*exactly"),
        (keys.Datetime(), np.array(["2020", "NaT"], "M8[us]"), "row 1: NaT"),
        (keys.Datetime(), np.array(["12000-01-01"], "M8[us]"), "years 1 to 9999"),
        (keys.Tuple(keys.U64(), keys.U64()), ([1], [1, 2]), "different lengths: 1, 2"),
        (keys.Tuple(keys.U64(), keys.U64()), ([1],), "2 columns, not 1"),
    ]
    for codec, column, words in cases:
        with pytest.raises(lsmkit.InvalidArgument, match=words):
            codec.encode_many(column)
    for codec in (keys.U64(), keys.I64(), keys.F64(), keys.Datetime()):
        with pytest.raises(TypeError, match="column"):
            codec.encode_many(np.array(["a"]))
        with pytest.raises(lsmkit.InvalidArgument, match="row 1 has 3 bytes"):
            codec.decode_many([b"12345678", b"123"])
    with pytest.raises(lsmkit.InvalidArgument, match="row 0 is null"):
        keys.U64().decode_many(lsmkit.BinaryArray.of([None]))


def test_numbers_go_in_and_come_out_in_their_order(tmp_path):
    """W3.10: no one has to invent rocksdict's unordered integers again."""
    numbers = np.random.default_rng(1).integers(-(2**62), 2**62, 5000)
    codec = keys.I64()
    with lsmkit.open(tmp_path / "db") as db:
        db.put_many(codec.encode_many(numbers), keys.F64().encode_many(numbers / 7))
        rows = db.scan().read()
        assert codec.decode_many(rows.keys).tolist() == sorted(set(numbers.tolist()))
        values = db.get_many(codec.encode_many(numbers[:10]))
        assert keys.F64().decode_many(values).tolist() == (numbers[:10] / 7).tolist()
        assert db.typed(key=int, value=bytes).first()[0] == numbers.min()
