"""`ColumnSpec`: a column's unit, type and meaning; and short ways to write those of one unit."""

from dataclasses import dataclass

__all__ = [
    "ColumnSpec",
    "byte_count",
    "count",
    "flag",
    "microseconds",
    "number",
    "ratio",
    "text",
    "weight",
]


@dataclass(frozen=True)
class ColumnSpec:
    """One column of a frame.

    Attributes
    ----------
    name : str
    dtype : str
        As in `lsmkit.column`.
    unit : str
        "bytes" (of files or memory), "weight" (key + value + 8 bytes per record), "us", "ratio",
        "count", or empty.
    meaning : str
    nullable : bool
    sources : tuple of str
        Who fills it: "db" (an open database), "run" (a simulation), "rocksdb" (a log of RocksDB).
        Others leave nulls.
    gaps : bool
        Only a log of RocksDB leaves nulls, where it does not tell.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    nullable: bool = False
    sources: tuple[str, ...] = ("db", "run", "rocksdb")
    gaps: bool = False


def count(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """How many."""
    return ColumnSpec(name, "u64", "count", meaning, nullable)


def byte_count(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """Bytes of files or memory."""
    return ColumnSpec(name, "u64", "bytes", meaning, nullable)


def weight(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """Key + value + 8 bytes per record."""
    return ColumnSpec(name, "u64", "weight", meaning, nullable)


def number(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """What tells one from another."""
    return ColumnSpec(name, "u64", "", meaning, nullable)


def microseconds(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """A moment or a duration."""
    return ColumnSpec(name, "u64", "us", meaning, nullable)


def ratio(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """Of two quantities."""
    return ColumnSpec(name, "f64", "ratio", meaning, nullable)


def text(name: str, meaning: str, nullable: bool = False) -> ColumnSpec:
    """Words."""
    return ColumnSpec(name, "str", "", meaning, nullable)


def flag(name: str, meaning: str) -> ColumnSpec:
    """Yes or no."""
    return ColumnSpec(name, "bool", "", meaning)
