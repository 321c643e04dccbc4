"""The suite: workloads x layouts x devices in one table, with intervals over seeds."""

import csv
import io
import statistics

import pytest

import lsmkit
from lsmkit import Machine, Options, Workload
from lsmkit.choices import Zipf
from lsmkit.suites import FIGURES, default_configs, default_machines, default_workloads, to_text

SMALL = Options.small()
CONFIGS = {"hybrid": SMALL, "leveled": SMALL.replace(layout="leveled")}
WORKLOADS = {"zipf": Workload.overwrites(keys=6_000, times=4, chosen=Zipf(0.9))}
MACHINES = {"gp3": Machine(device="gp3")}


@pytest.fixture(scope="module")
def frame():
    return lsmkit.suite(CONFIGS, WORKLOADS, MACHINES, seeds=3)


def test_w4_14_means_and_intervals_are_those_of_the_seeds(frame):
    assert frame["config"].tolist() == ["hybrid", "leveled"]
    assert frame["seeds"].tolist() == [3, 3]
    rows = lsmkit.sweep({"leveled": CONFIGS["leveled"]}, WORKLOADS, machines=MACHINES, seeds=3)
    values = rows["settled_write_amp"].tolist()
    assert frame["settled_write_amp"][1] == pytest.approx(statistics.mean(values))
    half = 4.303 * statistics.stdev(values) / 3**0.5
    assert frame["settled_write_amp_ci"][1] == pytest.approx(half)
    assert half > 0
    for name in FIGURES:
        assert frame.column(name).null_count == 0


def test_one_seed_has_no_interval():
    frame = lsmkit.suite(CONFIGS, WORKLOADS, MACHINES, seeds=1)
    assert frame.column("put_p99_us_ci").null_count == 2


def test_what_cannot_be_simulated_is_told():
    expiring = {"expiring": Workload(lsmkit.Phase(ops=10, ttl_s=5))}
    frame = lsmkit.suite(CONFIGS, expiring, MACHINES, seeds=1)
    assert "ttl_s" in frame["error"][0]
    assert frame.column("put_p99_us").null_count == 2


def test_as_markdown_and_csv(frame):
    lines = to_text(frame, "markdown").splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| zipf | hybrid | gp3 | ")
    assert "±" in lines[2]
    rows = list(csv.DictReader(io.StringIO(to_text(frame, "csv"))))
    assert float(rows[1]["put_p99_us"]) == frame["put_p99_us"][1]


def test_w4_10_the_seeds_own_scenario_is_a_row():
    workload = default_workloads(20_000)["250 MB/s"]
    assert set(default_configs()) >= {"hybrid", "leveled", "tiered"}
    device = default_machines()["500 MB/s"]
    options = default_configs()["leveled"]
    run = lsmkit.simulate(workload, options, machine=device)
    assert run.timing.accepted_bytes == pytest.approx(200e6, rel=0.02)
    timeline = run.timeline()
    assert timeline["offered_per_s"][0] == 250e6
    assert timeline["time_us"][-1] >= 200e6 / 250e6 * 1e6 * 0.99
