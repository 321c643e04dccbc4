"""A database seen through a translation: what `prefixed_db` and `typed` share."""

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, overload

from lsmkit import _core
from lsmkit.batch import WriteBatch
from lsmkit.buffers import Buffer
from lsmkit.closing import ClosesItself
from lsmkit.snapshot import Snapshot
from lsmkit.sorted_mapping import SortedMapping, SortedMutableMapping

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["TranslatedBatch", "TranslatedDB", "TranslatedSnapshot", "Translation"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Translation(Protocol[K, V]):
    """Keys and values, to bytes and back. The order of keys is the order of their bytes."""

    def encode_key(self, key: K) -> bytes: ...
    def decode_key(self, data: bytes) -> K: ...
    def encode_value(self, value: V) -> Buffer: ...
    def decode_value(self, data: bytes) -> V: ...
    def encode_bound(self, key: K) -> bytes: ...  # the bound of a range; need not be a whole key
    def encode_prefix(self, prefix: K | None) -> bytes | None: ...  # None: every key


class _TranslatedMapping(SortedMapping[K, V]):
    """What can be read through a translation."""

    __slots__ = ("_source", "_translation")

    def __init__(self, source: "DB | Snapshot", translation: Translation[K, V]) -> None:
        self._source = source
        self._translation = translation

    @overload
    def get(self, key: K, /, default: None = None) -> V | None: ...
    @overload
    def get(self, key: K, /, default: V | T) -> V | T: ...
    def get(self, key: K, /, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        data = self._source.get(self._translation.encode_key(key))
        return default if data is None else self._translation.decode_value(data)

    def __getitem__(self, key: K) -> V:
        data = self._source.get(self._translation.encode_key(key))
        if data is None:
            raise KeyError(key)
        return self._translation.decode_value(data)

    def __contains__(self, key: object) -> bool:
        return self._translation.encode_key(key) in self._source  # type: ignore[arg-type]

    def _rows(self, **bounds: Any) -> Iterator[Any]:
        for name in ("start", "stop"):
            if bounds.get(name) is not None:
                bounds[name] = self._translation.encode_bound(bounds[name])
        bounds["prefix"] = self._translation.encode_prefix(bounds.get("prefix"))
        rows: Iterator[Any] = self._source.iterator(**bounds)
        decode_key, decode_value = self._translation.decode_key, self._translation.decode_value
        if not bounds.get("include_value", True):
            return map(decode_key, rows)
        if not bounds.get("include_key", True):
            return map(decode_value, rows)
        return ((decode_key(key), decode_value(value)) for key, value in rows)

    def count(
        self, start: K | None = None, stop: K | None = None, *, prefix: K | None = None
    ) -> int:
        encode = self._translation.encode_bound
        return self._source.count(
            None if start is None else encode(start),
            None if stop is None else encode(stop),
            prefix=self._translation.encode_prefix(prefix),
        )


class TranslatedSnapshot(ClosesItself, _TranslatedMapping[K, V]):
    """What a translated database showed at one moment. A context manager."""

    __slots__ = ()
    _source: Snapshot

    @property
    def untranslated(self) -> Snapshot:
        """The snapshot behind it."""
        return self._source

    @property
    def core(self) -> _core.Snapshot:
        """The compiled module's snapshot."""
        return self._source.core

    @property
    def seqno(self) -> int:
        """The newest commit that it shows."""
        return self._source.seqno

    @property
    def closed(self) -> bool:
        """Whether it, or its database, has been closed."""
        return self._source.closed

    def close(self) -> None:
        """Let go of what the snapshot keeps on disk. Idempotent."""
        self._source.close()

    def __repr__(self) -> str:
        return f"<translated {self._source!r}>"


class TranslatedBatch(Generic[K, V]):
    """As `WriteBatch`, with translated keys and values."""

    __slots__ = ("_batch", "_translation")

    def __init__(self, batch: WriteBatch, translation: Translation[K, V]) -> None:
        self._batch = batch
        self._translation = translation

    @property
    def untranslated(self) -> WriteBatch:
        """The batch behind it."""
        return self._batch

    def put(self, key: K, value: V, /) -> None:
        """Collect a put."""
        self._batch.put(self._translation.encode_key(key), self._translation.encode_value(value))

    def delete(self, key: K, /) -> None:
        """Collect a delete; absent keys are fine."""
        self._batch.delete(self._translation.encode_key(key))

    def clear(self) -> None:
        """Forget what was collected."""
        self._batch.clear()

    def write(self) -> None:
        """Write what was collected, in one commit, and go on with an empty batch."""
        self._batch.write()

    def approximate_size(self) -> int:
        """Bytes that the batch will take in the log."""
        return self._batch.approximate_size()

    def __len__(self) -> int:
        return len(self._batch)

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.delete(key)

    def __enter__(self) -> Self:
        self._batch.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._batch.__exit__(kind, error, traceback)


class TranslatedDB(_TranslatedMapping[K, V], SortedMutableMapping[K, V]):
    """A database seen through a translation."""

    __slots__ = ()
    _source: "DB"

    @property
    def db(self) -> "DB":
        """The database behind it."""
        return self._source

    def put(self, key: K, value: V, /, *, sync: bool = False) -> None:
        """As `DB.put`."""
        encoded = self._translation.encode_value(value)
        self._source.put(self._translation.encode_key(key), encoded, sync=sync)

    def delete(self, key: K, /, *, sync: bool = False) -> None:
        """As `DB.delete`."""
        self._source.delete(self._translation.encode_key(key), sync=sync)

    def write_batch(self, *, sync: bool = False) -> TranslatedBatch[K, V]:
        """As `DB.write_batch`."""
        return TranslatedBatch(self._source.write_batch(sync=sync), self._translation)

    def snapshot(self) -> TranslatedSnapshot[K, V]:
        """As `DB.snapshot`."""
        return TranslatedSnapshot(self._source.snapshot(), self._translation)
