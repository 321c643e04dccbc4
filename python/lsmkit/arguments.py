"""Numbers that callers give, checked."""

import operator
from typing import SupportsIndex

from lsmkit import _core
from lsmkit._errors import InvalidArgument

__all__ = ["LARGEST", "table_number", "within"]

LARGEST = (1 << 64) - 1


def table_number(name: str, table: SupportsIndex | str) -> int:
    """The number of a table given as a number or as text, "#7.0.1"; `name`: of the argument."""
    if isinstance(table, str):
        return _core.table_number(table)
    return within(name, table, LARGEST)


def within(name: str, value: SupportsIndex, largest: int) -> int:
    """The value as an int from 0 to `largest`; TypeError or InvalidArgument naming it."""
    try:
        number = operator.index(value)  # also NumPy's, as frames give them
    except TypeError:
        raise TypeError(f"{name}: int is due, not {type(value).__name__}") from None
    if not 0 <= number <= largest:
        raise InvalidArgument(f"{name}: {number} found, a number from 0 to {largest} is due")
    return number
