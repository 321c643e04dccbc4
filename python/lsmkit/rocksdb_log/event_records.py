"""From an EVENT_LOG_v1 line to a record: the names of old and new releases, and what may be."""

from collections.abc import Callable
from typing import Any

from lsmkit.rocksdb_log.entries import integer
from lsmkit.rocksdb_log.records import Record, Table

__all__ = ["MAX_LEVELS", "fill", "known_events"]

MAX_LEVELS = 64
_MAX_TABLES = 1 << 20  # that one line may name
# What RocksDB adds to a key in memory and in tables: seqno and kind. Ours weighs the same.
_KEY_OVERHEAD_BYTES = 8


def fill(record: Record, name: str, event: dict[str, Any]) -> str:
    """Put what an event tells into its record. What is wrong with it, or nothing.

    Parameters
    ----------
    record : Record
    name : str
        One of `known_events()`.
    event : dict
    """
    return _FILLERS[name](record, event)


def known_events() -> frozenset[str]:
    """The events that tell something of tables."""
    return frozenset(_FILLERS)


def _created(record: Record, event: dict[str, Any]) -> str:
    number, status = integer(event.get("file_number")), event.get("status")
    if isinstance(status, str) and not status.startswith("OK"):
        return ""  # it was not made
    if number is None:
        return "names no table"
    size = integer(event.get("file_size"))
    if size == 0:
        return ""  # as of a flush that had nothing to write
    record.kind = "created"
    told = event.get("table_properties", event)
    properties: dict[str, Any] = told if isinstance(told, dict) else {}
    record.table = _table(number, record, size, event, properties)
    return "" if size is not None and properties else "does not tell its size"


def _table(
    number: int,
    record: Record,
    size: int | None,
    event: dict[str, Any],
    properties: dict[str, Any],
) -> Table:
    entries = integer(properties.get("num_entries"))
    stored_key_bytes = integer(properties.get("raw_key_size"))
    value_bytes = integer(properties.get("raw_value_size"))
    key_bytes = weight = None
    if stored_key_bytes is not None and entries is not None:
        key_bytes = max(0, stored_key_bytes - _KEY_OVERHEAD_BYTES * entries)
    if stored_key_bytes is not None and value_bytes is not None:
        weight = stored_key_bytes + value_bytes
    tombstones = properties.get("num_deletions", properties.get("kDeletedKeys"))
    codec = properties.get("compression")
    return Table(
        number,
        record.job,
        size,
        weight,
        key_bytes,
        value_bytes,
        entries,
        integer(tombstones),
        integer(event.get("smallest_seqno")),
        integer(event.get("largest_seqno")),
        record.wall_us,
        codec.lower().replace("nocompression", "none")[:20] if isinstance(codec, str) else None,
    )


def _deleted(record: Record, event: dict[str, Any]) -> str:
    number = integer(event.get("file_number"))
    if number is None:
        return "names no table"
    record.kind, record.number = "deleted", number
    return ""


def _flush_started(record: Record, event: dict[str, Any]) -> str:
    record.kind = "flush started"
    record.reason = _word(event.get("flush_reason"))
    entries = event.get("num_entries", event.get("total_num_input_entries"))
    record.in_entries = integer(entries)
    record.tombstones = integer(event.get("num_deletes"))
    record.bytes = integer(event.get("total_data_size"))
    return ""


def _flush_finished(record: Record, event: dict[str, Any]) -> str:
    record.kind = "flushed"
    record.state = _state(event)
    return "" if record.state is not None else "does not count the tables of the levels"


def _compaction_started(record: Record, event: dict[str, Any]) -> str:
    record.kind = "compaction started"
    record.reason = _word(event.get("compaction_reason"))
    score = event.get("score")
    record.score = float(score) if isinstance(score, int | float) and abs(score) < 1e18 else None
    record.bytes = integer(event.get("input_data_size"))
    inputs, wrong = [], ""
    for name, value in event.items():
        if name.startswith("files_L"):
            level = integer(name[7:], MAX_LEVELS - 1)
            numbers = _numbers(value)
            if level is None or numbers is None:
                wrong = f"{name[:20]} are no tables"
            else:
                inputs.append((level, numbers))
    record.inputs = tuple(inputs)
    return wrong or ("" if inputs else "names no tables")


def _compaction_finished(record: Record, event: dict[str, Any]) -> str:
    level = integer(event.get("output_level"), MAX_LEVELS - 1)
    record.state = _state(event)
    record.bytes = integer(event.get("total_output_size"))
    record.in_entries = integer(event.get("num_input_records"))
    record.out_entries = integer(event.get("num_output_records"))
    record.duration_us = integer(event.get("compaction_time_micros"))
    record.output_count = integer(event.get("num_output_files"))
    if level is None:
        return "does not name the level of its outputs"
    record.kind, record.level = "compacted", level
    return ""


def _moved(record: Record, event: dict[str, Any]) -> str:
    level = integer(event.get("destination_level"), MAX_LEVELS - 1)
    if level is None:
        return "does not name the level"
    record.kind, record.level = "moved", level
    number = integer(event.get("file_number"))  # of releases 3; later ones name them in a text
    record.inputs = () if number is None else ((-1, (number,)),)
    record.sizes = (integer(event.get("file_size")) or 0,) if number is not None else ()
    record.output_count = integer(event.get("files"), _MAX_TABLES)
    return ""


def _ingested(record: Record, event: dict[str, Any]) -> str:
    record.kind = "state"
    record.state = _state(event)
    return ""


def _recovery(kind: str) -> Callable[[Record, dict[str, Any]], str]:
    def filler(record: Record, event: dict[str, Any]) -> str:
        record.kind = kind
        return ""

    return filler


def _state(event: dict[str, Any]) -> tuple[int, ...] | None:
    counts = event.get("lsm_state")
    if not isinstance(counts, list) or not 0 < len(counts) <= MAX_LEVELS:
        return None
    found = tuple(integer(count, 1 << 32) for count in counts)
    return None if None in found else found  # type: ignore[return-value]


def _numbers(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > _MAX_TABLES:
        return None
    found = tuple(integer(number) for number in value)
    return None if None in found else found  # type: ignore[return-value]


def _word(value: Any) -> str:
    return value[:80] if isinstance(value, str) else ""


_FILLERS: dict[str, Callable[[Record, dict[str, Any]], str]] = {
    "table_file_creation": _created,
    "table_file_deletion": _deleted,
    "flush_started": _flush_started,
    "flush_finished": _flush_finished,
    "compaction_started": _compaction_started,
    "compaction_finished": _compaction_finished,
    "trivial_move": _moved,
    "ingest_finished": _ingested,
    "recovery_started": _recovery("recovery started"),
    "recovery_finished": _recovery("recovered"),
}
