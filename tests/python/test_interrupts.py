"""SIGINT to calls that would take minutes: each ends at once, and what it worked on is sound.

Each call runs in a process of its own. Calls on databases meet a device so slow that they would
take minutes, on a directory that was filled at full speed; the process dies without closing it, and
the test opens it anew and reads every byte. `lsmkit load` and `lsmkit bench` have such tests beside
their others (`test_cli.py`, `test_bench.py`), and `count` in `test_core_gil.py`.
"""

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import lsmkit

ENTRIES = 160_000
# Never reached: what is asked for takes minutes, and a call that heeds no signal fails its test.
PATIENCE_S = 30

HEAD = """
    import os, sys, threading
    import lsmkit
    from lsmkit.testing import ThrottledDisk

    path, aside = sys.argv[1:]
    small = lsmkit.Options.small()
    workload = lsmkit.Workload.overwrites(keys=2000, times=2)
    endless = lsmkit.Workload.overwrites(keys=1_000_000, times=1000)

    class Begun:
        "Says so when it is told of the first step."
        said = False
        def __call__(self, *at):
            if not self.said:
                self.said = True
                print("begun", flush=True)
    begun = Begun()

    def slow(**device):
        return ThrottledDisk(lsmkit.Device(**device)).open(path)
"""
TAIL = """
    try:
        call()
        print("it came to its end", flush=True)
    except KeyboardInterrupt:
        sound()
        print("sound", flush=True)
    os._exit(0)  # without a close, which would go on with the work
"""
ON_DATABASE = {
    "compact_range": """
        db = slow(transfer_bytes_per_s=400e3)
        call = lambda: db.compact_range(progress=begun)
    """,
    "verify": """
        db = slow(transfer_bytes_per_s=400e3)
        call = lambda: db.verify(progress=begun)
    """,
    "from_db": """
        db = slow(transfer_bytes_per_s=400e3)
        call = lambda: lsmkit.Simulation.from_db(db, workload, progress=begun)
    """,
    "flush": """
        db = ThrottledDisk(lsmkit.Device(latency_us=60_000)).open(path, memtable_bytes=64 << 20)
        for i in range(60):
            with db.write_batch() as batch:
                for j in range(1000):
                    batch.put(b"more%08d" % (1000 * i + j), os.urandom(1000))
        call = lambda: db.flush(progress=begun)
    """,
    "drive": """
        db = lsmkit.open(path)
        call = lambda: lsmkit.drive(db, endless, progress=begun)
    """,
}
USABLE = """
    def sound():
        db.put(b"after", b"1")
        assert db[b"after"] == b"1"
        db.sync()
"""
WITHOUT = {
    "simulate": """
        simulation = lsmkit.Simulation(endless, small)
        call = lambda: simulation.run(progress=begun)
        def sound():
            before = simulation.result().ops
            assert 0 < before and not simulation.done
            simulation.run_until(simulation.seconds + 0.01)
            after = simulation.result()
            assert after.ops > before
            assert after.counters.puts == after.ops_by_kind["put"]
            assert sum(after.levels()["table_count"]) == len(after.tables())
    """,
    "simulate segments": """
        simulation = lsmkit.Simulation(endless, small, fidelity="segment")
        call = lambda: simulation.run(progress=begun)
        def sound():
            assert not simulation.done
            simulation.check()
            simulation.step()
            simulation.check()
    """,
    "simulate in time": """
        simulation = lsmkit.Simulation(endless, small, machine="gp3")
        call = lambda: simulation.run(progress=begun)
        def sound():
            before = simulation.seconds
            simulation.run_until(before + 0.01)
            assert simulation.seconds > before > 0
    """,
    "twin": """
        call = lambda: lsmkit.twin(endless, small, progress=begun)
        def sound():
            assert lsmkit.twin(workload, small).agree
    """,
    "sweep": """
        out = os.path.join(aside, "rows.parquet")
        both = {"short": workload, "endless": endless}
        call = lambda: lsmkit.sweep(small, both, out=out, progress=begun)
        def sound():
            made = []
            rows = lsmkit.sweep(small, {"short": workload}, out=out,
                                progress=lambda *at: made.append(at))
            assert len(rows) == 1 and not made  # it stood in the file
    """,
    "suite": """
        machines = {"gp3": lsmkit.Machine(device="gp3")}
        both = {"short": workload, "endless": endless}
        call = lambda: lsmkit.suite({"small": small}, both, machines, seeds=1, progress=begun)
        def sound():
            assert len(lsmkit.suite({"small": small}, {"short": workload}, machines, seeds=1)) == 1
    """,
    "tune": """
        def call():
            begun()  # the first simulation is endless, so nothing is told
            lsmkit.tune(endless, base=small, finalists=2)
        def sound():
            assert len(lsmkit.tune(workload, base=small, finalists=1).frame) > 1
    """,
    "validate": """
        from lsmkit.validation import Check, Rung
        def checks(name, runs):
            yield Check(name, name, "puts", lsmkit.simulate(runs, small).counters.puts, 1, 1)
        lsmkit.validate.__globals__["rungs"] = lambda lockstep: [
            Rung(name, name, lambda full, of=(name, runs): checks(*of), lambda full: 1, ("", ""))
            for name, runs in (("V0", workload), ("V1", endless))
        ]
        page = os.path.join(aside, "page.md")
        def past_v0(done, total):
            if os.path.exists(page):
                begun()
        call = lambda: lsmkit.validate(page=page, progress=past_v0)
        def sound():
            with open(page) as file:
                text = file.read()
            assert "### V0" in text and "### V1" not in text
            assert len(lsmkit.validate("V0", page=page).checks) == 1
    """,
    "layered": """
        from lsmkit import layered
        endless = layered.workloads.uniform(records=1 << 27, pages=1_000_000, record_bytes=10)
        call = lambda: layered.simulate(endless, progress=begun)
        def sound():
            short = layered.workloads.uniform(records=1000, pages=100)
            assert layered.simulate(short).figures()["record_count"] == 1000
    """,
    "layered compaction": """
        import numpy, signal
        from lsmkit import layered
        store = layered.Store(layered.Options(target_bytes=1 << 20), checks=True)
        pages = numpy.random.default_rng(1).integers(0, 10_000, (4, 10_000))
        for some in pages:
            store.ingest(some, 100)
            store.flush()
        before = store.result()
        def waits(done, total):  # the first time in the midst of it
            begun()
            signal.pause()
        call = lambda: store.compact(progress=waits)
        def sound():
            after = store.result()
            assert after.layers().rows() == before.layers().rows()
            assert after.figures() == before.figures()
            assert store.read(7).records == (pages == 7).sum()
            assert store.compact()
            assert store.result().figures()["level_compaction_count"] == 1
            assert store.read(7).records == (pages == 7).sum()
            assert store.read(7).layers_opened == 1
    """,
    "calibrate": """
        call = lambda: lsmkit.calibrate(aside, seconds=1000, progress=begun)
        def sound():
            assert os.listdir(aside) == []
    """,
    "read_rocksdb_log": """
        log = os.path.join(aside, "LOG")
        with open(log, "wb") as file:
            file.write(b"2026/01/02-03:04:05.000000 1 RocksDB version: 9.8.4\\n")
            file.truncate(8 << 40)  # a hole: zeros without an end of line
        call = lambda: lsmkit.read_rocksdb_log(log, progress=begun)
        def sound():
            os.truncate(log, 52)
            assert lsmkit.read_rocksdb_log(log).releases == ("9.8.4",)
    """,
}


