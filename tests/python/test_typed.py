"""Typed databases: the order of keys is the order of their bytes, and what goes in comes out."""

import math
import struct
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import codecs, keys

MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]))
KEYS = {
    bytes: st.binary(max_size=6),
    str: st.text(max_size=6),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    datetime: MOMENTS,
    tuple[str, int]: st.tuples(st.text(max_size=3), st.integers(-3, 3)),
    tuple[bytes, bytes]: st.tuples(st.binary(max_size=3), st.binary(max_size=3)),
    tuple[str, tuple[float, bytes], datetime]: st.tuples(
        st.text(max_size=2),
        st.tuples(st.floats(allow_nan=False), st.binary(max_size=2)),
        MOMENTS,
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)  # fmt: skip
VALUES = {
    bytes: st.binary(max_size=6),
    str: st.text(max_size=6),
    int: st.integers(),
    float: st.floats(),
    dict: st.dictionaries(st.text(max_size=3), JSON, max_size=3),
    list: st.lists(JSON, max_size=3),
}


class Nowhere(tzinfo):
    """A time zone that does not know how far it is from UTC."""

    def utcoffset(self, moment):
        return None


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        yield db


@pytest.mark.parametrize("kind", KEYS, ids=str)
@given(data=st.data())
def test_keys_come_back_and_sort_as_their_bytes_do(kind, data):
    codec = keys.key_codec(kind)
    a, b = data.draw(KEYS[kind]), data.draw(KEYS[kind])
    assert codec.decode(codec.encode(a)) == a
    assert (a < b) == (codec.encode(a) < codec.encode(b))
    assert (a == b) == (codec.encode(a) == codec.encode(b))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_unsigned_integers_sort_up_to_their_last(a, b):
    codec = keys.U64()
    assert codec.decode(codec.encode(a)) == a
    assert (a < b) == (codec.encode(a) < codec.encode(b))


@given(st.tuples(st.binary(max_size=3), st.binary(max_size=3)), st.binary(max_size=3))
def test_a_shorter_tuple_is_a_prefix_of_the_tuples_that_begin_with_it_alone(key, first):
    codec = keys.Tuple(keys.Bytes(), keys.Bytes())
    assert codec.encode(key).startswith(codec.encode_prefix((first,))) == (key[0] == first)


@pytest.mark.parametrize("kind", KEYS, ids=str)
@given(data=st.binary(max_size=30))
def test_strangers_bytes_are_a_key_or_an_error_that_says_so(kind, data):
    codec = keys.key_codec(kind)
    try:
        key = codec.decode(data)
    except lsmkit.InvalidArgument as error:
        assert "no key of codec" in str(error)
    else:
        if key == key and key != 0:  # a stranger's NaN, and -0.0, have other bytes of their own
            assert codec.decode(codec.encode(key)) == key


@pytest.mark.parametrize("kind", VALUES, ids=str)
@given(data=st.data())
def test_values_come_back(kind, data):
    codec = codecs.value_codec(kind)
    value = data.draw(VALUES[kind])
    back = codec.decode(codec.encode(value))
    assert back == value or (math.isnan(back) and math.isnan(value))
    assert type(back) is type(value)


@pytest.mark.parametrize("kind", VALUES, ids=str)
@given(data=st.binary(max_size=12))
def test_strangers_bytes_are_a_value_or_an_error_that_says_so(kind, data):
    try:
        codecs.value_codec(kind).decode(data)
    except lsmkit.InvalidArgument as error:
        assert "no value of codec" in str(error)


@given(st.integers())
def test_integers_take_as_few_bytes_as_they_can(value):
    data = codecs.Int().encode(value)
    assert len(data) == 1 or int.from_bytes(data[:-1], "little", signed=True) != value


def test_structs(db):
    points = db.typed(key=int, value=codecs.Struct("<dH"))
    points[1] = (0.5, 7)
    assert points[1] == (0.5, 7)
    assert points.name == "key=i64 value=struct:<dH"
    assert codecs.Struct(struct.Struct(">q")).name == "struct:>q"
    with pytest.raises(lsmkit.InvalidArgument, match="begin with < or >"):
        codecs.Struct("dd")
    with pytest.raises(lsmkit.InvalidArgument, match="does not fit struct:<dH"):
        points[2] = (1.0, 70_000)


def test_a_struct_of_the_standard_library_was_no_codec(db):
    points = db.typed(key=int, value=struct.Struct("<dq"))
    points[1] = (0.5, 7)
    assert points[1] == (0.5, 7)
    assert points.name == "key=i64 value=struct:<dq"


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("<zz", "struct format '<zz': bad char"),
        ("é", "struct format"),
        ("", "begin with < or >"),
        ("<", "names nothing to store"),
    ],
)
def test_a_struct_that_cannot_be_was_an_error_of_struct_or_none(layout, message):
    with pytest.raises(lsmkit.InvalidArgument, match=message):
        codecs.Struct(layout)


