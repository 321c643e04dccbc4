"""Arrays against single calls: widths, nulls, nothing, duplicates, huge batches, other readers.

W3.10: what NumPy and Arrow get is what single calls get.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsmkit
from lsmkit import BinaryArray

WIDTHS = st.integers(0, 24)


@st.composite
def blocks(draw, width=None):
    """Rows of one width; of four letters, so that many are there twice or begin alike."""
    width = draw(WIDTHS) if width is None else width
    byte = st.sampled_from([0, 1, 97, 255])
    row = st.lists(byte, min_size=width, max_size=width).map(bytes)
    return width, draw(st.lists(row, max_size=40))


def as_bytes_of_numpy(width, rows):
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), width)


def as_void(width, rows):
    return np.array(rows, f"V{width}") if width else [b""] * len(rows)


def as_binary_array(_, rows):
    return BinaryArray.of([b"before", *rows, b"after"])[1:-1]


def arrow(kind):
    def convert(width, rows):
        pyarrow = pytest.importorskip("pyarrow")
        of = pyarrow.binary(width) if kind == "fixed" else getattr(pyarrow, kind)()
        return pyarrow.array([b"\0" * width, *rows], of)[1:]

    convert.__name__ = kind
    return convert


def arrow_stream(width, rows):
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.chunked_array([rows[:1], [], rows[1:9], rows[9:]], pyarrow.binary(width))


KINDS = [
    as_bytes_of_numpy,
    as_void,
    as_binary_array,
    *map(arrow, ["fixed", "binary", "large_binary", "binary_view"]),
    arrow_stream,
]


@pytest.mark.parametrize("convert", KINDS, ids=lambda convert: convert.__name__)
@settings(max_examples=25, deadline=None)
@given(keys=blocks(), widths=st.tuples(WIDTHS, WIDTHS), data=st.data(), atomic=st.booleans())
def test_rows_of_any_width_are_what_single_calls_are(
    convert, keys, widths, data, atomic, tmp_path_factory
):
    width, rows = keys
    values = [bytes([number]) * widths[0] for number in range(len(rows))]
    _, asked = data.draw(blocks(width))
    asked += rows[::2]
    with (
        lsmkit.open(tmp_path_factory.mktemp("arrays"), lsmkit.Options.small()) as db,
        lsmkit.open(tmp_path_factory.mktemp("single"), lsmkit.Options.small()) as single,
    ):
        for round_number in range(2):
            count = db.put_many(convert(width, rows), convert(widths[0], values), atomic=atomic)
            assert count == len(rows)
            for key, value in zip(rows, values, strict=True):
                single[key] = value
            assert db.delete_many(convert(width, asked[1::2]), atomic=atomic) == len(asked[1::2])
            for key in asked[1::2]:
                single.delete(key)
            found = db.get_many(convert(width, asked))
            assert found.to_list() == [single.get(key) for key in asked]
            there = db.contains_many(convert(width, asked))
            assert there.tolist() == [key in single for key in asked]
            scanned = db.scan(batch_rows=7).read()
            assert list(zip(scanned.keys, scanned.values, strict=True)) == list(single.items())
            if round_number == 0:
                db.flush()


@given(rows=st.lists(st.none() | st.binary(max_size=3), max_size=12), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_null_is_refused_by_its_row_in_every_call(rows, data, tmp_path_factory):
    pyarrow = pytest.importorskip("pyarrow")
    cut = data.draw(st.integers(0, len(rows)))
    columns = [
        BinaryArray.of(rows),
        pyarrow.array(rows, pyarrow.large_binary()),
        pyarrow.chunked_array([rows[:cut], rows[cut:]], pyarrow.binary()),
    ]
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        for column in columns:
            for call in (
                lambda column=column: db.get_many(column),
                lambda column=column: db.contains_many(column),
                lambda column=column: db.delete_many(column, atomic=True),
                lambda column=column: db.put_many(column, [b""] * len(rows), atomic=True),
                lambda column=column: db.put_many([b"k"] * len(rows), column, atomic=True),
            ):
                if None in rows:
                    with pytest.raises(lsmkit.InvalidArgument, match=f"row {rows.index(None)}: "):
                        call()
                else:
                    call()
        if None in rows:
            assert db.last_seqno == 0


@pytest.mark.parametrize("widths", [(4, 4), (16, 16), (0, 9)], ids=["4", "16", "0 to 9"])
def test_huge_batches_with_duplicates_are_what_a_dict_is(widths, tmp_path):
    rng = np.random.default_rng(sum(widths))
    count = 150_000  # several commits and several blocks of look-ups

    def drawn(number):
        lengths = rng.integers(widths[0], widths[1] + 1, number)
        numbers = rng.integers(0, 60_000, number)
        names = (b"%04x" % at + b"%012d" % at for at in numbers.tolist())
        return [name[:length] for name, length in zip(names, lengths.tolist(), strict=True)]

    keys, values = drawn(count), [b"%d" % number * 12 for number in range(count)]
    asked, gone = drawn(count), drawn(count // 4)
    model = dict(zip(keys, values, strict=True))
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as db:
        assert db.put_many(keys, values) == count
        assert db.last_seqno > 1
        assert db.get_many(asked).to_list() == [model.get(key) for key in asked]
        assert db.delete_many(gone) == len(gone)
        for key in gone:
            model.pop(key, None)
        assert db.contains_many(asked).tolist() == [key in model for key in asked]
        assert db.get_many(asked).to_list() == [model.get(key) for key in asked]
        rows = db.scan().read()
        assert rows.keys.to_list() == sorted(model)
        assert rows.values.to_list() == [model[key] for key in sorted(model)]


@given(
    rows=st.dictionaries(st.binary(max_size=4), st.binary(max_size=20), max_size=40),
    absent=st.lists(st.binary(max_size=4), max_size=9),
    batch_rows=st.integers(1, 9),
)
@settings(max_examples=30, deadline=None)
def test_results_are_read_by_pyarrow_polars_and_duckdb_and_joined_with_themselves(
    rows, absent, batch_rows, tmp_path_factory
):
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    duckdb = pytest.importorskip("duckdb")
    asked = [*absent, *rows]
    due = sorted(rows.items())
    with lsmkit.open(tmp_path_factory.mktemp("db")) as db:
        db.put_many(list(rows), list(rows.values()))
        found, scan = db.get_many(asked), db.scan(batch_rows=batch_rows)
        values = pyarrow.array(found)
        values.validate(full=True)
        assert values.to_pylist() == [rows.get(key) for key in asked]
        assert polars.Series(found).to_list() == [rows.get(key) for key in asked]

        table = pyarrow.table(scan)
        table.validate(full=True)
        joined = table.join(table, "key", right_suffix=" again").sort_by("key")
        assert list(zip(*joined.to_pydict().values(), strict=True)) == [
            (key, value, value) for key, value in due
        ]
        frame = polars.DataFrame(scan)
        assert frame.join(frame, on="key", suffix=" again").sort("key").rows() == [
            (key, value, value) for key, value in due
        ]
        with duckdb.connect() as connection:
            for relation in (scan, table):  # a stream may be read twice in one query
                connection.register("scanned", relation)
                read = connection.execute(
                    "select a.key, a.value, b.value from scanned a join scanned b "
                    "on a.key = b.key order by a.key"
                ).fetchall()
                assert read == [(key, value, value) for key, value in due]
