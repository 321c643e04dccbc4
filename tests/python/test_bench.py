"""The benchmark: its workloads, what it prints, that its figures are measured, and how it fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lsmkit
from lsmkit import cli
from lsmkit.bench import Report, Sample, Settings, log_workloads, parts, run, runner, stores, worker
from lsmkit.bench.settings import ALL_STORES, ALL_WORKLOADS, steps
from lsmkit.bench.workloads import WORKLOADS, synced_count

NUM = 60
INSTALLED = [name for name in ALL_STORES if stores.installed(name)]


@pytest.fixture
def bench(capfd, tmp_path):
    """Runs `lsmkit bench` in tmp_path and gives (exit code, standard output, standard error)."""

    def bench(*arguments):
        try:
            code = cli.main(["bench", "--dir", str(tmp_path), *map(str, arguments)])
        except SystemExit as error:
            code = error.code
        return code, *capfd.readouterr()

    return bench


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Everything, once, at a tiny size: the report, and the directory it was made in."""
    directory = tmp_path_factory.mktemp("bench")
    told = []
    report = run(
        Settings(num=NUM, rounds=1, value_size=50),
        directory,
        progress=lambda done, total, what: told.append((done, total, what)),
    )
    return report, directory, told


def samples_of(report, store, workload):
    return [s for s in report.samples if (s.store, s.workload) == (store, workload)]


@pytest.mark.parametrize("store", INSTALLED)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload_runs_on_every_store(done, store, workload):
    (sample,) = samples_of(done[0], store, workload)
    due = synced_count(NUM) if workload == "fillsync" else NUM
    assert sample.operations == due
    assert sample.seconds > 0
    assert sample.us_per_op == sample.seconds * 1e6 / due
    assert sample.mode == ("always" if workload == "fillsync" else "none")
    finds = {"readrandom": NUM, "readmissing": 0, "readseq": NUM, "seekrandom": NUM}
    finds |= {"readmany": NUM, "scanmany": NUM}
    assert sample.found == (finds | {"readwhilewriting": NUM}).get(workload)
    assert (sample.shape is None) == (store != "lsmkit")


def test_rows_tell_the_shape_of_our_tree(done):
    shapes = {row.workload: row.shape for row in done[0].rows()}
    assert shapes["fillrandom"]["runs"] == 0
    assert 0 < shapes["fillrandom"]["memtable_fill"] < 1
    assert shapes["readrandom"]["runs"] == 1
    assert shapes["readrandom"]["memtable_fill"] == 0
    assert isinstance(shapes["readrandom"]["idle"], bool)


def test_stores_tell_their_versions_and_options(done):
    assert list(done[0].stores) == INSTALLED
    for name, facts in done[0].stores.items():
        assert facts.version
        assert facts.engine or name == "lsmkit"
        assert facts.options
    assert done[0].stores["lsmkit"].options["sync"] == "none"


def test_wal_counts_the_bytes_of_the_log_in_every_mode(done):
    """W1.1, W1.3."""
    samples = {sample.mode: sample for sample in samples_of(done[0], "lsmkit", "wal")}
    assert list(samples) == log_workloads.modes("wal")
    for mode, sample in samples.items():
        assert sample.shape["runs"] == 0, mode
        assert sample.figures["commits_per_s"] == sample.operations / sample.seconds
        assert sample.figures["log_bytes_per_commit"] > 16 + 50
    timed, plain = samples[log_workloads.TIMED], samples["none"]
    more = timed.figures["log_bytes_per_commit"] - plain.figures["log_bytes_per_commit"]
    assert more == pytest.approx(8, abs=0.5)
    assert samples["always"].figures["syncs"] == samples["always"].operations
    assert plain.figures["syncs"] == 0


