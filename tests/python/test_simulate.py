"""Simulations from Python: runs, their frames, steps, planners, and twins."""

import dataclasses
import math
import threading

import numpy as np
import pytest

import lsmkit
from lsmkit import InvalidArgument, NotSupported, Options, Phase, Simulation, Workload, workloads
from lsmkit.schema import SCHEMAS

SMALL = Options.small()
OVERWRITES = Workload.overwrites(keys=5_000, times=4)


@pytest.fixture(scope="module")
def run():
    return lsmkit.simulate(OVERWRITES, SMALL)


def test_w4_10_a_run_has_the_frames_of_a_database(run, path):
    with lsmkit.open(path, SMALL) as db:
        db[b"k"] = b"v"
        db.flush()
        for name in ("levels", "tables", "events", "series", "summary"):
            simulated, real = getattr(run, name)(), getattr(db, name)()
            assert simulated.columns == real.columns, name
            assert len(simulated)
            for column in simulated.columns:
                assert simulated.column(column).dtype == real.column(column).dtype
                spec = next(s for s in SCHEMAS[name] if s.name == column)
                if "run" not in spec.sources:
                    assert simulated.column(column).null_count == len(simulated), column
                elif not spec.nullable:
                    assert simulated.column(column).null_count == 0, column


def test_a_run_counts_what_its_workload_says(run):
    assert run.ops == 25_000
    assert run.ops_by_kind["put"] == run.counters.puts == 25_000
    summary = run.summary()[0]
    assert summary["last_seqno"] == 25_000
    record = 16 + 100 + 8
    assert summary["live_weight"] == 5_000 * record
    levels = run.levels()
    assert sum(levels["weight"][1:]) == summary["weight"] == run.version().weight
    assert run.counters.user_weight == 25_000 * record
    flushed = run.counters.flush_weight + levels["weight"][0]
    assert 0.95 < flushed / run.counters.user_weight <= 1  # what a memtable writes over goes


def test_the_window_is_what_the_series_says(run):
    """The means, from the frames."""
    window, series = run.window, run.series()
    assert window.overwritten
    record = 16 + 100 + 8
    put = series["last_seqno"].astype(float) * record
    inside = put >= 2 * series["live_weight"]
    first = int(np.argmax(inside))
    assert series["last_seqno"][first] == window.first_seqno
    ends = np.append(put[1:], run.counters.user_weight)
    share = (ends - put)[first:]
    assert window.mean_space_amp == pytest.approx(
        np.average(series["space_amp"][first:], weights=share)
    )
    assert window.mean_run_count == pytest.approx(
        np.average(series["run_count"][first:], weights=share)
    )
    assert window.peak_space_amp == series["space_amp"][first:].max()
    written = run.counters.flush_weight + run.counters.compaction_written_weight
    before = series["write_amp_weight"][first] * put[first]
    assert window.write_amp_weight == pytest.approx(
        (written - before) / (run.counters.user_weight - put[first])
    )