@pytest.fixture
def filled(path):
    """Some 30 MB in tables of which an open reads little; some keys are written over."""
    large = lsmkit.Options.small(
        memtable_bytes=2 << 20, table_bytes=128 << 10, base_bytes=8 << 20, compression="none"
    )
    with lsmkit.open(path, large) as db:
        for number in range(ENTRIES + ENTRIES // 4):
            db[b"key%06d" % (number * 7919 % ENTRIES)] = b"%08d" % number * 16
    return path


def interrupted(parts, path, aside):
    """Run a script, interrupt it when it says that it has begun, and give what it says then."""
    script = "".join(textwrap.dedent(part) for part in parts)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path), str(aside)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert first == "begun\n", (first, err)
    assert process.returncode == 0, err
    return out, err


@pytest.mark.parametrize("call", ON_DATABASE.values(), ids=ON_DATABASE.keys())
def test_a_call_on_a_database_ends_and_the_database_is_sound(call, filled, tmp_path):
    """What was there before and what came after the signal is there, and every byte is sound."""
    assert interrupted((HEAD, call, USABLE, TAIL), filled, tmp_path) == ("sound\n", "")
    with lsmkit.open(filled, create=False) as db:
        assert db[b"after"] == b"1"
        assert db.verify() >= ENTRIES
        assert db.count(b"key", b"kez") == ENTRIES
        db.compact_range()
        assert db[b"key000000"]