def test_syncmodes_tell_latencies_of_every_mode(done):
    """W1.3."""
    samples = samples_of(done[0], "lsmkit", "syncmodes")
    assert [sample.mode for sample in samples] == log_workloads.modes("syncmodes")
    for sample in samples:
        figures = sample.figures
        assert 0 < figures["p50_us"] <= figures["p99_us"] <= figures["max_us"]
    assert samples[0].figures["syncs"] == samples[0].operations == synced_count(NUM)


def test_progress_names_what_is_measured_and_nothing_is_left(done):
    report, directory, told = done
    assert [at for at, _, _ in told] == list(range(len(told)))
    assert {total for _, total, _ in told} == {len(told)}
    assert len(told) == sum(len(steps(report.settings, name)) for name in INSTALLED)
    assert told[0][2] == "round 1, lsmkit, fillseq"
    assert list(directory.iterdir()) == []


def test_json_has_everything(bench, tmp_path):
    code, out, _ = bench(
        "--json", "--num", 20, "--rounds", 2, "--stores", ",".join(INSTALLED[:2]), "--seed", 5,
        "--workloads", "readseq,fillrandom", "--sync", "always", "--key-size", 9,
        "--value-size", 0, "--compression",
    )  # fmt: skip
    assert code == 0
    (found,) = map(json.loads, out.splitlines())
    assert {"lsmkit", "settings", "machine", "stores", "left_out", "samples", "rows"} == set(found)
    assert Settings.from_json(found["settings"]) == Settings(
        num=20, rounds=2, stores=tuple(INSTALLED[:2]), workloads=("readseq", "fillrandom"),
        sync=lsmkit.Sync.always, key_size=9, value_size=0, compression=True, seed=5,
    )  # fmt: skip
    assert {"system", "processors", "python", "file_system"} == set(found["machine"])
    assert len(found["samples"]) == 2 * 2 * len(INSTALLED[:2])
    assert {sample["round"] for sample in found["samples"]} == {1, 2}
    for sample in found["samples"]:
        assert {*Sample.__dataclass_fields__, "us_per_op"} == set(sample)
    assert [row["workload"] for row in found["rows"]] == ["readseq", "fillrandom"]
    assert found["stores"]["lsmkit"]["options"]["compression"] == "zstd"
    assert found["stores"]["lsmkit"]["options"]["sync"] == "always"
    assert list(tmp_path.iterdir()) == []


def test_threads_share_the_operations_and_one_runs_beside_a_busy_one(bench):
    code, out, err = bench(
        "--num", 301, "--rounds", 1, "--stores", "lsmkit", "--threads", "1,2,4",
        "--workloads", "fillrandom,readrandom,readseq",
    )  # fmt: skip
    assert code == 0, err
    for workload in ("fillrandom", "readrandom", "readseq"):
        rows = [line for line in out.splitlines() if line.split()[:1] == [workload]]
        assert len(rows) == 4
        assert "busy beside" in rows[3]
    assert "take a larger --num" in err


def test_the_table_names_stores_ratios_and_rounds(bench):
    code, out, _ = bench(
        "--num", 10, "--rounds", 2, "--stores", ",".join(INSTALLED[:2]),
        "--workloads", "fillseq,readwhilewriting,syncmodes,wal",
    )  # fmt: skip
    assert code == 0
    for word in (
        "lsmkit's tree", "Writes per second", "Between rounds", "medians of 2", "1 run, ",
        "log bytes each", "p99", "every(100)", *(f"x {peer}" for peer in INSTALLED[1:2]),
    ):  # fmt: skip
        assert word in out, word


