"""The commands that look inside: stats levels log dump verify."""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import _core
from lsmkit.cli_output import frame_table, print_json, progress

__all__ = ["EVENT_KINDS", "add_commands"]

EVENT_KINDS = (
    "keyframe", "open", "close", "seal", "flush", "compaction", "trivial move", "stall begins",
    "stall ends", "sync error", "job error", "options",
)  # fmt: skip
"""Those of cpp/trace/event.cc."""


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    for name, run, text in (
        ("stats", show_stats, "sizes, amplification, and what has been counted"),
        ("levels", show_levels, "the shape of the tree, level by level"),
        ("verify", verify, "read and check every byte of every file"),
    ):
        add(name, run, text).add_argument("dir", metavar="DIR")
    log = add("log", show_log, "what happened: flushes, compactions, stalls, and why")
    log.add_argument("dir", metavar="DIR")
    log.add_argument("--tail", type=int, metavar="N", help="the last N events")
    log.add_argument(
        "--kind",
        type=lambda text: text.replace("_", " "),
        choices=EVENT_KINDS,
        metavar="KIND",
        help=f"only events of this kind: {', '.join(EVENT_KINDS)}; _ may stand for the space",
    )
    log.add_argument("--why", action="store_true", help="with the planner's explanations")
    dump = add("dump", dump_files, "files of a database part by part, with offsets")
    dump.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR")


def show_stats(options: argparse.Namespace) -> int:
    """Sizes, amplification, and what has been counted."""
    with lsmkit.open(options.dir, read_only=True) as db:
        summary, stats = db.summary(), db.stats()
    if options.json:
        print_json({"summary": summary[0], "stats": dataclasses.asdict(stats)})
    else:
        print(summary)
    return 0


def show_levels(options: argparse.Namespace) -> int:
    """The shape of the tree."""
    with lsmkit.open(options.dir, read_only=True) as db:
        levels = db.levels()
    if options.json:
        print_json(levels.rows())
    else:
        frame_table(str(options.dir), levels)
    return 0


def show_log(options: argparse.Namespace) -> int:
    """What happened."""
    with lsmkit.open(options.dir, read_only=True) as db:
        events = db.events()
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
