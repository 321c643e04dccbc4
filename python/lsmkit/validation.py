"""The validation ladder: how far the simulator is from what it stands for, case by case.

Each rung yields `Check`s: a figure beside the one that is due, the error, and the bound that the
rung has. Nothing is fitted here, and no case is left out.
"""

import functools
import itertools
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsmkit import choices, validation_files, validation_peers, validation_segments
from lsmkit.cost import expected_cost
from lsmkit.options import Layout, Options, Picker
from lsmkit.run import Run
from lsmkit.simulate import simulate
from lsmkit.twin import twin
from lsmkit.validation_check import Check
from lsmkit.validation_reads import read_cases, read_figures
from lsmkit.validation_time import calibrated, l0_error, timed_cases, timed_pair
from lsmkit.workload import Phase, Workload
from lsmkit.workloads import mixgraph, queues, ycsb

__all__ = ["RUNGS", "Check", "Rung", "rungs"]


@dataclass(frozen=True)
class Rung:
    """A rung of the ladder.

    Attributes
    ----------
    name : str
    text : str
        What stands beside what.
    checks : callable
        Given whether to run it in full, yields its checks.
    case_count : callable
        Given the same, how many cases those are of, as far as that is known before.
    sizes : tuple of str
        How large its cases are, else and in full.
    is_long : bool
        It takes minutes, so it is run if it is asked for by name or all is run in full.
    """

    name: str
    text: str
    checks: Callable[[bool], Iterator[Check]]
    case_count: Callable[[bool], int]
    sizes: tuple[str, str]
    is_long: bool = False


def rungs(lockstep: str | None = None) -> tuple[Rung, ...]:
    """All of them, from the ground up; V2 with the path of its program (`validation_peers`)."""
    beside_peers = functools.partial(validation_peers.checks, lockstep)
    v2 = Rung(
        "V2",
        "our presets beside RocksDB and LevelDB",
        beside_peers,
        lambda full: 1,
        validation_peers.SIZES,
        is_long=True,
    )
    return *RUNGS[:2], v2, *RUNGS[2:]


# -- V0: the exact simulator beside the engine -----------------------------------------------------

LAYOUTS: tuple[Layout, ...] = ("hybrid", "leveled", "lazy_leveled", "tiered")


def _v0(full: bool) -> Iterator[Check]:
    """Same edits: what is counted is the first difference, 0 or 1."""
    for name, workload, options in _v0_cases(full):
        told = twin(workload, options)
        note = (
            f"{told.edits:,} edits, {told.compactions:,} compactions, "
            f"{len(told.levels)} level{'s' * (len(told.levels) != 1)}"
        )
        if told.difference:
            note = told.difference
        yield Check("V0", name, "differences", 0.0 if told.agree else 1.0, 0, 0, False, note)


