"""What each command does. Commands that only look open the database read-only."""

import argparse
import dataclasses
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import _core
from lsmkit.cli import print_json
from lsmkit.terminal import bytes_text, note, progress, table

__all__ = [
    "count",
    "delete",
    "demo",
    "dump",
    "export",
    "get",
    "import_lines",
    "levels",
    "load",
    "log",
    "put",
    "scan",
    "stats",
    "verify",
]

_LOAD_BATCH_ROWS = 1000


def demo(options: argparse.Namespace) -> int:
    """Load the standard library and show what becomes of it."""
    from lsmkit import demo as the_demo

    figures = the_demo.run(options.dir, scale=options.scale, seed=options.seed)
    if options.json:
        print_json(figures)
    return 0


def get(options: argparse.Namespace) -> int:
    """Print the value of a key."""
    with _look(options.dir) as db:
        value = db.get(_encode(options, options.key))
    if value is None:
        note(f"no key {options.key!r}")
        return 1
    if options.json:
        print_json({"key": options.key, "value": _decode(options, value)})
    else:
        print(_decode(options, value))
    return 0


def put(options: argparse.Namespace) -> int:
    """Store a value under a key."""
    with lsmkit.open(options.dir) as db:
        db.put(_encode(options, options.key), _encode(options, options.value), sync=options.sync)
        return _done(options, {"seqno": db.last_seqno})


def delete(options: argparse.Namespace) -> int:
    """Delete a key."""
    with lsmkit.open(options.dir, create=False) as db:
        db.delete(_encode(options, options.key), sync=options.sync)
        return _done(options, {"seqno": db.last_seqno})


def scan(options: argparse.Namespace) -> int:
    """Print keys and values in order."""
    with _look(options.dir) as db:
        rows = db.iterator(reverse=options.reverse, **_bounds(options))
        for key, value in itertools.islice(rows, options.limit):
            shown = {"key": _decode(options, key)}
            if not options.keys:
                shown["value"] = _decode(options, value)
            if options.json:
                print_json(shown)
            else:
                print("\t".join(shown.values()))
    return 0


