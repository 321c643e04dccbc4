"""Frames read by pyarrow, polars and duckdb without a copy: every kind of column, and safely."""

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsmkit
from lsmkit import BinaryArray, Column, Frame

pytestmark = pytest.mark.usefixtures("young_objects")

ITEMS = {
    "bool": st.booleans(),
    "i32": st.integers(-(2**31), 2**31 - 1),
    "i64": st.integers(-(2**63), 2**63 - 1),
    "u32": st.integers(0, 2**32 - 1),
    "u64": st.integers(0, 2**64 - 1),
    "f64": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=9),
    "str": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
    "list[u64]": st.lists(st.integers(0, 2**64 - 1), max_size=4),
}
ARROW_TYPES = {
    "bool": "bool",
    "i32": "int32",
    "i64": "int64",
    "u32": "uint32",
    "u64": "uint64",
    "f64": "double",
    "bytes": "large_binary",
    "str": "large_string",
    "list[u64]": "large_list<item: uint64 not null>",
}


@st.composite
def frames(draw):
    """Of every kind of column, one with nulls and one without; `row` numbers the rows."""
    rows = draw(st.integers(0, 20))
    columns = {"row": Column.of("u64", range(rows))}
    for dtype, one in ITEMS.items():
        full = draw(st.lists(one, min_size=rows, max_size=rows))
        columns[dtype] = Column.of(dtype, full)
        some = draw(st.lists(st.none() | one, min_size=rows, max_size=rows))
        columns[f"{dtype} or null"] = Column.of(dtype, some)
    frame = Frame(columns)
    return frame[draw(st.slices(rows))] if draw(st.booleans()) else frame


@given(frame=frames())
@settings(max_examples=30, deadline=None)
def test_pyarrow_reads_the_same_and_joins_it_with_itself(frame):
    pyarrow = pytest.importorskip("pyarrow")
    table, batch = pyarrow.table(frame), pyarrow.record_batch(frame)
    for read in (table, batch):
        read.validate(full=True)
        assert read.to_pylist() == frame.rows()
        assert read.schema == pyarrow.schema(frame)
    for name in frame.columns:
        field, column = table.schema.field(name), frame.column(name)
        assert str(field.type) == ARROW_TYPES[column.dtype]
        assert field.nullable == (column.valid is not None)
        assert table.column(name).null_count == column.null_count
    plain = table.drop_columns([name for name in table.column_names if "list" in name])
    joined = plain.join(plain, "row", right_suffix=" again").sort_by("row")
    due = plain.sort_by("row")
    for name in plain.column_names[1:]:
        assert joined[name].to_pylist() == due[name].to_pylist()
        assert joined[f"{name} again"].to_pylist() == due[name].to_pylist()


@given(frame=frames())
@settings(max_examples=30, deadline=None)
def test_polars_reads_the_same_and_joins_it_with_itself(frame):
    pytest.importorskip("polars")
    read = frame.to_polars()
    assert read.rows(named=True) == frame.rows()
    joined = read.join(read, on="row", suffix=" again", maintain_order="left")
    assert joined.height == len(frame)
    for name in frame.columns[1:]:
        assert joined[name].to_list() == frame.column(name).to_list()
        assert joined[f"{name} again"].to_list() == frame.column(name).to_list()


@given(frame=frames())
@settings(max_examples=20, deadline=None)
def test_duckdb_reads_the_same_and_joins_it_with_itself(frame):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        found = connection.execute("select * from frame").fetchall()
        assert found == [tuple(row.values()) for row in frame]
        found = connection.execute(
            "select a.*, b.* from frame a join frame b on a.row = b.row order by a.row"
        ).fetchall()
    by_row = sorted((tuple(row.values()) for row in frame), key=lambda row: row[0])
    assert found == [row + row for row in by_row]


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import duckdb, polars
from lsmkit import BinaryArray, Column, Frame
frame = Frame({
    "n": Column.of("u64", [1, None, 3]),
    "flag": Column.of("bool", [True, None, False]),
    "text": Column.of("str", ["ä", "", None]),
    "data": Column.of("bytes", [b"\\\\xff", None, b""]),
    "list": Column.of("list[u64]", [[1, 2], [], None]),
})
try:
    import pyarrow
except ImportError:
    pass
else:
    raise AssertionError("pyarrow is there")
rows = [tuple(row.values()) for row in frame]
assert polars.DataFrame(frame).rows() == frame.to_polars().rows() == rows, frame.to_polars()
assert duckdb.sql("select * from frame").fetchall() == rows
assert polars.Series(BinaryArray.of([b"a", None])).to_list() == [b"a", None]
try:
    frame.to_arrow()
except ImportError as error:
    assert "pip install pyarrow" in str(error)
