"""Drawn simulations: no keys, conserved bytes, assumptions told, the planner's own decisions."""

import numpy as np
import pytest

import lsmkit
from lsmkit import (
    Device,
    Drawn,
    InvalidArgument,
    Machine,
    NotSupported,
    Options,
    Phase,
    Simulation,
    Workload,
    choices,
)

OVERWRITES = Workload.overwrites(keys=20_000, times=4)
LAYOUTS = ("hybrid", "leveled", "lazy_leveled", "tiered", "fifo")
DRAWS = (
    Drawn(),
    Drawn(overlap="uniform", most=8),
    Drawn(overlap="exponential", most=20),
    Drawn(overlap="fixed", share=0.1),
    Drawn(least=0, most=2),
    Drawn(kept_share=(0.9, 0.9, 0.99)),
    Drawn(kept_share=(0.1,)),
)


def drawn_run(options, drawn=None, workload=OVERWRITES, **more):
    return lsmkit.simulate(workload, options, fidelity="drawn", drawn=drawn, **more)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_runs_and_its_tree_holds_together(layout):
    simulation = Simulation(OVERWRITES, Options.small(layout=layout), fidelity="drawn")
    run = simulation.run()
    simulation.check()
    assert run.ops == run.counters.puts == 100_000
    assert run.counters.user_weight == 100_000 * 124
    assert run.summary()["flush_count"][0] > 100
    if layout != "fifo":
        assert run.counters.compaction_count > 10


@pytest.mark.parametrize("drawn", DRAWS, ids=str)
@pytest.mark.parametrize("layout", ["leveled", "tiered"])
def test_w4_12_bytes_are_conserved(layout, drawn):
    """What was flushed stands, or was dropped by a merge; never less than the different keys."""
    run = drawn_run(Options.small(layout=layout), drawn)
    series, events = run.series(), run.events()
    assert (series["weight"].astype(float) >= series["live_weight"] - 1.0).all()
    read, written = (
        events[name].astype(np.int64).sum() for name in ("read_weight", "written_weight")
    )
    flushed = run.counters.flush_weight
    assert flushed - (read - (written - flushed)) == run.version().weight
    merges = events[events["reason"] != "flush"]
    assert (merges["written_weight"] <= merges["read_weight"]).all()
    load = Workload(Phase(keys=choices.Permuted(), ops=20_000), key_count=20_000)
    kept = drawn_run(Options.small(layout=layout), drawn, load)
    np.testing.assert_allclose(kept.series()["space_amp"], 1, rtol=1e-3)


def test_w4_2_what_is_assumed_is_told_everywhere():
    run = drawn_run(Options.small())
    assert "no keys" in run.assumptions
    frames = (
        run.levels(), run.tables(), run.tables(all=True), run.events(), run.series(),
        run.summary(), run.timeline(), run.levels(at=5), run.tables(at=5),
    )  # fmt: skip
    for frame in frames:
        assert "assumption: no keys" in frame.name
    assert "assumption: no keys" in repr(run)
    for tables in (run.tables(), run.tables(all=True), run.tables(at=5)):
        for bound in ("smallest_key", "largest_key"):
            assert tables.column(bound).null_count == len(tables) > 0
    exact = lsmkit.simulate(OVERWRITES, Options.small())
    assert exact.assumptions == ()
    assert exact.summary().name == "summary"


def tables_met(run):
    """By a job of one table of a level: how many it took of the next."""
    events = run.events()
    full = events[(events["reason"] == "level full") & (events["input_level"] > 0)]
    return np.asarray([len(removed) for removed in full.column("removed").to_list()]) - 1


