"""Simulations in time by shares of keys: beside records, filled, beyond what is sustained."""

import numpy as np
import pytest

import lsmkit
from lsmkit import Device, Phase, Workload, choices, simulate

TREE = lsmkit.Options.small(
    memtable_bytes=128 << 10,
    table_bytes=128 << 10,
    base_bytes=512 << 10,
    fanout=4.0,
    compression="none",
)


def puts(rate, seconds, keys=20_000, value_bytes=400):
    phase = Phase(value_bytes=value_bytes, rate=rate, rate_in_bytes=True, seconds=seconds)
    return Workload(phase, key_count=keys, encoding=choices.Binary(16))


def told_in_time(options, device, fidelity, seeds=8, seconds=60):
    """Means over the seeds, which fall into cycles of their own: bytes taken, stall share, use."""
    timings = [
        simulate(
            puts(2e6, seconds).with_seed(seed), options, machine=device, fidelity=fidelity
        ).timing
        for seed in range(1, seeds + 1)
    ]
    return np.mean(
        [
            (t.accepted_bytes, sum(t.stall_s.values()) / seconds, t.device_utilisation)
            for t in timings
        ],
        axis=0,
    )


@pytest.mark.parametrize("layout", ["hybrid", "leveled"])
def test_they_tell_what_records_tell(layout):
    options, device = TREE.replace(layout=layout), Device(transfer_bytes_per_s=15e6, latency_us=100)
    exact = told_in_time(options, device, "exact")
    segment = told_in_time(options, device, "segment")
    assert exact[1] > 0.5
    assert segment[0] == pytest.approx(exact[0], rel=0.02)
    assert segment[1] == pytest.approx(exact[1], abs=0.03)
    assert segment[2] == pytest.approx(exact[2], abs=0.02)


def test_every_view_is_there():
    run = simulate(
        puts(2e6, 5), TREE, machine=Device(transfer_bytes_per_s=15e6), fidelity="segment"
    )
    assert run.timing.accepted_bytes == pytest.approx(10e6, rel=1e-3)
    assert {"seal", "flush", "compaction"} <= set(run.events()["kind"])
    assert run.timeline()["time_us"][-1] == 5_000_000
    assert "writes took" in repr(run)
    assert run.counters.flush_count > 30
    assert all(row["duration_us"] > 0 for row in run.events() if row["kind"] == "flush")


@pytest.mark.timeout(600)  # twenty seconds of a processor, which a busy machine makes minutes of
def test_a_day_over_100_gb_accepts_what_is_sustainable_and_no_more():
    """What is offered beyond the sustainable waits."""
    keys = int(100e9 / 1024)
    device = Device(transfer_bytes_per_s=500e6, latency_us=100)
    accepted = {}
    closed = Workload(
        Phase(value_bytes=1000, seconds=86_400), key_count=keys, encoding=choices.Binary(16)
    )
    for name, workload in (
        ("sustainable", closed),
        ("20 MB/s", puts(20e6, 86_400, keys, 1000)),
        ("twice", puts(48e6, 86_400, keys, 1000)),
    ):
        run = simulate(
            workload,
            lsmkit.Options(compression="none"),
            machine=device,
            fidelity="segment",
            filled=True,
            keep_events=False,
        )
        accepted[name] = run.timing.accepted_bytes
    assert accepted["20 MB/s"] == pytest.approx(20e6 * 86_400, rel=1e-3)
    assert accepted["sustainable"] < 24e6 * 86_400
    assert accepted["twice"] == pytest.approx(accepted["sustainable"], rel=0.01)
