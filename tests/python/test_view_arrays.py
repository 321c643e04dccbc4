"""Arrays through views: prefixed and typed databases do by columns what they do key by key.

W3.10: NumPy's columns go in and out of every view of a database.
"""

import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsmkit
from lsmkit import BinaryArray, codecs, keys

KEYS = st.lists(st.binary(max_size=6), max_size=40)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        yield db


def in_chunks(rows):
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.chunked_array([rows[:3], [], rows[3:]], pyarrow.binary())


# -- Prefixed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [list, BinaryArray.of, in_chunks])
@settings(max_examples=40, deadline=None)
@given(prefix=st.binary(max_size=3), rows=KEYS, beside=KEYS)
def test_a_prefixed_database_by_columns_is_what_it_is_by_keys(
    convert, prefix, rows, beside, tmp_path_factory
):
    values = [b"%d" % number for number in range(len(rows))]
    asked = [*rows[::2], b"absent", *rows[:2]]
    with lsmkit.open(tmp_path_factory.mktemp("db"), lsmkit.Options.small()) as db:
        db.put_many(beside, [b"beside"] * len(beside))
        view = db.prefixed_db(prefix)
        model = {
            key[len(prefix) :]: value for key, value in db.items() if key.startswith(prefix)
        } | dict(zip(rows, values, strict=True))
        assert view.put_many(convert(rows), convert(values)) == len(rows)
        assert dict(view) == model
        assert view.get_many(convert(asked)).to_list() == [view.get(key) for key in asked]
        with view.snapshot() as before:
            assert view.delete_many(convert(rows[1::2])) == len(rows[1::2])
            for key in rows[1::2]:
                model.pop(key, None)
            assert before.get_many(convert(asked)).to_list() == [before.get(key) for key in asked]
            assert list(before.scan().read().keys) == list(before)
        assert view.contains_many(convert(asked)).tolist() == [key in model for key in asked]
        assert dict(view) == model
        assert all(key in db for key in beside if not key.startswith(prefix))


