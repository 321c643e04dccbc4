"""plyvel's keywords as lsmkit's options."""

import difflib
import operator
from typing import Any

from lsmkit.compat.plyvel_errors import NotSupported
from lsmkit.options import OptionsDict

__all__ = ["option_overrides"]

# plyvel's name: ours, and the limits within which LevelDB takes it.
SIZES = {
    "write_buffer_size": ("memtable_bytes", 64 << 10, 192 << 20),
    "max_file_size": ("table_bytes", 1 << 20, 1 << 30),
    "block_size": ("block_bytes", 1 << 10, 4 << 20),
    "block_restart_interval": ("restart_interval", 1, 1 << 10),
    "lru_cache_size": ("cache_bytes", 0, 1 << 40),
    "bloom_filter_bits": ("filter_bits_per_key", 1, 30),
}
OTHER_MEMORY_BYTES = 448 << 20  # memtables and buffers, as by default
IGNORED = ("paranoid_checks", "max_open_files")
OTHERS = ("compression", "comparator", "comparator_name")


def option_overrides(options: dict[str, Any]) -> OptionsDict:
    """What to give to `lsmkit.open` for the keywords of plyvel's `DB`."""
    known = (*SIZES, *IGNORED, *OTHERS)
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"DB() got an unexpected keyword argument {name!r}{hint}")
    _check_comparator(options.get("comparator"), options.get("comparator_name"))
    found: dict[str, Any] = {}
    for name, (ours, smallest, largest) in SIZES.items():
        value = options.get(name)
        if value is None or (name == "bloom_filter_bits" and value == 0):
            continue
        found[ours] = min(max(_size(name, value), smallest), largest)
    if "cache_bytes" in found:  # room for what is not the cache
        found["memory_bytes"] = found["cache_bytes"] + OTHER_MEMORY_BYTES
    if not _is_compressed(options.get("compression", "snappy")):
        found["compression"] = "none"
    return found  # type: ignore[return-value]


def _size(name: str, value: Any) -> int:
    try:
        size = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: int is due, not {type(value).__name__}") from None
    if size < 0 and name != "bloom_filter_bits":
        raise OverflowError(f"{name}={size}: 0 or more is due")
    return size


def _is_compressed(compression: Any) -> bool:
    if compression is None:
        return False
    if isinstance(compression, bytes):
        compression = compression.decode()
    if not isinstance(compression, str):
        raise TypeError("'compression' must be None or a string")
    if compression != "snappy":
        raise ValueError("'compression' must be None or 'snappy'")
    return True


def _check_comparator(comparator: Any, name: Any) -> None:
    if (comparator is None) != (name is None):
        raise ValueError("'comparator' and 'comparator_name' must be specified together")
    if comparator is not None:
        if not callable(comparator) or not isinstance(name, bytes):
            raise TypeError("'comparator' is a callable, and 'comparator_name' is bytes")
        raise NotSupported(
            "comparator: lsmkit orders keys by their bytes, so that a callback that fails cannot "
            "damage a database; encode keys in the order you need, see lsmkit.keys"
        )
