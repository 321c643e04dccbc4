"""The command `lsmkit validate`: the validation ladder, every case with its error."""

import argparse
import dataclasses
from typing import Any

import lsmkit
from lsmkit.cli_output import note, print_json, progress, table
from lsmkit.validate import Validation, chosen_rungs
from lsmkit.validation import rungs
from lsmkit.validation_page import rung_table, summary_table

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = (
        "check the simulator against what it stands for: the engine, RocksDB and LevelDB, "
        "published figures, formulas; exit code 1 if a bound is exceeded"
    )
    validate = add("validate", show_validation, text)
    validate.set_defaults(refuse=validate.error)
    told = ", ".join(f"{rung.name} ({rung.text})" for rung in rungs())
    long = " and ".join(rung.name for rung in rungs() if rung.is_long)
    validate.add_argument(
        "rungs",
        nargs="*",
        metavar="RUNG",
        help=f"of {told}; default: all, {long} with --full only",
    )
    validate.add_argument(
        "--full", action="store_true", help="at full size, minutes instead of seconds"
    )
    validate.add_argument(
        "--lockstep", metavar="PROGRAM", help="for V2: the path of the benchmark lockstep"
    )
    validate.add_argument(
        "--page",
        dest="file",
        metavar="FILE",
        help="a page in Markdown that gets each rung when it is done; others that it holds stay",
    )
    validate.add_argument(
        "--format",
        choices=("table", "markdown"),
        default="table",
        help="markdown: the page (default: table)",
    )


def show_validation(options: argparse.Namespace) -> int:
    """Run rungs and print every case."""
    try:
        chosen_rungs(options.rungs, full=options.full, lockstep=options.lockstep)
    except lsmkit.InvalidArgument as error:
        options.refuse(str(error))  # exit code 2
    if options.full and not options.rungs and options.lockstep is None:
        note("V2 is left out: it needs --lockstep")
    options.stores = options.file is not None
    with progress("validating") as show:
        found = lsmkit.validate(
            options.rungs,
            full=options.full,
            lockstep=options.lockstep,
            page=options.file,
            progress=show,
        )
    if options.json:
        for check in found.checks:
            print_json({**dataclasses.asdict(check), "error": check.error, "holds": check.holds})
    elif options.format == "markdown":
        print(found.to_markdown(), end="")
    else:
        _tell(found)
    return 0 if found.holds else 1


def _tell(found: Validation) -> None:
    for rung in found.measured:
        table(f"{rung.name}: {rung.text}, {rung.size}", *rung_table(rung))
    table("All of it", *summary_table(found.measured))
