"""`WriteBatch` with plyvel's verbs."""

from types import TracebackType
from typing import Any, Self

import lsmkit
from lsmkit import _core
from lsmkit.compat.plyvel_errors import Error, closed_error, expect_bytes, translated, value_bytes

__all__ = ["WriteBatch"]

HEADER_BYTES = 12  # of a batch in LevelDB's log: a seqno and a count


class WriteBatch:
    """Writes that become one commit. Made by `DB.write_batch()`.

    As a context manager it is written at the end, also if the block raises, unless it was made
    with ``transaction=True``; then an exception drops it.
    """

    def __init__(self, db: lsmkit.DB, prefix: bytes, transaction: bool, sync: bool) -> None:
        self.prefix = prefix
        self._db = db
        self._transaction = transaction
        self._sync = sync
        self._writes: list[tuple[bytes, bytes | None]] = []  # None: a delete
        self._bytes = HEADER_BYTES

    def _check_open(self) -> None:
        if self._db.closed:
            raise closed_error("database")

    def _key(self, key: bytes) -> bytes:
        expect_bytes("key", key)
        self._check_open()
        key = self.prefix + key
        if len(key) > lsmkit.MAX_KEY_BYTES:
            raise Error(f"a key of {len(key):,} bytes; {lsmkit.MAX_KEY_BYTES:,} are possible")
        return key

    def put(self, key: bytes, value: Any) -> None:
        """Collect a put; the value is any C-contiguous buffer."""
        expect_bytes("key", key)
        if value is None:
            raise TypeError("argument 'value' must not be None")
        key, data = self._key(key), value_bytes(value)
        self._writes.append((key, data))
        self._bytes += 1 + _sized(key) + _sized(data)

    def delete(self, key: bytes) -> None:
        """Collect a delete; absent keys are fine."""
        key = self._key(key)
        self._writes.append((key, None))
        self._bytes += 1 + _sized(key)

    def clear(self) -> None:
        """Forget what was collected."""
        self._check_open()
        self._writes.clear()
        self._bytes = HEADER_BYTES

    def append(self, source: "WriteBatch") -> None:
        """Collect what another batch holds, too."""
        if not isinstance(source, WriteBatch):
            raise TypeError(f"argument 'source': WriteBatch is due, not {type(source).__name__}")
        self._check_open()
        self._writes.extend(list(source._writes))
        self._bytes += source._bytes - HEADER_BYTES

    def approximate_size(self) -> int:
        """Bytes that it would take in LevelDB's log."""
        self._check_open()
        return self._bytes

    def write(self) -> None:
        """Write what was collected, in one commit. It stays in the batch."""
        self._check_open()
        core = _core.WriteBatch()
        try:
            for key, value in self._writes:
                if value is None:
                    core.delete(key)
                else:
                    core.put(key, value)
            _core.DB.write(self._db, core, sync=self._sync)
        except lsmkit.Error as error:
            raise translated(error) from error

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._check_open()
        if kind is None or not self._transaction:
            self.write()
        self.clear()


def _sized(data: bytes) -> int:
    """Bytes of a string with its length before it, seven bits a byte."""
    return max(1, (len(data).bit_length() + 6) // 7) + len(data)
