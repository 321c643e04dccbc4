"""`TypedDB`: a database as a sorted mapping of Python values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.codecs import Struct, ValueCodec, value_codec
from lsmkit.keys import KeyCodec, Tuple, key_codec
from lsmkit.optional import need
from lsmkit.snapshot import Snapshot
from lsmkit.translated import TranslatedDB, TranslatedSnapshot
from lsmkit.typed_arrays import ReadsTypedArrays, WritesTypedArrays

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["Coded", "KeyCodec", "TypedDB", "TypedSnapshot", "ValueCodec"]

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Coded(Generic[K, V]):
    """A key codec and a value codec as one translation."""

    key: KeyCodec[K]
    value: ValueCodec[V]

    @property
    def name(self) -> str:
        return f"key={self.key.name} value={self.value.name}"

    def encode_key(self, key: K) -> bytes:
        return self.key.encode(key)

    def decode_key(self, data: bytes) -> K:
        return self.key.decode(data)

    def encode_value(self, value: V) -> bytes:
        return self.value.encode(value)

    def decode_value(self, data: bytes) -> V:
        return self.value.decode(data)

    def encode_bound(self, key: K) -> bytes:
        return self.key.encode_bound(key)

    def encode_prefix(self, prefix: K | None) -> bytes | None:
        return None if prefix is None else self.key.encode_prefix(prefix)


class TypedSnapshot(ReadsTypedArrays[K, V], TranslatedSnapshot[K, V]):
    """What a typed database showed at one moment. Made by `TypedDB.snapshot()`."""

    __slots__ = ()
    _source: Snapshot
    _translation: Coded[K, V]


class TypedDB(WritesTypedArrays[K, V], TranslatedDB[K, V]):
    """A database as a sorted mapping of Python values. Made by `DB.typed()`.

    The order of keys is that of the values. For tuple keys, bounds and prefixes may be shorter
    tuples: ``readings.iterator(prefix=("kitchen",))``. Whole columns of NumPy's numbers and of
    lists go in and out by `put_many`, `get_many` and `scan`.
    """

    __slots__ = ()
    _source: "DB"
    _translation: Coded[K, V]

    def __init__(
        self, db: "DB", key: type[K] | KeyCodec[K], value: type[V] | ValueCodec[V]
    ) -> None:
        coded = Coded(key_codec(key), value_codec(value))
        _claim(db, coded.name)
        super().__init__(db, coded)

    @property
    def name(self) -> str:
        """The names of both codecs, as they are stored in the database."""
        return self._translation.name

    def snapshot(self) -> TypedSnapshot[K, V]:
        """As `DB.snapshot`."""
        return TypedSnapshot(self._source.snapshot(), self._translation)

    def to_pandas(self, **bounds: Any) -> Any:
        """A range (as `iterator` takes it) as columns `key` and `value`. Needs pandas.

        Tuples become a column for each element: `key_0`, `key_1` ...
        """
        return need("pandas").DataFrame(self._columns(bounds))

    def to_polars(self, **bounds: Any) -> Any:
        """As `to_pandas`, for Polars; dicts become structs of all their fields. Needs Polars."""
        pl = need("polars")
        columns = self._columns(bounds)
        return pl.DataFrame([_polars_series(pl, name, items) for name, items in columns.items()])

    def _columns(self, bounds: dict[str, Any]) -> dict[str, list[Any]]:
        rows: list[Any] = list(self.iterator(**bounds))
        if not bounds.get("include_value", True):
            return _columns_of("key", rows, self._translation.key)
        if not bounds.get("include_key", True):
            return _columns_of("value", rows, self._translation.value)
        columns = _columns_of("key", [key for key, _ in rows], self._translation.key)
        return columns | _columns_of("value", [value for _, value in rows], self._translation.value)

    def __repr__(self) -> str:
        return f"<lsmkit.TypedDB of {self.db.path!r}, {self.name}>"


def _columns_of(
    name: str, items: list[Any], codec: KeyCodec[Any] | ValueCodec[Any]
) -> dict[str, list[Any]]:
    """A column, or one for each element of tuples, also where there is no row."""
    if isinstance(codec, Tuple | Struct):
        width = codec.width
    elif items and isinstance(items[0], tuple):
        width = len(items[0])
    else:
        return {name: items}
    return {f"{name}_{number}": [item[number] for item in items] for number in range(width)}


def _polars_series(pl: Any, name: str, items: list[Any]) -> Any:
    if any(isinstance(item, dict) and item for item in items):
        # All rows are looked at: a struct of the first row's fields would drop those of others.
        return pl.from_dicts(items, infer_schema_length=None).to_struct(name)
    return pl.Series(name, items)


def _claim(db: "DB", name: str) -> None:
    """Stores the codecs' names in the database, unless others stand there."""
    stored = _core.typed_codec(db)
    if stored is None and not db.read_only:
        _core.set_typed_codec(db, name)
    elif stored not in (None, name):
        raise InvalidArgument(f"{db.path} is used with {stored}; {name} would misread it")
