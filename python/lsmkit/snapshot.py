"""`Snapshot`: what a database showed at one moment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from lsmkit import _core
from lsmkit.arrays import ReadsArrays
from lsmkit.buffers import Buffer
from lsmkit.closing import ClosesItself
from lsmkit.sorted_mapping import SortedMapping

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["Snapshot"]

T = TypeVar("T")


class Snapshot(ClosesItself, ReadsArrays, SortedMapping[bytes, bytes]):
    """What a database showed at one moment, whatever is written later. Made by `DB.snapshot()`.

    Keeps superseded records on disk until it is closed, so close it: it is a context manager.
    """

    __slots__ = ("_core", "_db")

    def __init__(self, db: "DB", core: _core.Snapshot) -> None:
        self._db = db
        self._core = core

    @property
    def db(self) -> "DB":
        """The database it was taken of."""
        return self._db

    @property
    def core(self) -> _core.Snapshot:
        """The compiled module's snapshot."""
        return self._core

    @property
    def seqno(self) -> int:
        """The newest commit that it shows."""
        return self._core.seqno

    @property
    def closed(self) -> bool:
        """Whether it, or its database, has been closed."""
        return self._core.closed or self._db.closed

    @overload
    def get(self, key: Buffer, /, default: None = None) -> bytes | None: ...
    @overload
    def get(self, key: Buffer, /, default: T) -> bytes | T: ...
    def get(self, key: Buffer, /, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        return self._core.get(key, default=default)

    def __getitem__(self, key: Buffer) -> bytes:
        return self._core[key]

    def __contains__(self, key: object) -> bool:
        return key in self._core  # type: ignore[operator]

    def _rows(self, **bounds: Any) -> Iterator[Any]:
        return self._core.iterator(**bounds)

    def cursor(self, **bounds: Any) -> _core.Cursor:
        """As `DB.cursor`, at the moment of the snapshot."""
        return self._core.cursor(**bounds)

    def count(
        self,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        *,
        prefix: Buffer | None = None,
    ) -> int:
        """How many keys lie in [start, stop) and begin with `prefix`. Reads them."""
        return _core.count(self._db, start=start, stop=stop, prefix=prefix, snapshot=self._core)

    def _moment(self) -> "Snapshot":
        return self

    def close(self) -> None:
        """Let go of what the snapshot keeps on disk. Idempotent."""
        self._core.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"seqno {self.seqno:,}"
        return f"<lsmkit.Snapshot of {self._db.path!r}, {state}>"
