"""What a configuration costs in the long run, by formula: `expected_cost`."""

import operator
from dataclasses import dataclass
from typing import SupportsIndex

from lsmkit import _core
from lsmkit.options import Options, option_texts

__all__ = ["ExpectedCost", "expected_cost"]


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
) -> ExpectedCost:
    """What a tree under uniform overwrites comes to, without making one.

    Formulas in the manner of Lim et al. (FAST 2016) for a picker that goes round, stated in
    `cpp/planner/closed_form.h`; the levels are those of the planner's own rules. Beside trees of
    the same planner, run in lock-step, they are a few hundredths off. They know nothing of skew,
    deletes, compression or a load.

    Parameters
    ----------
    options : Options, optional
        Of layout "hybrid", "leveled" or "lazy_leveled". Default: the defaults.
    keys : int
        Distinct keys that are written over and over, each as often as any other.
    key_bytes, value_bytes : int
        Of a record.

    Returns
    -------
    ExpectedCost

    Raises
    ------
    InvalidArgument
        Another layout, or numbers that make no tree of that shape.

    Examples
    --------
    >>> hybrid = expected_cost(keys=100_000_000)
    >>> leveled = expected_cost(Options.rocksdb(level_sizing="dynamic"), keys=100_000_000)
    >>> hybrid.write_amp < 0.75 * leveled.write_amp
    True
    """
    found = _core.expected_cost(
        option_texts(vars(options if options is not None else Options())),
        operator.index(keys),
        operator.index(key_bytes) + operator.index(value_bytes) + 8,
    )
    return ExpectedCost(
        found["write_amp"],
        found["space_amp"],
        found["runs"],
        tuple(found["level_write_amp"]),
        tuple(found["level_weight"]),
    )
