"""Logs of RocksDB, as runs: what RocksDB itself said of the databases is what the frames tell."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

import lsmkit
from lsmkit import SCHEMAS
from lsmkit.rocksdb_log.stats_tables import StatsReader

DATA = Path(__file__).parent / "data" / "rocksdb_log"
TRUTH = json.loads((DATA / "truth.json").read_text())
ALONE = ("leveled-1", "universal", "families", "static", "fifo")


def path_of(name):
    return DATA / f"{name}.log.gz"


def text_of(name):
    return gzip.decompress(path_of(name).read_bytes())


@pytest.fixture
def reopened(tmp_path):
    """Makes a directory as RocksDB leaves it, of a database that was opened twice."""

    def make(name):
        (tmp_path / "LOG.old.1795366048916455").write_bytes(text_of(f"{name}-1"))
        (tmp_path / "LOG").write_bytes(text_of(f"{name}-2"))
        return tmp_path

    return make


def tables_of(run, like):
    """The rows of a table's numbers, as many columns as `like` has."""
    names = ("number", "level", "file_bytes", "entry_count", "tombstone_count")[: len(like[0])]
    return sorted([row[name] for name in names] for row in run.tables())


@pytest.mark.parametrize("name", ["leveled-1", "universal", "static", "fifo"])
def test_the_tables_at_the_end_are_those_that_rocksdb_lists(name):
    run = lsmkit.read_rocksdb_log(path_of(name))
    assert tables_of(run, TRUTH[name]["tables"]) == TRUTH[name]["tables"]
    assert run.problems == ()


def test_the_column_families_together_have_the_tables_that_rocksdb_lists():
    run = lsmkit.read_rocksdb_log(path_of("families"))
    other = run.family('meta [x] "q"')
    assert run.column_families == ("default", 'meta [x] "q"')
    rows = [[r["number"], r["level"], r["file_bytes"]] for x in (run, other) for r in x.tables()]
    assert sorted(rows) == sorted(TRUTH["families"]["tables"])
    assert round(other.summary()[0]["write_amp_over_flush"], 1) == TRUTH["families"]["meta"]
    assert "there are also meta" in run.assumptions[0]
    assert run.problems == other.problems == ()


@pytest.mark.parametrize("name", ALONE)
def test_write_amplification_is_that_of_rocksdbs_own_last_stats(name):
    run = lsmkit.read_rocksdb_log(path_of(name))
    assert round(run.summary()[0]["write_amp_over_flush"], 1) == TRUTH[name]["write_amp"]


@pytest.mark.parametrize("name", ["leveled-1", "universal", "static", "fifo"])
def test_compaction_stats_are_rocksdbs_own_level_by_level(name):
    rows = text_rows(lsmkit.read_rocksdb_log(path_of(name)).compaction_stats_text())
    assert set(rows) == set(TRUTH[name]["levels"])
    for level, due in TRUTH[name]["levels"].items():
        assert rows[level]["tables"] == due["tables"]
        assert rows[level]["size"] == due["size"]
        assert rows[level]["jobs"] == due["jobs"]
        assert rows[level]["write_amp"] == pytest.approx(due["write_amp"], abs=0.051)
        assert (rows[level]["in"], rows[level]["dropped"]) == (due["in"], due["dropped"])


def text_rows(text):
    words = [line.split() for line in text.splitlines() if re.match(r" *(L\d|Sum) ", line)]
    return {
        row[0]: {
            "tables": int(row[1].split("/")[0]),
            "size": " ".join(row[2:4]),
            "write_amp": float(row[11]),
            "jobs": int(row[16]),
            "in": row[18],
            "dropped": row[19],
        }
        for row in words
    }


@pytest.mark.parametrize("name", ALONE)
def test_frames_follow_the_schemas_that_databases_have(name):
    run = lsmkit.read_rocksdb_log(path_of(name))
    frames = {
        "levels": run.levels(),
        "tables": run.tables(),
        "all_tables": run.tables(all=True),
        "events": run.events(),
        "series": run.series(),
        "summary": run.summary(),
        "rocksdb_stats": run.stats_tables,
        "rocksdb_stalls": run.stalls,
    }
    for schema, frame in frames.items():
        assert len(frame) > 0
        assert frame.columns == [spec.name for spec in SCHEMAS[schema]]
        for spec in SCHEMAS[schema]:
            column = frame.column(spec.name)
            assert column.dtype == spec.dtype
            assert spec.nullable or not column.null_count
            told = column.null_count < len(frame)
            assert "rocksdb" in spec.sources or not told, (schema, spec.name)


