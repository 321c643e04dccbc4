"""The frames of a database agree with each other, with the files, and with what was done."""

import itertools
import os

import pytest

import lsmkit
from lsmkit import SCHEMAS

# So low that any table of L1 is too much.
LOW = lsmkit.Options.rocksdb(memtable_bytes=1024, table_bytes=1024, base_bytes=1024, fanout=2)


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small(layout="leveled"), background="inline") as db:
        yield db


@pytest.fixture
def grown(db):
    """A tree with several levels, overwrites and deletes."""
    for round_number in range(4):
        for number in range(0, 6000, 1 + round_number):
            db.put(b"key%06d" % (number * 7919 % 6000), b"value %d " % round_number * 9)
        for number in range(round_number, 6000, 100):
            db.delete(b"key%06d" % number)
    return db


def test_every_frame_follows_its_schema(grown):
    frames = {
        "levels": grown.levels(),
        "tables": grown.tables(),
        "all_tables": grown.tables(all=True),
        "events": grown.events(),
        "series": grown.series(),
        "summary": grown.summary(),
        "verdicts": grown.why().frame,
        "candidates": lsmkit.plan("L1 #1 a..b weight=9999", LOW).candidates,
    }
    of_simulations = {
        "timeline",
        "sweep",
        "suite",
        "tuning",
        "validation",
        "level_reads",
        "rocksdb_stats",
        "rocksdb_stalls",
        "layers",
        "all_layers",
        "layer_levels",
        "layer_events",
        "layered_series",
        "layered_summary",
        "layered_reads",
        "layered_suite",
        "layered_against",
    }  # their own tests make these
    assert set(frames) | of_simulations == set(SCHEMAS)
    for name, frame in frames.items():
        assert len(frame) > 0
        assert frame.columns == [spec.name for spec in SCHEMAS[name]]
        for spec in SCHEMAS[name]:
            column = frame.column(spec.name)
            assert column.dtype == spec.dtype
            full = spec.gaps or not spec.nullable
            assert not full or not column.null_count, (name, spec.name)


def test_memtables_stand_above_the_levels_from_the_first_put_on(db):
    assert db.levels()[0]["name"] == "memtable"
    assert db.levels()[0]["weight"] == 0
    db[b"key"] = b"value"
    memtable = db.levels()[0]
    assert memtable["weight"] == len(b"key") + len(b"value") + 8
    assert memtable["entry_count"] == 1
    assert memtable["level"] is None
    assert [row["name"] for row in db.levels()[1:]] == [f"L{n}" for n in range(7)]


def test_levels_are_the_sums_of_their_tables_and_the_tables_are_the_files(grown, path):
    tables = grown.tables()
    assert len(set(tables["level"])) >= 3
    for level in grown.levels():
        if level["level"] is None:
            continue
        own = tables.filter(level=level["level"])
        assert level["table_count"] == len(own)
        assert level["run_count"] == len(set(own["run"]))
        for name in ("weight", "file_bytes", "entry_count", "tombstone_count"):
            assert level[name] == own[name].sum()
    files = [name for name in os.listdir(path) if name.endswith(".table")]
    assert sorted(int(name[: -len(".table")]) for name in files) == sorted(tables["number"])
    sizes = sorted(os.path.getsize(os.path.join(path, name)) for name in files)
    assert sizes == sorted(tables["file_bytes"].tolist())


def test_tables_of_a_run_are_disjoint_and_in_order(grown):
    tables = grown.tables().rows()
    for one, next_one in itertools.pairwise(tables):
        assert one["smallest_key"] <= one["largest_key"]
        if (one["level"], one["run"]) == (next_one["level"], next_one["run"]):
            assert one["largest_key"] < next_one["smallest_key"]


def test_history_replayed_ends_at_the_present(grown):
    every = grown.tables(all=True)
    standing = every.filter(died=None)
    assert sorted(standing["number"]) == sorted(grown.tables()["number"])
    assert len(every) > len(standing)
    for row in every:
        assert row["died"] is None or row["born"] <= row["died"]
    last = grown.events()[-1]["number"]
    assert sorted(grown.tables(at=last)["number"]) == sorted(grown.tables()["number"])
    for then, now in zip(
        grown.levels(at=last),
        [row for row in grown.levels() if row["table_count"]],
        strict=True,
    ):
        assert {k: v for k, v in then.items() if v is not None}.items() <= now.items()


def test_a_moment_of_the_past_is_the_sum_of_the_events_up_to_it(grown):
    events = grown.events()
    standing: set[int] = set()
    for event in events:
        standing = (standing - set(event["removed"])) | set(event["added"])
        if event["number"] % 7 == 0:
            assert set(grown.tables(at=event["number"])["number"].tolist()) == standing


def test_a_moment_that_is_not_kept_is_refused_with_those_that_are(grown):
    last = grown.events()[-1]["number"]
    with pytest.raises(
        lsmkit.InvalidArgument, match=f"no such event is kept; there are 1 to {last}"
    ):
        grown.tables(at=last + 1)


def test_series_grows_and_ends_at_the_present(grown):
    series = grown.series()
    for name in ("event", "last_seqno", "user_bytes", "written_bytes", "time_us"):
        values = series[name].tolist()
        assert values == sorted(values), name
    summary = grown.summary()[0]
    for name in ("table_count", "run_count", "weight", "file_bytes"):
        assert series[-1][name] == summary[name]


