"""Logs of RocksDB that are old, cut off, broken, huge or hostile: what stands in them is read."""

import gzip
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import lsmkit

DATA = Path(__file__).parent / "data" / "rocksdb_log"
STATIC = gzip.decompress((DATA / "static.log.gz").read_bytes())
HEAD = b"2026/01/02-03:04:05.000000 1 "


@pytest.fixture
def read(tmp_path):
    """Reads bytes as a log."""

    def reading(data, **options):
        (tmp_path / "LOG").write_bytes(data)
        return lsmkit.read_rocksdb_log(tmp_path / "LOG", **options)

    return reading


def event(text, micros=1767323045000000):
    """A line of an event."""
    return HEAD + b'EVENT_LOG_v1 {"time_micros": %d, %s}\n' % (micros, text)


def texts_of(run):
    return " | ".join(str(problem) for problem in run.problems)


def test_release_3_11():
    run = lsmkit.read_rocksdb_log(DATA / "release-3.11.log")
    assert run.releases == ("3.11.0",)
    assert run.problems == ()
    assert [(row["number"], row["level"]) for row in run.tables()] == [(9, 2)]
    assert list(run.events()["kind"]) == [
        "open", "flush", "flush", "compaction", "stall begins", "trivial move", "stall ends",
    ]  # fmt: skip
    summary = run.summary()[0]
    assert summary["write_amp_over_flush"] == (600_000 + 610_000 + 1_100_000) / 1_210_000
    assert (summary["puts"], summary["deletes"], summary["user_bytes"]) == (9900, 100, None)
    assert summary["weight"] == 216_000 + 900_000  # keys are counted with their eight bytes
    assert summary["stall_us"] == 1_250_000
    assert run.tables(all=True)[0]["tombstone_count"] == 100
    assert run.options.memtable_bytes == 1 << 20
    assert run.options.l0_trigger_runs == 2
    assert run.stats_tables.filter(name="Sum")[0]["dropped_entries"] == 1000
    assert run.stats_tables.filter(name="L2")[0]["file_bytes"] == 1 << 20


def test_release_5_18():
    run = lsmkit.read_rocksdb_log(DATA / "release-5.18.log")
    assert run.problems == ()
    assert run.column_families == ("default", "index")
    assert [(row["number"], row["level"]) for row in run.tables()] == [(48, 1)]
    older = run.tables(all=True)[0]
    assert (older["number"], older["level"], older["born"]) == (40, 1, None)
    assert older["file_bytes"] == 90_000 - 20_000  # what the job read but for the table it knows
    failed = run.events().filter(kind="job error")
    assert "No space left" in failed[0]["text"]
    assert 49 not in set(run.tables(all=True)["number"])
    assert run.events()[1]["reason"] == "recovery"
    assert run.options.compression == "zstd"
    index = run.family("index")
    assert [row["number"] for row in index.tables()] == [47]
    assert index.options.layout == "tiered"
    with pytest.raises(
        lsmkit.InvalidArgument, match=r"no column family 'other'.*'default', 'index'"
    ):
        run.family("other")


