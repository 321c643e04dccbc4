"""The stores that take part, each behind the same few calls, with options as equal as they get.

All of them: 64 MiB memtables, 256 MiB of block cache, filters of ten bits per key, no compression
unless asked for. LMDB has none of these: it maps its file and gets a transaction per call.
"""

import importlib.util
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lsmkit

__all__ = [
    "LMDB_MAX_KEY_BYTES",
    "OPENERS",
    "Arrays",
    "Ask",
    "Shape",
    "Store",
    "installed",
    "lsmkit_store",
    "package_version",
]

MEMTABLE_BYTES = 64 << 20
CACHE_BYTES = 256 << 20
FILTER_BITS_PER_KEY = 10
LMDB_MAX_KEY_BYTES = 511

Shape = dict[str, Any]


class Arrays(NamedTuple):
    """A store's calls for many keys at once, which take what `column` makes of a list."""

    column: Callable[[list[bytes]], Any]
    put: Callable[[Any, Any], object]
    get: Callable[[Any], int]  # how many were there
    scan: Callable[[bytes, int], int]  # how many rows there were, of so many from a key on


class Store(NamedTuple):
    """An open store. `rows` gives (key, value) from a key on; `shape` is None for the peers."""

    put: Callable[[bytes, bytes], object]
    delete: Callable[[bytes], object]
    get: Callable[[bytes], bytes | None]
    rows: Callable[[bytes], Iterable[tuple[bytes, bytes]]]
    settle: Callable[[], object]
    close: Callable[[], object]
    shape: Callable[[], Shape | None]
    engine: str
    options: dict[str, Any]
    arrays: Arrays | None = None  # None: it has none, and loops over single calls


class Ask(NamedTuple):
    """How a store is to be opened. `data_bytes`: about what it will hold, for LMDB's map."""

    sync: lsmkit.Sync
    compression: bool
    data_bytes: int


def open_lsmkit(path: str, ask: Ask) -> Store:
    options = lsmkit.Options(
        sync=ask.sync,
        compression="zstd" if ask.compression else "none",
        memtable_bytes=MEMTABLE_BYTES,
        cache_bytes=CACHE_BYTES,
        filter_bits_per_key=FILTER_BITS_PER_KEY,
    )
    return lsmkit_store(lsmkit.open(path, options))


def lsmkit_store(db: lsmkit.DB) -> Store:
    """An open database of ours as one of the stores."""

    def settle() -> None:
        db.flush()
        db.wait_idle()

    options = db.options
    named = ("sync", "compression", "memtable_bytes", "cache_bytes", "filter_bits_per_key")
    shown = {name: getattr(options, name) for name in named} | options.diff()
    return Store(
        put=db.put,
        delete=db.delete,
        get=db.get,
        rows=lambda start: db.iterator(start=start),
        settle=settle,
        close=db.close,
        shape=partial(_shape, db),
        engine="",
        options={
            name: str(value) if isinstance(value, lsmkit.Sync) else value
            for name, value in shown.items()
        },
        arrays=_arrays(db),
    )


def _arrays(db: lsmkit.DB) -> Arrays:
    """Ours, over NumPy's fixed widths."""

    def column(rows: list[bytes]) -> Any:
        return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)

    def get(keys: Any) -> int:
        values = db.get_many(keys)
        return len(values) - values.null_count

    def scan(start: bytes, rows: int) -> int:
        return sum(len(batch) for batch in db.scan(start, limit=rows))

    return Arrays(column, db.put_many, get, scan)


def _shape(db: lsmkit.DB) -> Shape:
    """What stands behind a figure: sorted runs, how full the memtable is, whether anything runs."""
    rows = list(db.levels())
    memtables = [row for row in rows if row["level"] is None]
    levels = [row for row in rows if row["level"] is not None]
    running = db.stats().memory.job_bytes > 0
    sealed = any(row["name"] == "sealed memtable" for row in memtables)
    due = any(row["score"] is not None and row["score"] >= 1 for row in levels)
    filled = sum(row["weight"] for row in memtables if row["name"] == "memtable")
    return {
        "runs": sum(row["run_count"] for row in levels),
        "memtable_fill": filled / db.options.memtable_bytes,
        "idle": not (running or sealed or due),
    }