def _v0_cases(full: bool) -> Iterator[tuple[str, Workload, Options]]:
    keys, ops = 10_000, 400_000 if full else 20_000
    over = functools.partial(Workload.overwrites, keys=keys, times=ops / keys)
    workloads = {
        "uniform": over(),
        "zipf": over(chosen=choices.Zipf()),
        "deletes": over(mix={"put": 0.8, "delete": 0.2}),
        "sequential": over(chosen=choices.Sequential()),
        "batches": _in_batches(keys, ops, batch_ops=20),
        "YCSB A": ycsb("a", keys=keys // 5, ops=ops // 5),
        "queues": queues(queue_count=4, backlog=keys // 4, ops=ops),
    }
    base = Options.small(
        memtable_bytes=16 << 10, table_bytes=16 << 10, base_bytes=32 << 10, fanout=3.0
    )
    for layout, (name, workload) in itertools.product(LAYOUTS, workloads.items()):
        yield f"{layout}, {name}", workload, base.replace(layout=layout)
    leveled = base.replace(layout="leveled")
    for picker in typing.get_args(Picker):
        yield f"leveled, {picker}", workloads["deletes"], leveled.replace(picker=picker)
    yield "leveled, static", workloads["uniform"], leveled.replace(level_sizing="static")
    yield "leveled, parts", workloads["uniform"], leveled.replace(max_parts=4)
    yield "hybrid, little space", workloads["deletes"], base.replace(max_space_amp=1.2)
    yield "fifo", workloads["uniform"], base.replace(layout="fifo", fifo_bytes=512 << 10)
    mixed = mixgraph("all_dist", keys=keys, ops=3 * ops)
    yield "hybrid, mixgraph", mixed, base


def _in_batches(keys: int, ops: int, batch_ops: int) -> Workload:
    load = Phase(name="load", keys=choices.Permuted(), ops=keys)
    over = Phase(keys=choices.Clustered(), batch_ops=batch_ops, ops=ops)
    return Workload(load, over, key_count=keys)


# -- V3: beside published figures ------------------------------------------------------------------

FAST16 = Options(
    layout="leveled",
    level_sizing="static",
    picker="compact_pointer",
    cut="grandparents",
    memtable_bytes=4 << 20,
    l0_trigger_runs=4,
    table_bytes=2 << 20,
    base_bytes=10 << 20,
    fanout=10,
    filter_bits_per_key=0,
    tombstone_gain=0,
    pass_through=False,
    multi_level=False,
)
"""LevelDB as Lim et al. set it (FAST 2016); records of 1000 bytes weight."""


def _v3(full: bool) -> Iterator[Check]:
    """Lim et al.: n keys in order, then 10 n puts; the log counts as 1."""
    del full  # their n is what makes the figures
    keys = 1_000_000
    published: tuple[tuple[str, choices.Keys, float], ...] = (
        ("uniform", choices.Uniform(), 13.07),
        ("zipf .99", choices.Zipf(0.99), 6.62),
    )
    for name, chosen, due in published:
        load = Phase(name="load", keys=choices.Sequential(), value_bytes=976, ops=keys)
        over = Phase(keys=chosen, value_bytes=976, ops=10 * keys)
        workload = Workload(load, over, key_count=keys, encoding=choices.Binary(16))
        run = simulate(workload, FAST16, keep_events=False)
        found = 1 + _write_amp_after(run, seqno=keys)
        yield Check("V3", f"FAST'16, {name}", "write amplification", found, due, 0.03)


def _write_amp_after(run: Run, seqno: int) -> float:
    """Of what was put after the first event beyond a commit."""
    series, counted = run.series(), run.counters
    first = int(np.searchsorted(series["last_seqno"], seqno))
    put_before = int(series["last_seqno"][first]) * counted.user_weight // counted.puts
    written_before = float(series["write_amp_weight"][first]) * put_before
    written = counted.flush_weight + counted.compaction_written_weight
    return (written - written_before) / (counted.user_weight - put_before)


# -- V4: in time, beside the engine on a throttled device ------------------------------------------


def _v4(full: bool) -> Iterator[Check]:
    """Throughput and stalls; in the note, how far apart L0 was."""
    machine = calibrated(seconds=5 if full else 3)
    for case, device, workload, options in timed_cases(20 if full else 10):
        engine, simulated = timed_pair(device, workload, options, machine)
        rates = (simulated.bytes_per_s / 1e6, engine.bytes_per_s / 1e6)
        yield Check("V4", case, "MB/s", *rates, 0.1)
        l0_runs, off = l0_error(engine, simulated)
        note = f"L0 held {l0_runs:.1f} runs, off by {off:.1f} on average"
        stalls = (simulated.stall_share, engine.stall_share)
        yield Check("V4", case, "stall share", *stalls, 0.03, False, note)


# -- V5: reads ------------------------------------------------------------------------------------


def _v5(full: bool) -> Iterator[Check]:
    """See `validation_reads`."""
    for figure in read_figures(full):
        yield Check("V5", *figure)


# -- V6: formulas beside simulations ---------------------------------------------------------------


def _v6(full: bool) -> Iterator[Check]:
    """`expected_cost` under uniform and skewed overwrites, and how well it ranks configurations."""
    keys, times = (1_000_000, 8) if full else (150_000, 5)
    told, found = [], []
    for case, options, chosen, more in _v6_cases(keys):
        workload = Workload.overwrites(
            keys=keys, times=more * times, chosen=chosen, encoding=choices.Binary(16)
        )
        cost = expected_cost(options, keys=keys, chosen=chosen)
        run = simulate(workload, options, fidelity="segment", keep_events=False)
        told.append(cost.write_amp)
        found.append(run.window.write_amp_weight)
        yield Check("V6", case, "write amplification", told[-1], found[-1], 0.05)
    agreement = rank_agreement(told, found)
    yield Check("V6", "all", "rank agreement", agreement, 1, 0.1, note="Kendall's tau")


def _v6_cases(keys: int) -> Iterator[tuple[str, Options, choices.Keys | None, int]]:
    """Each with how many times as long a run: tiered trees merge everything now and then only."""

    def options(layout: Layout, share: int, **shape: Any) -> Options:
        memtable = keys * 124 // share
        return Options(
            layout=layout,
            memtable_bytes=memtable,
            table_bytes=memtable // 4,
            base_bytes=4 * memtable,
            **shape,
        )

    some: tuple[Layout, ...] = ("hybrid", "leveled", "lazy_leveled")
    fanouts = (4, 6, 10, 15)
    for layout, share, fanout in itertools.product(some, (600, 250, 100), fanouts):
        case = f"{layout}, 1/{share} in memory, fanout {fanout}"
        yield case, options(layout, share, fanout=fanout), None, 1
    for layout, share, fanout in itertools.product(some[1:], (250, 100), fanouts):
        case = f"{layout}, zipf .9, 1/{share} in memory, fanout {fanout}"
        yield case, options(layout, share, fanout=fanout), choices.Zipf(theta=0.9), 1
    for share, runs in itertools.product((250, 100), (4, 8, 12)):
        case = f"tiered, 1/{share} in memory, {runs} runs"
        yield case, options("tiered", share, l0_trigger_runs=runs), None, 4


def rank_agreement(a: list[float], b: list[float]) -> float:
    """Kendall's tau-b: 1 if both put all in one order, -1 if in opposite ones."""
    left, right = np.asarray(a), np.asarray(b)
    upper = np.triu_indices(len(left), 1)
    left_signs = np.sign(np.subtract.outer(left, left))[upper]
    right_signs = np.sign(np.subtract.outer(right, right))[upper]
    norm = np.sqrt(np.count_nonzero(left_signs) * np.count_nonzero(right_signs))
    return float(np.sum(left_signs * right_signs) / norm)


def _count(cases: Iterable[object]) -> int:
    return sum(1 for _ in cases)


RUNGS = (
    Rung(
        "V0",
        "exact simulation beside the engine, edit by edit",
        _v0,
        lambda full: _count(_v0_cases(full)),
        ("10,000 keys, 20,000 operations", "10,000 keys, 400,000 operations"),
    ),
    Rung(
        "V1",
        "segments beside records, the exact simulation",
        validation_segments.checks,
        lambda full: _count(validation_segments.cases(200_000, 3, full)),
        validation_segments.SIZES,
    ),
    Rung(
        "V3",
        "exact simulation beside published figures",
        _v3,
        lambda full: 2,
        ("a million keys, ten million puts, as was published",) * 2,
    ),
    Rung(
        "FILES",
        "modelled files beside the engine's",
        validation_files.checks,
        lambda full: _count(validation_files.cases(1000)),
        ("20,000 keys", "100,000 keys"),
    ),
    Rung(
        "V4",
        "simulation in time beside the engine on a throttled device",
        _v4,
        lambda full: _count(timed_cases(1)),
        ("10 s of puts a case", "20 s of puts a case"),
        is_long=True,
    ),
    Rung(
        "V5",
        "reads in the exact simulation beside the engine's",
        _v5,
        lambda full: _count(read_cases(1000, 1000)),
        ("10,000 keys, 60,000 operations", "100,000 keys, a million operations"),
    ),
    Rung(
        "V6",
        "formulas beside segments",
        _v6,
        lambda full: _count(_v6_cases(1_000_000)),
        ("150,000 keys, overwritten five times", "a million keys, overwritten eight times"),
    ),
)
"""Those that need nothing but lsmkit, from the ground up."""