def test_a_log_cut_off_anywhere_gives_what_stands_before(read):
    whole = read(STATIC)
    whole_events = whole.events().rows()
    for part in range(1, 24):
        cut = STATIC[: len(STATIC) * part // 24 + part]
        run = read(cut)
        assert len(run.events()) <= len(whole_events)
        if not cut.endswith(b"\n"):
            assert "the file ends within this line" in texts_of(run)
        run.levels(), run.series(), run.summary(), run.compaction_stats_text()
    assert "no end" not in texts_of(whole)


def test_a_log_without_its_beginning_says_so_and_corrects_itself(read):
    lines = STATIC.splitlines(keepends=True)
    for part in (3, 5, 8):
        run = read(b"".join(lines[len(lines) * part // 10 :]))
        assert "head is missing" in texts_of(run)
        truth = {row["number"]: row["level"] for row in read(STATIC).tables()}
        found = {row["number"]: row["level"] for row in run.tables()}
        assert found.items() <= truth.items()
        assert sum(run.levels()["table_count"]) == len(truth)


def test_lines_lost_in_the_middle_are_contradictions_that_are_told(read):
    lines = STATIC.splitlines(keepends=True)
    made = [i for i, line in enumerate(lines) if b'"table_file_creation"' in line]
    started = [i for i, line in enumerate(lines) if b'"compaction_started"' in line]
    lost = {made[-30], started[-2]}
    run = read(b"".join(line for i, line in enumerate(lines) if i not in lost))
    assert run.problems
    assert all(problem.line > 0 or "by its events" in problem.text for problem in run.problems)
    with pytest.raises(lsmkit.CorruptionError, match="LOG"):
        read(b"".join(line for i, line in enumerate(lines) if i not in lost), strict=True)


def test_damaged_bytes_never_crash_and_are_told(read):
    draws = random.Random(4)
    for _ in range(40):
        data = bytearray(STATIC)
        for _ in range(draws.choice((1, 20, 400))):
            at = draws.randrange(len(data))
            data[at] = draws.randrange(256)
        run = read(bytes(data))
        run.levels(), run.tables(all=True), run.events(), run.series(), run.summary()
        run.stalls, run.stats_tables, run.compaction_stats_text(), repr(run)
        assert run.levels(at=len(run.events())).columns


def test_strict_raises_the_first_problem_and_names_the_line(read):
    data = STATIC.replace(b'"event": "flush_finished"', b'"event: "flush_finished"', 1)
    line = data[: data.index(b'"event: "')].count(b"\n") + 1
    assert f"LOG:{line}: broken JSON" in texts_of(read(data))
    with pytest.raises(lsmkit.CorruptionError, match=f"LOG:{line}: broken JSON") as caught:
        read(data, strict=True)
    assert caught.value.file.endswith("LOG")


@pytest.mark.parametrize(
    "line",
    [
        event(b'"event": "table_file_creation", "file_number": -1, "file_size": 5'),
        event(b'"event": "table_file_creation", "file_number": 1e400, "file_size": 5'),
        event(b'"event": "table_file_creation", "file_number": %s, "file_size": 5' % (b"9" * 5000)),
        event(b'"event": "table_file_creation", "file_number": 18446744073709551616'),
        event(b'"event": "table_file_creation", "file_number": true, "file_size": 5'),
        event(b'"event": "compaction_started", "files_L999999999999": [1]'),
        event(b'"event": "compaction_started", "files_L0": {"a": 1}'),
        event(b'"event": "compaction_started", "files_L0": [1, [2]], "score": NaN'),
        event(b'"event": "compaction_finished", "output_level": 123456789'),
        event(b'"event": "compaction_finished", "output_level": "x"'),
        event(b'"event": "flush_finished", "lsm_state": [%s]' % (b"1, " * 9000 + b"1")),
        event(b'"event": "flush_finished", "lsm_state": [-5]'),
        event(b'"event": "trivial_move", "destination_level": null'),
        event(b'"event": "table_file_deletion", "file_number": "a"'),
        HEAD + b"EVENT_LOG_v1 [1, 2]\n",
        HEAD + b"EVENT_LOG_v1 " + b"[" * 100_000 + b"\n",
        HEAD + b'EVENT_LOG_v1 {"a": ' * 1000 + b"\n",
        HEAD + b"EVENT_LOG_v1 \n",
    ],
)
def test_hostile_events_are_problems(read, line):
    run = read(STATIC + line)
    assert run.problems
    assert f"LOG:{STATIC.count(10) + 1}:" in texts_of(run)
    assert run.tables().rows() == read(STATIC).tables().rows()


@pytest.mark.parametrize(
    "line",
    [
        b"9999/99/99-99:99:99.999999 1 [default] Stalling writes because x\n",
        b"0000/00/00-00:00:00.000000 1 [default] Moving #1 to level-9999999999 1 bytes\n",
        HEAD + b"[default] Moving #99999999999999999999 to level-1 1 bytes\n",
        HEAD + b"[" + b"x" * 90_000 + b"] [JOB 1] y\n",
        HEAD + b"Options." + b"a." * 60_000 + b": 1\n",
        HEAD + b"   table_factory options:   block_size: \xff\xfe\n",
        HEAD + b"[default] Stopping writes because " + b"9" * 60_000 + b"\n",
        HEAD + b"[AddFile] External SST file x was ingested in L77 with path y/9.sst (global\n",
        b"** Compaction Stats [x] **\nLevel Files Size\n L0 1/0 nan XB\n L0 9999999999999/0 1 KB\n",
        b"Level Files Size Score\n L0 1/0 1e308 TB inf\n Sum\n",
        b"Cumulative stall: 99:99:99 H:M:S\nCumulative stall: 999999999999:00:00 H:M:S\n",
        HEAD + b"[AddFile] External SST file " + b"x was ingested in L1 with path " * 4000 + b"\n",
        HEAD + b"[d] compacted to: " + b"write-amplify(1) " * 7000 + b"\n",
        HEAD + b"[d] FIFO compaction: picking file 1 " + b"for deletio" * 9000 + b"\n",
        (HEAD + b"EVENT_LOG_v1 " + b'"a": "' * 20_000 + b"\n") * 8,
        b"\n\n\r\n",
    ],
)
def test_hostile_text_changes_nothing_of_the_tables(read, line):
    run = read(STATIC + line)
    assert run.tables().rows() == read(STATIC).tables().rows()
    run.stalls, run.stats_tables, run.series(), repr(run)


def test_what_is_no_log_is_refused(read, tmp_path):
    with pytest.raises(lsmkit.InvalidArgument, match="no line of it is one of a RocksDB log"):
        read(bytes(random.Random(1).randbytes(100_000)))
    with pytest.raises(lsmkit.InvalidArgument, match="no line of it"):
        read(b"something else\n" * 100)
    (tmp_path / "LOG").unlink()
    with pytest.raises(lsmkit.InvalidArgument, match=r"no log of RocksDB there; a file LOG is due"):
        lsmkit.read_rocksdb_log(tmp_path)
    with pytest.raises(FileNotFoundError):
        lsmkit.read_rocksdb_log(tmp_path / "LOG")
    (tmp_path / "data_one_LOG").write_bytes(STATIC)
    assert len(lsmkit.read_rocksdb_log(tmp_path).tables()) == len(read(STATIC).tables())
    (tmp_path / "LOG").unlink()
    (tmp_path / "data_two_LOG").write_bytes(STATIC)
    with pytest.raises(lsmkit.InvalidArgument, match="logs of 2 databases there"):
        lsmkit.read_rocksdb_log(tmp_path)


def test_an_empty_log_and_one_without_events(read, tmp_path):
    with pytest.raises(lsmkit.InvalidArgument, match="no line of it"):
        read(b"")
    (tmp_path / "LOG.old.5").write_bytes(STATIC)
    assert "LOG: is empty" in texts_of(lsmkit.read_rocksdb_log(tmp_path))
    run = read(HEAD + b"RocksDB version: 9.8.4\n")
    assert len(run.tables()) == len(run.events()) == len(run.levels()) == len(run.series()) == 0
    assert run.summary()[0]["table_count"] == 0
    assert "no EVENT_LOG_v1 lines" in texts_of(read(HEAD + b"RocksDB version: 2.8\n"))


def test_a_broken_archive_gives_what_is_before(tmp_path):
    data = gzip.compress(STATIC)
    (tmp_path / "LOG.gz").write_bytes(data[: len(data) // 2])
    run = lsmkit.read_rocksdb_log(tmp_path / "LOG.gz")
    assert len(run.events()) > 5
    assert "can't be read any further" in texts_of(run)


def test_a_clock_set_back_does_not_mix_up_the_jobs(read):
    lines = STATIC.splitlines(keepends=True)
    half = len(lines) // 2
    earlier = [line.replace(b"2026/11/22-16", b"2026/11/22-11") for line in lines[half:]]
    earlier = [line.replace(b'"time_micros": 17953', b'"time_micros": 17952') for line in earlier]
    run = read(b"".join(lines[:half] + earlier))
    assert {row["number"] for row in run.tables()} >= {
        row["number"] for row in read(b"".join(lines[:half])).tables()
    } - {number for row in run.events() for number in row["removed"]}
    assert list(run.events()["time_us"]) == sorted(run.events()["time_us"])


def test_max_records_ends_the_reading_and_says_so(read):
    run = read(STATIC, max_records=200)
    assert "max_records" in texts_of(run)
    assert 0 < len(run.events()) <= 200
    with pytest.raises(lsmkit.InvalidArgument, match="max_records=0"):
        read(STATIC, max_records=0)


def test_problems_are_bounded(read):
    run = read(STATIC + event(b'"event": "flush_finished", "lsm_state": 1') * 5000)
    assert len(run.problems) < 400
    assert "problems more" in texts_of(run)


def test_a_line_of_a_gigabyte_takes_no_memory(tmp_path):
    """Read in a process that may not have it."""
    path = tmp_path / "LOG"
    with path.open("wb") as file:
        file.write(STATIC)
        file.write(HEAD + b'EVENT_LOG_v1 {"event": "')
        file.truncate(file.tell() + (1 << 30))  # a hole: zeros
        file.seek(0, 2)
        file.write(b'"}\n' + STATIC.splitlines(keepends=True)[-1])
    script = """
        import sys, lsmkit
        lsmkit.simulate  # all is loaded
        run = lsmkit.read_rocksdb_log(sys.argv[1])
        assert any("longer than" in problem.text for problem in run.problems), run.problems
        status = open("/proc/self/status").read()  # ru_maxrss has the parent's peak in it
        print(len(run.tables()), status.split("VmHWM:")[1].split()[0])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    tables, kilobytes = map(int, done.stdout.split())
    assert tables > 0
    assert kilobytes < 300_000