def test_a_moment_of_a_run_can_be_looked_at(run):
    events = run.events()
    at = int(events["number"][len(events) // 2])
    then = run.levels(at=at)
    row = run.series().filter(event=at)[0]
    assert sum(then["weight"]) == row["weight"]
    assert len(run.tables(at=at)) == row["table_count"]
    standing = run.tables(all=True)
    assert sum(died is None for died in standing.column("died").to_list()) == len(run.tables())
    with pytest.raises(InvalidArgument, match="no such event"):
        run.levels(at=10**9)


def test_without_events_the_series_stands():
    with_events = lsmkit.simulate(OVERWRITES, SMALL)
    without = lsmkit.simulate(OVERWRITES, SMALL, keep_events=False)
    assert len(without.events()) == 0
    assert without.series().to_numpy(fill=0).tolist() == (
        with_events.series().to_numpy(fill=0).tolist()
    )
    with pytest.raises(InvalidArgument, match="keep_events"):
        without.tables(all=True)


def test_w4_14_same_seed_same_run_however_it_is_cut_and_watched():
    whole = lsmkit.simulate(OVERWRITES, SMALL)
    simulation = Simulation(OVERWRITES, SMALL)
    steps = 0
    while simulation.step():
        steps += 1
        if steps % 20 == 0:
            simulation.result().tables()
            repr(simulation.result())
            simulation.check()
    again = simulation.run()
    assert steps > 40
    assert again.events()["line"].tolist() == whole.events()["line"].tolist()
    assert dataclasses.asdict(again.window) == dataclasses.asdict(whole.window)
    other = lsmkit.simulate(OVERWRITES, SMALL, seed=2)
    assert other.events()["line"].tolist() != whole.events()["line"].tolist()
    assert other.workload.seed == 2


def test_run_until_a_moment():
    workload = Workload(Phase(rate=1000, ops=5_000), key_count=1000)
    simulation = Simulation(workload, SMALL).run_until(2.5)
    assert simulation.seconds == pytest.approx(2.5, abs=0.001)
    assert not simulation.done
    assert "2,500 operations" in repr(simulation)
    run = simulation.run()
    assert simulation.done
    assert simulation.seconds == 5
    assert run.ops == 5_000


def test_what_stays_in_memory_is_flushed_on_demand():
    simulation = Simulation(Workload.overwrites(keys=10, times=0), SMALL)
    simulation.run()
    assert simulation.version().table_count == 0
    levels = simulation.result().levels()
    assert levels["entry_count"][0] == 10
    simulation.flush().check()
    assert simulation.version().table_count == 1


def test_a_run_without_writes_has_no_amplification():
    run = lsmkit.simulate(Workload(Phase(mix="get", ops=100), key_count=10), SMALL)
    assert math.isnan(run.window.write_amp_weight)
    assert run.ops_by_kind["get"] == 100
    assert len(run.series()) == 0
    assert "0 tables" in repr(run)


def test_a_planner_of_ones_own_decides():
    def merge_all(version, context):
        if version.run_count < 4:
            return None
        return lsmkit.Choice(version.tables()["number"], context.options.level_count - 1)

    run = lsmkit.simulate(OVERWRITES, SMALL, planner=merge_all)
    assert run.version().run_count <= 4
    assert set(run.events()["reason"]) == {"flush", "custom"}

    def broken(version, context):
        raise LookupError("no idea")

    with pytest.raises(LookupError, match="no idea"):
        lsmkit.simulate(OVERWRITES, SMALL, planner=broken)

    def restless(version, context):
        numbers = version.tables()["number"]
        return lsmkit.Choice(numbers, context.options.level_count - 1)

    with pytest.raises(InvalidArgument, match="in a row"):
        lsmkit.simulate(OVERWRITES, SMALL, planner=restless)


def test_plan_asks_a_planner_of_ones_own():
    version = lsmkit.Version.from_text(
        "L0 #9 a..z weight=250 seqnos=3..4\nL0 #8 a..z weight=250 seqnos=1..2"
    )

    def both(version, context):
        return lsmkit.Choice(version.tables()["number"], 3)

    explained = lsmkit.plan(version, SMALL, planner=both)
    assert explained.plan.output_level == 3
    assert explained.plan.table_count == 2
    assert explained.frame["chosen"].tolist()[0]
    assert "own planner" in str(explained)
    assert lsmkit.plan(version, SMALL, planner=lambda v, c: None).plan is None
    with pytest.raises(TypeError, match="Choice is due"):
        lsmkit.plan(version, SMALL, planner=lambda v, c: 5)


def test_progress_is_told_and_ends_a_run():
    told = []
    lsmkit.simulate(OVERWRITES, SMALL, progress=lambda done, total: told.append((done, total)))
    assert told
    assert all(total == 25_000 for _, total in told)

    def stop(done, total):
        raise KeyboardInterrupt

    simulation = Simulation(OVERWRITES, SMALL)
    with pytest.raises(KeyboardInterrupt):
        simulation.run(progress=stop)
    assert not simulation.done
    assert simulation.run().ops == 25_000  # it goes on


def test_a_simulation_belongs_to_one_thread_at_a_time():
    inside, leave = threading.Event(), threading.Event()

    def wait(done, total):
        inside.set()
        leave.wait(20)

    simulation = Simulation(OVERWRITES, SMALL)
    thread = threading.Thread(target=simulation.run, kwargs={"progress": wait})
    thread.start()
    assert inside.wait(20)
    with pytest.raises(lsmkit.Error, match="another thread"):
        simulation.step()
    leave.set()
    thread.join()
    assert simulation.done


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda: Simulation("overwrites"), TypeError, "a Workload is due"),
        (lambda: Simulation(OVERWRITES, fidelity="fast"), NotSupported, "fast"),
        (lambda: Simulation(OVERWRITES, filled=True), NotSupported, "filled"),
        (lambda: Simulation(OVERWRITES, machine="floppy"), InvalidArgument, "gp3, io2, nvme"),
        (lambda: Simulation(OVERWRITES, machine=5), TypeError, "a Machine, Device or name"),
        (
            lambda: Simulation(OVERWRITES, machine=lsmkit.Machine(cores=-1)),
            InvalidArgument,
            "cores",
        ),
        (
            lambda: Simulation(
                Workload(Phase(ops=9, keys=workloads.Trace((1, 2))), key_count=3),
                fidelity="segment",
            ),
            NotSupported,
            "exact",
        ),
        (lambda: Simulation(Workload.overwrites(keys=2**29)), InvalidArgument, "lower key_count"),
        (
            lambda: Simulation(Workload(Phase(ops=1, ttl_s=5))),
            NotSupported,
            "ttl_s",
        ),
        (lambda: lsmkit.twin("overwrites"), TypeError, "a Workload is due"),
    ],
)
def test_what_cannot_be_simulated_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()


