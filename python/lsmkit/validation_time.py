"""Rung V4 of the validation ladder: a simulation in time beside the engine on a throttled device.

The engine runs with its background threads, in real time, on the system's files made as slow as a
device (`lsmkit.testing.ThrottledDisk`). The simulation is told that device, and of this machine
what `lsmkit.calibrate` measures. Both do the same operations to the end.

A stall share is the share of a run's time in which its writer waited for flow control.
"""

import dataclasses
import itertools
import tempfile
import time
from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from lsmkit.calibrate import calibrate
from lsmkit.choices import Binary, Uniform
from lsmkit.machine import Device, Machine
from lsmkit.options import Options, Sync
from lsmkit.run import Run
from lsmkit.simulate import simulate
from lsmkit.testing import ThrottledDisk
from lsmkit.twin import drive
from lsmkit.workload import Phase, Workload

__all__ = ["Timed", "timed_cases", "timed_pair"]

KEY_BYTES, VALUE_BYTES = 16, 400
# So slow that two cores are never the limit.
DEVICES = (
    Device(name="5 MB/s", transfer_bytes_per_s=5e6),
    Device(name="6 MB/s, 0.5 ms", transfer_bytes_per_s=6e6, latency_us=500),
    Device(name="6 in, 4 out", read_bytes_per_s=6e6, write_bytes_per_s=4e6, latency_us=200),
)
# In MB a second, for each device: without stalls, and into them.
RATES: dict[Literal["none", "zstd"], tuple[tuple[float, ...], ...]] = {
    "none": ((0.6, 0.8, 0.9), (0.65, 0.9, 1.0), (0.5, 0.95, 1.05)),
    "zstd": ((0.8, 1.2, 1.35), (0.8, 1.25, 1.4), (0.7, 1.4, 1.5)),
}


OPTIONS = Options.small(
    memtable_bytes=64 << 10,
    table_bytes=256 << 10,
    base_bytes=512 << 10,
    fanout=4.0,
    compression_levels=(1,),
    sync=Sync.none,
    memory_bytes=16 << 20,
    cache_bytes=1 << 20,
    stall_timeout_ms=600_000,
)


@dataclasses.dataclass(frozen=True)
class Timed:
    """One side of a case.

    Attributes
    ----------
    bytes_per_s : float
        Of keys and values put.
    stall_share : float
    l0_us, l0_runs : array
        How many runs L0 held from when on, since the beginning.
    end_us : float
    """

    bytes_per_s: float
    stall_share: float
    l0_us: npt.NDArray[np.float64]
    l0_runs: npt.NDArray[np.float64]
    end_us: float

    def l0_at(self, us: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Runs in L0 at these times."""
        before = np.searchsorted(self.l0_us, us, side="right")
        return np.concatenate(([0.0], self.l0_runs))[before]


def timed_cases(seconds: float) -> Iterator[tuple[str, Device, Workload, Options]]:
    """Device x compression x rate, each offered for so long."""
    for (number, device), (codec, rates) in itertools.product(enumerate(DEVICES), RATES.items()):
        for rate in rates[number]:
            phase = Phase(
                keys=Uniform(),
                value_bytes=VALUE_BYTES,
                rate=rate * 1e6,
                rate_in_bytes=True,
                bytes=rate * 1e6 * seconds,
            )
            workload = Workload(phase, key_count=10_000, encoding=Binary(KEY_BYTES))
            case = f"{device.name}, {codec}, {rate} MB/s"
            yield case, device, workload, OPTIONS.replace(compression=codec)


def calibrated(seconds: float) -> Machine:
    """This machine, for the records of all cases."""
    return calibrate(seconds=seconds, key_bytes=KEY_BYTES, value_bytes=VALUE_BYTES, options=OPTIONS)


def timed_pair(
    device: Device, workload: Workload, options: Options, machine: Machine
) -> tuple[Timed, Timed]:
    """Engine and simulation, each to the end of the workload."""
    run = simulate(workload, options, machine=dataclasses.replace(machine, device=device))
    return _driven(device, workload, options), _simulated(run)


def _driven(device: Device, workload: Workload, options: Options) -> Timed:
    with tempfile.TemporaryDirectory(prefix="lsmkit-v4-") as path:
        with ThrottledDisk(device).open(path, options) as db:
            wall_us, begin = time.time() * 1e6, time.perf_counter()
            drive(db, workload)
            end_us = (time.perf_counter() - begin) * 1e6
            stats, series = db.stats(), db.series()
        counted = stats.counters
        return Timed(
            (counted.user_key_bytes + counted.user_value_bytes) / end_us * 1e6,
            stats.stall_us / end_us,
            np.asarray(series["wall_us"], dtype=np.float64) - wall_us,
            np.asarray(series["l0_run_count"], dtype=np.float64),
            end_us,
        )


def _simulated(run: Run) -> Timed:
    timing, series = run.timing, run.series()
    assert timing is not None
    end_us = float(run.timeline()["time_us"][-1])
    return Timed(
        timing.accepted_bytes / end_us * 1e6,
        sum(timing.stall_s.values()) * 1e6 / end_us,
        np.asarray(series["time_us"], dtype=np.float64),
        np.asarray(series["l0_run_count"], dtype=np.float64),
        end_us,
    )


def l0_error(engine: Timed, simulated: Timed) -> tuple[float, float]:
    """Runs that L0 held on average in the engine, and how far the simulation was off on average."""
    times = np.linspace(0, min(engine.end_us, simulated.end_us), 1000)
    off = np.abs(engine.l0_at(times) - simulated.l0_at(times))
    return float(np.mean(engine.l0_at(times))), float(np.mean(off))
