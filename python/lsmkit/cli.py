"""The command `lsmkit`. Each command is a thin wrapper over a public function.

Exit codes: 0 it went well; 1 an error, or what was asked for is not there; 2 the command line is wrong;
130 interrupted.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import lsmkit
from lsmkit.terminal import note

__all__ = ["main"]

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    from lsmkit import cli_commands

    parser = _parser(cli_commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has gone, as in `lsmkit scan DIR | head`. Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        note("interrupted; the database is as sound as before")
        return 130
    except (lsmkit.Error, OSError, ValueError) as error:
        note(f"lsmkit: {error}")
        return 1


def print_json(value: Any) -> None:
    """One JSON value on standard output. Bytes become text with escapes, NaN becomes null."""
    json.dump(_plain(value), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _parser(commands: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lsmkit",
        description="A log-structured merge engine with every part of it in view.",
        epilog="Keys and values are text, stored as UTF-8; with --hex they are hexadecimal.",
    )
    parser.add_argument("--version", action="version", version=f"lsmkit {lsmkit.__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str, *, data: bool = False) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--json", action="store_true", help="print JSON, for programs")
        if data:
            sub.add_argument("--hex", action="store_true", help="keys and values are hexadecimal")
        return sub

    demo = add("demo", commands.demo, "load Python's standard library, and show what becomes of it")
    demo.add_argument("dir", nargs="?", default="./lsmkit-demo", metavar="DIR")
    demo.add_argument("--scale", type=float, default=1.0, help="share of the lines (default: all)")
    demo.add_argument("--seed", type=int, default=1, help="of the lines that are changed and read")

    get = add(
        "get", commands.get, "print the value of a key; exit code 1 if it is absent", data=True
    )
    put = add(
        "put", commands.put, "store a value under a key (made if there is no database)", data=True
    )
    delete = add("delete", commands.delete, "delete a key, there or not", data=True)
    for sub in (get, put, delete):
        sub.add_argument("dir", metavar="DIR")
        sub.add_argument("key", metavar="KEY")
    put.add_argument("value", metavar="VALUE")
    for sub in (put, delete):
        sub.add_argument("--sync", action="store_true", help="return when it is durable")

    scan = add("scan", commands.scan, "print keys and values in order", data=True)
    count = add("count", commands.count, "count keys", data=True)
    export = add("export", commands.export, "write all as JSON lines to standard output", data=True)
    for sub in (scan, count, export):
        sub.add_argument("dir", metavar="DIR")
        sub.add_argument("--start", help="first key (inclusive)")
        sub.add_argument("--stop", help="last key (exclusive)")
        sub.add_argument("--prefix", help="of the keys")
    scan.add_argument("--limit", type=int, help="at most so many rows")
    scan.add_argument("--reverse", action="store_true", help="last key first")
    scan.add_argument("--keys", action="store_true", help="keys alone")

    load = add("load", commands.load, "store lines of KEY<tab>VALUE from standard input", data=True)
    load.add_argument("dir", metavar="DIR")
    importing = add("import", commands.import_lines, "read what `lsmkit export` has written")
    importing.add_argument("dir", metavar="DIR")

    for name, run, text in (
        ("stats", commands.stats, "what has been counted: amplification, memory, waits"),
        ("levels", commands.levels, "the shape of the tree, level by level"),
        ("verify", commands.verify, "read and check every byte of every file"),
    ):
        add(name, run, text).add_argument("dir", metavar="DIR")
    log = add("log", commands.log, "what happened: flushes, compactions, waits")
    log.add_argument("dir", metavar="DIR")
    log.add_argument("--tail", type=int, help="the last so many events only")
    dump = add("dump", commands.dump, "show files of a database part by part, with offsets")
    dump.add_argument("path", nargs="+", metavar="FILE|DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
