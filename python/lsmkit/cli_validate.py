"""The command `lsmkit validate`: the validation ladder, every case with its error."""

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from lsmkit.cli_output import markdown_table, note, print_json, progress, table
from lsmkit.validation import Check, Rung, rungs

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
        "--format", choices=("table", "markdown"), default="table", help="default: table"
    )


def show_validation(options: argparse.Namespace) -> int:
    """Run rungs and print every case."""
    asked = _asked(options)
    done: list[Check] = []
    with progress("validating") as show:
        for rung in asked:
            for check in rung.checks(options.full):
                done.append(check)
                show(len(done), 0, f"{check.rung} {check.case}")
    if options.json:
        for check in done:
            print_json({**dataclasses.asdict(check), "error": check.error, "holds": check.holds})
    else:
        _tell(asked, done, table if options.format == "table" else markdown_table)
    return 0 if all(check.holds for check in done) else 1


def _asked(options: argparse.Namespace) -> list[Rung]:
    """Those that are named; or all, but V2 only where its program is given."""
    known = rungs(options.lockstep)
    names = {name.upper() for name in options.rungs}
    for name in names - {rung.name for rung in known}:
        told = ", ".join(rung.name for rung in known)
        options.refuse(f"{name!r} is no rung; there are {told}")  # exit code 2
    if names:
        return [rung for rung in known if rung.name in names]
    asked = [rung for rung in known if options.full or not rung.is_long]
    if options.full and options.lockstep is None:
        note("V2 is left out: it needs --lockstep")
        asked = [rung for rung in asked if rung.name != "V2"]
    return asked


Columns = Sequence[str]
Rows = Sequence[Sequence[object]]


def _tell(
    asked: list[Rung], checks: list[Check], show: Callable[[str, Columns, Rows], None]
) -> None:
    of = {rung.name: [check for check in checks if check.rung == rung.name] for rung in asked}
    for rung in asked:
        show(
            f"{rung.name}: {rung.text}",
            ["case", "figure", "found", "due", "error", "bound", "holds", ""],
            [
                (
                    check.case,
                    check.figure,
                    f"{check.found:.4g}",
                    f"{check.due:.4g}",
                    _error_text(check.error, check),
                    _error_text(check.bound, check),
                    "yes" if check.holds else "no",
                    check.note,
                )
                for check in of[rung.name]
            ],
        )
    show(
        "All of it",
        ["rung", "against", "checks", "hold", "worst error", "of a bound of"],
        [
            (
                rung.name,
                rung.text,
                len(own),
                sum(check.holds for check in own),
                _error_text((worst := max(own, key=_error_in_bounds)).error, worst),
                _error_text(worst.bound, worst),
            )
            for rung in asked
            if (own := of[rung.name])
        ],
    )


def _error_text(error: float, check: Check) -> str:
    return f"{100 * error:.1f} %" if check.relative else f"{error:.3g}"


def _error_in_bounds(check: Check) -> float:
    return check.error / check.bound if check.bound else check.error