def count(options: argparse.Namespace) -> int:
    """Count keys."""
    with _look(options.dir) as db, progress("counting") as show:
        found = _core.count(db, progress=show, **_bounds(options))
    if options.json:
        print_json({"count": found})
    else:
        print(found)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write all as JSON lines; bytes that are no UTF-8 go as {"hex": ...}."""
    with _look(options.dir) as db, progress("exporting") as show:
        for done, (key, value) in enumerate(db.iterator(**_bounds(options))):
            sys.stdout.write(json.dumps([_portable(key), _portable(value)], ensure_ascii=False))
            sys.stdout.write("\n")
            if done % 4096 == 0:
                show(done, 0)
    return 0


def load(options: argparse.Namespace) -> int:
    """Store lines of KEY<tab>VALUE."""

    def rows() -> Iterator[tuple[bytes, bytes]]:
        for number, line in enumerate(sys.stdin, start=1):
            key, tab, value = line.rstrip("\n").partition("\t")
            if not tab:
                raise lsmkit.InvalidArgument(
                    f"line {number} has no tab between key and value: {line[:60]!r}"
                )
            yield _encode(options, key), _encode(options, value)

    return _store(options, rows())


def import_lines(options: argparse.Namespace) -> int:
    """Read what `lsmkit export` has written."""

    def rows() -> Iterator[tuple[bytes, bytes]]:
        for number, line in enumerate(sys.stdin, start=1):
            try:
                key, value = json.loads(line)
                yield _from_portable(key), _from_portable(value)
            except (ValueError, TypeError, KeyError) as error:
                raise lsmkit.InvalidArgument(
                    f"line {number} is not what `lsmkit export` writes: {line[:60]!r}"
                ) from error

    return _store(options, rows())


def _store(options: argparse.Namespace, rows: Iterator[tuple[bytes, bytes]]) -> int:
    stored = 0
    with lsmkit.open(options.dir) as db, progress("loading") as show:
        while chunk := list(itertools.islice(rows, _LOAD_BATCH_ROWS)):
            with db.write_batch() as batch:
                for key, value in chunk:
                    batch.put(key, value)
            stored += len(chunk)
            show(stored, 0)
    return _done(options, {"rows": stored})


def stats(options: argparse.Namespace) -> int:
    """What has been counted."""
    with _look(options.dir) as db:
        values = dataclasses.asdict(db.stats())
        (summary,) = db.summary()
    if options.json:
        print_json({**values, "summary": dict(summary)})
        return 0
    table("Summary", ["what", "figure"], [(name, value) for name, value in summary.items()])
    return 0


def levels(options: argparse.Namespace) -> int:
    """The shape of the tree."""
    with _look(options.dir) as db:
        rows = [dict(row) for row in db.levels()]
    if options.json:
        print_json(rows)
        return 0
    table(
        options.dir,
        ["level", "runs", "tables", "weight", "file bytes", "entries", "target", "score"],
        [
            (
                row["name"],
                row["run_count"],
                row["table_count"],
                bytes_text(row["weight"]),
                _bytes_or_none(row["file_bytes"]),
                row["entry_count"],
                _bytes_or_none(row["target_weight"]),
                row["score"],
            )
            for row in rows
        ],
    )
    return 0


def log(options: argparse.Namespace) -> int:
    """What happened."""
    with _look(options.dir) as db:
        events = db.events()
    rows = events.tail(options.tail) if options.tail is not None else events
    for row in rows:
        if options.json:
            print_json(dict(row))
        else:
            print(row["line"])
    return 0


def verify(options: argparse.Namespace) -> int:
    """Read and check every byte."""
    with _look(options.dir) as db, progress("verifying") as show:
        entries = db.verify(progress=show)
    return _done(options, {"entries": entries}, f"{entries:,} entries, all sound")


def dump(options: argparse.Namespace) -> int:
    """Show files part by part."""
    damaged = False

    def show(offset: int, size: int, part: str, text: str) -> None:
        nonlocal damaged
        damaged |= part == "damage"
        if options.json:
            print_json(
                {"file": str(file), "offset": offset, "bytes": size, "part": part, "text": text}
            )
        else:
            print(f"{offset:>12} {size:>8}  {part:<12} {text}")

    for file in _dumped_files(options.path):
        if not options.json:
            print(f"== {file}")
        _core.dump_file(file, show)
    return 1 if damaged else 0


def _dumped_files(paths: list[str]) -> Iterator[Path]:
    suffixes = {".log", ".table", ".events"}
    for path in map(Path, paths):
        if not path.is_dir():
            yield path
            continue
        inside = sorted(p for p in path.iterdir() if p.name == "MANIFEST" or p.suffix in suffixes)
        if not inside:
            raise lsmkit.InvalidArgument(f"{path} holds no files of a database")
        yield from inside


def _look(path: str) -> lsmkit.DB:
    return lsmkit.open(path, read_only=True)


def _done(options: argparse.Namespace, result: dict[str, Any], text: str = "") -> int:
    if options.json:
        print_json(result)
    elif text:
        print(text)
    return 0


def _bounds(options: argparse.Namespace) -> dict[str, bytes]:
    given = {name: getattr(options, name) for name in ("start", "stop", "prefix")}
    return {name: _encode(options, text) for name, text in given.items() if text is not None}


def _encode(options: argparse.Namespace, text: str) -> bytes:
    if not options.hex:
        return text.encode("utf-8", "surrogateescape")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise lsmkit.InvalidArgument(f"{text!r} is not hexadecimal, as --hex says") from None


def _decode(options: argparse.Namespace, data: bytes) -> str:
    return data.hex() if options.hex else data.decode("utf-8", "backslashreplace")


def _portable(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def _from_portable(value: Any) -> bytes:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode("utf-8")


def _bytes_or_none(value: int | None) -> str | None:
    return None if value is None else bytes_text(value)
