"""Many keys in one call, as columns of Python's and NumPy's values: what typed views share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from lsmkit.binary_array import BinaryArray
from lsmkit.progress import Progress
from lsmkit.scan import Scan, ScanBatch

if TYPE_CHECKING:
    from lsmkit.db import DB
    from lsmkit.snapshot import Snapshot
    from lsmkit.typed import Coded

__all__ = ["ReadsTypedArrays", "TypedBatch", "TypedScan", "WritesTypedArrays"]

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class TypedBatch:
    """Some rows of a typed scan.

    Attributes
    ----------
    keys, values : ndarray, list or tuple of columns
        What `KeyCodec.decode_many` and `ValueCodec.decode_many` give.
    rows : int
        How many there are; `len(batch)`, too.
    """

    keys: Any
    values: Any
    rows: int

    def __len__(self) -> int:
        return self.rows


class TypedScan:
    """A range as columns of values. Made by `TypedDB.scan` and `TypedDB.snapshot().scan`.

    As `Scan`: a recipe, pinned to one moment, that takes memory for one batch at a time.
    """

    def __init__(self, scan: Scan, coded: "Coded[Any, Any]") -> None:
        self._scan = scan
        self._coded = coded

    @property
    def untranslated(self) -> Scan:
        """The scan of bytes behind it."""
        return self._scan

    def __iter__(self) -> Iterator[TypedBatch]:
        """Batches, from the first on. InvalidArgument where stored bytes are none of the codec."""
        return map(self._decode, self._scan)

    def read(self) -> TypedBatch:
        """All rows at once."""
        return self._decode(self._scan.read())

    def _decode(self, batch: ScanBatch) -> TypedBatch:
        keys = self._coded.key.decode_many(batch.keys)
        return TypedBatch(keys, self._coded.value.decode_many(batch.values), len(batch))

    def __repr__(self) -> str:
        return f"<lsmkit.TypedScan with {self._coded.name} of {self._scan!r}>"


class ReadsTypedArrays(Generic[K, V]):
    """Columns read through a key codec and a value codec."""

    __slots__ = ()
    _source: "DB | Snapshot"
    _translation: "Coded[K, V]"

    def get_many(self, keys: Any, *, progress: Progress = None) -> Any:
        """The values of many keys, as they are at one moment.

        Parameters
        ----------
        keys : array or sequence
            As the key codec's `encode_many` takes them, in any order: numbers and datetime64 as
            NumPy arrays, text as a list, tuples as a sequence of columns.
        progress : callable or True, optional
            Told (rows looked up, rows).

        Returns
        -------
        ndarray, list, BinaryArray or tuple
            What the value codec's `decode_many` gives, a row per key. Rows of absent keys are
            masked in arrays and None in lists.

        Raises
        ------
        TypeError, InvalidArgument
            As the codecs' `encode_many` and `decode_many`; the text names the row.
        """
        found = self._source.get_many(self._encoded(keys), progress=progress)
        return self._translation.value.decode_many(found)

    def contains_many(self, keys: Any, *, progress: Progress = None) -> npt.NDArray[np.bool_]:
        """Which of many keys are there: bool of shape (rows,). See `get_many`."""
        return self._source.contains_many(self._encoded(keys), progress=progress)

    def scan(
        self, start: K | None = None, stop: K | None = None, *, prefix: K | None = None, **how: Any
    ) -> TypedScan:
        """A range as columns, read batch by batch.

        Parameters
        ----------
        start, stop, prefix
            As for `iterator`.
        **how
            `include_start`, `include_stop`, `reverse`, `limit`, `batch_rows` and `batch_bytes`, as
            for `DB.scan`, with its errors.
        """
        coded = self._translation
        scan = self._source.scan(
            None if start is None else coded.encode_bound(start),
            None if stop is None else coded.encode_bound(stop),
            prefix=coded.encode_prefix(prefix),
            **how,
        )
        return TypedScan(scan, coded)

    def _encoded(self, keys: Any) -> BinaryArray | npt.NDArray[np.uint8]:
        return self._translation.key.encode_many(keys)


class WritesTypedArrays(ReadsTypedArrays[K, V]):
    """Columns written through a key codec and a value codec."""

    __slots__ = ()
    _source: "DB"

    def put_many(
        self,
        keys: Any,
        values: Any,
        *,
        sync: bool = False,
        atomic: bool = False,
        progress: Progress = None,
    ) -> int:
        """Put many rows, in order: of equal keys the last row's value stands.

        All are encoded first, so a row that cannot be raises before anything is written.

        Parameters
        ----------
        keys : array or sequence
            See `get_many`.
        values : array or sequence, as many rows
            As the value codec's `encode_many` takes them; what `get_many` gives is such a column,
            if no row of it is null.
        sync, atomic, progress
            As for `DB.put_many`, with its errors.

        Returns
        -------
        int
            Rows written.
        """
        encoded = self._translation.value.encode_many(values)
        return self._source.put_many(
            self._encoded(keys), encoded, sync=sync, atomic=atomic, progress=progress
        )

    def delete_many(
        self, keys: Any, *, sync: bool = False, atomic: bool = False, progress: Progress = None
    ) -> int:
        """Delete many keys; absent ones are fine. As `put_many` without values."""
        return self._source.delete_many(
            self._encoded(keys), sync=sync, atomic=atomic, progress=progress
        )