def test_figures_are_what_their_definitions_say(grown):
    grown.flush()
    stats, summary = grown.stats(), grown.summary()[0]
    counted = stats.counters
    written = counted.flush_file_bytes + counted.compaction_written_file_bytes
    user = counted.user_key_bytes + counted.user_value_bytes
    assert stats.write_amp == pytest.approx(written / user)
    assert summary["write_amp"] == stats.write_amp
    assert counted.puts == sum(len(range(0, 6000, 1 + n)) for n in range(4))
    assert counted.deletes == 240
    assert stats.last_seqno == counted.puts + counted.deletes
    assert summary["table_count"] == stats.table_count == len(grown.tables())
    events = grown.events()
    assert len(events.filter(kind="flush")) == counted.flush_count
    assert len(events.filter(kind="compaction")) == counted.compaction_count
    dropped = events.filter(kind="compaction")["dropped_entries"].sum()
    assert dropped == counted.compaction_dropped_entries > 0
    weight = sum(len(key) + len(value) + 8 for key, value in grown.items())
    assert grown.space_amp() == pytest.approx(summary["weight"] / weight)


def test_read_amplification_counts_tables_per_get(grown):
    assert grown.stats().gets == 0
    for number in range(100):
        grown.get(b"key%06d" % number)
    stats = grown.stats()
    assert stats.gets == 100
    assert 0 < stats.read_amp <= grown.summary()[0]["run_count"]
    assert 0 <= stats.cache_hit_ratio <= 1


def test_compactions_say_why(grown):
    for row in grown.events().filter(kind="compaction"):
        assert row["reason"] in ("L0 to base", "within L0", "level full", "level drain", "manual")
        assert row["reason"] in row["text"]
        assert "in " in row["text"]


def test_approximate_size_grows_with_the_range(grown):
    grown.flush()
    whole = grown.approximate_size(b"", b"\xff")
    assert whole == grown.summary()[0]["file_bytes"]
    assert 0 < grown.approximate_size(b"", b"key003000") < whole


def test_compact_range_leaves_one_run_and_nothing_to_drop(grown):
    seen = []
    grown.compact_range(progress=lambda done, total: seen.append((done, total)))
    assert grown.summary()[0]["run_count"] == 1
    assert grown.space_amp() == pytest.approx(1.0)
    assert grown.tables()["tombstone_count"].sum() == 0


def test_the_picture_shows_what_the_frames_say(grown):
    text = repr(grown)
    lines = text.splitlines()
    assert f"{len(grown.tables()):,} tables" in lines[0]
    names = [line.split()[0] for line in lines[2:]]
    assert names == [
        row["name"] for row in grown.levels() if row["level"] is None or row["table_count"]
    ]
    assert "█" in text
    assert max(map(len, lines[1:])) <= 80


def test_the_picture_in_a_notebook_is_safe_html(tmp_path):
    with lsmkit.open(tmp_path / "<img onerror=x>", lsmkit.Options.small()) as db:
        db[b"k"] = b"v"
        page = db._repr_html_()
    assert "<img" not in page
    assert "memtable" in page


def test_an_open_reports_what_it_found(path):
    with lsmkit.open(path) as db:
        assert db.open_report.created
        db[b"k"] = b"v"
    with lsmkit.open(path) as db:
        report = db.open_report
        assert not report.created
        assert report.replayed_records == 0  # a clean close leaves nothing to replay
        assert report.torn_tail == ""


def test_numbers_of_events_go_on_after_a_reopen(path):
    for _ in range(3):
        with lsmkit.open(path, lsmkit.Options.small()) as db:
            db[b"k"] = b"v"
            db.flush()
    with lsmkit.open(path, read_only=True) as db:
        numbers = db.events()["number"].tolist()
    assert numbers == sorted(set(numbers))


def test_tables_of_one_event_and_of_all_were_those_of_all(path):
    with lsmkit.open(path) as db:
        with pytest.raises(lsmkit.InvalidArgument, match="say one of them"):
            db.tables(at=3, all=True)
        assert len(db.tables(all=True)) == 0


def tear_the_log(path, run_python):
    """Leave a database as a writer does that stops in the midst of a record."""
    run_python(
        """
        import os, sys, lsmkit
        db = lsmkit.open(sys.argv[1])
        for number in range(9):
            db[b"%d" % number] = b"value"
        os._exit(0)
        """,
        path,
    )
    for name in os.listdir(path):
        with open(os.path.join(path, name), "r+b") as file:
            data = file.read().rstrip(b"\0")
            if name.endswith(".log") and b"value" in data:
                file.truncate(len(data) - 3)


def test_events_of_a_path_that_is_no_utf8_were_a_unicode_error(tmp_path, run_python, caplog):
    caplog.set_level("CRITICAL", logger="lsmkit")  # no surrogates: pytest-xdist cannot pass them on
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    tear_the_log(path, run_python)
    lsmkit.open(path).close()
    with lsmkit.open(path) as db:
        assert any("/\\udcff/" in text for text in db.events()["text"])


def test_a_reader_beside_a_writer_was_warned_of_a_torn_tail(path, run_python, caplog):
    tear_the_log(path, run_python)
    with lsmkit.open(path, read_only=True) as db:
        assert db.open_report.torn_tail
        assert len(db) == 8
    assert caplog.records == []
    lsmkit.open(path).close()
    assert "history ends at a torn tail" in caplog.text
