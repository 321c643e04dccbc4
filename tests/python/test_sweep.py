"""Sweeps: the same rows on every executor, kept in a file, gone on with."""

import concurrent.futures
import dataclasses
import sys

import pytest

import lsmkit
from lsmkit import InvalidArgument, NotSupported, Options, Workload, sweep_file, workloads
from lsmkit.sweep import build_id, run_task

SMALL = Options.small()
CONFIGS = {"hybrid": SMALL, "leveled": SMALL.replace(layout="leveled")}
WORKLOADS = [
    Workload.overwrites(keys=1_500, times=3),
    workloads.ycsb("a", keys=300, ops=1_000),
]


def figures(frame):
    return [
        {name: value for name, value in row.items() if name not in ("wall_us", "worker")}
        for row in frame
    ]


def test_w4_11_rows_come_in_order_and_are_what_simulate_says():
    told = []
    frame = lsmkit.sweep(CONFIGS, WORKLOADS, seeds=2, progress=lambda *at: told.append(at))
    assert told == [(n, 8) for n in range(1, 9)]
    names = zip(*(frame[name].tolist() for name in ("config", "workload", "seed")), strict=True)
    assert list(names) == [
        (config, workload, seed)
        for config in ("hybrid", "leveled")
        for workload in ("overwrites", "ycsb_a")
        for seed in (1, 2)
    ]
    run = lsmkit.simulate(WORKLOADS[0], CONFIGS["leveled"], seed=2)
    row = frame.filter(config="leveled", workload="overwrites", seed=2)[0]
    assert row["settled_write_amp"] == run.window.write_amp_weight
    assert row["mean_space_amp"] == run.window.mean_space_amp
    assert row["puts"] == run.counters.puts
    assert row["error"] is None


def test_every_executor_gives_the_same_rows():
    here = lsmkit.sweep(CONFIGS, WORKLOADS)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        in_threads = lsmkit.sweep(CONFIGS, WORKLOADS, executor=threads)

        class Client:  # as Dask's
            def get_executor(self):
                return threads

        through_client = lsmkit.sweep(CONFIGS, WORKLOADS, executor=Client())
    with concurrent.futures.ProcessPoolExecutor(1) as processes:
        in_processes = lsmkit.sweep(CONFIGS, WORKLOADS, executor=processes)
    assert figures(here) == figures(in_threads) == figures(in_processes)
    assert figures(here) == figures(through_client)


def test_what_cannot_be_simulated_is_a_row_with_its_reason():
    endless = Workload(lsmkit.Phase(ops=10, ttl_s=5), name="expiring")
    frame = lsmkit.sweep(SMALL, [*WORKLOADS, endless])
    assert [error is None for error in frame["error"]] == [True, True, False]
    assert "ttl_s" in frame[2]["error"]
    assert frame[2]["settled_write_amp"] is None


def test_w4_11_machines_are_a_dimension_too():
    frame = lsmkit.sweep(
        SMALL,
        WORKLOADS[0],
        machines={"fast": "io2", "slow": lsmkit.Machine(device="gp3")},
    )
    assert frame["machine"].tolist() == ["fast", "slow"]
    run = lsmkit.simulate(WORKLOADS[0], SMALL, seed=1, machine="gp3")
    assert frame["put_p99_us"][1] == run.timing.writes.p99_us
    assert frame["device_utilisation"][1] == run.timing.device_utilisation
    assert frame["bytes_per_s"][0] > 0
    assert lsmkit.sweep(SMALL, WORKLOADS[0])["machine"].tolist() == [None]
    assert lsmkit.sweep(SMALL, WORKLOADS[0], machines=["gp3", "hdd"])["machine"][1] == "hdd"


def test_names_are_made_of_what_differs():
    frame = lsmkit.sweep([Options(), Options(fanout=4.0)], Workload.overwrites(keys=100))
    assert frame["config"].tolist() == ["default", "fanout 4.0"]


def test_a_file_is_gone_on_with(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    out = tmp_path / "rows.parquet"
    first = lsmkit.sweep({"hybrid": SMALL}, WORKLOADS, out=out)
    made = []
    module = sys.modules["lsmkit.sweep"]  # lsmkit.sweep is the function
    monkeypatch.setattr(module, "run_task", lambda task: made.append(task.config) or run_task(task))
    both = lsmkit.sweep(CONFIGS, WORKLOADS, out=out)
    assert made == ["leveled"] * 2
    assert figures(both.filter(config="hybrid")) == figures(first)
    renamed = lsmkit.sweep({"other name": SMALL}, WORKLOADS, out=out)
    assert made == ["leveled"] * 2
    assert renamed["config"].tolist() == ["other name"] * 2
    lsmkit.sweep({"hybrid": SMALL}, WORKLOADS, out=out, resume=False)
    assert made == ["leveled"] * 2 + ["hybrid"] * 2


def test_what_was_made_before_an_interrupt_stands(tmp_path):
    pytest.importorskip("pyarrow")
    out = tmp_path / "rows.parquet"

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lsmkit.sweep(CONFIGS, WORKLOADS, out=out, progress=stop)
    assert len(sweep_file.SweepFile(out).rows()) == 2
    assert len(lsmkit.sweep(CONFIGS, WORKLOADS, out=out)) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_file_that_is_no_sweep_is_left_alone(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    text = tmp_path / "notes.txt"
    text.write_text("not a table")
    with pytest.raises(InvalidArgument, match="no Parquet file"):
        lsmkit.sweep(SMALL, WORKLOADS, out=text)
    other = tmp_path / "other.parquet"
    parquet.write_table(pyarrow.table({"a": [1]}), other)
    with pytest.raises(InvalidArgument, match="holds no sweep"):
        lsmkit.sweep(SMALL, WORKLOADS, out=other)
    with pytest.raises(InvalidArgument, match="no directory"):
        lsmkit.sweep(SMALL, WORKLOADS, out=tmp_path / "none" / "rows.parquet")
    assert text.read_text() == "not a table"


def test_a_worker_of_another_build_is_refused_by_name():
    class Elsewhere(concurrent.futures.Executor):
        def submit(self, fn, task):
            future = concurrent.futures.Future()
            future.set_result({**fn(task), "build": "0.0.1+old", "worker": "far:7"})
            return future

    with pytest.raises(NotSupported, match=r"worker far:7 runs lsmkit 0\.0\.1\+old"):
        lsmkit.sweep(SMALL, WORKLOADS, executor=Elsewhere())
    assert build_id().startswith(lsmkit.__version__)


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (([], WORKLOADS), InvalidArgument, "configs: there is none"),
        ((SMALL, []), InvalidArgument, "workloads: there is none"),
        ((SMALL, WORKLOADS, 0), InvalidArgument, "seeds: there is none"),
        (([SMALL, SMALL], WORKLOADS), InvalidArgument, "two are called"),
        ((SMALL, [WORKLOADS[0], dataclasses.replace]), TypeError, "Workload is due"),
        (("small", WORKLOADS), TypeError, "Options is due"),
    ],
)
def test_nothing_to_do_is_refused(arguments, error, told):
    configs, some, *seeds = arguments
    with pytest.raises(error, match=told):
        lsmkit.sweep(configs, some, seeds=seeds[0] if seeds else 1)