def open_rocksdict(path: str, ask: Ask) -> Store:
    import rocksdict

    chosen: dict[str, Any] = {"write_buffer_size": MEMTABLE_BYTES}
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(MEMTABLE_BYTES)
    # L0 and L1 raw, as ours are.
    codecs = ["none", "none", *["zstd"] * 5] if ask.compression else ["none"] * 7
    options.set_compression_type(rocksdict.DBCompressionType.none())
    options.set_compression_per_level(
        [getattr(rocksdict.DBCompressionType, codec)() for codec in codecs]
    )
    tables = rocksdict.BlockBasedOptions()
    tables.set_block_cache(rocksdict.Cache(CACHE_BYTES))
    tables.set_bloom_filter(FILTER_BITS_PER_KEY, False)
    options.set_block_based_table_factory(tables)
    db: Any = rocksdict.Rdict(path, options)
    durable = ask.sync == lsmkit.Sync.always
    writing = rocksdict.WriteOptions()
    writing.sync = durable
    db.set_write_options(writing)

    def settle() -> None:
        db.flush()
        for busy in ("rocksdb.compaction-pending", "rocksdb.num-running-compactions"):
            while db.property_int_value(busy):
                time.sleep(0.005)

    chosen |= {"block_cache": CACHE_BYTES, "bloom_filter_bits": FILTER_BITS_PER_KEY}
    chosen |= {"compression_per_level": ",".join(codecs), "WriteOptions.sync": durable}
    return Store(
        put=db.put,
        delete=db.delete,
        get=db.get,
        rows=lambda start: db.items(from_key=start),
        settle=settle,
        close=db.close,
        shape=lambda: None,
        engine=_rocksdb_version(path),
        options={**chosen, "settle": "flush, no compaction pending or running"},
    )


def _rocksdb_version(path: str) -> str:
    """rocksdict does not tell; the file of options that RocksDB writes does."""
    for file in Path(path).glob("OPTIONS-*"):
        for line in file.read_text().splitlines():
            name, _, value = line.strip().partition("=")
            if name == "rocksdb_version":
                return f"RocksDB {value}"
    return "RocksDB"


def open_plyvel(path: str, ask: Ask) -> Store:
    import plyvel

    options: dict[str, Any] = {
        "compression": "snappy" if ask.compression else None,
        "write_buffer_size": MEMTABLE_BYTES,
        "lru_cache_size": CACHE_BYTES,
        "bloom_filter_bits": FILTER_BITS_PER_KEY,
    }
    db = plyvel.DB(path, create_if_missing=True, **options)
    durable = ask.sync == lsmkit.Sync.always
    return Store(
        put=partial(db.put, sync=True) if durable else db.put,
        delete=partial(db.delete, sync=True) if durable else db.delete,
        get=db.get,
        rows=lambda start: db.iterator(start=start),
        settle=db.compact_range,
        close=db.close,
        shape=lambda: None,
        engine=f"LevelDB {getattr(plyvel, '__leveldb_version__', '')}".strip(),
        options={**options, "sync": durable, "settle": "compact_range()"},
    )


def open_lmdb(path: str, ask: Ask) -> Store:
    import lmdb

    durable = ask.sync == lsmkit.Sync.always
    options: dict[str, Any] = {
        "map_size": (1 << 30) + 16 * ask.data_bytes,
        "sync": durable,
        "metasync": durable,
        "writemap": True,  # three times as fast as without
        "map_async": not durable,
    }
    env = lmdb.open(path, **options)
    begin = env.begin

    def put(key: bytes, value: bytes) -> None:
        transaction = begin(write=True)
        transaction.put(key, value)
        transaction.commit()

    def delete(key: bytes) -> None:
        transaction = begin(write=True)
        transaction.delete(key)
        transaction.commit()

    def get(key: bytes) -> bytes | None:
        with begin() as transaction:
            found: bytes | None = transaction.get(key)
            return found

    def rows(start: bytes) -> Iterable[tuple[bytes, bytes]]:
        cursor = begin().cursor()
        found: Iterable[tuple[bytes, bytes]] = cursor.iternext() if cursor.set_range(start) else ()
        return found

    return Store(
        put=put,
        delete=delete,
        get=get,
        rows=rows,
        settle=lambda: None,
        close=env.close,
        shape=lambda: None,
        engine="LMDB " + ".".join(map(str, lmdb.version())),
        options={**options, "transactions": "one per call"},
    )


OPENERS: dict[str, Callable[[str, Ask], Store]] = {
    "lsmkit": open_lsmkit,
    "rocksdict": open_rocksdict,
    "plyvel": open_plyvel,
    "lmdb": open_lmdb,
}


def installed(name: str) -> bool:
    """Whether a store can take part here. A folder that only has its name is no package."""
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None


def package_version(name: str) -> str:
    """Of the Python package, as it is installed."""
    from importlib.metadata import version  # slow to load, and every command comes by here

    return lsmkit.__version__ if name == "lsmkit" else version(name)
