"""The stores that take part, each behind the same four calls.

All of them: no sync per write, no compression, 64 MiB memtables, 256 MiB of block cache, filters of
ten bits per key.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

MEMTABLE_BYTES = 64 << 20
CACHE_BYTES = 256 << 20


class Store(NamedTuple):
    put: Callable[[bytes, bytes], object]
    get: Callable[[bytes], bytes | None]
    rows: Callable[[], Iterable[Any]]
    settle: Callable[[], object]
    close: Callable[[], object]


def open_lsmkit(path: str) -> Store:
    import lsmkit

    options = lsmkit.Options(
        sync=lsmkit.Sync.none,
        compression="none",
        memtable_bytes=MEMTABLE_BYTES,
        cache_bytes=CACHE_BYTES,
    )
    db = lsmkit.open(path, options)

    def settle() -> None:
        db.flush()
        db.wait_idle()

    return Store(db.put, db.get, db.items, settle, db.close)


def open_rocksdict(path: str) -> Store:
    import rocksdict

    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(MEMTABLE_BYTES)
    options.set_compression_type(rocksdict.DBCompressionType.none())
    tables = rocksdict.BlockBasedOptions()
    tables.set_block_cache(rocksdict.Cache(CACHE_BYTES))
    tables.set_bloom_filter(10, False)
    options.set_block_based_table_factory(tables)
    db = rocksdict.Rdict(path, options)
    return Store(db.put, db.get, db.items, db.flush, db.close)


def open_plyvel(path: str) -> Store:
    import plyvel

    db = plyvel.DB(
        path,
        create_if_missing=True,
        compression=None,
        write_buffer_size=MEMTABLE_BYTES,
        lru_cache_size=CACHE_BYTES,
        bloom_filter_bits=10,
    )
    return Store(db.put, db.get, db.iterator, db.compact_range, db.close)


OPENERS: dict[str, Callable[[str], Store]] = {
    "lsmkit": open_lsmkit,
    "rocksdict": open_rocksdict,
    "plyvel": open_plyvel,
}


def installed() -> list[str]:
    """The stores that can take part here."""
    return [name for name in OPENERS if importlib.util.find_spec(name) is not None]