@pytest.mark.parametrize("name", ALONE)
def test_every_moment_agrees_with_what_rocksdb_counted_then(name):
    run = lsmkit.read_rocksdb_log(path_of(name))
    counted = [line for line in text_of(name).splitlines() if b'"flush_finished"' in line]
    assert counted
    moments = {row["event"]: row for row in run.series()}
    checked = 0
    for event in run.events():
        if event["kind"] != "flush":
            continue
        levels = run.levels(at=event["number"])
        tables = run.tables(at=event["number"])
        moment = moments[event["number"]]
        assert moment["table_count"] == len(tables) == sum(levels["table_count"])
        assert moment["file_bytes"] == sum(tables["file_bytes"])
        assert moment["l0_run_count"] == levels[0]["run_count"]
        checked += 1
    assert checked >= 10


@pytest.mark.parametrize("name", ["leveled-1", "static"])
def test_replayed_counts_are_the_lsm_states_of_the_log(name):
    """Each state was taken when its line came to be, and the frames then have its counts."""
    run = lsmkit.read_rocksdb_log(path_of(name))
    states = {}
    for line in text_of(name).splitlines():
        head, _, body = line.partition(b"EVENT_LOG_v1 ")
        if head and body and b'"lsm_state"' in body:
            event = json.loads(body)
            states[event["time_micros"]] = event["lsm_state"]
    for event in run.events():
        if event["kind"] in ("flush", "compaction"):
            counts = [0] * 7
            for table in run.tables(at=event["number"]):
                counts[table["level"]] += 1
            assert counts == states.pop(event["wall_us"])
    assert not states


def test_two_opens_are_one_run(reopened):
    run = lsmkit.read_rocksdb_log(reopened("leveled"))
    assert [Path(file).name for file in run.files] == ["LOG.old.1795366048916455", "LOG"]
    assert tables_of(run, TRUTH["leveled-2"]["tables"]) == TRUTH["leveled-2"]["tables"]
    assert list(run.events()["kind"]).count("open") == 2
    assert run.problems == ()
    summary = run.summary()[0]
    assert (summary["puts"], summary["deletes"]) == (15_000, 556)  # as they were made
    assert list(run.events()["time_us"]) == sorted(run.events()["time_us"])


def test_a_killed_process_logs_recovered_and_a_table_ingested(reopened):
    run = lsmkit.read_rocksdb_log(reopened("killed"))
    due = [row[:2] for row in TRUTH["killed-2"]["tables"]]
    assert sorted([row["number"], row["level"]] for row in run.tables()) == due
    kinds = list(run.events()["kind"])
    assert kinds.count("ingest") == 1
    assert "recovery" in list(run.events()["reason"])
    assert run.problems == ()
    ingested = next(row for row in run.tables() if row["file_bytes"] is None)
    assert ingested["number"] == run.events().filter(kind="ingest")[0]["added"][0]
    assert run.levels()[ingested["level"]]["file_bytes"] is None  # not a sum of some of them
    assert run.summary()[0]["file_bytes"] is None


def test_the_second_log_alone_knows_older_tables_by_number_and_the_rest_by_count():
    run = lsmkit.read_rocksdb_log(path_of("leveled-2"))
    both = {row[0] for row in TRUTH["leveled-2"]["tables"]}
    assert {row["number"] for row in run.tables()} <= both
    assert sum(run.levels()["table_count"]) == len(both)
    older = [row for row in run.tables(all=True) if row["born"] is None]
    assert older
    assert all(row["died"] is not None for row in older)
    assert any("stood when the log began" in text for text in run.assumptions)
    first = run.series()[0]
    assert first["table_count"] == len(TRUTH["leveled-1"]["tables"]) + 1  # and the first flush


