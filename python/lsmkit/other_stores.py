"""Records of other stores, brought into a database: LevelDB, RocksDB and LMDB.

>>> with lsmkit.open("mine") as db:                         # doctest: +SKIP
...     import_store("leveldb", "theirs", db)
"""

import contextlib
import importlib
import json
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

from lsmkit._errors import Error, InvalidArgument
from lsmkit.db import DB, Path
from lsmkit.progress import Progress, Tell, shown
from lsmkit.text import escape

__all__ = ["KINDS", "Imported", "import_store"]

Kind: TypeAlias = Literal["leveldb", "rocksdb", "lmdb"]
Row: TypeAlias = tuple[bytes, bytes]
Rows: TypeAlias = Generator[Row, None, None]

# While an import is unfinished, this record says how far it came. It goes with the last batch.
MARKER_KEY = b"\x00lsmkit: an unfinished import"
ROWS_PER_BATCH = 10_000
BYTES_PER_BATCH = 4 << 20
MAX_NAMES = 1000  # named databases of an LMDB file


class Imported:
    """How an import went: `rows` of this call, and the key after which it went on, or None."""

    def __init__(self, rows: int, resumed_after: bytes | None) -> None:
        self.rows = rows
        self.resumed_after = resumed_after


def import_store(
    kind: Kind, source: Path, db: DB, *, name: str | None = None, progress: Progress = None
) -> Imported:
    """Copy every record of another store, in the order of its keys, with bounded memory.

    It is done in atomic batches, each with a marker of how far it came. After an end of any kind
    (Ctrl-C, a full disk, a crash), the same call goes on after the last key that is stored; the
    source must not be written in between. LevelDB allows no reader that only looks: it is
    recovered by the open, as by any other.

    Parameters
    ----------
    kind : {"leveldb", "rocksdb", "lmdb"}
        Read by plyvel, rocksdict or lmdb, which must be installed.
    source : path-like
        Its directory (or file, of LMDB without a directory).
    db : DB
        Where to. What it holds stays, except where a key of the source is the same.
    name : str, optional
        A column family of RocksDB, a named database of LMDB. Default: the default one.
    progress : callable(done, total) or True, optional
        Told after each batch, in records; total is 0, not known. May raise.

    Raises
    ------
    InvalidArgument
        An import of another source is unfinished in `db`; the source holds several values per key,
        or named databases alone; a key or a value is too large.
    ImportError
        The package that reads the source is missing.
    Error
        The source cannot be read; the text is that of its package.
    """
    if kind not in KINDS:
        raise InvalidArgument(f"kind: one of {', '.join(KINDS)} is due, not {kind!r}")
    path = os.path.realpath(os.fsdecode(source))
    if not os.path.exists(path):
        raise InvalidArgument(f"{path} is not there")
    identity = {"kind": kind, "source": path, "name": name}
    after = _resume_after(db, identity)
    with (
        contextlib.closing(KINDS[kind](path, name, after)) as rows,
        shown(progress, f"importing from {kind}") as tell,
    ):
        return Imported(_copy(rows, db, identity, tell), after)


def _resume_after(db: DB, identity: dict[str, Any]) -> bytes | None:
    stored = db.get(MARKER_KEY)
    if stored is None:
        return None
    marker = json.loads(stored)
    after = bytes.fromhex(marker.pop("last_key"))
    if marker != identity:
        raise InvalidArgument(
            f"an import of {marker['kind']} {marker['source']} is unfinished in {db.path}; run "
            "that one again, or delete the database, or the key " + escape(MARKER_KEY)
        )
    return after


def _copy(rows: Rows, db: DB, identity: dict[str, Any], tell: Tell | None) -> int:
    done = 0
    key = None
    batch = db.write_batch()
    try:
        for key, value in rows:
            if key == MARKER_KEY:
                raise InvalidArgument(f"the source holds the key {escape(MARKER_KEY)} itself")
            batch.put(key, value)
            if len(batch) >= ROWS_PER_BATCH or batch.approximate_size() >= BYTES_PER_BATCH:
                done += len(batch)
                batch.put(MARKER_KEY, json.dumps({**identity, "last_key": key.hex()}).encode())
                batch.write()
                if tell is not None:
                    tell(done, 0)
    except InvalidArgument as error:
        place = "" if key is None else f", at its key {escape(key[:40])}"
        raise InvalidArgument(f"{error}{place}; {done:,} records were stored") from error
    done += len(batch)
    batch.delete(MARKER_KEY)
    batch.write()
    return done


def _leveldb(path: str, name: str | None, after: bytes | None) -> Rows:
    plyvel = _package("plyvel")
    if name is not None:
        raise InvalidArgument("name: LevelDB has no parts with names")
    with _errors_of("LevelDB", plyvel.Error), plyvel.DB(path) as db:
        yield from db.iterator(start=after, include_start=after is None, fill_cache=False)


def _rocksdb(path: str, name: str | None, after: bytes | None) -> Rows:
    rocksdict = _package("rocksdict")
    options = rocksdict.Options(raw_mode=True)
    with _errors_of("RocksDB", Exception):  # it has no class of its own
        families = rocksdict.Rdict.list_cf(path)
        if name is not None and name not in families:
            raise InvalidArgument(f"name: {name!r} is none of {', '.join(families)}")
        db = rocksdict.Rdict(
            path,
            options,
            column_families=dict.fromkeys(families, options),
            access_type=rocksdict.AccessType.read_only(),
        )
        part = db if name is None else db.get_column_family(name)
        try:
            for row in part.items(from_key=after):
                if row[0] != after:
                    yield row
        finally:
            db.close()


def _lmdb(path: str, name: str | None, after: bytes | None) -> Rows:
    lmdb = _package("lmdb")
    with (
        _errors_of("LMDB", lmdb.Error),
        lmdb.open(path, readonly=True, subdir=os.path.isdir(path), max_dbs=MAX_NAMES) as env,
    ):
        part = env.open_db(None if name is None else name.encode(), create=False)
        names = {*env.dbs()} if name is None and hasattr(env, "dbs") else set()
        with env.begin(db=part) as tx:
            _check_lmdb(part.flags(tx), names, tx.stat()["entries"])
            cursor = tx.cursor()
            if cursor.first() if after is None else cursor.set_range(after):
                for row in cursor.iternext():
                    if row[0] != after and row[0] not in names:
                        yield row


def _check_lmdb(flags: dict[str, bool], names: set[bytes], entries: int) -> None:
    if flags["dupsort"]:
        raise InvalidArgument(
            "this LMDB database holds several values per key (dupsort), of which one alone would "
            "be left: copy it by a program that puts a number into the key"
        )
    if len(names) >= MAX_NAMES:
        raise InvalidArgument(
            f"this LMDB file holds {MAX_NAMES:,} named databases or more; say which"
        )
    if names and entries == len(names):
        told = ", ".join(escape(name) for name in sorted(names)[:20])
        raise InvalidArgument(f"this LMDB file holds named databases alone: {told}; say which")


KINDS: dict[str, Callable[[str, str | None, bytes | None], Rows]] = {
    "leveldb": _leveldb,
    "rocksdb": _rocksdb,
    "lmdb": _lmdb,
}


def _package(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"this needs {package}: pip install {package}, or 'lsmkit[bench]', which has it"
        ) from error


@contextmanager
def _errors_of(store: str, kinds: Any) -> Iterator[None]:
    try:
        yield
    except Error:
        raise
    except kinds as error:
        raise Error(f"{store}: {error}") from error