@pytest.mark.parametrize(
    ("drawn", "mean"),
    [
        (Drawn(p=0.5), 2.0),
        (Drawn(p=0.25), 4.0),
        (Drawn(overlap="uniform", least=2, most=8), 5.0),
        (Drawn(overlap="fixed", share=0.5, least=1, most=7), 4.0),
    ],
    ids=str,
)
def test_w4_1_overlap_is_as_it_was_asked_for(drawn, mean):
    options = Options.small(
        layout="leveled", picker="compact_pointer", memtable_bytes=16 << 10, table_bytes=16 << 10
    )
    met = tables_met(drawn_run(options, drawn, Workload.overwrites(keys=60_000, times=3)))
    assert len(met) > 300
    error = met.std() / np.sqrt(len(met))
    assert met.mean() == pytest.approx(mean, abs=max(4 * error, 0.05))


def test_same_seed_same_draws_however_it_is_cut_and_watched():
    whole = drawn_run(Options.small(layout="leveled"))
    simulation = Simulation(OVERWRITES, Options.small(layout="leveled"), fidelity="drawn")
    while simulation.step():
        simulation.result().tables()
    again = simulation.result()
    assert again.events()["line"].tolist() == whole.events()["line"].tolist()
    other = drawn_run(Options.small(layout="leveled"), seed=2)
    assert other.events()["line"].tolist() != whole.events()["line"].tolist()


def test_w4_5_time_is_simulated_with_rates_bursts_and_devices():
    bursts = choices.Bursts(on_per_s=4e6, off_per_s=0.2e6, on_mean_s=3, off_mean_s=3)
    phase = Phase(rate=bursts, rate_in_bytes=True, seconds=60, value_bytes=1000)
    workload = Workload(phase, key_count=20_000)
    options = Options.small(layout="leveled")
    slow, fast = (
        drawn_run(options, None, workload, machine=Machine(device=Device(transfer_bytes_per_s=b)))
        for b in (10e6, 200e6)
    )
    for run in (slow, fast):
        timing = run.timing
        counted = timing.accepted_bytes + timing.waiting_bytes + timing.dropped_work
        assert counted == pytest.approx(timing.offered_work, rel=0.001)
        assert timing.why_ended == "the workload's time is over"
        assert run.timeline()["time_us"][-1] == 60e6
    assert slow.timing.offered_work == pytest.approx(fast.timing.offered_work)
    assert slow.timing.accepted_bytes < fast.timing.accepted_bytes
    assert sum(slow.timing.stall_s.values()) > sum(fast.timing.stall_s.values())


def test_a_timed_run_is_the_same_however_it_is_cut():
    workload = Workload(Phase(rate=20_000, seconds=3), key_count=5_000)
    whole = drawn_run(Options.small(), None, workload, machine="gp3")
    simulation = Simulation(workload, Options.small(), fidelity="drawn", machine="gp3")
    while not simulation.done:
        simulation.run_until(simulation.seconds + 0.05)
        simulation.result().timeline()
        simulation.check()
    again = simulation.result()
    assert again.events()["line"].tolist() == whole.events()["line"].tolist()
    assert again.timing == whole.timing
    assert whole.ops == pytest.approx(60_000, abs=2)


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda: Drawn(overlap="zipf"), InvalidArgument, "'geometric', 'exponential'"),
        (lambda: Drawn(least=-1), InvalidArgument, "numbers of tables"),
        (lambda: drawn_run(Options(), Drawn(p=0)), InvalidArgument, "p must be above 0"),
        (
            lambda: drawn_run(Options(), Drawn(least=5, most=2)),
            InvalidArgument,
            "most must be 0",
        ),
        (lambda: drawn_run(Options(), Drawn(kept_share=(2,))), InvalidArgument, "kept_share"),
        (lambda: drawn_run(Options.rocksdb()), NotSupported, "choose round_robin"),
        (
            lambda: drawn_run(Options(), None, Workload(Phase(mix="delete", ops=5))),
            NotSupported,
            "deletes keys",
        ),
        (
            lambda: drawn_run(Options(), planner=lambda version, context: None),
            NotSupported,
            "one's own looks at keys",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, error, told):
    with pytest.raises(error, match=told):
        make()
