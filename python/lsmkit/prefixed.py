"""`PrefixedDB`: the part of a database whose keys begin with a prefix, as a database of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsmkit import _core
from lsmkit.arrays import ReadsArrays, WritesArrays
from lsmkit.buffers import Buffer, key_bytes
from lsmkit.snapshot import Snapshot
from lsmkit.translated import TranslatedDB, TranslatedSnapshot

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["PrefixedDB", "PrefixedSnapshot"]


@dataclass(frozen=True, slots=True)
class _Prefixed:
    """Adds a prefix to keys and takes it off again; values stay as they are."""

    prefix: bytes

    def encode_key(self, key: Buffer) -> bytes:
        return self.prefix + key_bytes(key)

    def decode_key(self, data: bytes) -> bytes:
        return data[len(self.prefix) :]

    def encode_value(self, value: Buffer) -> Buffer:
        return value

    def decode_value(self, data: bytes) -> bytes:
        return data

    encode_bound = encode_key

    def encode_prefix(self, prefix: Buffer | None) -> bytes:
        return self.prefix if prefix is None else self.encode_key(prefix)


class PrefixedSnapshot(ReadsArrays, TranslatedSnapshot[bytes, bytes]):
    """What a prefixed database showed at one moment. Made by `PrefixedDB.snapshot()`."""

    __slots__ = ()
    _translation: _Prefixed

    @property
    def _key_prefix(self) -> bytes:
        return self._translation.prefix

    def _moment(self) -> Snapshot:
        return self._source


class PrefixedDB(WritesArrays, TranslatedDB[bytes, bytes]):
    """The keys of a database that begin with a prefix, without it. Made by `DB.prefixed_db()`."""

    __slots__ = ()
    _translation: _Prefixed

    def __init__(self, db: "DB", prefix: Buffer) -> None:
        super().__init__(db, _Prefixed(key_bytes(prefix)))

    @property
    def prefix(self) -> bytes:
        """What its keys begin with in the database."""
        return self._translation.prefix

    def prefixed_db(self, prefix: Buffer) -> "PrefixedDB":
        """The keys that begin with this one's prefix and then `prefix`."""
        return PrefixedDB(self.db, self.prefix + key_bytes(prefix))

    def snapshot(self) -> PrefixedSnapshot:
        """As `DB.snapshot`."""
        return PrefixedSnapshot(self.db.snapshot(), self._translation)

    @property
    def _key_prefix(self) -> bytes:
        return self.prefix

    def _moment(self) -> Snapshot:
        return self.db.snapshot()

    def _core_db(self) -> _core.DB:
        return self.db

    def __repr__(self) -> str:
        return f"<lsmkit.PrefixedDB {self.prefix!r} of {self.db.path!r}>"
