"""A look inside: columns that add up, options that come back, a build that says what it is."""

import pytest

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.column import Column

COLUMNS = {
    "memtables": "sealed weight entry_count allocated_bytes smallest_seqno largest_seqno",
    "levels": "level run_count table_count weight file_bytes entry_count tombstone_count"
    " target_weight score",
    "runs": "level run run_index table_count weight file_bytes entry_count tombstone_count"
    " smallest_seqno largest_seqno smallest_key largest_key",
    "tables": "level run run_index number id job smallest_key largest_key smallest_seqno"
    " largest_seqno weight file_bytes key_bytes value_bytes entry_count tombstone_count"
    " range_tombstone_count created_us codec",
}
EVENT_COLUMNS = (
    "kind number time_us wall_us job reason score input_level output_level removed added"
    " read_bytes written_bytes read_weight written_weight in_entries out_entries dropped_entries"
    " duration_us last_seqno counters text line"
)


@pytest.fixture
def grown(core_db):
    for i in range(20_000):
        core_db.put(b"%06d" % (i * 7919 % 10_000), b"v" * 100)
    for i in range(0, 1000, 3):
        core_db.delete(b"%06d" % i)
    _core.flush(core_db)
    _core.wait_idle(core_db)
    return core_db


def test_the_tree_adds_up(grown):
    grown.put(b"in memory", b"")
    tree = _core.tree(grown)
    assert set(tree) == {*COLUMNS, "base_level"}
    for name, columns in COLUMNS.items():
        assert list(tree[name]) == columns.split()
        assert len({len(column) for column in tree[name].values()}) == 1
    assert sum(tree["memtables"]["entry_count"]) == 1
    for column in ("weight", "file_bytes", "entry_count", "tombstone_count"):
        assert sum(tree["levels"][column]) == sum(tree["tables"][column])
        assert sum(tree["runs"][column]) == sum(tree["tables"][column])
    assert sum(tree["levels"]["table_count"]) == len(tree["tables"]["number"])
    assert len(set(tree["tables"]["number"])) == len(tree["tables"]["number"])
    for smallest, largest in zip(
        tree["tables"]["smallest_key"], tree["tables"]["largest_key"], strict=True
    ):
        assert b"000000" <= smallest <= largest <= b"009999"


def test_stats_count_what_was_done(grown):
    stats = _core.stats(grown)
    assert stats["counters"]["puts"] == 20_000
    assert stats["counters"]["deletes"] == 334
    assert stats["counters"]["flush_count"] > 0
    assert stats["counters"]["compaction_count"] > 0
    assert stats["last_seqno"] == 20_334
    assert stats["flushed_seqno"] == 20_334
    assert stats["table_count"] == len(_core.tree(grown)["tables"]["number"])
    assert stats["background_error"] == ""
    assert set(stats["memory"]) == {"memtable_bytes", "cache_bytes", "job_bytes", "pinned_bytes"}
    assert 1 < stats["write_amp_weight"] < 100
    before = stats["gets"]
    grown.get(b"000001")
    assert _core.stats(grown)["gets"] == before + 1


def test_space_amplification_counts_what_is_hidden(core_db):
    for _ in range(2):
        for i in range(300):
            core_db.put(b"%03d" % i, b"v" * 50)
        _core.flush(core_db)
    assert _core.space_amp(core_db) == pytest.approx(2)
    _core.compact_range(core_db)
    assert _core.space_amp(core_db) == pytest.approx(1)


def test_events_tell_what_happened_in_order(grown):
    events = _core.events(grown)
    rows = events.rows()
    assert len(rows) == len(events)
    assert all(list(row) == EVENT_COLUMNS.split() for row in rows)
    assert events.numbers().tolist() == sorted(row["number"] for row in rows)
    assert {"open", "flush"} <= {row["kind"] for row in rows}
    merged = [row for row in rows if row["kind"] == "compaction"]
    assert merged
    for row in merged:
        assert sum(table["weight"] for table in row["removed"]) == row["read_weight"]
        assert sum(table["weight"] for table in row["added"]) == row["written_weight"]
    assert all(row["line"] for row in rows)
    columns = {name: Column(*parts) for name, parts in events.columns().items()}
    assert set(columns) == set(EVENT_COLUMNS.split()) - {"counters"}
    for name, column in columns.items():
        told = [row[name] for row in rows]
        if name in ("removed", "added"):
            told = [[table["number"] for table in tables] for tables in told]
        assert column.to_list() == told


def test_sizes_of_ranges_add_up(grown):
    whole = _core.approximate_size(grown, b"", b"\xff")
    parts = [(b"", b"003"), (b"003", b"006"), (b"006", b"\xff")]
    assert whole > 0
    assert sum(_core.approximate_size(grown, *part) for part in parts) == pytest.approx(
        whole, rel=0.25
    )


def test_the_open_report_tells_what_was_found(path):
    db = _core.DB(path)
    report = _core.open_report(db)
    assert report["created"] is True
    assert report["torn_tail"] == ""
    db.close()
    db = _core.DB(path)
    assert _core.open_report(db)["created"] is False
    db.close()


def test_options_come_back_as_they_were_given(path):
    defaults = _core.default_options()
    assert all(type(k) is str and type(v) is str for k, v in defaults.items())
    assert _core.normalize_options({}) == defaults
    assert _core.normalize_options(defaults) == defaults
    db = _core.DB(path, overrides={"memtable_bytes": "65536", "cache_bytes": "1048576"})
    assert _core.options(db) == defaults | {"memtable_bytes": "65536", "cache_bytes": "1048576"}
    db.close()
    db = _core.DB(path)
    assert _core.options(db) == defaults | {"memtable_bytes": "65536"}
    db.close()
    assert "memtable_bytes" in _core.stored_option_names()
    assert _core.stored_option_names() < set(defaults)
    assert defaults.keys() - _core.stored_option_names() == {
        "create", "cache_bytes", "memory_bytes", "background", "threads",
        "background_bytes_per_s",
    }  # fmt: skip


def test_a_codec_name_is_stored_once(path):
    db = _core.DB(path)
    assert _core.typed_codec(db) is None
    _core.set_typed_codec(db, "str:json")
    _core.set_typed_codec(db, "str:json")
    with pytest.raises(InvalidArgument, match="str:json"):
        _core.set_typed_codec(db, "int:json")
    db.close()
    db = _core.DB(path)
    assert _core.typed_codec(db) == "str:json"
    db.close()


def test_durable_seqno_follows_sync(path):
    db = _core.DB(path, overrides={"sync": "none"})
    db.put(b"k", b"v")
    _core.sync(db)
    assert db.durable_seqno == db.last_seqno == 1
    db.put(b"k", b"w", sync=True)
    assert db.durable_seqno == db.last_seqno == 2
    db.close()


def test_prefix_end_is_the_first_key_behind():
    assert _core.prefix_end(b"a") == b"b"
    assert _core.prefix_end(b"a\xff\xff") == b"b"
    assert _core.prefix_end(b"\xff") is None
    assert _core.prefix_end(b"") is None


def test_the_build_says_what_it_is_made_of():
    info = _core.build_info()
    assert set(info) == {"version", "compiler", "build_type", "pybind11", "zstd", "cpu"}
    assert info["version"] == _core.__version__
    assert info["zstd"]["source"] in ("system", "runtime", "off")
    assert (info["zstd"]["version"] is None) == (info["zstd"]["source"] == "off")