def test_an_empty_struct_of_the_standard_library_is_refused(db):
    with pytest.raises(lsmkit.InvalidArgument, match="begin with < or >"):
        db.typed(key=int, value=struct.Struct(""))


def test_a_range_of_time_of_one_sensor(db):
    readings = db.typed(key=tuple[str, datetime], value=float)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for minute in range(100):
        for sensor in ("attic", "cellar", "cellar2"):
            readings[sensor, start + timedelta(minutes=minute)] = minute / 2
    hour = readings.iterator(
        start=("cellar", start + timedelta(minutes=10)),
        stop=("cellar", start + timedelta(minutes=20)),
    )
    assert [value for _, value in hour] == [minute / 2 for minute in range(10, 20)]
    assert readings.count(prefix=("cellar",)) == 100
    assert readings.floor(("cellar", start + timedelta(days=1))) == (
        ("cellar", start + timedelta(minutes=99)),
        49.5,
    )
    assert next(readings.iterator(start=("cellar2",)))[0][0] == "cellar2"


def test_text_prefixes(db):
    people = db.typed(key=str, value=dict)
    people.update({"ada": {"born": 1815}, "adam": {}, "eve": {}})
    assert list(people.iterator(prefix="ada", include_value=False)) == ["ada", "adam"]


def test_columns_for_data_frames(db):
    people = db.typed(key=tuple[str, int], value=dict)
    people.update({("a", 1): {"x": 1}, ("b", 2): {"x": 2}})
    polars = pytest.importorskip("polars")
    table = people.to_polars(prefix=("b",))
    assert isinstance(table, polars.DataFrame)
    assert table.rows(named=True) == [{"key_0": "b", "key_1": 2, "value": {"x": 2}}]
    pytest.importorskip("pandas")
    assert people.to_pandas()["key_1"].tolist() == [1, 2]


def test_fields_that_the_first_dict_lacks_were_dropped(db):
    pytest.importorskip("polars")
    people = db.typed(key=str, value=dict)
    people.update({"a": {"x": 1}, "b": {"y": "new"}, "c": {}})
    assert people.to_polars()["value"].to_list() == [
        {"x": 1, "y": None},
        {"x": None, "y": "new"},
        {"x": None, "y": None},
    ]
    assert people.to_polars(prefix="c")["value"].to_list() == [{}]


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_columns_of_no_rows_and_of_keys_or_values_alone(db, package):
    pytest.importorskip(package)
    view = db.typed(key=tuple[str, int], value=codecs.Struct("<2sHx2s"))

    def columns(**bounds):
        return list(getattr(view, f"to_{package}")(**bounds).columns)

    of_keys, of_values = ["key_0", "key_1"], ["value_0", "value_1", "value_2"]
    for _ in range(2):
        assert columns() == of_keys + of_values
        assert columns(include_value=False) == of_keys
        assert columns(include_key=False) == of_values
        view["a", 1] = (b"ab", 7, b"cd")


def test_another_codec_is_refused_by_name_and_the_same_is_welcome(db, path):
    db.typed(key=str, value=dict)
    db.typed(key=str, value=list)  # both are JSON
    with pytest.raises(
        lsmkit.InvalidArgument, match="key=str value=json; key=i64 value=json would"
    ):
        db.typed(key=int, value=dict)
    db.close()
    with lsmkit.open(path, read_only=True) as again:
        again.typed(key=str, value=dict)
        with pytest.raises(lsmkit.InvalidArgument, match="is used with key=str value=json"):
            again.typed(key=str, value=bytes)


def test_a_read_only_database_without_a_codec_may_be_looked_at_with_any(db, path):
    db[b"k"] = b"v"
    db.close()
    with lsmkit.open(path, read_only=True) as again:
        assert again.typed(key=str, value=str)["k"] == "v"


