"""`WriteBatch`: writes that become one commit, whole or not at all."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.buffers import Buffer

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["WriteBatch"]


class WriteBatch:
    """Writes that are collected and become one commit. Made by `DB.write_batch()`.

    As a context manager it is written on a clean exit and dropped whole on an exception. Within a
    batch the last word on a key wins. It belongs to one thread at a time. Its `with` block is its
    end: what came later would never be written, so it is refused.
    """

    __slots__ = ("_core", "_db", "_ended", "_entered", "_sync")

    def __init__(self, db: "DB", *, sync: bool = False) -> None:
        self._core = _core.WriteBatch()
        self._db = db
        self._sync = sync
        self._entered = False
        self._ended = False

    @property
    def core(self) -> _core.WriteBatch:
        """The compiled module's batch."""
        return self._core

    @property
    def sync(self) -> bool:
        """Whether writing it waits until it is durable."""
        return self._sync

    def put(self, key: Buffer, value: Buffer, /) -> None:
        """Collect a put. InvalidArgument if the key or the value is too large."""
        if self._ended:
            raise _ended()
        self._core.put(key, value)

    def delete(self, key: Buffer, /) -> None:
        """Collect a delete; absent keys are fine."""
        if self._ended:
            raise _ended()
        self._core.delete(key)

    def clear(self) -> None:
        """Forget what was collected."""
        self._core.clear()

    def write(self) -> None:
        """Write what was collected, in one commit, and go on with an empty batch.

        If it raises, the batch keeps what it holds.
        """
        if len(self._core):
            self._db.write(self)
            self._core.clear()

    def approximate_size(self) -> int:
        """Bytes that the batch will take in the log."""
        return self._core.approximate_size()

    def __len__(self) -> int:
        """Operations collected, in the order of the calls."""
        return len(self._core)

    def __setitem__(self, key: Buffer, value: Buffer) -> None:
        self.put(key, value)

    def __delitem__(self, key: Buffer) -> None:
        self.delete(key)

    def __enter__(self) -> Self:
        if self._entered:
            raise (
                _ended()
                if self._ended
                else InvalidArgument(
                    "this batch is in a with block already: the inner one would write half of it"
                )
            )
        self._entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        if kind is None:
            self.write()
        else:
            self.clear()

    def __repr__(self) -> str:
        return f"<lsmkit.WriteBatch of {len(self):,} operations, {self.approximate_size():,} bytes>"


def _ended() -> InvalidArgument:
    return InvalidArgument("the with block of this batch has ended: take a new db.write_batch()")
