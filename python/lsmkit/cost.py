"""What a configuration costs in the long run, by formula: `expected_cost`."""

import operator
from dataclasses import dataclass
from typing import SupportsIndex, TypeAlias

from lsmkit import _core
from lsmkit.choices import Keys, Uniform
from lsmkit.options import Options, option_texts
from lsmkit.workload import Phase, Workload

__all__ = ["ExpectedCost", "cost_of_shares", "expected_cost"]

Shares: TypeAlias = list[tuple[float, float]]


@dataclass(frozen=True)
class ExpectedCost:
    """Means over time, once the tree is settled; weight is key + value + 8 bytes a record.

    Attributes
    ----------
    write_amp : float
        Weight that flushes and compactions write / weight put.
    space_amp : float
        Weight in the tree, memtables apart / weight of the newest record of each key.
    runs : float
        Sorted runs: what a scan merges, and a get asks at most.
    level_write_amp : tuple of float
        The part of `write_amp` that goes into each level, flushes into L0.
    level_weight : tuple of float
        Bytes of weight in each level.
    """

    write_amp: float
    space_amp: float
    runs: float
    level_write_amp: tuple[float, ...]
    level_weight: tuple[float, ...]


def expected_cost(
    options: Options | None = None,
    *,
    keys: SupportsIndex,
    key_bytes: SupportsIndex = 16,
    value_bytes: SupportsIndex = 100,
    chosen: Keys | None = None,
) -> ExpectedCost:
    """What a tree under overwrites comes to, without making one.

    Formulas in the manner of Lim et al. (FAST 2016) for a picker that goes round, and of Dayan and
    Idreos (2018) for tiers, stated in `cpp/planner/closed_form.h`; the levels are those of the
    planner's own rules. Beside trees of the same planner, run in lock-step, they are a few
    hundredths off (`lsmkit validate V6`). They know nothing of deletes, compression or a load.

    Parameters
    ----------
    options : Options, optional
        Of any layout but "fifo". Default: the defaults.
    keys : int
        Distinct keys that are written over and over.
    key_bytes, value_bytes : int
        Of a record.
    chosen : Keys, optional
        Which of them, by chance: uniform, or a skew that is scattered over the keys, such as
        `Zipf()`. Default: any.

    Returns
    -------
    ExpectedCost

    Raises
    ------
    InvalidArgument
        Layout "fifo", or numbers that make no tree of that shape.
    NotSupported
        Keys that come in turns, or popular ones that lie together.

    Examples
    --------
    >>> hybrid = expected_cost(keys=100_000_000)
    >>> leveled = expected_cost(Options.rocksdb(level_sizing="dynamic"), keys=100_000_000)
    >>> hybrid.write_amp < 0.75 * leveled.write_amp
    True
    """
    record_bytes = operator.index(key_bytes) + operator.index(value_bytes) + 8
    return cost_of_shares(options, _shares(operator.index(keys), chosen), record_bytes)


def _shares(keys: int, chosen: Keys | None) -> Shares:
    if chosen is None or isinstance(chosen, Uniform):
        return [(keys, 1 / max(keys, 1))]
    return _core.workload_key_shares(Workload(Phase(keys=chosen, ops=1), key_count=keys).to_text())


def cost_of_shares(options: Options | None, shares: Shares, record_weight: int) -> ExpectedCost:
    """The same, of classes of keys: how many are equally likely, and how likely each is."""
    texts = option_texts(vars(options if options is not None else Options()))
    found = _core.expected_cost(texts, shares, record_weight)
    return ExpectedCost(
        found["write_amp"],
        found["space_amp"],
        found["runs"],
        tuple(found["level_write_amp"]),
        tuple(found["level_weight"]),
    )
