"""V5 of the validation ladder: what reads look into, in the simulation and in the engine."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from lsmkit import choices
from lsmkit.options import Layout, Options
from lsmkit.reads import Reads
from lsmkit.twin import twin
from lsmkit.workload import Phase, Workload

__all__ = ["Figure", "read_cases", "read_figures"]


class Figure(NamedTuple):
    """A figure of a case, found and due, and what the error may be."""

    case: str
    figure: str
    found: float
    due: float
    bound: float
    relative: bool
    note: str


def read_figures(full: bool) -> Iterator[Figure]:
    """Exact simulation beside the engine in inline mode, one reader."""
    keys, ops = (100_000, 1_000_000) if full else (10_000, 60_000)
    for case, workload, options in read_cases(keys, ops):
        told = twin(workload, options)
        found, due = told.simulated_reads, told.reads
        note = told.difference or _note(due)
        for figure, name, bound, relative in (
            ("tables probed", "tables_probed", 0.03, True),
            ("tables read", "tables_read", 0.03, True),
            ("false positives", "false_positives", 0.10, True),
            ("cache hit share", "cache_hit_ratio", 0.02, False),
        ):
            yield Figure(
                case, figure, getattr(found, name), getattr(due, name), bound, relative, note
            )


def _note(reads: Reads) -> str:
    return (
        f"{reads.gets:,} gets, {reads.read_amp:.2f} tables each, "
        f"{reads.false_positive_rate:.2%} false positives, {reads.scans:,} scans"
    )


def read_cases(keys: int, ops: int) -> Iterator[tuple[str, Workload, Options]]:
    """Of so many keys and operations."""
    base = Options.small(
        memtable_bytes=keys * 124 // 60,
        table_bytes=keys * 124 // 60,
        base_bytes=keys * 124 // 15,
        fanout=4.0,
        cache_bytes=keys * 124 * 2 // 5,
    )
    chosen: dict[str, choices.Keys] = {"uniform": choices.Uniform(), "zipf": choices.Zipf()}
    absent = {"hits": 0.0, "misses": 1.0, "mixed": 0.5}
    layouts: tuple[Layout, ...] = ("hybrid", "leveled", "tiered")
    for layout, (name, keys_chosen), (kind, share) in itertools.product(
        layouts, chosen.items(), absent.items()
    ):
        workload = _workload(keys, ops, keys_chosen, {"put": 0.2, "get": 0.8}, share)
        yield f"{layout}, {name}, {kind}", workload, base.replace(layout=layout)
    mixed = _workload(keys, ops, choices.Zipf(), {"put": 0.2, "get": 0.8}, 0.5)
    yield "small cache", mixed, base.replace(cache_bytes=keys * 124 // 5)
    yield "cache for all", mixed, base.replace(cache_bytes=keys * 124 * 4)
    yield "filters alike", mixed, base.replace(filter_allocation="uniform")
    yield "4 bits a key", mixed, base.replace(filter_bits_per_key=4)
    yield "no filters", mixed, base.replace(filter_bits_per_key=0)
    yield "large blocks", mixed, base.replace(block_bytes=16 << 10)
    every = {"put": 0.2, "delete": 0.1, "get": 0.5, "read_modify_write": 0.1, "scan": 0.1}
    scans = _workload(keys, ops, choices.Zipf(), every, 0.3)
    for layout in layouts:
        yield f"{layout}, scans and deletes", scans, base.replace(layout=layout)


def _workload(
    keys: int, ops: int, chosen: choices.Keys, mix: dict[str, float], absent: float
) -> Workload:
    load = Phase(name="load", keys=choices.Permuted(), ops=keys)
    both = Phase(keys=chosen, mix=mix, absent_share=absent, scan_entries=50, ops=ops)
    return Workload(load, both, key_count=keys, encoding=choices.Binary(16))