@pytest.mark.parametrize("call", WITHOUT.values(), ids=WITHOUT.keys())
def test_any_other_call_ends_and_what_it_made_stands_or_is_gone(call, tmp_path):
    if "parquet" in call:
        pytest.importorskip("pyarrow")
    aside = tmp_path / "aside"
    aside.mkdir()
    assert interrupted((HEAD, call, TAIL), tmp_path / "db", aside) == ("sound\n", "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_sweep_on_the_command_line_is_gone_on_with(jobs, tmp_path):
    """Exit code 130, no process is left over, and the row that was made stands in the file."""
    pytest.importorskip("pyarrow")
    (tmp_path / "short.workload").write_text(lsmkit.Workload.overwrites(keys=500).to_text())
    endless = lsmkit.Workload.overwrites(keys=1_000_000, times=1000)
    (tmp_path / "endless.workload").write_text(endless.to_text())
    script = f"""
        import contextlib, multiprocessing
        from lsmkit import cli, cli_sweep
        @contextlib.contextmanager
        def told(text):
            yield begun
        cli_sweep.progress = told
        os.chdir(aside)
        asked = ["sweep", "short.workload", "--preset", "small", "--out", "rows.parquet", "--json"]
        assert cli.main([*asked[:2], "endless.workload", *asked[2:], "--jobs", "{jobs}"]) == 130
        assert not multiprocessing.active_children()
        left = ["endless.workload", "rows.parquet", "short.workload"]
        assert sorted(os.listdir(".")) == left
        made = []
        cli_sweep.progress = lambda text: contextlib.nullcontext(lambda *at: made.append(at))
        assert cli.main(asked) == 0 and not made  # it stood in the file
    """
    out, err = interrupted((HEAD, script), tmp_path / "db", tmp_path)
    assert err == "lsmkit: interrupted; what was stored so far stands\n"
    assert len(json.loads(out)) == 1


def test_a_checkpoint_that_is_interrupted_leaves_nothing(tmp_path):
    """It copies the logs, which are large here; the database goes on."""
    path, copy = tmp_path / "db", tmp_path / "copy"
    script = """
        db = ThrottledDisk(lsmkit.Device(read_bytes_per_s=70e3)).open(
            path, memtable_bytes=64 << 20)
        for i in range(2500):
            db.put(b"key%08d" % i, os.urandom(1000))
        call = lambda: db.checkpoint(aside, progress=begun)
    """
    out = interrupted((HEAD, script, USABLE, TAIL), path, copy)
    assert out == ("sound\n", "")
    assert not Path(copy).exists()
    with lsmkit.open(path, create=False) as db:
        assert len(db) == 2501
