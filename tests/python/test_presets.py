"""Presets have the shape of the stores they imitate; files of RocksDB are read, no word lost."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import InvalidArgument, Options

# As RocksDB 7.8 writes it, cut to what the tests speak of.
FILE = r"""# This is a RocksDB option file.

[Version]
  rocksdb_version=7.8.3
  options_file_version=1.1

[DBOptions]
  max_background_jobs=4
  create_if_missing=true
  use_fsync=false
  keep_log_file_num=7

[CFOptions "default"]
  write_buffer_size=33554432
  max_write_buffer_number=2
  target_file_size_base=16777216
  target_file_size_multiplier=1
  max_bytes_for_level_base=134217728
  max_bytes_for_level_multiplier=8.000000
  max_bytes_for_level_multiplier_additional=1:1:1:1:1
  max_compaction_bytes=419430400
  num_levels=6
  level0_file_num_compaction_trigger=2
  level_compaction_dynamic_level_bytes=true
  level_compaction_dynamic_file_size=false
  compaction_pri=kOldestSmallestSeqFirst
  compaction_style=kCompactionStyleLevel
  compression=kSnappyCompression
  compression_per_level=kNoCompression:kNoCompression:kZSTD
  compression_opts={max_dict_bytes=16384;level=7;strategy=0;window_bits=-14;}
  bottommost_compression=kDisableCompressionOption
  merge_operator={id=StringAppendTest;delim=\:;}
  comparator=leveldb.BytewiseComparator
  ttl=2592000

[TableOptions/BlockBasedTable "default"]
  block_size=8192
  block_restart_interval=8
  filter_policy=bloomfilter:12:false
  format_version=5

[CFOptions "the \"other\" one"]
  write_buffer_size=1048576
  filter_policy_that_never_was=1

[TableOptions/BlockBasedTable "the \"other\" one"]
  block_size=1024
