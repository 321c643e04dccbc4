"""`Scan`: a range as batches of arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.binary_array import BinaryArray
from lsmkit.buffers import Buffer, key_bytes
from lsmkit.optional import need

if TYPE_CHECKING:
    from lsmkit.snapshot import Snapshot

__all__ = ["Scan", "ScanBatch", "scan"]

_WITHOUT_LIMIT = 2**64 - 1


@dataclass(frozen=True, eq=False)
class ScanBatch:
    """Some rows of a scan.

    Attributes
    ----------
    keys, values : BinaryArray
        As many of each.
    """

    keys: BinaryArray
    values: BinaryArray

    def __len__(self) -> int:
        return len(self.keys)


class Scan:
    """A range of keys and values, to be read as arrays. Made by `DB.scan` and `Snapshot.scan`.

    It is a recipe, pinned to one moment: each iteration, and each Arrow stream made of it, starts
    anew and gives the same rows. It takes memory for one batch at a time. What it pins stays on
    disk until the scan is let go of.

    ``for batch in scan`` gives batches; `pyarrow.table(scan)`, `polars.DataFrame(scan)` and duckdb
    read it through Arrow's PyCapsule interface, columns ``key`` and ``value`` of large_binary.
    """

    def __init__(self, snapshot: "Snapshot", **request: Any) -> None:
        self._snapshot = snapshot
        self._request = request

    def _scanner(self) -> _core.Scanner:
        return _core.Scanner(self._snapshot.db, snapshot=self._snapshot.core, **self._request)

    def __iter__(self) -> Iterator[ScanBatch]:
        """Batches, from the first on."""
        scanner = self._scanner()
        while (buffers := scanner.next()) is not None:
            key_offsets, keys, value_offsets, values = buffers
            yield ScanBatch(_column(key_offsets, keys), _column(value_offsets, values))

    def read(self) -> ScanBatch:
        """All rows at once."""
        batches = list(self)
        return ScanBatch(
            BinaryArray.concatenate([batch.keys for batch in batches]),
            BinaryArray.concatenate([batch.values for batch in batches]),
        )

    def to_arrow(self) -> Any:
        """A `pyarrow.Table` of columns key and value. Needs pyarrow."""
        pyarrow = need("pyarrow")
        capsule = self.__arrow_c_stream__()
        return pyarrow.RecordBatchReader._import_from_c_capsule(capsule).read_all()

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` of bytes. Needs pandas."""
        rows = self.read()
        return need("pandas").DataFrame(
            {"key": rows.keys.to_numpy(), "value": rows.values.to_numpy()}
        )

    def to_polars(self) -> Any:
        """A `polars.DataFrame`. Needs polars."""
        return need("polars").DataFrame(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Arrow's capsule of a stream of struct<key: large_binary, value: large_binary>."""
        return _core.arrow_stream(self._scanner())

    def __repr__(self) -> str:
        asked = ", ".join(
            f"{name}={value!r}"
            for name, value in self._request.items()
            if name in ("start", "stop", "prefix", "reverse") and value
        )
        return f"<lsmkit.Scan({asked}) of {self._snapshot.db.path!r}>"


def _column(offsets: memoryview, data: memoryview) -> BinaryArray:
    return BinaryArray._made(np.frombuffer(offsets, np.int64), np.frombuffer(data, np.uint8))


def scan(
    snapshot: "Snapshot",
    key_prefix: bytes,
    start: Buffer | None,
    stop: Buffer | None,
    *,
    batch_rows: int,
    batch_bytes: int,
    limit: int | None,
    **bounds: Any,
) -> Scan:
    """Check what was asked for, of the keys behind `key_prefix`. Errors as `DB.scan` says."""
    for name, value in (("batch_rows", batch_rows), ("batch_bytes", batch_bytes)):
        if value < 1:
            raise InvalidArgument(f"{name}={value}: a batch holds at least one")
    if limit is not None and limit < 0:
        raise InvalidArgument(f"limit={limit}: as many rows can't be")
    prefix = bounds.pop("prefix", None)
    if key_prefix or prefix is not None:
        bounds["prefix"] = key_prefix + (b"" if prefix is None else key_bytes(prefix))
    return Scan(
        snapshot,
        start=None if start is None else key_prefix + key_bytes(start),
        stop=None if stop is None else key_prefix + key_bytes(stop),
        strip_bytes=len(key_prefix),
        limit=_WITHOUT_LIMIT if limit is None else limit,
        batch_rows=batch_rows,
        batch_bytes=batch_bytes,
        **bounds,
    )