@given(
    prefix=st.binary(max_size=2),
    bounds=st.tuples(*[st.none() | st.binary(max_size=2)] * 3),
    flags=st.tuples(*[st.booleans()] * 3),
    limit=st.none() | st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_a_prefixed_scan_has_the_bounds_of_an_iterator(
    prefix, bounds, flags, limit, tmp_path_factory
):
    names = ("start", "stop", "prefix", "include_start", "include_stop", "reverse")
    asked = dict(zip(names, bounds + flags, strict=True))
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        db.put_many([bytes([i % 3, i % 5, i]) for i in range(60)], [b"%d" % i for i in range(60)])
        db.put_many([bytes([i]) for i in range(5)], [b""] * 5)
        view = db.prefixed_db(prefix)
        rows = view.scan(**asked, limit=limit, batch_rows=7).read()
        assert list(zip(rows.keys, rows.values, strict=True)) == [*view.iterator(**asked)][:limit]


def test_a_prefixed_scan_is_read_by_arrow_without_its_prefix(db):
    pyarrow = pytest.importorskip("pyarrow")
    db.put_many([b"a", b"b/1", b"b/2", b"c"], [b""] * 4)
    scan = db.prefixed_db(b"b/").scan()
    assert pyarrow.table(scan).column("key").to_pylist() == [b"1", b"2"]
    assert scan.to_polars()["key"].to_list() == [b"1", b"2"]
    assert db.prefixed_db(b"b").prefixed_db(b"/").get_view(b"1") == b""


def test_prefixed_columns_larger_than_a_piece_tell_their_progress_as_one(db, monkeypatch):
    monkeypatch.setattr("lsmkit.rows.PREFIXED_ROWS", 1000)
    view = db.prefixed_db(b"long prefix of all")
    block = np.arange(10_000, dtype=">u4").view(np.uint8).reshape(-1, 4)
    told = []
    view.put_many(block, block, progress=lambda *figures: told.append(figures))
    assert told[-1] == (10_000, 10_000)
    told.clear()
    found = view.get_many(block, progress=lambda *figures: told.append(figures))
    assert np.array_equal(found.to_fixed(), block)
    assert [total for _, total in told] == [10_000] * len(told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with pytest.raises(lsmkit.InvalidArgument, match="row 2500: its key is null"):
        view.put_many(BinaryArray.of([b"k"] * 2500 + [None]), [b"v"] * 2501)


def test_a_key_that_is_too_large_with_its_prefix_is_refused(db):
    view = db.prefixed_db(b"p" * 10)
    with pytest.raises(lsmkit.InvalidArgument):
        view.put_many([b"k" * (lsmkit.MAX_KEY_BYTES - 9)], [b""])
    assert view.put_many([b"k" * (lsmkit.MAX_KEY_BYTES - 10)], [b""]) == 1


# -- Typed -----------------------------------------------------------------------------------------

KEY_KINDS = {
    int: (st.integers(-(2**63), 2**63 - 1), lambda items: np.array(items, np.int64)),
    float: (st.floats(allow_nan=False), lambda items: np.array(items, np.float64)),
    str: (TEXT, list),
    bytes: (st.binary(max_size=5), list),
    datetime: (
        st.datetimes(timezones=st.just(UTC)),
        lambda items: np.array([moment.replace(tzinfo=None) for moment in items], "M8[us]"),
    ),
    tuple[str, int]: (
        st.tuples(TEXT, st.integers(-5, 5)),
        lambda items: ([text for text, _ in items], np.array([n for _, n in items], np.int64)),
    ),
}
JSON = st.dictionaries(st.text(max_size=2), st.none() | st.integers() | st.lists(TEXT), max_size=2)
INT64 = st.integers(-(2**63), 2**63 - 1)
VALUE_KINDS = {
    "float": (float, st.floats(allow_nan=False), np.array),
    "int64": (int, INT64, lambda items: np.array(items, np.int64)),
    "int": (int, st.integers(), list),
    "str": (str, TEXT, list),
    "bytes": (bytes, st.binary(max_size=5), list),
    "dict": (dict, JSON, list),
    "struct": (
        struct.Struct("<qQ?2sd"),
        st.tuples(
            INT64,
            st.integers(0, 2**64 - 1),
            st.booleans(),
            st.binary(min_size=2, max_size=2),
            st.floats(allow_nan=False),
        ),
        lambda items: [[item[i] for item in items] for i in range(5)],
    ),
}


def rows_of(column):
    """The rows of what a codec gives; None where one is null."""
    if isinstance(column, tuple):
        rows = list(zip(*map(rows_of, column), strict=True))
        return [None if None in row else row for row in rows]
    if isinstance(column, np.ndarray) and column.dtype.kind == "M":
        return [moment.replace(tzinfo=UTC) for moment in column.tolist()]
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


@pytest.mark.parametrize("kind", KEY_KINDS, ids=str)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_typed_database_by_columns_of_keys_is_what_it_is_by_keys(kind, data, tmp_path_factory):
    one, convert = KEY_KINDS[kind]
    items = data.draw(st.lists(one, max_size=20))
    asked = [*items[::2], *data.draw(st.lists(one, max_size=4))]
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        view = db.typed(key=kind, value=int)
        assert view.put_many(convert(items), range(len(items))) == len(items)
        assert dict(view) == {item: number for number, item in enumerate(items)}
        assert rows_of(view.get_many(convert(asked))) == [view.get(item) for item in asked]
        assert view.contains_many(convert(asked)).tolist() == [item in view for item in asked]
        assert rows_of(view.scan().read().keys) == list(view)
        if items:
            start, stop = items[0], items[-1]
            rows = view.scan(start, stop, include_stop=True, reverse=True, limit=3).read()
            due = view.iterator(start=start, stop=stop, include_stop=True, reverse=True)
            assert list(zip(rows_of(rows.keys), rows_of(rows.values), strict=True)) == [*due][:3]
        with view.snapshot() as before:
            assert view.delete_many(convert(asked), atomic=True) == len(asked)
            assert rows_of(before.get_many(convert(asked))) == [before.get(item) for item in asked]
        assert rows_of(view.get_many(convert(asked))) == [None] * len(asked)


@pytest.mark.parametrize("kind", VALUE_KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_columns_of_values_are_what_single_values_are(kind, data, tmp_path_factory):
    value, one, convert = VALUE_KINDS[kind]
    items = data.draw(st.lists(one, max_size=20))
    numbers = np.arange(len(items))
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        view = db.typed(key=int, value=value)
        assert view.put_many(numbers, convert(items)) == len(items)
        assert [view[number] for number in range(len(items))] == items
        found = view.get_many([*range(len(items)), -1])
        assert rows_of(found) == [*items, None]
        batches = list(view.scan(batch_rows=6))
        assert [len(batch) for batch in batches] == [
            min(6, len(items) - first) for first in range(0, len(items), 6)
        ]
        assert [item for batch in batches for item in rows_of(batch.values)] == items
        again = view.scan().read()
        view.clear()
        assert view.put_many(again.keys, again.values) == len(items)
        assert list(view.values()) == items


def test_numbers_come_back_as_arrays_of_one_type(db):
    view = db.typed(key=keys.U64(), value=int)
    view.put_many(np.arange(3, dtype=np.uint64), np.array([1, -1, 2**40]))
    found = view.get_many([0, 1, 7])
    assert found.dtype == np.int64
    assert found.mask.tolist() == [False, False, True]
    assert view.get_many([2]).tolist() == [2**40]
    assert view.scan().read().keys.dtype == np.uint64
    view[5] = 2**70
    assert view.get_many([5, 7]).tolist() == [2**70, None]
    assert view.get_many([5, 0]).dtype == object


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_integers_of_an_array_take_as_few_bytes_as_single_ones(numbers):
    codec = codecs.Int()
    assert codec.encode_many(np.array(numbers, np.int64)).to_list() == [
        codec.encode(number) for number in numbers
    ]
    unsigned = [number + 2**63 for number in numbers]
    assert codec.encode_many(np.array(unsigned, np.uint64)).to_list() == [
        codec.encode(number) for number in unsigned
    ]


@given(
    rows=st.lists(st.none() | st.binary(max_size=10), max_size=20),
    kind=st.sampled_from([int, float, str, dict, "<hB", "<4s"]),
)
def test_strangers_columns_are_values_or_an_error_that_says_so(rows, kind):
    codec = codecs.Struct(kind) if isinstance(kind, str) else codecs.value_codec(kind)
    try:
        due = [None if row is None else codec.decode(row) for row in rows]
    except lsmkit.InvalidArgument:
        with pytest.raises(lsmkit.InvalidArgument):
            codec.decode_many(BinaryArray.of(rows))
        return
    found = rows_of(codec.decode_many(BinaryArray.of(rows)))
    assert [repr(item) for item in found] == [repr(item) for item in due]


def test_what_can_be_no_column_of_values_is_refused_before_anything_is_written(db):
    masked = np.ma.MaskedArray([1.0, 2.0], [False, True])
    cases = [
        (float, masked, lsmkit.InvalidArgument, "row 1 is null"),
        (int, np.ma.MaskedArray([1, 2], [True, False]), lsmkit.InvalidArgument, "row 0 is null"),
        (float, np.array(["a", "b"]), TypeError, "float is due"),
        (int, np.array([True, False]), TypeError, "int is due"),
        (int, [1, None], TypeError, "int is due, not NoneType"),
        (str, "ab", TypeError, "a column"),
        (dict, [{}, []], TypeError, "dict is due"),
        (struct.Struct("<h"), [[1, 2**20]], lsmkit.InvalidArgument, "does not fit"),
        (struct.Struct("<hh"), [[1, 2]], lsmkit.InvalidArgument, "2 columns, not 1"),
        (struct.Struct("<hh"), [[1, 2], [3]], lsmkit.InvalidArgument, "lengths: 2, 1"),
    ]
    for kind, column, error, words in cases:
        codec = codecs.value_codec(kind)
        with pytest.raises(error, match=words):
            codec.encode_many(column)
    view = db.typed(key=float, value=float)
    for wrong_keys, values in ((masked, [1.0, 2.0]), ([1.0, 2.0], masked)):
        with pytest.raises(lsmkit.InvalidArgument, match="row 1 is null"):
            view.put_many(wrong_keys, values)
    with pytest.raises(lsmkit.InvalidArgument, match="2 keys and 1 values"):
        view.put_many([1.0, 2.0], [1.0])
    assert len(db) == 0


def test_a_moment_beyond_all_years_was_decoded_as_one():
    data = keys.I64().encode_many(np.array([0, 2**62]))
    with pytest.raises(lsmkit.InvalidArgument, match="row 1"):
        keys.Datetime().decode_many(data)


def test_columns_of_data_frames_are_columns(db):
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    view = db.typed(key=str, value=int)
    view.put_many(pyarrow.array(["a", "b"]), pyarrow.array([1, 2]))
    view.put_many(polars.Series(["c"]), polars.Series([3]))
    assert dict(view) == {"a": 1, "b": 2, "c": 3}
    assert view.get_many(polars.Series(["b", "x"])).tolist() == [2, None]
