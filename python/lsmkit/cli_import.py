"""The command that brings records in: import, from files and from other stores."""

import argparse
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import other_stores, records
from lsmkit.cli_data import import_records
from lsmkit.cli_output import print_json, progress

__all__ = ["add_commands"]

USAGE = """lsmkit import [--json] [--format FORMAT] DIR [FILE]
       lsmkit import [--json] [--name NAME] leveldb|rocksdb|lmdb SOURCE DIR"""


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    text = (
        "store records of JSON lines, CSV or TSV, or of a LevelDB, RocksDB or LMDB database (read "
        "by plyvel, rocksdict or lmdb); an interrupted import of a database goes on where it was"
    )
    sub = add("import", import_anything, text, stores=True)
    sub.usage = USAGE
    sub.add_argument(
        "places", nargs="+", metavar="DIR", help="see above; FILE's default: - (a pipe)"
    )
    sub.add_argument("--format", choices=records.FORMATS, help="default: as FILE's name says")
    sub.add_argument("--name", help="a column family of RocksDB, a named database of LMDB")
    sub.set_defaults(parser=sub)


def import_anything(options: argparse.Namespace) -> int:
    """Store records of a file, or of another store."""
    places: list[str] = options.places
    if len(places) == 3 and places[0] in other_stores.KINDS:
        return _import_store(options)
    if len(places) > 2:
        options.parser.error(f"one of {', '.join(other_stores.KINDS)} is due before SOURCE DIR")
    if options.name is not None:
        options.parser.error("--name is for rocksdb and lmdb")
    options.dir = places[0]
    options.file = Path(places[1]) if len(places) > 1 else None
    return import_records(options)


def _import_store(options: argparse.Namespace) -> int:
    kind, source, directory = options.places
    if options.format is not None:
        options.parser.error("--format is for files")
    if not Path(source).exists():  # before a database is made
        raise lsmkit.InvalidArgument(f"{source} is not there")
    with lsmkit.open(directory) as db, progress(f"importing from {kind}") as show:
        try:
            done = other_stores.import_store(kind, source, db, name=options.name, progress=show)
        except ImportError as error:
            raise lsmkit.Error(str(error)) from error
    after = done.resumed_after
    if options.json:
        print_json({"rows": done.rows, "resumed_after": after})
    else:
        more = "" if after is None else ", going on where an import had ended"
        print(f"{done.rows:,} records stored{more}")
    return 0
