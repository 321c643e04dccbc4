"""The commands that read and write records: get put delete scan count load export."""

import argparse
import contextlib
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

import lsmkit
from lsmkit import records
from lsmkit.cli_output import note, print_json, progress
from lsmkit.demo import source_lines
from lsmkit.text import escape, unescape

__all__ = ["add_commands"]

ROWS_PER_BATCH = 1000

Row = tuple[bytes, bytes]


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    get = add("get", get_value, "print the value of a key; exit code 1 if it is absent")
    text = "store a value under a key; makes the database if there is none"
    put = add("put", put_value, text, stores=True)
    delete = add("delete", delete_key, "delete a key; exit code 1 if it is absent")
    for sub in (get, put, delete):
        sub.add_argument("dir", metavar="DIR")
        sub.add_argument("key", metavar="KEY")
        sub.add_argument("--hex", action="store_true", help="key and value are hexadecimal")
    get.add_argument("--raw", action="store_true", help="print the bytes as they are")
    put.add_argument("value", metavar="VALUE", help="- reads it from standard input")
    for sub in (put, delete):
        sub.add_argument("--sync", action="store_true", help="return when it is durable")

    scan = add("scan", scan_range, "print keys and values in order")
    count = add("count", count_range, "count keys")
    export = add("export", export_range, "write records as JSON lines, CSV or TSV")
    for sub in (scan, count, export):
        sub.add_argument("dir", metavar="DIR")
        sub.add_argument("--start", metavar="KEY", help="from this key on")
        sub.add_argument("--stop", metavar="KEY", help="up to this key, which is left out")
        sub.add_argument("--prefix", metavar="KEY", help="only keys that begin with it")
        sub.add_argument("--hex", action="store_true", help="keys and values are hexadecimal")
    scan.add_argument("--limit", type=int, metavar="N", help="at most N rows")
    scan.add_argument("--reverse", action="store_true", help="the largest key first")
    scan.add_argument("--keys", action="store_true", help="keys alone")

    text = "store every line of text files, under FILE:000001 and so on"
    load = add("load", load_files, text, stores=True)
    load.add_argument("dir", metavar="DIR")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    export.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: - (a pipe)")
    export.add_argument("--format", choices=records.FORMATS, help="default: as FILE's name says")


def get_value(options: argparse.Namespace) -> int:
    """Print the value of a key."""
    with lsmkit.open(options.dir, read_only=True) as db:
        value = db.get(_bytes(options, options.key))
    if value is None:
        note(f"lsmkit: no key {options.key!r}")
        return 1
    if options.json:
        print_json(records.to_json(key=_bytes(options, options.key), value=value))
    elif options.raw:
        sys.stdout.buffer.write(value)
    else:
        print(_text(options, value))
    return 0


def put_value(options: argparse.Namespace) -> int:
    """Store a value under a key."""
    key = _bytes(options, options.key)
    if options.value == "-":
        value = _open_stream(sys.stdin).buffer.read()
    else:
        value = _bytes(options, options.value)
    with lsmkit.open(options.dir) as db:
        db.put(key, value, sync=options.sync)
        if options.json:
            print_json({"seqno": db.last_seqno})
    return 0


def delete_key(options: argparse.Namespace) -> int:
    """Delete a key."""
    key = _bytes(options, options.key)
    with lsmkit.open(options.dir, create=False) as db:
        found = key in db
        if found:
            db.delete(key, sync=options.sync)
        if options.json:
            print_json({"deleted": found, "seqno": db.last_seqno})
    if not found:
        note(f"lsmkit: no key {options.key!r}")
    return 0 if found else 1


def scan_range(options: argparse.Namespace) -> int:
    """Print keys and values in order."""
    if options.limit is not None and options.limit < 0:
        raise lsmkit.InvalidArgument(f"--limit {options.limit}: 0 or more is due")
    with lsmkit.open(options.dir, read_only=True) as db:
        rows = db.iterator(reverse=options.reverse, **_bounds(options))
        limit = None if options.limit is None else min(options.limit, sys.maxsize)
        for key, value in itertools.islice(rows, limit):
            if options.json:
                fields = {"key": key} if options.keys else {"key": key, "value": value}
                print_json(records.to_json(**fields))
            else:
                shown = (key,) if options.keys else (key, value)
                print("\t".join(_text(options, data) for data in shown))
    return 0


