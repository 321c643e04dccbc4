"""Rung V1 of the validation ladder: segments beside records, the exact simulation.

Means over the settled window, and in full over seeds, of the same workload under the same options:
where few large compactions happen, one seed's exact run is further from the next one's than bounds
are wide, as the notes say. A workload that segments cannot tell they refuse; DESIGN's list says
which of them they may.
"""

import itertools
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lsmkit import choices
from lsmkit._errors import NotSupported
from lsmkit.options import Layout, Options, Picker
from lsmkit.run import Run
from lsmkit.simulate import simulate
from lsmkit.validation_check import Check
from lsmkit.workload import Workload
from lsmkit.workloads import mixgraph, queues

__all__ = ["SIZES", "cases", "checks"]

SIZES: tuple[str, str] = (
    "200,000 keys, overwritten three times, one seed",
    "a million keys, overwritten ten times, means over three seeds",
)

MAY_BE_REFUSED = ("latest", "hotspot", "shifting hotspot", "queues", "mixgraph")


def checks(full: bool) -> Iterator[Check]:
    """Every case with its figures, or that it is refused; at last the share of those."""
    keys, times, seeds = (1_000_000, 10, (1, 2, 3)) if full else (200_000, 3, (1,))
    refused = []
    for name, layout, workload, options in cases(keys, times, full):
        case = f"{layout}, {name}"
        seeded = [workload.with_seed(seed) for seed in seeds]
        try:
            segment = [
                simulate(one, options, fidelity="segment", keep_events=False) for one in seeded
            ]
        except NotSupported as error:
            refused.append(1)
            bound = 1 if name in MAY_BE_REFUSED else 0
            yield Check("V1", case, "refused", 1, 0, bound, False, str(error))
            continue
        refused.append(0)
        exact = [simulate(one, options, keep_events=False) for one in seeded]
        yield from _figures(case, segment, exact)
    yield Check("V1", "all", "share refused", sum(refused) / len(refused), 0, 0.1, False)


@dataclass(frozen=True)
class _Means:
    """Of runs that differ in their seed."""

    write_amp: float
    space_amp: float
    level_weight: tuple[float, ...]
    level_table_count: tuple[float, ...]

    @classmethod
    def of(cls, runs: list[Run]) -> "_Means":
        windows = [run.window for run in runs]
        return cls(
            _mean([window.write_amp_weight for window in windows]),
            _mean([window.mean_space_amp for window in windows]),
            _mean_by_level([window.mean_level_weight for window in windows]),
            _mean_by_level([window.mean_level_table_count for window in windows]),
        )


def _mean(figures: list[float]) -> float:
    return sum(figures) / len(figures)


def _mean_by_level(runs: list[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(_mean(list(levels)) for levels in itertools.zip_longest(*runs, fillvalue=0.0))


def _figures(case: str, segment: list[Run], exact: list[Run]) -> Iterator[Check]:
    found, due = _Means.of(segment), _Means.of(exact)
    spread = _spread([run.window.write_amp_weight for run in exact])
    for figure, told, held, bound in (
        ("write amplification", found.write_amp, due.write_amp, 0.02),
        ("space amplification", found.space_amp, due.space_amp, 0.01),
        *_worst_level("level weight", found.level_weight, due.level_weight, 0.03),
        *_worst_level("tables", found.level_table_count, due.level_table_count, 0.05),
    ):
        note = spread if figure == "write amplification" else ""
        yield Check("V1", case, figure, told, held, bound, note=note)


def _spread(exact: list[float]) -> str:
    """How far one seed's exact run is from the mean of them."""
    if len(exact) == 1:
        return ""
    mean = _mean(exact)
    furthest = max(abs(figure - mean) for figure in exact)
    return f"exact's own seeds: {furthest / mean:.1%}" if mean else ""


def _worst_level(
    figure: str, found: tuple[float, ...], due: tuple[float, ...], bound: float
) -> Iterator[tuple[str, float, float, float]]:
    """Of the level that is furthest off, among those that hold a hundredth of all."""
    pairs = itertools.zip_longest(found, due, fillvalue=0.0)
    held = [(a, b) for a, b in pairs if max(a, b) >= sum(due) / 100]
    if held:
        a, b = max(held, key=lambda pair: abs(pair[0] - pair[1]) / (pair[1] or 1))
        yield f"{figure}, worst level", a, b, bound


def cases(keys: int, times: int, full: bool) -> Iterator[tuple[str, str, Workload, Options]]:
    """Workload's name, layout's name, workload, options: all pairs, or some of each."""
    workloads, layouts = _workloads(keys, times), _layouts(keys * 124)
    for (layout, options), (name, workload) in itertools.product(
        layouts.items(), workloads.items()
    ):
        if full or _is_among_some(layout, name):
            yield name, layout, workload(), options


def _is_among_some(layout: str, name: str) -> bool:
    match layout:
        case "leveled":
            return True
        case "hybrid":
            return name not in ("shifting hotspot", "queues", "mixgraph")
        case "fifo":
            return name == "uniform"
        case _:
            return name in ("uniform", "zipf .99")


def _workloads(keys: int, times: int) -> dict[str, Callable[[], Workload]]:
    chosen: dict[str, choices.Keys] = {
        "uniform": choices.Uniform(),
        "zipf .6": choices.Zipf(0.6),
        "zipf .9": choices.Zipf(0.9),
        "zipf .99": choices.Zipf(0.99),
        "zipf 1.2": choices.Zipf(1.2),
        "YCSB's zipfian": choices.YcsbZipfian(),
        "latest": choices.Latest(),
        "hotspot": choices.Hotspot(),
        "shifting hotspot": choices.Hotspot(shift_every_draws=keys // 4),
        "sequential": choices.Sequential(),
        "clustered": choices.Clustered(),
    }

    def over(of: choices.Keys) -> Callable[[], Workload]:
        return lambda: Workload.overwrites(
            keys=keys, times=times, chosen=of, encoding=choices.Binary(16)
        )

    return {
        **{name: over(of) for name, of in chosen.items()},
        "deletes": lambda: Workload.overwrites(
            keys=keys, times=times, mix={"put": 0.8, "delete": 0.2}
        ),
        "queues": lambda: queues(queue_count=4, backlog=keys // 4, ops=keys * times),
        "mixgraph": lambda: mixgraph("all_dist", keys=keys, ops=keys * times),
    }


def _layouts(data: int) -> dict[str, Options]:
    # At a million keys: memtables of 4,096 records, tables of 512 KiB.
    base = Options(
        memtable_bytes=data // 244, table_bytes=data // 236, base_bytes=data // 59, fanout=10.0
    )
    leveled = base.replace(layout="leveled")
    others: tuple[Layout, ...] = ("hybrid", "lazy_leveled", "tiered")
    return {
        "leveled": leveled,
        **{
            f"leveled, {picker}": leveled.replace(picker=picker)
            for picker in typing.get_args(Picker)
            if picker != leveled.picker
        },
        **{layout: base.replace(layout=layout) for layout in others},
        "fifo": base.replace(layout="fifo", fifo_bytes=data // 8),
    }
