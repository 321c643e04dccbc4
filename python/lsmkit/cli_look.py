"""The commands that look inside: stats levels log dump verify.

The first three also take a LOG of RocksDB, or a RocksDB's directory.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import _core
from lsmkit.cli_output import frame_table, note, print_json, progress
from lsmkit.compaction_stats import compaction_stats_text

__all__ = ["EVENT_KINDS", "add_commands"]

EVENT_KINDS = (
    "keyframe", "open", "close", "seal", "flush", "compaction", "trivial move", "stall begins",
    "stall ends", "sync error", "job error", "options",
)  # fmt: skip
"""Those of cpp/trace/event.cc."""
_ROCKSDB_KINDS = ("ingest", "deletion")  # that its logs have besides


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    stats = add("stats", show_stats, "sizes, amplification, and what has been counted")
    levels = add("levels", show_levels, "the shape of the tree, level by level")
    log = add("log", show_log, "what happened: flushes, compactions, stalls, and why")
    for command in (stats, levels, log):
        command.add_argument("dir", metavar="DIR", help="a database; or RocksDB's, or its LOG")
        command.add_argument("--column-family", metavar="NAME", help="of a RocksDB's LOG")
    stats.add_argument("--rocksdb", action="store_true", help="compaction stats as RocksDB's")
    check = add("verify", verify, "read and check every byte of every file")
    check.add_argument("dir", metavar="DIR")
    log.add_argument("--tail", type=int, metavar="N", help="the last N events")
    log.add_argument(
        "--kind",
        type=lambda text: text.replace("_", " "),
        choices=(*EVENT_KINDS, *_ROCKSDB_KINDS),
        metavar="KIND",
        help=f"only events of this kind: {', '.join(EVENT_KINDS)}; _ may stand for the space",
    )
    log.add_argument("--why", action="store_true", help="with the planner's explanations")
    dump = add("dump", dump_files, "files of a database part by part, with offsets")
    dump.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR")


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[lsmkit.DB | lsmkit.RocksDBRun]:
    """The database, or what a LOG of RocksDB tells; what is wrong with it is noted."""
    if not is_rocksdb(Path(options.dir)):
        if options.column_family is not None:
            raise lsmkit.InvalidArgument(f"--column-family: {options.dir} is no LOG of RocksDB")
        with lsmkit.open(options.dir, read_only=True) as db:
            yield db
        return
    with progress("reading the log") as show:
        run = lsmkit.read_rocksdb_log(
            options.dir, column_family=options.column_family, progress=show
        )
    for problem in run.problems:
        note(f"lsmkit: {problem}")
    yield run


def is_rocksdb(path: Path) -> bool:
    """Whether it is a file, or a directory with a LOG and no MANIFEST of ours."""
    if not path.is_dir():
        return path.is_file()
    names = {file.name for file in path.iterdir()}
    return "MANIFEST" not in names and any(
        name.endswith(("LOG", "LOG.gz")) or "LOG.old." in name for name in names
    )


def show_stats(options: argparse.Namespace) -> int:
    """Sizes, amplification, and what has been counted."""
    with _opened(options) as source:
        summary, by_level = source.summary(), source.compaction_stats()
        stats = None if isinstance(source, lsmkit.RocksDBRun) else source.stats()
    if options.rocksdb:
        if options.json:
            print_json(by_level.rows())
        else:
            print(compaction_stats_text(by_level), end="")
    elif options.json:
        counted = {} if stats is None else {"stats": dataclasses.asdict(stats)}
        print_json({"summary": summary[0], **counted})
    else:
        print(summary)
    return 0


def show_levels(options: argparse.Namespace) -> int:
    """The shape of the tree."""
    with _opened(options) as source:
        levels = source.levels()
    if options.json:
        print_json(levels.rows())
    else:
        frame_table(str(options.dir), levels)
    return 0


def show_log(options: argparse.Namespace) -> int:
    """What happened."""
    with _opened(options) as source:
        events = source.events()
    if options.kind is not None:
        events = events.filter(kind=options.kind)
    if options.tail is not None:
        events = events.tail(max(0, options.tail))
    for row in events:
        if options.json:
            print_json(row)
        else:
            print(row["line"])
            if options.why and "\n" in row["text"]:
                print("\n".join("    " + line for line in row["text"].splitlines()))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Read and check every byte."""
    with lsmkit.open(options.dir, read_only=True) as db, progress("verifying") as show:
        entries = db.verify(progress=show)
    if options.json:
        print_json({"entries": entries})
    else:
        print(f"{entries:,} entries, all sound")
    return 0


def dump_files(options: argparse.Namespace) -> int:
    """Files part by part. Exit code 1 if a part is damaged."""
    damaged = False
    for path in _files(options.paths):
        if not options.json:
            print(f"== {path}")

        def show(offset: int, size: int, part: str, text: str, path: Path = path) -> None:
            nonlocal damaged
            damaged = damaged or part == "damage"
            if options.json:
                row = {"file": str(path), "offset": offset, "bytes": size, "part": part}
                print_json({**row, "text": text})
            else:
                print(f"{offset:>10} {size:>8}  {part:<14} {text}".rstrip())

        _core.dump_file(path, show)
    return 1 if damaged else 0


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        ours = (".log", ".table", ".events")
        inside = sorted(p for p in path.iterdir() if p.name == "MANIFEST" or p.suffix in ours)
        if not inside:
            raise lsmkit.InvalidArgument(f"{path}: no files of a database there")
        yield from inside
