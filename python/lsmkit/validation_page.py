"""What a validation found, as tables of text and as the page `docs/validation.md`.

The page has a summary, a line per rung, and then a section per rung: when and at what size it was
measured, and every case. A rung that is measured anew gets its line and section written anew; the
others keep theirs, so each tells of its own day.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lsmkit._core import build_info
from lsmkit._errors import InvalidArgument
from lsmkit.validation_check import Check

__all__ = ["Measured", "markdown_page", "rung_table", "summary_table"]

Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]

TITLE = "# The simulator beside what it stands for"
PREAMBLE = f"""{TITLE}

Every case of the validation ladder as `lsmkit validate` measured it; nothing is fitted, and no case
is left out. Written by `lsmkit validate --page docs/validation.md`, which keeps the sections of the
rungs that it does not run; each says when, how and at what size it was measured.

The error of a share is a difference, and so is what is marked without a percent sign. In V1 the
worst level is the one that is furthest off, and the last column tells how far one seed's exact run
is from the mean of all: a tree of few large compactions is a coin tossed a few times.
"""
COLUMNS = ("rung", "against", "measured", "checks", "hold", "worst error", "of a bound of")
ORDER = ("V0", "V1", "V2", "V3", "FILES", "V4", "V5", "V6")


@dataclass(frozen=True)
class Measured:
    """A rung that was run.

    Attributes
    ----------
    name, text : str
        Of the rung.
    size : str
        How large its cases were.
    full : bool
    when : str
        The day, "2026-11-22", in UTC.
    seconds : float
        How long it took.
    checks : tuple of Check
    """

    name: str
    text: str
    size: str
    full: bool
    when: str
    seconds: float
    checks: tuple[Check, ...]


# -- Tables ----------------------------------------------------------------------------------------


def rung_table(rung: Measured) -> Table:
    """Every figure of every case."""
    columns = ("case", "figure", "found", "due", "error", "bound", "holds", "")
    return columns, [
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
        for check in rung.checks
    ]


def summary_table(measured: Iterable[Measured]) -> Table:
    """A line for each rung."""
    rows = []
    for rung in measured:
        worst = max(rung.checks, key=_error_in_bounds, default=None)
        rows.append(
            (
                rung.name,
                rung.text,
                rung.when,
                str(len(rung.checks)),
                str(sum(check.holds for check in rung.checks)),
                "-" if worst is None else _error_text(worst.error, worst),
                "-" if worst is None else _error_text(worst.bound, worst),
            )
        )
    return COLUMNS, rows


def _error_text(error: float, check: Check) -> str:
    return f"{100 * error:.1f} %" if check.relative else f"{error:.3g}"


def _error_in_bounds(check: Check) -> float:
    return check.error / check.bound if check.bound else check.error


# -- The page --------------------------------------------------------------------------------------


def markdown_page(measured: Sequence[Measured], before: str = "") -> str:
    """A page of what was measured, and of what the page `before` holds of other rungs."""
    lines, sections = _taken_apart(before)
    for rung, row in zip(measured, summary_table(measured)[1], strict=True):
        lines[rung.name] = _row(row)
        sections[rung.name] = _section(rung)
    order = [*ORDER, *sorted(set(sections) - set(ORDER))]
    shown = [name for name in order if name in sections]
    head = [_row(COLUMNS), _row(["---"] * len(COLUMNS)), *(lines[name] for name in shown)]
    return "\n".join([PREAMBLE, *head, "", *(sections[name] for name in shown)])


def _taken_apart(page: str) -> tuple[dict[str, str], dict[str, str]]:
    """Of each rung, its line in the summary and its section."""
    if not page:
        return {}, {}
    head, *parts = re.split(r"^(?=### )", page, flags=re.MULTILINE)
    lines = {found[1]: found[0] for found in re.finditer(r"^\| (\w+) \|.*$", head, re.MULTILINE)}
    sections = {}
    for part in parts:
        named = re.match(r"### (\w+): ", part)
        if named is None or named[1] not in lines:
            raise InvalidArgument("no page of lsmkit validate")
        sections[named[1]] = part.rstrip("\n") + "\n"
    if not head.startswith(TITLE + "\n"):
        raise InvalidArgument("no page of lsmkit validate")
    return lines, sections


def _section(rung: Measured) -> str:
    more = " --full" * rung.full + " --lockstep PROGRAM" * (rung.name == "V2")
    how = f"lsmkit validate {rung.name}{more}"
    columns, rows = rung_table(rung)
    return "\n".join(
        [
            f"### {rung.name}: {rung.text}",
            "",
            f"{rung.size[:1].upper()}{rung.size[1:]}. Measured on {rung.when} by lsmkit "
            f"{build_info()['version']} on {_cores()} in {_duration(rung.seconds)}: `{how}`.",
            "",
            _row(columns),
            _row(["---"] * len(columns)),
            *map(_row, rows),
            "",
        ]
    )


def _cores() -> str:
    count = len(os.sched_getaffinity(0))
    return f"{count} core{'s' * (count != 1)}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
