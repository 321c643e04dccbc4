"""What a run found: every sample, and rows of medians and ratios drawn from them."""

import statistics
from dataclasses import asdict, dataclass
from typing import Any

import lsmkit
from lsmkit.bench.settings import Settings

__all__ = ["Report", "Row", "Sample", "StoreFacts"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One workload of one store in one round.

    Attributes
    ----------
    round : int
        From 1.
    store, workload : str
        Their names.
    mode : str
        The sync mode.
    threads : int
        That shared the operations.
    busy : bool
        A Python thread that only spins ran beside.
    operations : int
        That were done and timed.
    seconds : float
        From the first start to the last end.
    found : int or None
        Keys found or rows read; None for writes.
    shape : dict or None
        lsmkit's tree, before reads and after writes: `runs` (sorted runs in tables),
        `memtable_fill` (share of its target weight), `idle` (nothing runs and nothing is due).
    figures : dict of str to float
        More that some workloads tell, named with their units.
    """

    round: int
    store: str
    workload: str
    mode: str
    threads: int
    busy: bool
    operations: int
    seconds: float
    found: int | None
    shape: dict[str, Any] | None
    figures: dict[str, float]

    @property
    def us_per_op(self) -> float:
        """Microseconds per operation, all threads together."""
        return self.seconds * 1e6 / self.operations


@dataclass(frozen=True, kw_only=True)
class StoreFacts:
    """What took part: version of the package and of the engine in it, options in force."""

    version: str
    engine: str
    options: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """The samples of all rounds that were done alike.

    Attributes
    ----------
    workload, mode, threads, busy
        As in `Sample`.
    operations : dict of str to int
        By store, the median.
    median_us, least_us, most_us : dict of str to float
        By store, microseconds per operation over the rounds.
    times_as_fast : dict of str to float
        By peer: its median / lsmkit's; above 1, lsmkit took less time.
    shape : dict or None
        lsmkit's tree in the last round.
    figures : dict of str to dict of str to float
        By store, medians.
    """

    workload: str
    mode: str
    threads: int
    busy: bool
    operations: dict[str, int]
    median_us: dict[str, float]
    least_us: dict[str, float]
    most_us: dict[str, float]
    times_as_fast: dict[str, float]
    shape: dict[str, Any] | None
    figures: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run. `left_out`: stores that did not take part, and why."""

    settings: Settings
    machine: dict[str, Any]
    stores: dict[str, StoreFacts]
    left_out: dict[str, str]
    samples: list[Sample]

    def rows(self) -> list[Row]:
        """Medians and ratios, in the order of the run."""
        alike: dict[tuple[str, str, int, bool], list[Sample]] = {}
        for sample in self.samples:
            key = (sample.workload, sample.mode, sample.threads, sample.busy)
            alike.setdefault(key, []).append(sample)
        order = self.settings.workloads
        return sorted(map(_row, alike.values()), key=lambda row: order.index(row.workload))

    def to_json(self) -> dict[str, Any]:
        """As values of JSON: settings, machine, versions, options, every sample, the rows."""
        return {
            "lsmkit": lsmkit.__version__,
            "settings": self.settings.to_json(),
            "machine": self.machine,
            "stores": {name: asdict(facts) for name, facts in self.stores.items()},
            "left_out": self.left_out,
            "samples": [{**asdict(s), "us_per_op": s.us_per_op} for s in self.samples],
            "rows": [asdict(row) for row in self.rows()],
        }


def _row(samples: list[Sample]) -> Row:
    by_store: dict[str, list[Sample]] = {}
    for sample in samples:
        by_store.setdefault(sample.store, []).append(sample)
    us = {name: [sample.us_per_op for sample in done] for name, done in by_store.items()}
    median_us = _each(us, statistics.median)
    ours = median_us.get("lsmkit")
    last = by_store["lsmkit"][-1] if "lsmkit" in by_store else None
    return Row(
        workload=samples[0].workload,
        mode=samples[0].mode,
        threads=samples[0].threads,
        busy=samples[0].busy,
        operations={
            name: round(statistics.median(sample.operations for sample in done))
            for name, done in by_store.items()
        },
        median_us=median_us,
        least_us=_each(us, min),
        most_us=_each(us, max),
        times_as_fast={
            name: value / ours for name, value in median_us.items() if ours and name != "lsmkit"
        },
        shape=last.shape if last else None,
        figures={
            name: {
                figure: statistics.median(sample.figures[figure] for sample in done)
                for figure in done[0].figures
            }
            for name, done in by_store.items()
        },
    )


def _each(values: dict[str, list[float]], reduce: Any) -> dict[str, float]:
    return {name: reduce(samples) for name, samples in values.items()}