print("read")
"""


def test_polars_and_duckdb_read_frames_where_pyarrow_is_not():
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True, timeout=120
    )
    assert (ran.stdout, ran.stderr) == ("read\n", "")


def test_buffers_stay_valid_after_the_frame_is_gone_and_no_longer():
    pyarrow = pytest.importorskip("pyarrow")
    items = list(range(2000))
    for _ in range(10):
        values = Column.of("u64", items).values
        gone = weakref.ref(values)
        frame = Frame(
            {
                "n": Column("u64", values),
                "even": Column.of("bool", [i % 2 == 0 for i in items]),
                "text": Column.of("str", [f"{i}" for i in items]),
                "parts": Column.of("list[u64]", [[i] * (i % 3) for i in items]),
            }
        )
        table = pyarrow.table(frame)
        column, struct = table.column("n"), pyarrow.array(frame)
        del frame, values
        gc.collect()
        noise = [np.full(2000, 7, np.uint64) for _ in range(20)]  # would lie where they lay
        assert column.to_pylist() == items
        assert table.column("even").to_pylist() == [i % 2 == 0 for i in items]
        assert table.column("text").to_pylist() == [f"{i}" for i in items]
        assert struct.field("parts").to_pylist() == [[i] * (i % 3) for i in items]
        assert gone() is not None
        del table, struct
        gc.collect()
        assert column.to_pylist() == items
        del column, noise
        gc.collect()
        assert gone() is None


def test_capsules_that_nobody_takes_let_go():
    values = np.arange(10, dtype=np.uint64)
    gone = weakref.ref(values)
    frame = Frame({"n": Column("u64", values)})
    capsules = [frame.__arrow_c_stream__(), frame.__arrow_c_array__(), frame.__arrow_c_schema__()]
    del frame, values
    gc.collect()
    assert gone() is not None
    del capsules
    gc.collect()
    assert gone() is None


def test_what_one_thread_exports_another_lets_go_of():
    pyarrow = pytest.importorskip("pyarrow")
    tables = [pyarrow.table(Frame({"n": Column.of("str", ["a" * 100] * 100)})) for _ in range(200)]
    read = []

    def let_go():
        while tables:
            read.append(tables.pop().column("n")[99].as_py())

    threads = [threading.Thread(target=let_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        gc.collect()
    for thread in threads:
        thread.join()
    assert read == ["a" * 100] * 200


def test_a_frame_without_columns_and_names_of_any_kind():
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.table(Frame({})).num_columns == 0
    names = ["", "ä", "a\nb", '"', "日本"]
    frame = Frame({name: Column.of("i64", [number]) for number, name in enumerate(names)})
    assert pyarrow.table(frame).column_names == names


BYTES = np.frombuffer("aäb".encode(), np.uint8)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (Column("u64", np.zeros(3, np.int32)), "uint64 are due, not int32"),
        (Column("u64", np.zeros((3, 2), np.uint64)), "2 dimensions"),
        (Column("f128", np.zeros(3)), "no column type is named 'f128'"),
        (Column("bytes", np.zeros(3, np.uint8)), "offsets do not fit"),
        (Column("u64", np.zeros(3, np.uint64), np.arange(4)), "offsets do not fit"),
        (Column("u64", np.zeros(3, np.uint64), None, np.ones(2, bool)), "a bool per row"),
        (Column("bytes", np.zeros(3, np.uint8), np.array([0, 4])), "stay within"),
        (Column("bytes", np.zeros(3, np.uint8), np.array([-1, 2])), "stay within"),
        (Column("list[u64]", np.zeros(3, np.uint64), np.array([0, 2, 1])), "must not fall"),
        (Column("list[u64]", np.zeros(3, np.uint8), np.array([0, 1])), "uint64 are due"),
        (Column("str", np.array([0xFF], np.uint8), np.array([0, 1])), "no UTF-8"),
        (Column("str", BYTES, np.array([0, 2, 4])), "no UTF-8"),
        (Column("str", BYTES, np.array([0, 2])), "no UTF-8"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(column, words):
    frame = Frame({"bad": column})
    for export in (frame.__arrow_c_stream__, frame.__arrow_c_array__, frame.__arrow_c_schema__):
        with pytest.raises(lsmkit.InvalidArgument, match=f"'bad'.*{words}"):
            export()


def test_text_is_looked_at_row_by_row_and_strided_arrays_are_copied():
    pyarrow = pytest.importorskip("pyarrow")
    text = Column("str", BYTES, np.array([0, 1, 3, 4]))
    numbers = Column("u64", np.arange(6, dtype=np.uint64)[::2])
    unaligned = np.frombuffer(b"\0" + np.arange(3).tobytes(), np.uint8)[1:].view(np.int64)
    table = pyarrow.table(Frame({"t": text, "n": numbers, "u": Column("i64", unaligned)}))
    table.validate(full=True)
    assert table.to_pydict() == {"t": ["a", "ä", "b"], "n": [0, 2, 4], "u": [0, 1, 2]}


def test_a_frame_of_a_database_joins_another_by_sql(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as db:
        db.put_many([b"%06d" % i for i in range(20_000)], [b"v" * 20] * 20_000)
        db.flush()
        db.wait_idle()  # the two frames are of two moments
        tables, levels = db.tables(), db.levels()
        found = duckdb.sql(
            "select level, count(*), sum(tables.weight) from tables "
            "join levels using (level) where tables.level is not null group by level"
        ).fetchall()
        counts = {row["level"]: row["table_count"] for row in levels if row["table_count"]}
        assert {level: count for level, count, _ in found} == counts
        assert sum(weight for *_, weight in found) == int(tables["weight"].sum())


def test_a_binary_array_is_read_by_polars_without_a_copy_of_the_frame():
    polars = pytest.importorskip("polars")
    rows = [b"a", None, b"", b"\xff" * 100]
    assert polars.Series(BinaryArray.of(rows)).to_list() == rows
    assert polars.Series(BinaryArray.of(rows)[1:]).to_list() == rows[1:]
