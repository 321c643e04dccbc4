"""`WriteBatch`: writes that become one commit, whole or not at all."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from lsmkit import _core
from lsmkit.buffers import Buffer

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["WriteBatch"]


class WriteBatch:
    """Writes that are collected and become one commit. Made by `DB.write_batch()`.

    As a context manager it is written on a clean exit and dropped whole on an exception. Within a
    batch the last word on a key wins. It belongs to one thread at a time.
    """

    __slots__ = ("_core", "_db", "_sync")

    def __init__(self, db: "DB", *, sync: bool = False) -> None:
        self._core = _core.WriteBatch()
        self._db = db
        self._sync = sync

    def put(self, key: Buffer, value: Buffer, /) -> None:
        """Collect a put. InvalidArgument if the key or the value is too large."""
        self._core.put(key, value)

    def delete(self, key: Buffer, /) -> None:
        """Collect a delete; absent keys are fine."""
        self._core.delete(key)

    def clear(self) -> None:
        """Forget what was collected."""
        self._core.clear()

    def write(self) -> None:
        """Write what was collected, in one commit, and go on with an empty batch.

        If it raises, the batch keeps what it holds.
        """
        if len(self._core):
            self._db.write(self._core, sync=self._sync)
            self._core.clear()

    def approximate_size(self) -> int:
        """Bytes that the batch will take in the log."""
        return self._core.approximate_size()

    def __len__(self) -> int:
        """Operations collected, in the order of the calls."""
        return len(self._core)

    def __setitem__(self, key: Buffer, value: Buffer) -> None:
        self._core.put(key, value)

    def __delitem__(self, key: Buffer) -> None:
        self._core.delete(key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.write()
        else:
            self.clear()

    def __repr__(self) -> str:
        return f"<lsmkit.WriteBatch of {len(self):,} operations, {self.approximate_size():,} bytes>"
