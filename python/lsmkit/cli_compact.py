"""The command that compacts, or says what would be compacted: compact."""

import argparse
from typing import Any

import lsmkit
from lsmkit.cli_output import print_json, progress
from lsmkit.text import escape, unescape

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = (
        "move a range of keys down to the deepest level, so that what is deleted gives back space"
    )
    compact = add("compact", compact_range, text)
    compact.add_argument("dir", metavar="DIR")
    compact.add_argument("--start", metavar="KEY", help="from this key on (default: the first)")
    compact.add_argument("--stop", metavar="KEY", help="up to this key, it included")
    how = compact.add_mutually_exclusive_group()
    how.add_argument(
        "--due", action="store_true", help="only what the planner holds due, as the background does"
    )
    how.add_argument(
        "--explain", action="store_true", help="change nothing; say what is due next, and why"
    )
    how.add_argument(
        "--dry-run", action="store_true", help="change nothing; say what the range holds"
    )


def compact_range(options: argparse.Namespace) -> int:
    """Compact, or tell."""
    start, stop = _key(options.start), _key(options.stop)
    if start is not None and stop is not None and start > stop:
        raise lsmkit.InvalidArgument(f"--start {options.start!r} is above --stop {options.stop!r}")
    if options.explain:
        return _explain(options)
    if options.dry_run:
        return _tell_range(options, start, stop)
    with lsmkit.open(options.dir, create=False) as db, progress("compacting") as show:
        before = _file_bytes(db)
        if options.due:
            db.wait_idle(progress=show)
        else:
            db.compact_range(start, stop, progress=show)
        after = _file_bytes(db)
    if options.json:
        print_json({"file_bytes_before": before, "file_bytes_after": after})
    else:
        print(f"{before:,} bytes of tables before, {after:,} after")
    return 0


def _file_bytes(db: lsmkit.DB) -> int:
    return sum(row["file_bytes"] for row in db.tables())


def _explain(options: argparse.Namespace) -> int:
    with lsmkit.open(options.dir, read_only=True) as db:
        why = db.why()
    if options.json:
        plan = why.plan
        job = None if plan is None else {"job": plan.job, "reason": plan.reason, "text": str(plan)}
        print_json({"next": job, "text": str(why)})
    else:
        print(why)
    return 0


def _tell_range(options: argparse.Namespace, start: bytes | None, stop: bytes | None) -> int:
    with lsmkit.open(options.dir, read_only=True) as db:
        tables = [row for row in db.tables() if _meets(row, start, stop)]
        level_count = len({row["level"] for row in tables})
    found = {
        "tables": len(tables),
        "levels": level_count,
        "file_bytes": sum(row["file_bytes"] for row in tables),
        "tombstones": sum(row["tombstone_count"] for row in tables),
    }
    if options.json:
        print_json(found)
    else:
        for row in tables:
            keys = f"{escape(row['smallest_key'])} .. {escape(row['largest_key'])}"
            print(f"L{row['level']}  #{row['number']}  {row['file_bytes']:,} bytes  {keys}")
        print(
            f"{found['tables']:,} tables in {level_count} levels, {found['file_bytes']:,} bytes, "
            f"{found['tombstones']:,} tombstones"
        )
    return 0


def _meets(row: Any, start: bytes | None, stop: bytes | None) -> bool:
    return (start is None or row["largest_key"] >= start) and (
        stop is None or row["smallest_key"] <= stop
    )


def _key(text: str | None) -> bytes | None:
    try:
        return None if text is None else unescape(text)
    except ValueError as error:
        raise lsmkit.InvalidArgument(f"{text!r}: {error}") from None
