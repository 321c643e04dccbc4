"""What `keys()`, `values()` and `items()` of a sorted mapping give: views in order, both ways."""

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lsmkit.sorted_mapping import SortedMapping

__all__ = ["SortedItems", "SortedKeys", "SortedValues"]

K = TypeVar("K")
V = TypeVar("V")


class SortedKeys(KeysView[K]):
    """The keys, in order."""

    _mapping: "SortedMapping[K, Any]"

    def __iter__(self) -> Iterator[K]:
        return iter(self._mapping)

    def __reversed__(self) -> Iterator[K]:
        return reversed(self._mapping)


class SortedValues(ValuesView[V]):
    """The values, in the order of their keys."""

    _mapping: "SortedMapping[Any, V]"

    def __iter__(self) -> Iterator[V]:
        return self._mapping.iterator(include_key=False)

    def __reversed__(self) -> Iterator[V]:
        return self._mapping.iterator(include_key=False, reverse=True)


class SortedItems(ItemsView[K, V]):
    """The (key, value) pairs, in order."""

    _mapping: "SortedMapping[K, V]"

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping.iterator()

    def __reversed__(self) -> Iterator[tuple[K, V]]:
        return self._mapping.iterator(reverse=True)