def test_sizes_of_levels_are_known_though_the_log_does_not_name_all_tables(tmp_path):
    """By RocksDB's last dumped stats, which are rounded."""
    lines = text_of("universal").splitlines(keepends=True)
    whole = lsmkit.read_rocksdb_log(path_of("universal"))
    hidden = 0
    for part in range(2, 9):
        (tmp_path / "LOG").write_bytes(b"".join(lines[len(lines) * part // 10 :]))
        run = lsmkit.read_rocksdb_log(tmp_path / "LOG")
        hidden += sum(run.levels()["table_count"]) - len(run.tables())
        for level, due in zip(run.levels(), whole.levels(), strict=True):
            assert level["table_count"] == due["table_count"]
            assert level["file_bytes"] == pytest.approx(due["file_bytes"], rel=0.01)
        assert run.summary()[0]["file_bytes"] == pytest.approx(
            sum(whole.tables()["file_bytes"]), rel=0.01
        )
    assert hidden > 0


def test_options_are_those_of_the_options_file_of_the_same_database():
    run = lsmkit.read_rocksdb_log(path_of("static"))
    assert run.options.memtable_bytes == 65_536
    assert run.options.table_bytes == 32_768
    assert run.options.base_bytes == 131_072
    assert run.options.level_sizing == "static"
    assert run.options.compression == "none"
    assert run.options.cache_bytes == 8 << 20  # db_bench's, which no OPTIONS file tells
    assert "block_cache" not in {note.name for note in run.option_notes}
    assert run.option_values["compaction_pri"] == "kMinOverlappingRatio"
    assert lsmkit.read_rocksdb_log(path_of("universal")).options.layout == "tiered"
    fifo = lsmkit.read_rocksdb_log(path_of("fifo"))
    assert fifo.options.layout == "fifo"
    assert fifo.options.fifo_bytes == 1 << 20


def test_trivial_moves_and_dropped_tables_are_events():
    static = lsmkit.read_rocksdb_log(path_of("static"))
    moves = static.events().filter(kind="trivial move")
    assert len(moves) == text_of("static").count(b'"event": "trivial_move"')
    assert all(row["removed"] == row["added"] and row["written_bytes"] == 0 for row in moves)
    moved = text_of("static").count(b"Moving #")
    assert static.summary()[0]["trivial_move_count"] == moved > 0
    fifo = lsmkit.read_rocksdb_log(path_of("fifo"))
    dropped = fifo.events().filter(reason="FIFO")
    picked = text_of("fifo").count(b"FIFO compaction: picking file")
    assert sum(len(row["removed"]) for row in dropped) == picked > 0


def test_stalls_begin_and_end_as_the_log_warns():
    run = lsmkit.read_rocksdb_log(path_of("static"))
    warned = text_of("static").count(b"Stopping writes because") + text_of("static").count(
        b"Stalling writes because"
    )
    assert sum(run.stalls["warnings"]) == warned > 0
    for row in run.stalls:
        assert row["kind"] in ("stop", "slowdown")
        assert row["cause"] in ("memtables", "l0_runs", "debt")
        assert row["end_wall_us"] is None or row["end_wall_us"] >= row["wall_us"]
    kinds = list(run.events()["kind"])
    assert kinds.count("stall begins") == len(run.stalls)


def test_stats_tables_are_read_as_they_stand():
    run = lsmkit.read_rocksdb_log(path_of("leveled-1"))
    last = run.stats_tables.filter(name="Sum").tail(1)[0]
    assert last["table_count"] == len(TRUTH["leveled-1"]["tables"])
    assert last["write_amp"] == TRUTH["leveled-1"]["write_amp"]
    rows = StatsReader().rows(run.compaction_stats_text().splitlines())
    assert [row["name"] for row in rows] == list(run.compaction_stats()["name"])
    assert rows[-1]["job_count"] == run.compaction_stats()[-1]["job_count"]


def test_all_that_lives_was_born_and_what_died_is_gone():
    run = lsmkit.read_rocksdb_log(path_of("static"))
    lives = run.tables(all=True)
    standing = {row["number"] for row in lives if row["died"] is None}
    assert standing == set(run.tables()["number"])
    deaths = sum(len(row["removed"]) for row in run.events())
    assert deaths == sum(row["died"] is not None for row in lives)


def test_it_is_shown_as_a_tree():
    run = lsmkit.read_rocksdb_log(path_of("leveled-1"))
    assert "RocksDB 9.8.4" in repr(run)
    assert "L6" in repr(run)
    assert "<table>" in run._repr_html_()
    alone = lsmkit.read_rocksdb_log(path_of("leveled-2"))
    assert "?" in repr(lsmkit.read_rocksdb_log(path_of("killed-2"))) or repr(alone)


def test_progress_and_its_exception(reopened):
    told = []
    lsmkit.read_rocksdb_log(reopened("leveled"), progress=lambda *at: told.append(at))
    total = len(text_of("leveled-1")) + len(text_of("leveled-2"))
    assert told[-1] == (total, total)
    assert told == sorted(told)

    def enough(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lsmkit.read_rocksdb_log(path_of("static"), progress=enough)


def test_live_tables_of_a_database_written_just_now(tmp_path):
    """Whatever order its threads write their lines in."""
    rocksdict = pytest.importorskip("rocksdict")
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(32 << 10)
    options.set_target_file_size_base(32 << 10)
    options.set_max_bytes_for_level_base(128 << 10)
    options.set_max_background_jobs(4)
    db = rocksdict.Rdict(str(tmp_path / "db"), options)
    for i in range(20_000):
        db[b"%08d" % (i * 7919 % 6000)] = b"value %08d" % i * 6
    db.flush()
    live = sorted(
        [int(f["name"].strip("/").split(".")[0]), f["level"], f["size"]] for f in db.live_files()
    )
    db.close()
    run = lsmkit.read_rocksdb_log(tmp_path / "db")
    shutil.rmtree(tmp_path / "db")
    found = {
        row["number"]: [row["number"], row["level"], row["file_bytes"]] for row in run.tables()
    }
    # Between the look and the close a compaction may still have come to its end.
    if list(run.events()["kind"])[-2:] != ["compaction", "close"]:
        assert sorted(found.values()) == live
    assert run.problems == ()
