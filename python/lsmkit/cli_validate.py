"""The command `lsmkit validate`: the validation ladder, every case with its error."""

import argparse
import dataclasses
from typing import Any

from lsmkit.cli_output import print_json, progress, table
from lsmkit.validation import RUNGS, Check

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = (
        "check the simulator against what it stands for: the engine, published figures, formulas; "
        "exit code 1 if a bound is exceeded"
    )
    validate = add("validate", show_validation, text)
    validate.set_defaults(refuse=validate.error)
    told = ", ".join(f"{rung.name} ({rung.text})" for rung in RUNGS)
    long = " and ".join(rung.name for rung in RUNGS if rung.is_long)
    default = f"default: all, {long} with --full only" if long else "default: all"
    validate.add_argument("rungs", nargs="*", metavar="RUNG", help=f"of {told}; {default}")
    validate.add_argument(
        "--full", action="store_true", help="at full size, minutes instead of seconds"
    )


def show_validation(options: argparse.Namespace) -> int:
    """Run rungs and print every case."""
    names = [rung.name for rung in RUNGS]
    for name in options.rungs:
        if name.upper() not in names:
            options.refuse(f"{name!r} is no rung; there are {', '.join(names)}")  # exit code 2
    asked = {name.upper() for name in options.rungs}
    if not asked:
        asked = {rung.name for rung in RUNGS if options.full or not rung.is_long}
    done: list[Check] = []
    with progress("validating") as show:
        for rung in (rung for rung in RUNGS if rung.name in asked):
            for check in rung.checks(options.full):
                done.append(check)
                show(len(done), 0, f"{check.rung} {check.case}")
    if options.json:
        for check in done:
            print_json({**dataclasses.asdict(check), "error": check.error, "holds": check.holds})
    else:
        _tell(done)
    return 0 if all(check.holds for check in done) else 1


def _tell(checks: list[Check]) -> None:
    for rung in RUNGS:
        own = [check for check in checks if check.rung == rung.name]
        if own:
            table(
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
                    for check in own
                ],
            )
    table(
        "All of it",
        ["rung", "checks", "hold", "largest error"],
        [
            (
                rung.name,
                len(own),
                sum(check.holds for check in own),
                max((_error_text(check.error, check) for check in own), key=_leading_number),
            )
            for rung in RUNGS
            if (own := [check for check in checks if check.rung == rung.name])
        ],
    )


def _error_text(error: float, check: Check) -> str:
    return f"{100 * error:.1f} %" if check.relative else f"{error:.3g}"


def _leading_number(text: str) -> float:
    return float(text.split()[0])