def test_as_a_module_it_is_the_same(tmp_path):
    command = [sys.executable, "-m", "lsmkit.bench", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.startswith("usage: lsmkit bench")
    for name in (*ALL_STORES, *ALL_WORKLOADS, "--json", "--dir", "--threads", "--compression"):
        assert name in done.stdout.replace("\n", " ")


# -- Figures are drawn from samples, and samples from what was done --------------------------------


def test_rows_are_medians_and_ratios():
    def sample(store, number, us):
        return Sample(
            round=number, store=store, workload="fillseq", mode="none", threads=1, busy=False,
            operations=10, seconds=us * 10 / 1e6, found=None, shape=None, figures={"x": us},
        )  # fmt: skip

    ours = [sample("lsmkit", number, us) for number, us in enumerate((4, 1, 2), start=1)]
    theirs = [sample("plyvel", number, us) for number, us in enumerate((3, 9, 5), start=1)]
    (row,) = Report(
        settings=Settings(), machine={}, stores={}, left_out={}, samples=ours + theirs
    ).rows()
    assert row.median_us == pytest.approx({"lsmkit": 2, "plyvel": 5})
    assert row.least_us["plyvel"] == pytest.approx(3)
    assert row.most_us["plyvel"] == pytest.approx(9)
    assert row.times_as_fast == pytest.approx({"plyvel": 2.5})
    assert row.figures == {"lsmkit": {"x": 2}, "plyvel": {"x": 5}}


@pytest.mark.parametrize(
    ("workload", "told"),
    [
        ("fillseq", "rows are in lsmkit"),
        ("readrandom", "right values"),
        ("readmissing", "right values"),
        ("deleterandom", "right values"),
    ],
)
def test_a_store_that_loses_a_key_is_found_out(workload, told, tmp_path, monkeypatch):
    opened = stores.OPENERS["lsmkit"]

    def open_forgetful(path, ask):
        store, puts = opened(path, ask), []

        def put(key, value):
            puts.append(key)
            if len(puts) != 7:
                store.put(key, value)

        return store._replace(put=put)

    monkeypatch.setitem(stores.OPENERS, "lsmkit", open_forgetful)
    settings = Settings(num=20, stores=("lsmkit",), workloads=(workload,))
    with pytest.raises(lsmkit.Error, match=told):
        list(worker.Round(settings, "lsmkit", tmp_path).lines())


def test_parts_cover_every_key_once():
    keys = [b"%d" % number for number in range(101)]
    seen = []

    def work(part):
        for key in part.paced(part.keys):
            seen.append(key)  # noqa: PERF402 (as a workload does it)
        return len(part.keys)

    for threads in (1, 2, 4):
        seen.clear()
        measured = parts.measure_parts(work, keys, keys, threads=threads)
        assert sorted(seen) == sorted(keys)
        assert (measured.operations, measured.found) == (101, 101)


def test_beside_a_busy_thread_only_what_was_done_is_counted(monkeypatch):
    monkeypatch.setattr(parts, "BUSY_S", 0.02)
    seen = []

    def work(part):
        for key in part.paced(part.keys):
            seen.append(key)
            time.sleep(0.004)
        return 0

    measured = parts.measure_parts(work, [b"k"] * 1000, [b""] * 1000, busy=True)
    assert 0 < measured.operations == len(seen) < 1000


def test_what_fails_beside_is_raised():
    def fail():
        raise lsmkit.Error("the writer failed")

    with pytest.raises(lsmkit.Error, match="writer failed"), parts.beside(fail):
        time.sleep(0.02)


def test_percentiles_are_values_that_were_there():
    values = list(range(1, 101))
    assert [log_workloads.percentile(values, p) for p in (50, 99, 100)] == [50, 99, 100]
    assert log_workloads.percentile([7], 99) == 7


# -- What it refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--stores", "lsmkit,berkeley"], "unknown store 'berkeley'; known are lsmkit, rocksdict"),
        (["--stores", "rocksdb"], "unknown store 'rocksdb'; did you mean rocksdict?"),
        (["--stores", "lmdb,lmdb"], "stores: one is named twice"),
        (["--stores", ","], "stores: at least one is due"),
        (["--workloads", "readrandm"], "unknown workload 'readrandm'; did you mean readrandom"),
        (["--num", "0"], "num: 1 to 100,000,000 is due, not 0"),
        (["--num", "-3"], "not -3"),
        (["--num", "x"], "invalid int value: 'x'"),
        (["--rounds", "0"], "rounds: 1 to 1,000 is due"),
        (["--threads", "0"], "threads: 1 to 64 is due"),
        (["--threads", "1,a"], "numbers with commas between are due"),
        (["--threads", "2", "--num", "1"], "threads: 1 to 1 is due, not 2"),
        (["--value-size", "-1"], "value size: 0 to 1,048,576 is due"),
        (["--key-size", "0"], "key size: 1 to 65,535 is due"),
        (["--key-size", "2", "--num", "51"], "3 or more are due"),
        (["--key-size", "512"], "LMDB takes up to 511 bytes"),
        (["--sync", "evry"], "no sync mode reads 'evry'"),
        (["--sync", "every(0)"], "1 to 4294967295 is due"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments, told, bench, tmp_path):
    code, out, err = bench(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "usage: lsmkit bench" in err
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_not_installed_is_told_and_left_out(bench, monkeypatch):
    monkeypatch.setattr(runner, "installed", lambda name: name == "lsmkit")
    code, out, err = bench("--num", 10, "--rounds", 1, "--workloads", "fillseq", "--json")
    assert code == 0
    assert "lsmkit: plyvel is left out: not installed\n" in err
    assert set(json.loads(out)["left_out"]) == {"rocksdict", "plyvel", "lmdb"}
    code, out, err = bench("--stores", "lmdb")
    assert (code, out) == (1, "")
    assert err == "lsmkit: nothing to measure: lmdb is left out (not installed)\n"


@pytest.mark.skipif(len(INSTALLED) < 2, reason="no other store is installed")
def test_workloads_of_lsmkit_alone_are_told_and_left_out_without_it(bench):
    code, out, err = bench(
        "--stores", INSTALLED[1], "--workloads", "fillseq,wal", "--num", 10, "--rounds", 1
    )  # fmt: skip
    assert code == 0
    assert err.startswith("lsmkit: wal is left out: it measures lsmkit, which takes no part\n")
    assert "lsmkit's tree" not in out


def test_modes_that_peers_lack_leave_them_out():
    settings = Settings(sync=lsmkit.Sync.every(5))
    names, left_out = runner.taking_part(settings)
    assert names == ["lsmkit"]
    for name in INSTALLED[1:]:
        assert left_out[name] == "it has no sync mode like every(5)"
    names, _ = runner.taking_part(Settings(workloads=("wal", "syncmodes")))
    assert names == ["lsmkit"]


def test_a_folder_with_the_name_of_a_store_is_no_store(tmp_path, monkeypatch):
    (tmp_path / "berkeley").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not stores.installed("berkeley")


def test_a_directory_that_is_not_there_is_an_error(bench, tmp_path):
    code, out, err = bench("--dir", tmp_path / "none", "--stores", "lsmkit")
    assert (code, out) == (1, "")
    assert err == f"lsmkit: {tmp_path / 'none'}: no such directory\n"


def test_a_process_that_dies_is_an_error(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    code, out, err = bench("--num", 10, "--stores", "lsmkit")
    assert (code, out) == (1, "")
    assert err == "lsmkit: lsmkit: its process ended with 1\n"
    assert list(tmp_path.iterdir()) == []


def test_control_c_takes_away_what_was_written_and_nothing_else(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    command = [sys.executable, "-m", "lsmkit.cli", "bench", "--stores", "lsmkit"]
    command += ["--num", "20000", "--rounds", "1000", "--workloads", "fillrandom,readrandom"]
    bench = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("lsmkit-bench-*/*/*/MANIFEST")) and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = children_of(bench.pid)
    bench.send_signal(signal.SIGINT)
    out, err = bench.communicate(timeout=30)
    assert (bench.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "lsmkit: interrupted"
    assert "Traceback" not in err
    assert workers
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == [
        "mine",
        os.path.join("mine", "letter"),
    ]


def children_of(parent):
    """Process ids, by /proc/PID/stat."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
