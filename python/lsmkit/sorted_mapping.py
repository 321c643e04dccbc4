"""What every view of a database can do because its keys are sorted, given one way to iterate."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Generic, Literal, Protocol, Self, TypedDict, TypeVar, Unpack, overload

from lsmkit.sorted_views import SortedItems, SortedKeys, SortedValues

__all__ = ["Batch", "Bounds", "SortedMapping", "SortedMutableMapping"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
K_in = TypeVar("K_in", contravariant=True)
V_in = TypeVar("V_in", contravariant=True)

_ABSENT: Any = object()

# What `update` and `clear` write at once.
CHUNK_BYTES = 8 << 20


class Bounds(TypedDict, Generic[K], total=False):
    """The range of an iterator."""

    start: K | None
    stop: K | None
    include_start: bool
    include_stop: bool
    prefix: K | None
    reverse: bool


class SortedMapping(Mapping[K, V]):
    """A mapping in the order of its keys. Two are equal only if they are the same object.

    Iterating sees the moment at which it began, whatever is written meanwhile.
    """

    __slots__ = ()

    @overload
    def iterator(
        self, *, include_value: Literal[True] = True, **bounds: Unpack[Bounds[K]]
    ) -> Iterator[tuple[K, V]]: ...
    @overload
    def iterator(
        self, *, include_value: Literal[False], **bounds: Unpack[Bounds[K]]
    ) -> Iterator[K]: ...
    @overload
    def iterator(
        self, *, include_key: Literal[False], **bounds: Unpack[Bounds[K]]
    ) -> Iterator[V]: ...
    def iterator(self, **bounds: Any) -> Iterator[Any]:
        """Iterate over a range, in the order of keys.

        Other Parameters
        ----------------
        start, stop : key, optional
            Bounds; none: from the first, to the last.
        include_start, include_stop : bool
            Whether the bounds belong to the range (yes, no).
        prefix : key, optional
            Only keys that begin with it.
        reverse : bool
            From the largest key down.
        include_key, include_value : bool
            Yield `(key, value)`, or only one of them.
        """
        return self._rows(**bounds)

    @abstractmethod
    def _rows(self, **bounds: Any) -> Iterator[Any]: ...

    @abstractmethod
    def count(
        self, start: K | None = None, stop: K | None = None, *, prefix: K | None = None
    ) -> int:
        """How many keys lie in [start, stop) and begin with `prefix`. Reads them."""

    def first(self) -> tuple[K, V] | None:
        """The item with the smallest key, or None."""
        return next(self.iterator(), None)

    def last(self) -> tuple[K, V] | None:
        """The item with the largest key, or None."""
        return next(self.iterator(reverse=True), None)

    def floor(self, key: K) -> tuple[K, V] | None:
        """The item with the largest key <= `key`, or None."""
        _expect_key(key, "floor")
        return next(self.iterator(stop=key, include_stop=True, reverse=True), None)

    def ceiling(self, key: K) -> tuple[K, V] | None:
        """The item with the smallest key >= `key`, or None."""
        _expect_key(key, "ceiling")
        return next(self.iterator(start=key), None)

    def keys(self) -> "SortedKeys[K]":
        """A view of the keys, in order."""
        return SortedKeys(self)

    def values(self) -> "SortedValues[V]":
        """A view of the values, in the order of their keys."""
        return SortedValues(self)

    def items(self) -> "SortedItems[K, V]":
        """A view of the (key, value) pairs, in order."""
        return SortedItems(self)

    def __iter__(self) -> Iterator[K]:
        return self.iterator(include_value=False)

    def __reversed__(self) -> Iterator[K]:
        return self.iterator(include_value=False, reverse=True)

    def __len__(self) -> int:
        """Counts the keys by reading them; `bool()` is cheap."""
        return self.count()

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    # A database is a thing with an identity, not a value.
    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


class Batch(Protocol[K_in, V_in]):
    """Writes that are collected, to become one commit."""

    def put(self, key: K_in, value: V_in, /) -> None: ...
    def delete(self, key: K_in, /) -> None: ...
    def write(self) -> None: ...
    def approximate_size(self) -> int: ...
    def __len__(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: Any) -> None: ...


class SortedMutableMapping(SortedMapping[K, V], MutableMapping[K, V]):
    """A sorted mapping that can be written."""

    __slots__ = ()

    @abstractmethod
    def put(self, key: K, value: V, /, *, sync: bool = False) -> None: ...
    @abstractmethod
    def delete(self, key: K, /, *, sync: bool = False) -> None: ...
    @abstractmethod
    def write_batch(self, *, sync: bool = False) -> Batch[K, V]: ...

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self.delete(key)

    @overload
    def pop(self, key: K, /) -> V: ...
    @overload
    def pop(self, key: K, /, default: V | T) -> V | T: ...
    def pop(self, key: K, /, default: Any = _ABSENT) -> Any:
        """Delete a key and give back its value; without one, `default`, else KeyError."""
        value = self.get(key, _ABSENT)
        if value is _ABSENT:
            if default is _ABSENT:
                raise KeyError(key)
            return default
        self.delete(key)
        return value

    def popitem(self, *, last: bool = True) -> tuple[K, V]:
        """Delete and give back the item with the largest (or smallest) key. KeyError if empty."""
        item = self.last() if last else self.first()
        if item is None:
            raise KeyError("popitem(): there is no item")
        self.delete(item[0])
        return item

    def update(self, other: Any = (), /, **named: V) -> None:
        """Put all items of a mapping, or of an iterable of pairs, in order.

        Written in atomic chunks of about 8 MiB. If one fails, those before it stand, and the
        error's attribute `rows_written` says how many rows they hold.
        """
        if hasattr(other, "keys"):
            other = other.items() if isinstance(other, Mapping) else _pairs_of(other)
        self._write_in_chunks(lambda batch, item: batch.put(*item), other)
        if named:
            self.update(named)

    def __ior__(self, other: Any) -> Self:
        """As `update`."""
        self.update(other)
        return self

    def clear(self) -> None:
        """Delete every key, in atomic chunks of about 8 MiB."""
        keys = self.iterator(include_value=False)
        self._write_in_chunks(lambda batch, key: batch.delete(key), keys)

    def _write_in_chunks(self, add: Callable[[Batch[K, V], T], None], rows: Iterable[T]) -> None:
        rows_written = 0
        batch = self.write_batch()
        try:
            for row in rows:
                add(batch, row)
                if batch.approximate_size() >= CHUNK_BYTES:
                    rows_in_batch = len(batch)
                    batch.write()
                    rows_written += rows_in_batch
            batch.write()
        except BaseException as error:  # Ctrl-C, too
            error.rows_written = rows_written  # type: ignore[attr-defined]
            raise


def _pairs_of(source: Any) -> Iterator[tuple[Any, Any]]:
    return ((key, source[key]) for key in source.keys())  # noqa: SIM118 (a mapping in name only)


def _expect_key(key: object, method: str) -> None:
    """Raises TypeError for None, which would be no bound at all."""
    if key is None:
        raise TypeError(f"{method}(None): a key is due, not None")
