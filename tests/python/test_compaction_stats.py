"""RocksDB's compaction stats, of databases, simulations and logs: as a frame, and as its text."""

import gzip
import json
import re
from pathlib import Path

import pytest

import lsmkit
from lsmkit import SCHEMAS
from lsmkit.rocksdb_log.stats_tables import StatsReader

DATA = Path(__file__).parent / "data" / "rocksdb_log"
WORKLOAD = lsmkit.Workload.overwrites(keys=10_000, times=3)


@pytest.fixture
def filled(path):
    small = lsmkit.Options.small(layout="leveled")
    with lsmkit.open(path, small, background="inline") as db:
        for number in range(30_000):
            db[b"key%05d" % (number * 7919 % 9000)] = b"value %d" % number * 5
        db.flush()
        yield db


def simulated(**how):
    return lsmkit.simulate(WORKLOAD, lsmkit.Options.small(layout="leveled"), **how)


def check(source):
    """Its sums are those that are counted elsewhere, and its text reads back the same."""
    frame, summary = source.compaction_stats(), source.summary()[0]
    total = frame[-1]
    assert total["name"] == "Sum"
    assert total["written_bytes"] == summary["flush_bytes"] + summary["compaction_written_bytes"]
    assert total["read_bytes"] == summary["compaction_read_bytes"]
    assert total["job_count"] == summary["flush_count"] + summary["compaction_count"]
    assert total["dropped_entries"] == summary["dropped_count"]
    assert total["write_amp"] == pytest.approx(summary["write_amp_over_flush"])
    assert total["table_count"] == summary["table_count"]
    for name in ("written_bytes", "moved_bytes", "input_read_bytes", "job_count", "file_bytes"):
        assert sum(frame[name][:-1]) == total[name]
    reads_back(frame, source.compaction_stats_text())


def reads_back(frame, text):
    rows = StatsReader().rows(text.splitlines())
    assert [row["name"] for row in rows] == list(frame["name"])
    for row, due in zip(rows, frame, strict=True):
        assert row["column_family"] == due["column_family"]
        assert row["table_count"] == due["table_count"]
        assert row["job_count"] == due["job_count"]
        assert row["write_amp"] == pytest.approx(due["write_amp"], abs=0.0501)
        assert row["file_bytes"] == pytest.approx(due["file_bytes"], rel=0.005, abs=6)
        assert row["written_bytes"] == pytest.approx(due["written_bytes"], abs=0.0501 * 2**30)
        assert row["duration_us"] == pytest.approx(due["duration_us"], abs=5001)
        most = max(due["in_entries"], 1)
        assert row["in_entries"] == pytest.approx(most, rel=0.1, abs=1)


def test_of_a_database(filled):
    check(filled)
    levels = {row["name"]: row for row in filled.compaction_stats()}
    assert levels["L0"]["write_amp"] == 1.0  # flushes alone write there
    assert filled.compaction_stats().columns == [s.name for s in SCHEMAS["rocksdb_stats"]]


@pytest.mark.parametrize(
    "how", [{}, {"fidelity": "segment"}, {"machine": "gp3"}], ids=["exact", "segment", "in time"]
)
def test_of_a_simulation(how):
    check(simulated(**how))


def test_of_a_drawn_tree_in_weights():
    run = simulated(fidelity="drawn")
    total, summary = run.compaction_stats()[-1], run.summary()[0]
    assert summary["flush_bytes"] is None
    assert total["written_bytes"] / run.counters.flush_weight == pytest.approx(total["write_amp"])
    assert total["written_bytes"] == (
        run.counters.flush_weight + run.counters.compaction_written_weight
    )
    reads_back(run.compaction_stats(), run.compaction_stats_text())


@pytest.mark.parametrize("name", ["static", "universal", "fifo"])
def test_of_a_log(name):
    check(lsmkit.read_rocksdb_log(DATA / f"{name}.log.gz"))


@pytest.mark.parametrize("name", ["leveled-1", "universal"])
def test_the_text_is_rocksdbs_own_but_for_what_took_time(name):
    """As RocksDB 9.8 dumped it last, without scores, columns of blobs and processor time."""
    text = gzip.decompress((DATA / f"{name}.log.gz").read_bytes()).decode()
    dumped = text.rpartition("** Compaction Stats [default] **\nLevel")[2].splitlines()
    theirs = [line for line in dumped if re.match(" *(L[0-9]|Sum) ", line)]
    mine = lsmkit.read_rocksdb_log(DATA / f"{name}.log.gz").compaction_stats_text().splitlines()
    assert len(mine) - 3 == len(theirs) >= 3
    assert ("Level" + dumped[0]).startswith(mine[1])
    for line, due in zip(mine[3:], theirs, strict=True):
        score, processor = slice(25, 33), slice(123, 142)
        for kept in (slice(score.start), slice(score.stop, processor.start), slice(142, 152)):
            assert line[kept] == due[kept]
        assert line.split()[-2:] == due.split()[-4:-2]


def test_sizes_and_counts_are_written_as_rocksdb_writes_them():
    row = {
        "name": "L6", "table_count": 12_345, "file_bytes": 5 << 41, "in_entries": 12_345_678,
        "dropped_entries": 98_765_432_109, "written_bytes": 3 << 30, "new_bytes": -(1 << 30),
    }  # fmt: skip
    frame = lsmkit.frames.frame_of("rocksdb_stats", [row])
    text = lsmkit.compaction_stats.compaction_stats_text(frame)
    assert "10.00 TB" in text
    assert " 12M " in text
    assert "98G" in text
    read = StatsReader().rows(text.splitlines())[0]
    assert read["new_bytes"] == -(1 << 30)
    assert read["written_bytes"] == 3 << 30


def test_the_command_prints_it_of_databases_and_logs(filled, run):
    filled.close()
    code, out, _ = run("stats", filled.path, "--rocksdb")
    assert code == 0
    assert out.startswith(
        "** Compaction Stats [default] **\nLevel    Files   Size     Score Read(GB)"
    )
    code, out, _ = run("stats", filled.path, "--rocksdb", "--json")
    assert json.loads(out)[-1]["name"] == "Sum"
    log = str(DATA / "families.log.gz")
    code, out, _ = run("stats", log, "--rocksdb", "--column-family", 'meta [x] "q"')
    assert code == 0
    assert out.startswith('** Compaction Stats [meta [x] "q"] **')
    code, _, err = run("stats", filled.path, "--column-family", "x")
    assert code == 1
    assert "is no LOG of RocksDB" in err


@pytest.mark.parametrize("command", ["stats", "levels", "log"])
def test_commands_that_look_inside_take_a_log_of_rocksdb(command, run, tmp_path):
    log = DATA / "static.log.gz"
    code, out, err = run(command, str(log), "--json")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()]
    assert run(command, str(log))[0] == 0
    (tmp_path / "LOG").write_bytes(b"no log\n")
    code, _, err = run(command, str(tmp_path))
    assert code == 1
    assert "no line of it is one of a RocksDB log" in err
