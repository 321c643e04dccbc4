"""Arrays in and out: the same as key by key, for every kind of array.

W3.10: put_many, get_many and scans speak NumPy and Arrow.
"""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsmkit
from lsmkit import BinaryArray

ROWS = st.lists(st.binary(max_size=40), max_size=60)


@pytest.fixture
def db(tmp_path):
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as db:
        yield db


def as_list(rows):
    return list(rows)


def as_tuple_of_views(rows):
    return tuple(memoryview(row) for row in rows)


def as_arrow(kind):
    def convert(rows):
        pyarrow = pytest.importorskip("pyarrow")
        return pyarrow.array(rows, getattr(pyarrow, kind)())

    convert.__name__ = kind
    return convert


def as_sliced_arrow(rows):
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.array([b"before", None, *rows, b"after"], pyarrow.binary())[2 : 2 + len(rows)]


def as_chunked_arrow(rows):
    pyarrow = pytest.importorskip("pyarrow")
    chunks = [rows[:1], [], rows[1:4], rows[4:]]
    return pyarrow.chunked_array(chunks, pyarrow.large_binary())


KINDS = [
    as_list,
    as_tuple_of_views,
    BinaryArray.of,
    as_arrow("binary"),
    as_arrow("large_binary"),
    as_arrow("binary_view"),
    as_sliced_arrow,
    as_chunked_arrow,
]


@pytest.mark.parametrize("convert", KINDS, ids=lambda convert: convert.__name__)
@settings(max_examples=25, deadline=None)
@given(keys=ROWS, seed=st.integers(0, 9))
def test_every_kind_of_array_does_what_single_calls_do(convert, keys, seed, tmp_path_factory):
    values = [bytes([seed]) * (i % 7) + key for i, key in enumerate(keys)]
    asked = [*keys[::2], b"\xffabsent", *keys[:3]]
    gone = keys[1::3]
    with lsmkit.open(tmp_path_factory.mktemp("db"), lsmkit.Options.small()) as db:
        model = {}
        assert db.put_many(convert(keys), convert(values)) == len(keys)
        model.update(zip(keys, values, strict=True))
        assert db.get_many(convert(asked)).to_list() == [model.get(key) for key in asked]
        db.flush()
        assert db.delete_many(convert(gone)) == len(gone)
        for key in gone:
            model.pop(key, None)
        assert db.get_many(convert(asked)).to_list() == [model.get(key) for key in asked]
        assert db.contains_many(convert(asked)).tolist() == [key in model for key in asked]
        rows = db.scan().read()
        assert list(zip(rows.keys, rows.values, strict=True)) == sorted(model.items())
        for made in (rows.keys, rows.values, db.get_many(convert(asked))):
            assert BinaryArray(made.offsets, made.data, made.valid) == made  # strangers' checks


@given(
    rows=st.lists(st.binary(min_size=5, max_size=5), max_size=30),
)
@settings(max_examples=30, deadline=None)
def test_fixed_widths_keep_every_byte_but_numpys_strings_end_before_their_nuls(
    rows, tmp_path_factory
):
    block = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), 5)
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        for array in (block, block.copy().view("V5").ravel(), np.asfortranarray(block)):
            db.clear()
            db.put_many(array, array)
            assert list(db) == sorted(set(rows))
        stripped = np.array(rows, "S5")
        db.clear()
        db.put_many(stripped, stripped[::1])
        assert list(db) == sorted({row.rstrip(b"\0") for row in rows})


def test_strided_arrays_are_read_as_they_look(db):
    wide = np.arange(60, dtype=np.uint8).reshape(6, 10)
    db.put_many(wide[::2, :4], wide[1::2, 4:])
    assert list(db.items()) == [
        (wide[i, :4].tobytes(), wide[i + 1, 4:].tobytes()) for i in (0, 2, 4)
    ]


def test_of_equal_keys_the_last_row_stands(db):
    db.put_many([b"a", b"b", b"a", b"a"], [b"1", b"2", b"3", b"4"])
    assert dict(db) == {b"a": b"4", b"b": b"2"}


