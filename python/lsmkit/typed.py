"""`TypedDB`: a database as a sorted mapping of Python values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.codecs import Struct, ValueCodec, value_codec
from lsmkit.keys import KeyCodec, Tuple, key_codec
from lsmkit.optional import need
from lsmkit.translated import TranslatedDB

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["KeyCodec", "TypedDB", "ValueCodec"]

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Coded(Generic[K, V]):
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


class TypedDB(TranslatedDB[K, V]):
    """A database as a sorted mapping of Python values. Made by `DB.typed()`.

    The order of keys is that of the values. For tuple keys, bounds and prefixes may be shorter
    tuples: ``readings.iterator(prefix=("kitchen",))``.
    """

    __slots__ = ("_coded", "_name")

    def __init__(
        self, db: "DB", key: type[K] | KeyCodec[K], value: type[V] | ValueCodec[V]
    ) -> None:
        self._coded = _Coded(key_codec(key), value_codec(value))
        self._name = self._coded.name
        _claim(db, self._name)
        super().__init__(db, self._coded)

    @property
    def name(self) -> str:
        """The names of both codecs, as they are stored in the database."""
        return self._name

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
            return _columns_of("key", rows, self._coded.key)
        if not bounds.get("include_key", True):
            return _columns_of("value", rows, self._coded.value)
        columns = _columns_of("key", [key for key, _ in rows], self._coded.key)
        return columns | _columns_of("value", [value for _, value in rows], self._coded.value)

    def __repr__(self) -> str:
        return f"<lsmkit.TypedDB of {self.db.path!r}, {self._name}>"


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