@pytest.mark.parametrize(
    ("kind", "key", "message"),
    [
        (int, "1", "int is due, not str"),
        (int, True, "int is due, not bool"),
        (int, 2**63, "lies in -2\\*\\*63"),
        (str, b"k", "str is due, not bytes"),
        (bytes, "k", "bytes is due, not str"),
        (float, math.nan, "NaN has no place"),
        (float, "1", "float is due"),
        (float, 2**53 + 1, "a float cannot hold 9007199254740993 exactly"),
        (float, 10**400, "too large for a float"),
        pytest.param(float, 10**9999, "many digits> is too large for a float", id="many digits"),
        (datetime, datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "years 1 to 9999"),
        (datetime, datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "years 1 to 9999"),
        (datetime, datetime(2026, 1, 1, tzinfo=Nowhere()), "names no moment; say tzinfo"),
        (datetime, datetime(2026, 1, 1), "names no moment; say tzinfo"),
        (datetime, 3, "datetime is due"),
        (tuple[str, int], ("a",), "has 2 elements"),
        (tuple[str, int], ("a", 1, 2), "has 2 elements"),
        (tuple[str, int], "a", "tuple is due"),
        (tuple[str, int], (1, "a"), "str is due"),
    ],
)
def test_a_key_that_cannot_be_is_told_what_would_do(db, kind, key, message):
    view = db.typed(key=kind, value=bytes)
    for call in (lambda: view.get(key), lambda: view.put(key, b""), lambda: key in view):
        with pytest.raises((TypeError, lsmkit.InvalidArgument), match=message):
            call()
    assert len(db) == 0


def test_integers_that_a_float_holds_are_keys_and_the_ends_of_time_come_back(db):
    numbers = keys.key_codec(float)
    for number in (2**53, -(2**53), 2**60, 0):
        assert numbers.decode(numbers.encode(number)) == number
    moments = db.typed(key=datetime, value=bytes)
    ends = [end.replace(tzinfo=UTC) for end in (datetime.min, datetime.max)]
    moments.update((end, b"") for end in ends)
    assert list(moments) == ends


def test_a_value_beyond_all_floats_was_an_overflow_error(db):
    with pytest.raises(lsmkit.InvalidArgument, match="too large for a float"):
        db.typed(key=str, value=float)["k"] = 10**400
    with pytest.raises(lsmkit.InvalidArgument, match="does not fit struct:<f"):
        codecs.Struct("<f").encode((1e300,))


def test_json_gives_back_string_keys_and_lists_as_its_documentation_says(db):
    view = db.typed(key=str, value=dict)
    view["k"] = {1: (2, 3)}
    assert view["k"] == {"1": [2, 3]}


def test_numbers_have_no_prefixes(db):
    with pytest.raises(TypeError, match="i64 have no prefixes"):
        list(db.typed(key=int, value=bytes).iterator(prefix=1))


@pytest.mark.parametrize(
    ("kind", "value"),
    [(dict, []), (list, {}), (int, 1.5), (str, b""), (bytes, ""), (float, "1"), (dict, {"a": {1}})],
)
def test_a_value_of_a_wrong_type_is_a_type_error_and_nothing_is_stored(db, kind, value):
    view = db.typed(key=str, value=kind)
    with pytest.raises(TypeError):
        view["k"] = value
    assert not view


def test_types_without_a_codec_get_the_list_of_those_with(db):
    for wrong in (set, object, "str", tuple, tuple[str, ...], None, [int], {}, tuple[str, set]):
        with pytest.raises(TypeError, match="there are bytes, str, int, float, datetime"):
            db.typed(key=wrong, value=bytes)
    for wrong in (set, tuple, "json", None, [int]):
        with pytest.raises(TypeError, match="there are bytes, str, int, float, dict, list"):
            db.typed(key=str, value=wrong)
    assert db.typed(key=str, value=dict[str, int]).name == "key=str value=json"


def test_a_codec_of_ones_own(db):
    class Reversed(keys.KeyCodec[str]):
        name = "reversed"

        def encode(self, key):
            return key[::-1].encode()

        def decode(self, data):
            return data.decode()[::-1]

    hosts = db.typed(key=keys.Tuple(Reversed(), keys.I64()), value=bytes)
    hosts["www.example.org", 1] = b""
    hosts["ftp.example.org", 2] = b""
    hosts["www.example.com", 3] = b""
    assert [key[1] for key in hosts] == [2, 1, 3]
    assert hosts.name == "key=(reversed,i64) value=bytes"


def test_text_on_the_untyped_database_is_told_both_ways_out(db):
    for call in (
        lambda: db.get("k"), lambda: db.put("k", b""), lambda: db.put(b"k", "v"),
        lambda: "k" in db, lambda: db.write_batch().put("k", b""), lambda: db.iterator(start="k"),
        lambda: db.prefixed_db(b"p").get("k"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=r"\.encode\(\).*typed"):
            call()