"""


def head(**sections):
    """A file of a few lines: `cf` and `db` statements."""
    return (
        "[Version]\n  rocksdb_version=7.8.3\n[DBOptions]\n"
        + sections.get("db", "")
        + '\n[CFOptions "default"]\n'
        + sections.get("cf", "")
        + '\n[TableOptions/BlockBasedTable "default"]\n'
        + sections.get("table", "")
        + "\n"
    )


def notes_of(text, **overrides):
    """The notes on what the file says, without the one on the cache, which every file gets."""
    return [note for note in Options.from_rocksdb(text, **overrides).notes if note.line]


# -- LevelDB ---------------------------------------------------------------------------------------


def test_w3_14_sizes_of_the_leveldb_preset(path):
    options = Options.leveldb()
    assert options.memtable_bytes == 4 << 20
    assert options.table_bytes == 2 << 20
    assert options.base_bytes == 10 << 20
    assert options.fanout == 10
    assert options.l0_trigger_runs == 4
    assert options.level_count == 7
    assert (options.layout, options.level_sizing) == ("leveled", "static")
    assert (options.picker, options.cut) == ("compact_pointer", "grandparents")
    assert options.filter_bits_per_key == 0
    assert (options.block_bytes, options.restart_interval) == (4096, 16)
    assert Options.leveldb(fanout=8).diff(options) == {"fanout": 8}
    targets = lsmkit.plan(lsmkit.Version(), options).targets
    assert targets == {level: (10 << 20) * 10 ** (level - 1) for level in range(1, 7)}


def test_a_tree_of_leveldbs_shape_has_flushes_of_4_mib_and_tables_of_2(path):
    with lsmkit.open(path, Options.leveldb(background="inline")) as db:
        for number in range(160_000):
            db[b"%016d" % (number * 7919 % 160_000)] = b"v" * 100
        rows = db.tables().rows()
        assert {row["level"] for row in rows} >= {0, 1}
        for row in rows:
            most = (4 << 20 if row["level"] == 0 else 2 << 20) + 124
            assert row["weight"] <= most
        assert any(row["weight"] > (2 << 20) - 124 for row in rows if row["level"] == 1)


# -- RocksDB ---------------------------------------------------------------------------------------


def test_the_rocksdb_preset_stalls_writes_as_rocksdb_does():
    options = Options.rocksdb()
    assert options.flow == "rocksdb"
    assert (options.max_memtables, options.l0_slowdown_runs, options.l0_stop_runs) == (2, 20, 36)
    assert options.soft_pending_bytes == 64 << 30
    assert options.hard_pending_bytes == 256 << 30
    assert options.delayed_bytes_per_s == 16 << 20


def test_limits_of_l0_go_up_with_a_trigger_above_them_unless_they_are_named():
    high = Options.rocksdb(l0_trigger_runs=40)
    assert (high.l0_slowdown_runs, high.l0_stop_runs) == (40, 41)
    between = Options.rocksdb(l0_trigger_runs=30)
    assert (between.l0_slowdown_runs, between.l0_stop_runs) == (30, 36)
    named = Options.rocksdb(l0_trigger_runs=30, l0_slowdown_runs=25, l0_stop_runs=50)
    assert (named.l0_slowdown_runs, named.l0_stop_runs) == (25, 50)
    with pytest.raises(InvalidArgument, match="l0_stop_runs"):
        Options.rocksdb(l0_trigger_runs=40, l0_stop_runs=36)
    with pytest.raises(TypeError, match="option l0_trigger_runs: int is due, not str: '9'"):
        Options.rocksdb(l0_trigger_runs="9")


def test_the_rocksdb_preset_waits_for_nothing_inline(path):
    options = Options.rocksdb(background="inline", memtable_bytes=4096, max_memtables=1)
    with lsmkit.open(path, options, l0_slowdown_runs=1, delayed_bytes_per_s=1) as db:
        for number in range(2_000):
            db[b"%08d" % number] = b"v" * 100
        stats = db.stats()
        assert stats.counters.flush_count > 10
        assert (stats.stall_us, stats.stall_count) == (0, 0)


@pytest.mark.parametrize(
    ("lines", "limits", "noted"),
    [
        ("", (20, 36), []),
        ("level0_slowdown_writes_trigger=8\nlevel0_stop_writes_trigger=12", (8, 12), []),
        (
            "level0_file_num_compaction_trigger=10\n"
            "level0_slowdown_writes_trigger=-1\nlevel0_stop_writes_trigger=10",
            (10, 11),
            ["l0_slowdown_runs=10", "l0_stop_runs=11"],
        ),
        (
            "level0_slowdown_writes_trigger=30\nlevel0_stop_writes_trigger=20",
            (30, 30),
            ["l0_stop_runs=30"],
        ),
    ],
)
def test_limits_of_l0_in_a_file_are_put_in_order_as_rocksdb_does(lines, limits, noted):
    text = head(cf="compression=kZSTD\n" + lines)
    options = Options.from_rocksdb(text).options
    assert options.flow == "rocksdb"
    assert (options.l0_slowdown_runs, options.l0_stop_runs) == limits
    assert [note.note for note in notes_of(text)] == noted


def test_what_a_file_says_of_stalls_is_taken():
    text = head(
        db="delayed_write_rate=1000000",
        cf="max_write_buffer_number=5\nsoft_pending_compaction_bytes_limit=1G\n"
        "hard_pending_compaction_bytes_limit=0\ncompression=kZSTD",
    )
    options = Options.from_rocksdb(text).options
    assert notes_of(text) == []
    assert options.max_memtables == 5
    assert (options.soft_pending_bytes, options.hard_pending_bytes) == (1 << 30, 0)
    assert options.delayed_bytes_per_s == 1_000_000
    assert options.memory_bytes == 512 << 20
    unset = Options.from_rocksdb(head(db="delayed_write_rate=0")).options
    assert unset.delayed_bytes_per_s == 16 << 20
    bulk = Options.from_rocksdb(head(cf="level0_file_num_compaction_trigger=1073741824")).options
    assert (bulk.l0_trigger_runs, bulk.l0_stop_runs) == (100_000, 100_001)


def test_a_file_of_rocksdb_becomes_options():
    options, notes = Options.from_rocksdb(FILE)
    assert options == Options(
        memtable_bytes=32 << 20,
        table_bytes=16 << 20,
        base_bytes=128 << 20,
        fanout=8.0,
        level_count=6,
        l0_trigger_runs=2,
        level_sizing="dynamic_without_drain",
        cut="plain",
        tombstone_gain=0.0,
        pass_through=False,
        multi_level=False,
        picker="oldest_smallest_seq",
        layout="leveled",
        compression="zstd",
        compression_levels=(0, 0, 7),
        compression_dictionary_bytes=16384,
        block_bytes=8192,
        restart_interval=8,
        filter_bits_per_key=12,
        filter_allocation="uniform",
        threads=4,
        flow="rocksdb",
    )
    assert [(note.line, note.name, note.taken) for note in notes] == [
        (11, "keep_log_file_num", False),
        (32, "merge_operator.id", False),
        (32, "merge_operator.delim", False),
        (0, "block_cache", False),
    ]
    assert notes[1].section == "CFOptions"
    assert notes[1].note == "ignored: merge operators are not there yet"
    assert str(notes[0]) == "line 11: keep_log_file_num=7: ignored: there is no such option"


def test_another_column_family_is_asked_for_by_name():
    options, notes = Options.from_rocksdb(FILE, column_family='the "other" one', fanout=5)
    assert (options.memtable_bytes, options.block_bytes, options.fanout) == (1 << 20, 1024, 5)
    assert options.level_sizing == "static"  # RocksDB 7.8's default
    unknown = [note for note in notes if note.name == "filter_policy_that_never_was"]
    assert unknown[0].note == "ignored: neither RocksDB 7.8 nor 9.8 has it"
    with pytest.raises(InvalidArgument, match=r"no column family 'x'; there are 'default', 'the "):
        Options.from_rocksdb(FILE, column_family="x")


def test_what_a_file_does_not_say_is_the_default_of_its_release():
    old, notes = Options.from_rocksdb(head())
    assert old == Options.rocksdb(
        filter_bits_per_key=0, compression_levels=(1,), level_sizing="static", create=False
    )
    assert [note.name for note in notes] == ["block_cache"]
    new = Options.from_rocksdb(head().replace("7.8.3", "8.4.0")).options
    assert new.level_sizing == "dynamic"


def test_a_path_a_directory_and_the_text_are_the_same(tmp_path):
    for number, size in ((7, 1 << 20), (12, 2 << 20)):
        file = tmp_path / f"OPTIONS-{number:06}"
        file.write_text(head(cf=f"write_buffer_size={size}"))
    assert Options.from_rocksdb(tmp_path / "OPTIONS-000007").options.memtable_bytes == 1 << 20
    assert Options.from_rocksdb(str(tmp_path)).options.memtable_bytes == 2 << 20
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidArgument, match="holds no OPTIONS file"):
        Options.from_rocksdb(tmp_path / "empty")
    with pytest.raises(FileNotFoundError):
        Options.from_rocksdb(tmp_path / "absent")


@pytest.mark.parametrize(
    ("line", "field", "value", "note"),
    [
        ("compression=kNoCompression", "compression", "none", None),
        ("compression=kZSTD", "compression_levels", (3,), None),
        ("compression=kLZ4Compression", "compression_levels", (1,), "kLZ4Compression as zstd 1"),
        (
            "compression=kNoCompression\nbottommost_compression=kZSTD",
            "compression_levels",
            (0, 0, 0, 0, 0, 0, 3),
            None,
        ),
        ("compression=kZSTD\ncompression_opts=-14:9:0:4096", "compression_levels", (9,), None),
        ("write_buffer_size=16M", "memtable_bytes", 16 << 20, None),
        ("write_buffer_size=3", "memtable_bytes", 1024, "1024 taken, which is as far as it goes"),
        ("num_levels=99", "level_count", 16, "16 taken, which is as far as it goes"),
        ("compaction_pri=kRoundRobin", "picker", "round_robin", None),
        (
            "compaction_pri=kByCompensatedSize",
            "picker",
            "min_overlapping_ratio",
            "picker='min_overlapping_ratio'; there is none by size",
        ),
        ("compaction_style=kCompactionStyleNone", "layout", "leveled", "can't be switched off"),
        ("max_compaction_bytes=1", "table_bytes", 64 << 20, "a job is bounded at 25 tables,"),
        ("comparator=rev", "fanout", 10.0, "ignored: keys are in bytewise order"),
        ("ttl=60", "fanout", 10.0, "ignored: old tables are not rewritten"),
        ("ttl=60 # a minute", "fanout", 10.0, "ignored: old tables are not rewritten"),
        ("max_bytes_for_level_multiplier_additional=1:2:1", "fanout", 10.0, "one fanout"),
    ],
)
def test_values_and_what_is_said_of_them(line, field, value, note):
    options = Options.from_rocksdb(head(cf=line)).options
    assert getattr(options, field) == value
    notes = notes_of(head(cf="compression=kZSTD\n" * ("compression=" not in line) + line))
    if note is None:
        assert notes == []
    else:
        assert [note in str(one) for one in notes] == [True]


def test_the_universal_style_is_tiered_and_fifo_is_fifo():
    universal = (
        "compression=kZSTD\ncompaction_style=kCompactionStyleUniversal\n"
        "compaction_options_universal={size_ratio=5;min_merge_width=3;max_merge_width=4294967295;"
        "max_size_amplification_percent=150;max_read_amp=-1;incremental=false;}"
    )
    options = Options.from_rocksdb(head(cf=universal)).options
    assert notes_of(head(cf=universal)) == []
    assert options.layout == "tiered"
    assert (options.size_ratio_percent, options.min_merge_runs, options.max_merge_runs) == (5, 3, 0)
    assert (options.max_space_amp, options.max_runs) == (2.5, 0)
    fifo = (
        "compression=kZSTD\ncompaction_style=kCompactionStyleFIFO\nttl=3600\n"
        "compaction_options_fifo={max_table_files_size=1048576;allow_compaction=true;}"
    )
    options = Options.from_rocksdb(head(cf=fifo)).options
    assert (options.layout, options.fifo_bytes, options.fifo_ttl_s) == ("fifo", 1 << 20, 3600)
    assert [note.name for note in notes_of(head(cf=fifo))] == [
        "compaction_options_fifo.allow_compaction"
    ]


@pytest.mark.parametrize(
    ("policy", "bits", "noted"),
    [
        ("nullptr", 0, False),
        ("bloomfilter:10:false", 10, False),
        ("bloomfilter:9.9", 10, True),
        ("ribbonfilter:10:1", 10, True),
        ("rocksdb.BuiltinBloomFilter", 10, True),
        ("rocksdb.internal.FastLocalBloomFilter:16", 16, False),
        ("bloomfilter:1000", 64, True),
    ],
)
def test_filters(policy, bits, noted):
    text = head(cf="compression=kZSTD", table=f"filter_policy={policy}")
    assert Options.from_rocksdb(text).options.filter_bits_per_key == bits
    assert bool(notes_of(text)) == noted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (head(cf="write_buffer_size=many"), r"line 6: write_buffer_size='many': a whole number is"),
        (head(cf="fanout"), "line 6: name=value or"),
        (head(cf="=3"), "line 6: name=value or"),
        (head(cf="max_bytes_for_level_multiplier=nan"), "line 6: .*a number is due"),
        (head(cf="level_compaction_dynamic_level_bytes=yes"), "line 6: .*true or false is due"),
        (head(cf="compaction_pri=kBest"), "line 6: .*one of kMinOverlappingRatio, kRoundRobin"),
        (head(cf="compression=kBrotli"), "line 6: 'kBrotli' is no codec"),
        (head(cf="ttl=1\nttl=2"), "line 7: 'ttl' stands in line 6 already"),
        (head() + "[DBOptions]\n", "the section .DBOptions. stands above already"),
        (head() + '[CFOptions "a]\n', "is due, not"),
        (head().replace("7.8.3", "seven"), "line 2: 'seven' is no release"),
        ("ttl=1\n[DBOptions]\n", "line 1: 'ttl' stands before the first section"),
        ("\n# nothing\n", "has no .section."),
        ("\n" + "x" * (2 << 20), "more than 1,048,576 bytes found"),
        ("[DBOptions]\n", "no column family 'default'; there are none"),
    ],
)
def test_what_is_no_such_file_is_refused_by_line(text, message):
    with pytest.raises(InvalidArgument, match=message) as caught:
        Options.from_rocksdb(text)
    assert len(str(caught.value)) < 400


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "OPTIONS-000001"
    path.write_bytes(b'[CFOptions "default"]\n' + data)
    try:
        options, _ = Options.from_rocksdb(path)
    except InvalidArgument as error:
        assert "line " in str(error)
    else:
        assert isinstance(options, Options)


@given(st.text('0123456789-:;={}.kMG\\# "[]', max_size=40))
def test_any_value_of_any_option_is_taken_or_refused(value):
    for name in ("compression_opts", "filter_policy", "num_levels", "compression_per_level"):
        try:
            Options.from_rocksdb(head(cf=f"{name}={value}"))
        except InvalidArgument as error:
            assert "line " in str(error)


def test_the_file_that_an_installed_rocksdb_writes(tmp_path):
    """Nothing but what its Python wrapper sets differs from the defaults that we know."""
    rocksdict = pytest.importorskip("rocksdict")
    rocksdict.Rdict(str(tmp_path / "db")).close()
    options, notes = Options.from_rocksdb(tmp_path / "db")
    assert options.memtable_bytes == 64 << 20
    assert options.layout == "leveled"
    known = {"compression", "comparator", "block_cache"}
    news = {note.name for note in notes if "neither" in note.note}
    assert {note.name for note in notes} - news <= known
    with lsmkit.open(os.fspath(tmp_path / "ours"), options, create=True) as db:
        db[b"key"] = b"value"