# -- Segments, and time ----------------------------------------------------------------------------


def test_v1_segments_come_close_to_records():
    workload = Workload.overwrites(keys=40_000, times=5)
    options = Options.small(layout="leveled")
    exact = lsmkit.simulate(workload, options)
    segment = lsmkit.simulate(workload, options, fidelity="segment")
    assert segment.ops == exact.ops == 240_000
    assert segment.window.write_amp_weight == pytest.approx(exact.window.write_amp_weight, rel=0.05)
    assert segment.window.mean_space_amp == pytest.approx(exact.window.mean_space_amp, rel=0.02)
    assert segment.series().columns == exact.series().columns
    assert len(segment.tables()) == pytest.approx(len(exact.tables()), abs=4)
    again = lsmkit.simulate(workload, options, fidelity="segment")
    assert again.events()["line"].tolist() == segment.events()["line"].tolist()


def test_a_filled_tree_is_settled_from_the_start():
    workload = Workload(Phase(ops=100_000), key_count=100_000)
    simulation = Simulation(workload, SMALL, fidelity="segment", filled=True)
    assert simulation.version().weight > 100_000 * 124
    run = simulation.run()
    assert run.window.mean_space_amp > 1
    simulation.check()


def test_w4_5_time_is_simulated_with_waits_and_stalls():
    workload = Workload.overwrites(keys=20_000, times=4)
    options = SMALL.replace(layout="leveled")
    slow = lsmkit.Device(transfer_bytes_per_s=5e6, latency_us=100)
    fast = lsmkit.simulate(workload, options, machine=lsmkit.Machine(device="io2", cores=8))
    held = lsmkit.simulate(workload, options, machine=slow)
    for run in (fast, held):
        assert run.ops == run.counters.puts == 100_000
        assert run.timing.writes.count == pytest.approx(100_000, rel=1e-6)
        assert run.timing.writes.p50_us <= run.timing.writes.p99_us <= run.timing.writes.max_us
        assert 0 < run.timing.device_utilisation <= 1
        assert run.timing.why_ended == "the workload is done"
    assert sum(held.timing.stall_s.values()) > sum(fast.timing.stall_s.values())
    assert held.timing.device_utilisation > 0.9
    assert held.summary()["stall_us"][0] > 0
    line = held.timeline()
    assert line["accepted_ops"][-1] == 100_000
    assert (np.diff(line["time_us"].astype(np.int64)) > 0).all()
    moved = line["device_written_bytes"][-1] + line["device_read_bytes"][-1]
    assert moved <= 5e6 * line["time_us"][-1] / 1e6 * 1.001
    assert "seal" in set(held.events()["kind"])
    assert "p99" in repr(held)
    assert len(lsmkit.simulate(workload, options).timeline()) == 0


def test_offered_bytes_are_rate_times_time():
    workload = Workload(
        Phase(rate=2e6, rate_in_bytes=True, seconds=5, value_bytes=1000), key_count=5_000
    )
    run = lsmkit.simulate(workload, SMALL, machine="nvme")
    assert run.timing.offered_work == pytest.approx(10e6, rel=0.001)
    assert run.timing.accepted_bytes == pytest.approx(10e6, rel=0.001)


