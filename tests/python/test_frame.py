"""Frames: columns with nulls, rows, and their way to NumPy, pandas, Polars and Arrow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsmkit import SCHEMAS, Column, ColumnSpec, Frame

ITEMS = {
    "bool": st.booleans(),
    "i32": st.integers(-(2**31), 2**31 - 1),
    "i64": st.integers(-(2**63), 2**63 - 1),
    "u32": st.integers(0, 2**32 - 1),
    "u64": st.integers(0, 2**64 - 1),
    "f64": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=9),
    "str": st.text(max_size=9),
    "list[u64]": st.lists(st.integers(0, 2**64 - 1), max_size=4),
}


@st.composite
def columns(draw, min_rows=0):
    dtype = draw(st.sampled_from(sorted(ITEMS)))
    items = draw(st.lists(st.none() | ITEMS[dtype], min_size=min_rows, max_size=12))
    return dtype, items


@st.composite
def frames(draw):
    rows = draw(st.integers(0, 8))
    values = {}
    for number, dtype in enumerate(draw(st.lists(st.sampled_from(sorted(ITEMS)), min_size=1))):
        items = st.lists(st.none() | ITEMS[dtype], min_size=rows, max_size=rows)
        values[f"{dtype} {number}"] = Column.of(dtype, draw(items))
    return Frame(values)


@pytest.fixture
def shapes():
    return Frame(
        {
            "name": Column.of("str", ["L0", "L1", "L2"]),
            "weight": Column.of("u64", [10, None, 7]),
            "score": Column.of("f64", [1.5, 0.5, 0.25]),
            "key": Column.of("bytes", [b"a", b"\xff<b>", None]),
            "tables": Column.of("list[u64]", [[1, 2], [], [3]]),
        },
        {"weight": ColumnSpec("weight", "u64", "weight", "of its <records>", True)},
        "levels",
    )


@given(columns())
def test_a_column_gives_back_what_went_in(case):
    dtype, items = case
    column = Column.of(dtype, items)
    assert len(column) == len(items)
    assert column.to_list() == items
    assert column.null_count == items.count(None)
    assert [column[i - len(items)] for i in range(len(items))] == items


@given(columns(min_rows=1), st.data())
def test_take_takes_rows(case, data):
    dtype, items = case
    rows = data.draw(st.lists(st.integers(0, len(items) - 1)))
    taken = Column.of(dtype, items).take(np.array(rows, np.intp))
    assert taken.to_list() == [items[row] for row in rows]


def test_a_column_beyond_its_rows_is_an_index_error():
    with pytest.raises(IndexError):
        Column.of("u64", [1])[1]


def test_a_column_type_that_there_is_not_is_named():
    with pytest.raises(ValueError, match="'u63'; there are bool,"):
        Column.of("u63", [])


def test_arrays_of_columns(shapes):
    assert shapes["score"].tolist() == [1.5, 0.5, 0.25]
    with pytest.raises(ValueError, match="read-only"):
        shapes["score"][0] = 3
    assert shapes["weight"].mask.tolist() == [False, True, False]
    assert shapes["weight"].sum() == 17
    assert shapes["key"].tolist() == [b"a", b"\xff<b>", None]
    assert shapes["tables"].tolist() == [[1, 2], [], [3]]


@pytest.mark.parametrize("name", ["name", "weight", "score", "key", "tables"])
def test_a_column_with_nulls_could_be_written_through_its_array(shapes, name):
    before = shapes.rows()
    with pytest.raises(ValueError, match="read-only"):
        shapes[name][1] = 99
    assert shapes.rows() == before


@pytest.mark.parametrize("key", [None, np.array([[0, 1]]), (slice(0, 1), None)], ids=str)
def test_a_key_that_is_none_was_told_of_a_buffer_of_a_wrong_size(shapes, key):
    with pytest.raises(TypeError, match="a frame takes the name of a column, the number of a row"):
        shapes[key]


def test_text_of_a_path_that_is_no_utf8_was_a_unicode_error():
    column = Column.of("str", [b"d/\xff".decode("utf-8", "surrogateescape"), "é"])
    assert column.to_list() == ["d/\\udcff", "é"]


def test_rows_parts_and_columns(shapes):
    assert shapes[1] == {
        "name": "L1",
        "weight": None,
        "score": 0.5,
        "key": b"\xff<b>",
        "tables": [],
    }
    assert shapes[-1]["name"] == "L2"
    assert [row["name"] for row in shapes] == ["L0", "L1", "L2"]
    assert shapes[1:].rows() == shapes.rows()[1:]
    assert shapes[shapes["score"] >= 0.5].rows() == shapes.rows()[:2]
    assert shapes["name", "score"].columns == ["name", "score"]
    assert len(shapes.head(2)) == 2
    assert shapes.tail(1)[0] == shapes[2]
    assert len(shapes.tail(9)) == 3
    assert shapes.spec("weight").unit == "weight"
    with pytest.raises(KeyError, match="no column 'nope'; there are name, weight"):
        shapes["nope"]
    with pytest.raises(IndexError):
        shapes[3]


def test_filter_and_sort(shapes):
    assert shapes.filter(name="L1").rows() == [shapes[1]]
    assert shapes.filter(weight=None).rows() == [shapes[1]]
    assert shapes.filter(name="L1", score=9.0).rows() == []
    assert shapes.sort("weight")["name"].tolist() == ["L2", "L0", "L1"]
    assert shapes.sort("weight", reverse=True)["name"].tolist() == ["L0", "L2", "L1"]


@given(frames())
def test_sorting_by_all_columns_is_what_python_sorts(frame):
    names = frame.columns
    rows = sorted(
        frame.rows(),
        key=lambda row: [
            (row[n] is None, row[n] or 0) if row[n] is None or row[n] else (False, row[n])
            for n in names
        ],
    )
    assert frame.sort(*names).rows() == rows


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Frame({"a": Column.of("u64", [1]), "b": Column.of("u64", [])})


def test_to_numpy_is_a_structured_array_that_asks_what_null_is(shapes):
    with pytest.raises(ValueError, match="'weight' holds nulls"):
        shapes.to_numpy()
    array = shapes.to_numpy(fill=9)
    assert array.dtype.names == ("weight", "score")
    assert array["weight"].tolist() == [10, 9, 7]
    assert shapes["name", "score"].to_numpy()["score"].tolist() == [1.5, 0.5, 0.25]


@given(frames())
def test_arrow_gets_the_same_rows(frame):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(frame)
    table.validate(full=True)
    assert table.to_pylist() == frame.rows()
    assert pyarrow.schema(frame) == table.schema


def test_arrow_shares_the_memory_and_outlives_the_frame():
    pyarrow = pytest.importorskip("pyarrow")
    column = Column.of("u64", list(range(1000)))
    table = pyarrow.table(Frame({"n": column}))
    assert table.column("n").chunk(0).buffers()[1].address == column.values.ctypes.data
    del column
    assert table.column("n").to_pylist() == list(range(1000))


@given(frames())
def test_polars_gets_the_same_rows(frame):
    polars = pytest.importorskip("polars")
    assert frame.to_polars().rows(named=True) == frame.rows()
    pytest.importorskip("pyarrow")
    assert polars.DataFrame(frame).rows(named=True) == frame.rows()


def test_pandas_gets_the_same_values(shapes):
    pandas = pytest.importorskip("pandas")
    table = shapes.to_pandas()
    assert table["score"].tolist() == [1.5, 0.5, 0.25]
    assert table["weight"].isna().tolist() == [False, True, False]
    assert table["weight"].dtype == pandas.UInt64Dtype()
    assert table["key"].tolist() == [b"a", b"\xff<b>", None]


def test_a_frame_looks_like_a_table(shapes):
    lines = repr(shapes).splitlines()
    assert lines[0].split() == ["name", "weight", "score", "key", "tables"]
    assert lines[1].split() == ["L0", "10", "B", "1.50", "a", "1", "2"]
    assert lines[-1] == "[3 levels x 5 columns]"


def test_a_long_frame_shows_both_ends():
    frame = Frame({"n": Column.of("u64", list(range(1000)))})
    text = repr(frame)
    assert len(text.splitlines()) < 40
    for shown in ("0", "999", "..."):
        assert shown in text.split()


def test_strangers_keys_do_no_harm_in_html():
    hostile = b"</script><img src=x onerror=alert(1)>"
    page = Frame({"<key>": Column.of("bytes", [hostile])})._repr_html_()
    assert "<img" not in page
    assert "<script" not in page
    assert "&lt;key&gt;" in page


def test_html_tells_unit_and_meaning(shapes):
    assert 'title="of its &lt;records&gt;, weight"' in shapes._repr_html_()


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_sound(name):
    specs = SCHEMAS[name]
    assert len({spec.name for spec in specs}) == len(specs)
    for spec in specs:
        assert spec.dtype in ITEMS
        assert spec.unit in ("bytes", "weight", "us", "ratio", "count", "")
        assert spec.meaning
        assert spec.sources
        assert not spec.name.endswith("_bytes") or spec.unit == "bytes"
        assert not spec.name.endswith("_us") or spec.unit == "us"
