"""Options: names, defaults and texts agree with the engine; mistakes say what would do."""

import dataclasses
import pickle
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import Options, OptionsDict, Sync, _core
from lsmkit.options import option_texts, options_from_texts

FIELDS = [field.name for field in dataclasses.fields(Options)]


def test_names_and_defaults_are_those_of_the_engine():
    due = _core.default_options()
    assert sorted(FIELDS) == sorted(due)
    assert options_from_texts(due) == Options()
    assert _core.normalize_options(option_texts(vars(Options()))) == due


def test_the_keywords_are_the_fields_with_their_types():
    assert typing.get_type_hints(OptionsDict) == {
        field.name: typing.get_type_hints(Options)[field.name]
        for field in dataclasses.fields(Options)
    }


def test_every_option_is_documented():
    for name in FIELDS:
        assert f"\n    {name} : " in Options.__doc__, name


def test_a_preset_is_a_starting_point(path):
    rocksdb = Options.rocksdb()
    assert rocksdb.diff() == {
        "layout": "leveled",
        "fanout": 10.0,
        "level_sizing": "static",
        "picker": "min_overlapping_ratio",
        "filter_allocation": "uniform",
        "tombstone_gain": 0.0,
        "pass_through": False,
        "multi_level": False,
        "flow": "rocksdb",
    }
    assert Options.rocksdb(fanout=8).diff(rocksdb) == {"fanout": 8}
    with lsmkit.open(path, Options.rocksdb(memtable_bytes=1 << 20)) as db:
        db[b"key"] = b"value"
        db.flush()
    with lsmkit.open(path) as db:
        assert (db.options.layout, db.options.level_sizing) == ("leveled", "static")
        assert db[b"key"] == b"value"


def test_what_is_stored_comes_back_and_what_belongs_to_one_open_does_not(path):
    with lsmkit.open(path, Options.small(), sync=Sync.every(7), threads=1, fanout=4) as db:
        assert db.options == Options.small(sync=Sync.every(7), threads=1, fanout=4)
    with lsmkit.open(path) as db:
        small = Options.small()
        assert db.options.sync == Sync.every(7)
        assert db.options.memtable_bytes == small.memtable_bytes
        assert db.options.fanout == 4
        for name in set(FIELDS) - _core.stored_option_names():
            assert getattr(db.options, name) == getattr(Options(), name)


def test_an_options_object_replaces_all_and_keywords_replace_one_each(path):
    lsmkit.open(path, Options.small()).close()
    with lsmkit.open(path, base_bytes=1 << 20) as db:
        assert db.options.diff(Options.small())["base_bytes"] == 1 << 20
        assert db.options.block_bytes == Options.small().block_bytes
    with lsmkit.open(path, Options(), block_bytes=8192) as db:
        assert db.options.diff() == {"block_bytes": 8192}


def test_a_second_handle_with_other_options_of_its_own_is_refused_by_name(path):
    with lsmkit.open(path, Options.small()), pytest.raises(lsmkit.InvalidArgument) as caught:
        lsmkit.open(path, Options.small(threads=3))
    assert "threads" in str(caught.value)


def test_diff_names_what_differs_and_repr_evaluates():
    options = Options.small(sync=Sync.hybrid(8, 50), compression="none")
    diff = options.diff()
    assert diff["sync"] == Sync.hybrid(8, 50)
    assert diff["compression"] == "none"
    assert "level_count" not in diff
    assert eval(repr(options), {"Options": Options, "Sync": Sync}) == options
    assert options.diff(Options.small()).keys() == {"sync", "compression"}
    assert Options().diff() == {}