def test_an_overload_ends_with_its_reason_or_waits():
    workload = Workload(
        Phase(rate=20e6, rate_in_bytes=True, seconds=5, value_bytes=1000), key_count=5_000
    )
    slow = lsmkit.Device(transfer_bytes_per_s=5e6, latency_us=100)
    stop = lsmkit.Machine(device=slow, overload="stop", longest_wait_s=0.5)
    stopped = lsmkit.simulate(workload, SMALL, machine=stop)
    assert "waited" in stopped.timing.why_ended
    waited = lsmkit.simulate(workload, SMALL, machine=slow)
    assert waited.timing.why_ended == "the workload's time is over"
    timing = waited.timing
    assert timing.offered_work == pytest.approx(100e6, rel=0.001)
    assert timing.waiting_bytes > 50e6  # nothing is lost count of
    assert timing.accepted_bytes + timing.waiting_bytes == pytest.approx(100e6, rel=0.001)
    workload = Workload(Phase(rate=5_000, ops=20_000, value_bytes=1000), key_count=5_000)
    patient = lsmkit.simulate(workload, SMALL, machine=slow)
    assert patient.ops == 20_000  # all of them, however long it takes
    assert patient.timeline()["time_us"][-1] > 2 * 4e6


def test_the_rate_changes_during_a_run():
    workload = Workload(Phase(rate=1000, seconds=10), key_count=1000)
    simulation = Simulation(workload, SMALL, machine="nvme").run_until(2)
    assert simulation.seconds == 2
    assert simulation.result().ops == pytest.approx(2_000, abs=30)
    simulation.set_rate(5000)
    assert simulation.run().ops == pytest.approx(2_000 + 8 * 5_000, abs=30)
    with pytest.raises(InvalidArgument, match="no rate"):
        simulation.set_rate(0)
    with pytest.raises(NotSupported, match="lock-step"):
        Simulation(workload, SMALL).set_rate(5)


def test_a_device_can_be_set_while_it_runs():
    workload = Workload.overwrites(keys=20_000, times=3)
    slow = lsmkit.Device(transfer_bytes_per_s=1e6)
    took = {}
    for name in ("slow", "nvme"):
        simulation = Simulation(workload, SMALL, machine=slow).run_until(1)
        if name == "nvme":
            simulation.set_device("nvme")
        run = simulation.run()
        took[name] = simulation.seconds
    assert run.machine.device == "nvme"
    assert took["nvme"] < 0.5 * took["slow"]
    with pytest.raises(InvalidArgument, match="no profile"):
        simulation.set_device("floppy")
    with pytest.raises(NotSupported, match="name one"):
        Simulation(workload, SMALL).set_device("nvme")
    with pytest.raises(NotSupported, match="when their turn comes"):
        Simulation(workload, SMALL, machine="nvme").flush()


def test_w4_14_a_timed_run_is_the_same_however_it_is_watched():
    workload = Workload.overwrites(keys=5_000, times=3)
    whole = lsmkit.simulate(workload, SMALL, machine="gp3")
    simulation = Simulation(workload, SMALL, machine="gp3")
    while not simulation.done:
        simulation.run_until(simulation.seconds + 0.01)
        simulation.result().timeline()
    again = simulation.result()
    assert again.events()["line"].tolist() == whole.events()["line"].tolist()
    assert again.timing == whole.timing


def test_devices_have_names():
    device = lsmkit.Device.named("hdd")
    assert device.requests_per_s < 200
    assert lsmkit.Machine(device="hdd") == lsmkit.Machine(device="hdd")
    with pytest.raises(InvalidArgument, match="neither"):
        lsmkit.Machine(overload="drop")


# -- Twins -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["hybrid", "leveled", "tiered", "lazy_leveled"])
def test_w4_12_engine_and_simulation_make_the_same_edits(layout):
    twin = lsmkit.twin(workloads.ycsb("a", keys=1000, ops=5000), Options.small(layout=layout))
    assert twin.agree, twin.difference
    assert twin.edits > 20
    assert twin.edits == len(twin.events)
    assert sum(twin.edits_by_reason.values()) == twin.edits
    assert "made the same" in repr(twin)
    run = lsmkit.simulate(twin.workload, twin.options)
    assert run.events()["number"].tolist() == twin.events["number"].tolist()
    assert run.events()["added"].tolist() == twin.events["added"].tolist()


def test_a_twin_that_differs_says_so():
    values = lsmkit.twin(OVERWRITES, SMALL)
    differing = dataclasses.replace(values, difference="edit 3: reason flush, simulated L0 full")
    assert not differing.agree
    assert "they differ: edit 3" in repr(differing)
