"""Runs by formula: what they tell, what they refuse, and that a sweep takes them."""

import math

import pytest

import lsmkit
from lsmkit import InvalidArgument, NotSupported, Options, Phase, Simulation, Workload, choices

OVERWRITES = Workload.overwrites(keys=40_000, times=5)


@pytest.mark.parametrize("layout", ["hybrid", "lazy_leveled", "tiered"])
@pytest.mark.parametrize("chosen", [choices.Uniform(), choices.Zipf(theta=0.6)], ids=str)
def test_v6_formulas_come_near_segments(layout, chosen):
    workload = Workload.overwrites(keys=60_000, times=5, chosen=chosen)
    options = Options.small(layout=layout)
    told = lsmkit.simulate(workload, options, fidelity="analytic")
    found = lsmkit.simulate(workload, options, fidelity="segment")
    assert told.window.write_amp_weight == pytest.approx(found.window.write_amp_weight, rel=0.05)
    assert told.window.mean_space_amp == pytest.approx(found.window.mean_space_amp, rel=0.05)
    assert told.window.mean_run_count == pytest.approx(found.window.mean_run_count, abs=0.5)


def test_it_has_levels_and_a_summary():
    run = lsmkit.simulate(OVERWRITES, Options.small(), fidelity="analytic")
    cost = lsmkit.expected_cost(Options.small(), keys=40_000)
    assert run.cost == cost
    row = run.summary()[0]
    assert row["settled_write_amp"] == cost.write_amp
    assert row["mean_space_amp"] == cost.space_amp
    assert row["live_weight"] == pytest.approx(40_000 * 124, rel=1e-6)
    assert row["puts"] == run.ops == 240_000
    assert row["user_bytes"] == 240_000 * 116
    assert row["compaction_count"] is None
    levels = run.levels()
    assert sum(levels["weight"]) == pytest.approx(sum(cost.level_weight), abs=4)
    assert levels.column("table_count").null_count == len(levels)
    assert math.isnan(run.window.peak_space_amp)
    assert "analytic" in repr(run)
    assert "L0" in run._repr_html_()


@pytest.mark.parametrize(
    "look",
    [
        lambda run: run.tables(),
        lambda run: run.events(),
        lambda run: run.series(),
        lambda run: run.timeline(),
        lambda run: run.version(),
        lambda run: run.levels(at=3),
        lambda run: run.counters,
        lambda run: run.ops_by_kind,
    ],
)
def test_of_all_else_it_says_which_fidelity_has_it(look):
    run = lsmkit.simulate(OVERWRITES, Options.small(), fidelity="analytic")
    with pytest.raises(NotSupported, match="fidelity='segment'"):
        look(run)
    with pytest.raises(AttributeError):
        run.colour


def test_keys_decide_and_reads_do_not():
    reads = Workload(Phase(mix={"put": 1, "get": 3}, ops=100_000), key_count=40_000)
    uniform = lsmkit.simulate(OVERWRITES, Options.small(), fidelity="analytic")
    mixed = lsmkit.simulate(reads, Options.small(), fidelity="analytic")
    assert mixed.cost == uniform.cost
    assert mixed.summary()["puts"][0] == 25_000
    skewed = Workload.overwrites(keys=40_000, chosen=choices.Zipf(theta=0.9))
    leveled = Options.small(layout="leveled")
    less = lsmkit.simulate(skewed, leveled, fidelity="analytic")
    more = lsmkit.simulate(OVERWRITES, leveled, fidelity="analytic")
    assert less.cost.write_amp < more.cost.write_amp


@pytest.mark.parametrize(
    ("phase", "options", "more", "told"),
    [
        (Phase(mix={"put": 1, "delete": 1}, ops=9), {}, {}, "deletes; use fidelity='segment'"),
        (Phase(mix="insert", ops=9), {}, {}, "inserts; use fidelity='segment'"),
        (Phase(ttl_s=5, ops=9), {}, {}, "expire; use fidelity='exact'"),
        (Phase(mix="get", ops=9), {}, {}, "writes nothing"),
        (Phase(rate=5, seconds=9), {}, {}, "fidelity='segment'"),
        (Phase(keys=choices.Sequential(), ops=9), {}, {}, "'segment' or 'exact'"),
        (Phase(keys=choices.Hotspot(), ops=9), {}, {}, "'segment' or 'exact'"),
        (Phase(keys=choices.Queue(), ops=9), {}, {}, "'segment' or 'exact'"),
        (Phase(ops=9), {"layout": "fifo"}, {}, "use fidelity='segment'"),
        (Phase(keys=choices.Zipf(theta=1.3), ops=9), {}, {}, "no formula"),
        (Phase(ops=9), {}, {"machine": "nvme"}, "with a machine use fidelity='exact'"),
        (Phase(ops=9), {}, {"filled": True}, "leave filled out"),
        (Phase(ops=9), {}, {"planner": lambda version, context: None}, "own planner"),
    ],
)
def test_what_there_is_no_formula_for_is_refused(phase, options, more, told):
    workload = Workload(phase, key_count=50_000)
    with pytest.raises(NotSupported, match=told):
        lsmkit.simulate(workload, Options.small(**options), fidelity="analytic", **more)


def test_there_is_nothing_to_step():
    with pytest.raises(NotSupported, match=r"simulate\(\)"):
        Simulation(OVERWRITES, fidelity="analytic")
    with pytest.raises(TypeError, match="Workload is due"):
        lsmkit.simulate("overwrites", fidelity="analytic")
    with pytest.raises(InvalidArgument, match="drawn"):
        Simulation(OVERWRITES, drawn=lsmkit.Drawn())


def test_a_sweep_takes_it():
    configs = {f"fanout {n}": Options.small(fanout=float(n)) for n in (4, 8)}
    frame = lsmkit.sweep(
        configs | {"fifo": Options.small(layout="fifo")}, OVERWRITES, fidelity="analytic"
    )
    assert frame["fidelity"].tolist() == ["analytic"] * 3
    for row, options in zip(frame[:2], configs.values(), strict=True):
        assert row["settled_write_amp"] == lsmkit.expected_cost(options, keys=40_000).write_amp
        assert row["peak_run_count"] is None
        assert row["error"] is None
    assert "fifo" in frame["error"][2]