def test_options_are_values():
    options = Options.small()
    assert pickle.loads(pickle.dumps(options)) == options
    assert hash(options) == hash(Options.small())
    assert options.replace(threads=1) == Options.small(threads=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.threads = 3


@pytest.mark.parametrize(
    "call",
    [
        lambda path: lsmkit.open(path, memtable_byte=1),
        lambda path: Options(memtable_byte=1),
        lambda path: Options.small(memtable_byte=1),
        lambda path: Options().replace(memtable_byte=1),
    ],
)
def test_an_unknown_name_is_a_type_error_that_knows_better(call, path):
    with pytest.raises(TypeError, match="'memtable_byte'; did you mean memtable_bytes"):
        call(path)


def test_an_unknown_name_like_no_other_gets_the_whole_list(path):
    with pytest.raises(TypeError, match="there are sync, memtable_bytes,"):
        lsmkit.open(path, zzz=1)


@pytest.mark.parametrize(
    ("name", "value", "due"),
    [
        ("memtable_bytes", "64 MiB", "int is due, not str"),
        ("memtable_bytes", 1.5, "int is due, not float"),
        ("memtable_bytes", True, "int is due, not bool"),
        ("create", 1, "bool is due, not int"),
        ("sync", "always", "Sync is due, not str"),
        ("compression", b"zstd", "str is due, not bytes"),
        ("fanout", None, "float is due, not NoneType"),
        ("compression_levels", 3, "a tuple of int is due, not int"),
        ("compression_levels", (1, 2.5), "a tuple of int is due, not tuple"),
        ("compression_levels", (1, True), "a tuple of int is due, not tuple"),
    ],
)
def test_a_value_of_a_wrong_type_is_a_type_error_naming_the_option(name, value, due, path):
    for call in (lambda: Options(**{name: value}), lambda: lsmkit.open(path, **{name: value})):
        with pytest.raises(TypeError, match=f"option {name}: {due}"):
            call()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memtable_bytes", -1),
        ("memtable_bytes", 0),
        ("block_bytes", 1),
        ("layout", "spiral"),
        ("compression", "lz4"),
        ("compression_levels", (1, 99)),
        ("compression_levels", ()),
        ("compression_levels", (1,) * 17),
        ("filter_allocation", "best"),
        ("fanout", 0.5),
        ("fanout", float("nan")),
        ("level_count", 1),
        ("threads", 0),
        ("memory_bytes", 1),
        ("flow", "gentle"),
        ("max_memtables", 0),
        ("l0_slowdown_runs", 0),
        ("l0_stop_runs", 0),
        ("delayed_bytes_per_s", 0),
        ("background_bytes_per_s", 65535),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name_where_it_is_given(name, value, path):
    with pytest.raises(lsmkit.InvalidArgument, match=name):
        Options(**{name: value})
    with pytest.raises(lsmkit.InvalidArgument, match=name):
        lsmkit.open(path, **{name: value})


def test_options_must_be_options(path):
    with pytest.raises(TypeError, match=r"lsmkit\.Options is due, not dict"):
        lsmkit.open(path, {"memtable_bytes": 1})


SYNCS = [Sync.always, Sync.none, Sync.every(2), Sync.interval(1000), Sync.hybrid(3, 4)]


@pytest.mark.parametrize("sync", SYNCS, ids=str)
def test_sync_modes_read_as_they_are_written_and_the_engine_agrees(sync, path):
    assert Sync.parse(str(sync)) == sync
    assert eval(repr(sync), {"Sync": Sync}) == sync
    with lsmkit.open(path, sync=sync) as db:
        assert db.options.sync == sync


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_every_hybrid_mode_reads_as_it_is_written(commits, ms):
    mode = Sync.hybrid(commits, ms)
    assert Sync.parse(str(mode)) == mode


@given(st.text(max_size=20))
def test_other_texts_are_no_sync_modes(text):
    try:
        mode = Sync.parse(text)
    except lsmkit.InvalidArgument:
        return
    assert Sync.parse(str(mode)) == mode


@pytest.mark.parametrize("bad", [0, -1, 2**32])
def test_sync_numbers_have_bounds(bad):
    for make in (Sync.every, Sync.interval, lambda n: Sync.hybrid(n, 1)):
        with pytest.raises(lsmkit.InvalidArgument, match="is due"):
            make(bad)
    with pytest.raises(TypeError, match="int is due"):
        Sync.every(1.5)