def test_keys_that_share_long_prefixes_keep_their_order(db):
    rng = np.random.default_rng(3)
    keys = [b"p" * 20 + bytes(rng.integers(97, 100, rng.integers(0, 14))) for _ in range(3000)]
    values = [b"%d" % i for i in range(3000)]
    db.put_many(keys, values)
    model = dict(zip(keys, values, strict=True))
    assert dict(db) == model
    asked = [*reversed(keys), b"p" * 20 + b"z", b""]
    assert db.get_many(asked).to_list() == [model.get(key) for key in asked]


def test_nothing_at_all(db):
    empty = np.zeros((0, 8), np.uint8)
    assert db.put_many(empty, []) == 0
    assert len(db.get_many([])) == 0
    assert db.contains_many(empty).tolist() == []
    assert db.delete_many([]) == 0
    assert list(db.scan()) == []
    assert db.scan().read().keys.to_list() == []


def test_several_commits_tell_their_progress_and_what_stands(db):
    keys = np.arange(60_000, dtype=">u4").view(np.uint8).reshape(-1, 4)
    values = np.zeros((60_000, 400), np.uint8)
    told = []
    assert db.put_many(keys, values, progress=lambda done, total: told.append((done, total)))
    assert [total for _, total in told] == [60_000] * len(told)
    assert len(told) > 2
    assert told[-1][0] == 60_000

    db.clear()

    def stop(done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        db.put_many(keys, values, progress=stop)
    assert caught.value.rows_written == next(done for done, _ in told if done)
    assert len(db) == caught.value.rows_written


def test_an_error_says_how_many_rows_stand(db):
    too_large = b"k" * (lsmkit.MAX_KEY_BYTES + 1)
    keys = [b"%06d" % i for i in range(30_000)] + [too_large]
    values = [b"v" * 1000] * len(keys)
    with pytest.raises(lsmkit.InvalidArgument) as caught:
        db.put_many(keys, values)
    assert 0 < caught.value.rows_written < len(keys)
    assert len(db) == caught.value.rows_written
    with pytest.raises(lsmkit.InvalidArgument):
        db.put_many([b"new", too_large], [b"", b""], atomic=True)
    assert b"new" not in db


def test_atomic_is_one_commit(db):
    pyarrow = pytest.importorskip("pyarrow")
    keys = [b"%06d" % i for i in range(50_000)]
    values = [b"v" * 500] * len(keys)
    before = db.last_seqno
    assert db.put_many(pyarrow.chunked_array([keys[:7], keys[7:]]), values, atomic=True) == 50_000
    assert db.last_seqno == before + 1
    assert db.delete_many(keys, atomic=True) == 50_000
    assert len(db) == 0


@pytest.mark.parametrize(
    ("column", "advice"),
    [
        (np.arange(3), "I64"),
        (np.arange(3, dtype=np.uint64), "U64"),
        (np.arange(3.0), "F64"),
        (np.array(["2020-01-01"], "M8[us]"), "Datetime"),
        (np.array(["a"]), "Str"),
        (np.array([b"a", "b"], object), "list of bytes"),
        (np.zeros((2, 2, 2), np.uint8), "2x2x2"),
        ("text", "str is no column"),
        (b"bytes", "bytes is no column"),
        (["a"], "encode"),
        ([1], "not int"),
        ({b"a": 1}, "dict"),
    ],
)
def test_what_is_no_column_of_bytes_gets_advice(db, column, advice):
    for call in (db.get_many, db.contains_many, db.delete_many):
        with pytest.raises(TypeError, match=advice):
            call(column)
    with pytest.raises(TypeError, match=advice):
        db.put_many([b"k"] * (len(column) if hasattr(column, "__len__") else 0), column)
    assert len(db) == 0


def test_arrow_types_that_are_no_bytes_get_advice(db):
    pyarrow = pytest.importorskip("pyarrow")
    for column, advice in (
        (pyarrow.array([1, 2]), "U64"),
        (pyarrow.array(["a", "a"]).dictionary_encode(), "dictionary"),
        (pyarrow.table({"a": [b"x"], "b": [b"y"]}), "one of them"),
        (pyarrow.array([[b"x"]]), "Arrow type"),
    ):
        with pytest.raises(TypeError, match=advice):
            db.get_many(column)


def test_nulls_are_refused_by_row_and_arrows_text_is_utf8(db):
    pyarrow = pytest.importorskip("pyarrow")
    nulls = pyarrow.array([b"a", b"b", None])
    for call in (db.get_many, db.contains_many, db.delete_many):
        with pytest.raises(lsmkit.InvalidArgument, match="row 2: its key is null"):
            call(nulls)
    with pytest.raises(lsmkit.InvalidArgument, match="row 2: its value is null"):
        db.put_many([b"a", b"b", b"c"], BinaryArray.of([b"1", b"2", None]))
    with pytest.raises(lsmkit.InvalidArgument, match="row 3: its key is null"):
        db.get_many(pyarrow.chunked_array([[b"a"], nulls]))
    assert len(db) == 0
    db.put_many(pyarrow.array(["ä"]), pyarrow.array(["ö"], pyarrow.large_string()))
    assert dict(db) == {"ä".encode(): "ö".encode()}


def test_columns_of_different_lengths_are_refused_before_anything_is_written(db):
    with pytest.raises(lsmkit.InvalidArgument, match="2 keys and 1 values"):
        db.put_many([b"a", b"b"], [b"1"])
    assert len(db) == 0


class Stream:
    """A column whose length nobody knows beforehand."""

    def __init__(self, array):
        self.array = array

    def __arrow_c_stream__(self, requested_schema=None):
        return self.array.__arrow_c_stream__(requested_schema)


def test_streams_of_different_lengths_end_where_the_shorter_one_does(db):
    pyarrow = pytest.importorskip("pyarrow")
    keys, values = [b"a", b"b", b"c"], [b"1", b"2"]
    longer, shorter = (Stream(pyarrow.chunked_array([rows])) for rows in (keys, values))
    with pytest.raises(lsmkit.InvalidArgument, match="fewer values than keys") as caught:
        db.put_many(longer, shorter)
    assert caught.value.rows_written == 2
    assert list(db) == [b"a", b"b"]
    with pytest.raises(lsmkit.InvalidArgument, match="fewer keys than values"):
        db.put_many(shorter, longer, atomic=True)
    assert list(db) == [b"a", b"b"]


@pytest.mark.parametrize(
    "offsets", [[0, 3, 2, 6], [0, 7, 7, 7], [-1, 0, 1, 2]], ids=["fall", "beyond", "negative"]
)
def test_offsets_that_lead_astray_are_refused(db, offsets):
    bad = np.array(offsets, np.int64)
    with pytest.raises(lsmkit.InvalidArgument, match="offsets"):
        BinaryArray(bad, np.zeros(6, np.uint8))
    fine = BinaryArray(np.array([0, 2, 4, 6]), np.zeros(6, np.uint8))
    fine.offsets[:] = bad  # changed behind our back: what memory is read is checked again
    with pytest.raises(lsmkit.InvalidArgument, match="lead out of the array's data"):
        db.get_many(fine)


# -- BinaryArray -----------------------------------------------------------------------------------


@given(rows=st.lists(st.none() | st.binary(max_size=5), max_size=20), data=st.data())
def test_a_binary_array_is_a_sequence(rows, data):
    array = BinaryArray.of(rows)
    assert array.to_list() == rows
    assert [array[i] for i in range(-len(rows), len(rows))] == rows + rows
    cut = data.draw(st.slices(len(rows) + 2))
    assert array[cut].to_list() == rows[cut]
    assert BinaryArray.concatenate([array[:3], array[3:]]) == array
    assert array.null_count == rows.count(None)
    assert array.to_numpy().tolist() == rows


def test_a_binary_array_of_one_width_is_a_block():
    array = BinaryArray.of([b"ab", None, b"cd"])
    with pytest.raises(lsmkit.InvalidArgument, match="row 1 is null"):
        array.to_fixed()
    assert array.to_fixed(fill=b"??").tobytes() == b"ab??cd"
    block = array[2:].to_fixed()
    assert block.tobytes() == b"cd"
    assert np.shares_memory(block, array.data)
    with pytest.raises(lsmkit.InvalidArgument, match="row 0 has 2 bytes, not 3"):
        array[:1].to_fixed(3)
    assert BinaryArray.of([]).to_fixed().shape == (0, 0)


@given(rows=st.lists(st.none() | st.binary(max_size=5), max_size=20))
def test_a_binary_array_goes_through_arrow(rows):
    pyarrow = pytest.importorskip("pyarrow")
    array = BinaryArray.of(rows)
    there = pyarrow.array(array)
    there.validate(full=True)
    assert there.type == pyarrow.large_binary()
    assert there.to_pylist() == rows
    assert pyarrow.array(array[1:]).to_pylist() == rows[1:]
    assert pyarrow.DataType._import_from_c_capsule(array.__arrow_c_schema__()) == there.type


# -- Scans -----------------------------------------------------------------------------------------


def test_a_scan_reads_in_batches_of_one_moment(db):
    db.put_many([b"%04d" % i for i in range(1000)], [b"v%d" % i for i in range(1000)])
    scan = db.scan(b"0100", b"0900", batch_rows=64)
    db.delete_many([b"%04d" % i for i in range(500)])
    for _ in range(2):
        batches = list(scan)
        assert [len(batch) for batch in batches] == [64] * 12 + [32]
        assert b"".join(batches[0].keys.to_list()[:2]) == b"01000101"
    assert len(db.scan(b"0100", b"0900").read()) == 400
    assert [len(batch) for batch in db.scan(batch_bytes=1)] == [1] * 500


@given(
    bounds=st.tuples(st.binary(max_size=2), st.binary(max_size=2)),
    flags=st.tuples(*[st.booleans()] * 3),
    limit=st.none() | st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_a_scan_has_the_bounds_of_an_iterator(bounds, flags, limit, tmp_path_factory):
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        db.put_many([bytes([i % 5, i]) for i in range(40)], [b"%d" % i for i in range(40)])
        asked = {
            "start": bounds[0],
            "stop": bounds[1],
            "include_start": flags[0],
            "include_stop": flags[1],
            "reverse": flags[2],
        }
        rows = db.scan(**asked, limit=limit).read()
        due = list(db.iterator(**asked))[:limit]
        assert list(zip(rows.keys, rows.values, strict=True)) == due
        prefixed = db.scan(prefix=b"\x02", reverse=flags[2]).read()
        due = list(db.iterator(prefix=b"\x02", reverse=flags[2]))
        assert list(zip(prefixed.keys, prefixed.values, strict=True)) == due


def test_scans_refuse_what_can_not_be(db):
    for wrong in ({"batch_rows": 0}, {"batch_bytes": -1}, {"limit": -1}):
        with pytest.raises(lsmkit.InvalidArgument, match=next(iter(wrong))):
            db.scan(**wrong)
    with pytest.raises(TypeError, match="encode"):
        db.scan("a")


def test_scans_and_values_are_read_by_pyarrow_polars_and_duckdb(db):
    pyarrow = pytest.importorskip("pyarrow")
    db.put_many([b"%03d" % i for i in range(300)], [b"%d" % (i % 7) for i in range(300)])
    scan = db.scan(batch_rows=100)
    table = pyarrow.table(scan)
    table.validate(full=True)
    assert table.num_rows == 300
    assert table.column("key").num_chunks == 3
    assert scan.to_arrow().equals(table)
    joined = table.join(table, "key", right_suffix="_again")
    assert joined.num_rows == 300
    assert joined.column("value").to_pylist() == joined.column("value_again").to_pylist()
    db.put_many(table["value"], table["key"])
    assert db.count(b"0", b"7") == 7 + 300
    pytest.importorskip("polars")
    frame = scan.to_polars()
    assert frame.join(frame, on="key").height == 300
    assert frame["key"].to_list() == [b"%03d" % i for i in range(300)]
    assert db.get_many(frame["key"]).to_list() == frame["value"].to_list()
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql("select count(*), sum(octet_length(key)) from scan").fetchall()
    assert found == [(300, 900)]


def test_an_arrow_stream_tells_when_the_database_was_closed(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    db = lsmkit.open(tmp_path / "db")
    db.put_many([b"a", b"b"], [b"1", b"2"])
    reader = pyarrow.RecordBatchReader.from_stream(db.scan(batch_rows=1))
    assert reader.read_next_batch().num_rows == 1
    db.close()
    with pytest.raises(OSError, match="closed"):
        reader.read_next_batch()


def test_a_scan_lets_go_of_what_it_pins(tmp_path):
    db = lsmkit.open(tmp_path / "db")
    db.put_many([b"a"], [b"1"])
    scan = db.scan()
    iterator = iter(scan)
    next(iterator)
    assert db.stats().snapshot_count > 0
    gone = weakref.ref(scan)
    del scan, iterator
    gc.collect()
    assert gone() is None
    assert db.stats().snapshot_count == 0
    db.close()


# -- Views -----------------------------------------------------------------------------------------


def test_a_view_shows_the_value_where_it_lies_also_after_close(tmp_path):
    with lsmkit.open(tmp_path / "db") as db:
        db[b"in a table"] = b"t" * 1000
        db.flush()
        db[b"in memory"] = b"m" * 1000
        table, memory = db.get_view(b"in a table"), db.get_view(b"in memory")
        assert db.get_view(b"absent") is None
        with db.snapshot() as before:
            db[b"in memory"] = b"new"
            assert before.get_view(b"in memory") == b"m" * 1000
        assert table.readonly
        assert memory == b"m" * 1000
        batch = db.scan().read()
        values = db.get_many([b"in a table"])
    gc.collect()
    assert table == b"t" * 1000
    assert memory == b"m" * 1000
    assert batch.values.to_list() == [b"t" * 1000, b"new"]
    assert values.to_list() == [b"t" * 1000]
    with pytest.raises(TypeError):
        table[0] = 1


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_views_and_arrays_outlive_the_database_and_its_directory(compression, tmp_path):
    """Of memtables, of cached blocks, of blocks of their own, as in tests/cpp/db_views.cc."""
    pyarrow = pytest.importorskip("pyarrow")
    sizes = (0, 1, 8, 23, 100, 4_000, 20_000, 300_000, 3_000_000)
    due = {
        b"%s %d" % (where, size): (b"%s %d " % (where, size) * (size // 7 + 1))[:size]
        for where in (b"table", b"memory")
        for size in sizes
    }
    options = {"compression": compression, "cache_bytes": 64 << 10}
    db = lsmkit.open(tmp_path / "db", **options)
    db.put_many(*zip(*[row for row in due.items() if row[0].startswith(b"table")], strict=True))
    db.flush()
    db.put_many(*zip(*[row for row in due.items() if row[0].startswith(b"memory")], strict=True))
    views = [(db.get_view(key), value) for _ in range(2) for key, value in due.items()]
    arrays = [(np.frombuffer(view, np.uint8), value) for view, value in views]
    found = db.get_many(list(due))
    batches = list(db.scan())
    exported = pyarrow.array(found)
    db.compact_range()  # the memtable goes, and tables are replaced
    db.close()
    lsmkit.destroy(tmp_path / "db")
    del db
    gc.collect()
    with lsmkit.open(tmp_path / "other") as other:  # which takes what memory was let go of
        other.put_many(
            [b"%d" % i for i in range(1000)], [bytes([i % 251]) * 9000 for i in range(1000)]
        )
        for view, value in views:
            assert view == value
        for array, value in arrays:
            assert array.tobytes() == value
        assert found.to_list() == list(due.values())
        rows = [row for batch in batches for row in zip(batch.keys, batch.values, strict=True)]
        assert rows == sorted(due.items())
        assert exported.to_pylist() == list(due.values())
    assert not (tmp_path / "db").exists()


def test_a_closed_database_is_told_so(tmp_path):
    db = lsmkit.open(tmp_path / "db")
    scan = db.scan()
    db.close()
    for call in (
        lambda: db.put_many([b"a"], [b"b"]),
        lambda: db.get_many([b"a"]),
        lambda: db.contains_many([b"a"]),
        lambda: db.delete_many([b"a"]),
        lambda: db.get_view(b"a"),
        lambda: list(scan),
    ):
        with pytest.raises(lsmkit.ClosedError):
            call()