def count_range(options: argparse.Namespace) -> int:
    """Count keys."""
    with lsmkit.open(options.dir, read_only=True) as db, progress("counting") as show:
        found = db.count(**_bounds(options), progress=show)
    if options.json:
        print_json({"count": found})
    else:
        print(found)
    return 0


def load_files(options: argparse.Namespace) -> int:
    """Store every line of text files."""
    _check_files(options.files)
    lines = (line for path in options.files for line in source_lines(path.name, path))
    return _store(options, lines)


def import_records(options: argparse.Namespace) -> int:
    """Store records of JSON lines, CSV or TSV."""
    with _file(options.file, sys.stdin, "r") as lines:
        return _store(options, records.read(lines, _format(options)))


def export_range(options: argparse.Namespace) -> int:
    """Write records as JSON lines, CSV or TSV."""
    with (
        lsmkit.open(options.dir, read_only=True) as db,
        _file(options.file, sys.stdout, "w") as out,
    ):
        rows = records.write(db.iterator(**_bounds(options)), out, _format(options))
    if options.json and options.file is not None:
        print_json({"rows": rows})
    return 0


def _check_files(files: list[Path]) -> None:
    """Raises before anything is stored if a file is not there, or would overwrite another's."""
    named: dict[str, Path] = {}
    for file in files:
        if not os.access(file, os.R_OK) or file.is_dir():
            file.open("rb").close()  # says why
        first = named.setdefault(file.name, file)
        if first is not file:
            raise lsmkit.InvalidArgument(
                f"{first} and {file} would have the same keys, {file.name}:000001 and so on: "
                "load them into two databases, or rename one"
            )


def _store(options: argparse.Namespace, rows: Iterator[Row]) -> int:
    stored = 0
    try:
        chunk = _chunk(rows)  # before the open: what can't be read leaves no empty database behind
        with lsmkit.open(options.dir) as db, progress("storing") as show:
            while chunk:
                with db.write_batch() as batch:
                    for key, value in chunk:
                        batch.put(key, value)
                stored += len(chunk)
                show(stored, 0)
                chunk = _chunk(rows)
    except (lsmkit.Error, OSError, ValueError) as error:
        raise lsmkit.Error(f"{error}; {stored:,} records were stored") from error
    if options.json:
        print_json({"rows": stored})
    else:
        print(f"{stored:,} records stored")
    return 0


def _chunk(rows: Iterator[Row]) -> list[Row]:
    return list(itertools.islice(rows, ROWS_PER_BATCH))


@contextlib.contextmanager
def _file(path: Path | None, pipe: TextIO | None, mode: str) -> Iterator[TextIO]:
    encoding = "utf-8-sig" if mode == "r" else "utf-8"  # strangers' files begin with a mark
    if path is None or str(path) == "-":
        pipe = _open_stream(pipe)
        pipe.reconfigure(encoding=encoding, newline="")  # type: ignore[attr-defined]
        yield pipe
        return
    with cast(TextIO, path.open(mode, encoding=encoding, newline="")) as file:
        yield file


def _open_stream(pipe: TextIO | None) -> TextIO:
    if pipe is None:
        raise lsmkit.InvalidArgument("standard input is closed: there is nothing to read")
    return pipe


def _format(options: argparse.Namespace) -> str:
    return options.format or records.format_of(options.file)


def _bounds(options: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(options, name) for name in ("start", "stop", "prefix")}
    return {name: _bytes(options, text) for name, text in given.items() if text is not None}


def _bytes(options: argparse.Namespace, text: str) -> bytes:
    try:
        return bytes.fromhex(text) if options.hex else unescape(text)
    except ValueError as error:
        raise lsmkit.InvalidArgument(f"{text!r}: {error}") from None


def _text(options: argparse.Namespace, data: bytes) -> str:
    return data.hex() if options.hex else escape(data)
