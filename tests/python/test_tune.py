"""Tuning: the best of what was simulated, within limits, explained."""

import pytest

import lsmkit
from lsmkit import InvalidArgument, Options, Prices, Workload, workloads

SMALL = Options.small()
WORKLOAD = Workload.overwrites(keys=20_000, times=4)


@pytest.fixture(scope="module")
def tuning():
    return lsmkit.tune(WORKLOAD, base=SMALL, finalists=4)


def test_w4_11_the_best_is_what_was_simulated_best(tuning):
    frame = tuning.frame
    simulated = frame[frame["simulated"]]
    assert len(simulated) == 4
    assert len(frame) > 30
    assert simulated["write_amp"].tolist() == sorted(simulated["write_amp"])
    run = lsmkit.simulate(WORKLOAD, tuning.options, fidelity="segment")
    assert run.window.write_amp_weight == frame["write_amp"][0]
    default = lsmkit.simulate(WORKLOAD, SMALL, fidelity="segment").window
    assert frame["write_amp"][0] <= default.write_amp_weight


def test_the_choice_is_explained(tuning):
    assert str(tuning).startswith(tuning.frame["config"][0])
    assert "were reckoned" in str(tuning)
    assert "4 best were simulated" in str(tuning)
    assert "<pre>" in tuning._repr_html_()


def test_limits_are_kept_and_change_the_choice(tuning):
    most = tuning.frame["space_amp"][0] - 0.02
    held = lsmkit.tune(WORKLOAD, base=SMALL, limits={"space_amp": most}, finalists=4)
    assert held.frame["space_amp"][0] <= most
    assert held.frame["write_amp"][0] > tuning.frame["write_amp"][0]
    assert "space amplification at most" in str(held)
    with pytest.raises(InvalidArgument, match=r"none of \d+ configurations keeps within"):
        lsmkit.tune(WORKLOAD, base=SMALL, limits={"space_amp": 1.0001})


def test_money_is_a_figure_and_prices_are_inputs():
    cheap_disk = Prices(storage_gib=0.01, throughput_mib_s=1, user_mib_s=5)
    dear_disk = Prices(storage_gib=1e6, throughput_mib_s=1e-6, user_mib_s=5)
    by_throughput = lsmkit.tune(
        WORKLOAD, base=SMALL, minimize="cost_per_month", prices=cheap_disk, finalists=3
    )
    by_space = lsmkit.tune(
        WORKLOAD, base=SMALL, minimize="cost_per_month", prices=dear_disk, finalists=3
    )
    assert by_space.frame["space_amp"][0] < by_throughput.frame["space_amp"][0]
    assert by_space.frame["write_amp"][0] > by_throughput.frame["write_amp"][0]
    assert by_throughput.frame["cost_per_month"][0] == pytest.approx(
        cheap_disk.per_month(
            20_000 * 124, by_throughput.frame["space_amp"][0], by_throughput.frame["write_amp"][0]
        )
    )
    free = Prices(storage_gib=0, throughput_mib_s=1, user_mib_s=5, free_mib_s=1e9)
    assert free.per_month(1e9, 1.2, 10) == 0


def test_one_searches_what_one_likes():
    told = []
    tuning = lsmkit.tune(
        WORKLOAD,
        base=SMALL.replace(layout="leveled"),
        search={"fanout": (4.0, 8.0)},
        progress=lambda done, total: told.append((done, total)),
    )
    assert set(tuning.frame["config"]) == {"fanout 4.0", "fanout 8.0"}
    assert tuning.options.layout == "leveled"
    assert tuning.options.fanout in (4.0, 8.0)
    assert told[-1][0] == told[-1][1] == len(told)


def test_what_segments_cannot_hold_is_simulated_by_records():
    trace = Workload(
        lsmkit.Phase(name="load", keys=workloads.Permuted(), ops=5_000),
        lsmkit.Phase(keys=workloads.Trace(tuple(range(0, 5_000, 3))), ops=10_000),
        key_count=5_000,
    )
    tuning = lsmkit.tune(trace, base=SMALL, search={"fanout": (4.0,)}, finalists=1)
    run = lsmkit.simulate(trace, tuning.options)
    assert tuning.frame["write_amp"][0] == run.window.write_amp_weight


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"minimize": "speed"}, "'speed' is no figure"),
        ({"limits": {"latency": 5}}, "'latency' is no figure"),
        ({"minimize": "cost_per_month"}, "needs prices"),
        ({"finalists": 0}, "finalists"),
        ({"search": {"fan_out": (4,)}}, "fan_out"),
        ({"search": {"layout": ("fifo",)}}, "no combination makes a tree"),
        ({"search": {"layout": ()}}, "nothing was searched"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, told):
    with pytest.raises((InvalidArgument, TypeError), match=told):
        lsmkit.tune(WORKLOAD, base=SMALL, **arguments)
