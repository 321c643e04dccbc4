"""The command `lsmkit demo`: the main job of `demo.py`, told to people."""

import argparse
import dataclasses
import sys
from collections import defaultdict
from typing import Any

import lsmkit
from lsmkit.cli_output import frame_table, print_json, progress, rate_text, table
from lsmkit.demo import Demo, run
from lsmkit.text import size_text

__all__ = ["add_commands"]

EXPLAINED_COMPACTIONS = 2


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "load Python's standard library, and see what becomes of it"
    demo = add("demo", show_demo, text, stores=True)
    demo.add_argument("dir", nargs="?", default="./lsmkit-demo", metavar="DIR")
    demo.add_argument(
        "--scale", type=float, default=1.0, help="share of the modules (default: all)"
    )
    demo.add_argument("--seed", type=int, default=0, help="of what is changed and read")


def show_demo(options: argparse.Namespace) -> int:
    """Run the demo and tell what it did."""
    if not options.json:
        print(
            f"lsmkit {lsmkit.__version__} loads the source of Python "
            f"{sys.version.split()[0]}'s standard library into {options.dir}, a line a record,\n"
            "modules in random order, then overwrites a third and deletes a tenth of the lines.\n"
            "Options.small() makes memtables and tables of kilobytes, so that this little data "
            "grows a tree.\n"
        )
    with progress("loading") as show:
        done = run(
            options.dir,
            scale=options.scale,
            seed=options.seed,
            progress=lambda what, done, total: show(done, total, what),
        )
    with lsmkit.open(options.dir, read_only=True) as db:
        if options.json:
            print_json({"demo": dataclasses.asdict(done), "summary": db.summary()[0]})
        else:
            _tell(db, done, options.dir)
    return 0


def _tell(db: lsmkit.DB, done: Demo, path: str) -> None:
    print(
        f"{done.line_count:,} lines of {done.module_count:,} modules loaded, "
        f"{done.overwritten_count:,} overwritten, {done.deleted_count:,} deleted.\n"
        f"Reopened and compared with a dict: {done.checked_count:,} keys one by one, and all "
        f"{done.row_count:,} records in order. No difference.\n"
    )
    levels = db.levels()
    shown = ("name", "run_count", "table_count", "weight", "file_bytes", "entry_count")
    frame_table("Levels", levels[levels["weight"] > 0][(*shown, "target_weight", "score")])
    summary = db.summary()[0]
    table(
        "Amplification",
        ["of", "figure", "that is"],
        [
            ("writes", summary["write_amp"], "file bytes written by flush and compaction / put"),
            ("reads", summary["run_count"], "sorted runs that a get may have to look into"),
            ("space", done.space_amp, "weight stored / weight of what is visible"),
            ("compression", summary["compression_ratio"], "file bytes / bytes of keys and values"),
        ],
    )
    _tell_compactions(db)
    table(
        "Rates, on this machine and under Options.small()",
        ["operation", "count", "us each", "rate"],
        [
            (name, count, 1e6 * seconds / max(count, 1), rate_text(count, seconds))
            for name, (count, seconds) in done.seconds.items()
        ],
    )
    print(
        f"The database is kept. Try next:\n"
        f"  lsmkit levels {path}\n"
        f"  lsmkit scan {path} --prefix json.decoder: --limit 10\n"
        f"  lsmkit log {path} --kind compaction --tail 3 --why"
    )


def _tell_compactions(db: lsmkit.DB) -> None:
    jobs = [row for row in db.events() if row["kind"] in ("flush", "compaction", "trivial move")]
    grouped = defaultdict(list)
    for job in jobs:
        grouped[job["kind"], job["reason"]].append(job)
    table(
        "What ran, and why",
        ["job", "reason", "times", "read", "written", "records in", "dropped"],
        [
            (
                kind,
                reason,
                len(rows),
                size_text(sum(row["read_bytes"] for row in rows)),
                size_text(sum(row["written_bytes"] for row in rows)),
                sum(row["in_entries"] for row in rows),
                sum(row["dropped_entries"] for row in rows),
            )
            for (kind, reason), rows in grouped.items()
        ],
    )
    explained = [job["text"] for job in jobs if job["kind"] == "compaction" and job["text"]]
    if explained:
        print(f"The last {EXPLAINED_COMPACTIONS} compactions, as the planner explained them\n")
        for text in explained[-EXPLAINED_COMPACTIONS:]:
            print("\n".join("  " + line for line in text.splitlines()) + "\n")
