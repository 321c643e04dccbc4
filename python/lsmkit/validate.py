"""`validate`: how far the simulator is from what it stands for, measured here and now."""

import datetime
import html
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.progress import Progress, shown
from lsmkit.schema import SCHEMAS
from lsmkit.validation import Rung, rungs
from lsmkit.validation_check import Check
from lsmkit.validation_page import Measured, markdown_page, rung_table, summary_table
from lsmkit.validation_peers import PROGRAM_IS_DUE

__all__ = ["Validation", "chosen_rungs", "validate"]


@dataclass(frozen=True, repr=False)
class Validation:
    """What `validate` found. `str()` sums it up, notebooks show it.

    Attributes
    ----------
    measured : tuple
        For each rung that was run: `name`, `text`, `size`, `when`, `seconds` and its `checks`.
        A check has `rung`, `case`, `figure`, `found`, `due`, `error`, `bound`, `holds`, `note`.
    """

    measured: tuple[Measured, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every figure of every case."""
        return tuple(check for rung in self.measured for check in rung.checks)

    @property
    def holds(self) -> bool:
        """Whether every figure is within its bound."""
        return all(check.holds for check in self.checks)

    @property
    def frame(self) -> Frame:
        """A row for each check."""
        specs = SCHEMAS["validation"]
        columns = {spec.name: [getattr(c, spec.name) for c in self.checks] for spec in specs}
        return Frame.of_schema("validation", specs, columns)

    def to_markdown(self, before: str = "") -> str:
        """The page that `docs/validation.md` is: a summary, then every case of every rung.

        Parameters
        ----------
        before : str
            Such a page. Its rungs that were not run now are kept as they stand there, with the day
            on which they were measured.

        Raises
        ------
        InvalidArgument
            `before` is no such page.
        """
        return markdown_page(self.measured, before)

    def __str__(self) -> str:
        columns, rows = summary_table(self.measured)
        widths = [max(len(row[i]) for row in (columns, *rows)) for i in range(len(columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (columns, *rows)
        ]
        off = [check for check in self.checks if not check.holds]
        lines += [f"{c.rung}: {c.case}: {c.figure} {c.found:.4g}, due {c.due:.4g}" for c in off]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [_html_table(*summary_table(self.measured))]
        for rung in self.measured:
            table = _html_table(*rung_table(rung))
            title = html.escape(f"{rung.name}: {rung.text}, {rung.size}")
            parts.append(f"<details><summary>{title}</summary>{table}</details>")
        return "".join(parts)


def _html_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f"<table><thead>{row(columns, 'th')}</thead><tbody>{body}</tbody></table>"


def validate(
    names: Iterable[str] | str | None = None,
    *,
    full: bool = False,
    lockstep: str | None = None,
    page: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Validation:
    """Check the simulator against what it stands for, rung by rung of the validation ladder.

    V0: the engine, edit by edit; V1: segments beside exact simulations; V2: RocksDB and LevelDB;
    V3: published figures; FILES: modelled files; V4: time, on a throttled device; V5: reads; V6:
    formulas. Nothing is fitted, and no case is left out.

    Parameters
    ----------
    names : iterable of str or str, optional
        Which rungs. Default: all that take seconds; with `full` all, V2 only with `lockstep`.
    full : bool
        At full size: V1 takes three quarters of an hour on 2 cores, the others seconds to minutes.
    lockstep : str, optional
        The path of the program that V2 needs: `cpp/bench/lockstep`, built with -DLSMKIT_BENCH=ON.
    page : path, optional
        A page in Markdown that gets each rung when it is done; what it holds of others from before
        is kept.
    progress : callable or True, optional
        ``progress(done, total)``, in cases. What it raises ends the call, as Ctrl-C does; rungs
        that were done stand in `page`.

    Returns
    -------
    Validation

    Raises
    ------
    InvalidArgument
        There is no such rung; V2 without its program; `page` is something else.

    Examples
    --------
    >>> import lsmkit
    >>> lsmkit.validate("V0").holds
    True
    """
    chosen = chosen_rungs(names, full=full, lockstep=lockstep)
    file = None if page is None else _Page(Path(page))
    measured: list[Measured] = []
    total = sum(rung.case_count(full) for rung in chosen)
    done = 0
    with shown(progress, "validating", " cases") as tell:
        for rung in chosen:
            before = done

            def told(cases: int, rung: Rung = rung, before: int = before) -> None:
                if tell is not None:
                    tell(before + min(cases, rung.case_count(full)), total)

            measured.append(_measure(rung, full, told))
            done += rung.case_count(full)
            if file is not None:
                file.write(measured)
    return Validation(tuple(measured))


def chosen_rungs(
    names: Iterable[str] | str | None, *, full: bool = False, lockstep: str | None = None
) -> list[Rung]:
    """Those that are named; or all, but long ones in full only, and V2 only with its program.

    Raises
    ------
    InvalidArgument
        There is no such rung, or V2 is named without its program.
    """
    known = rungs(lockstep)
    named = {name.upper() for name in ([names] if isinstance(names, str) else names or ())}
    for name in named - {rung.name for rung in known}:
        there_are = ", ".join(rung.name for rung in known)
        raise InvalidArgument(f"{name!r} is no rung; there are {there_are}")
    if "V2" in named and lockstep is None:
        raise InvalidArgument(PROGRAM_IS_DUE)
    if named:
        return [rung for rung in known if rung.name in named]
    return [
        rung
        for rung in known
        if (full or not rung.is_long) and (rung.name != "V2" or lockstep is not None)
    ]


def _measure(rung: Rung, full: bool, told: Callable[[int], None]) -> Measured:
    begin = time.monotonic()
    checks: list[Check] = []
    cases: set[str] = set()
    told(0)
    for check in rung.checks(full):
        checks.append(check)
        cases.add(check.case)
        told(len(cases))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    seconds = time.monotonic() - begin
    return Measured(rung.name, rung.text, rung.sizes[full], full, today, seconds, tuple(checks))


class _Page:
    """The file of a page: read before anything is measured, so that what is wrong is told first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._before = path.read_text(encoding="utf-8") if path.exists() else ""
            markdown_page((), self._before)
        except (InvalidArgument, UnicodeDecodeError):
            raise InvalidArgument(
                f"page: {path} is something else; name a file that is not there, or one that "
                "validate wrote"
            ) from None
        if not path.parent.is_dir():
            raise InvalidArgument(f"page: there is no directory {path.parent}; make it first")

    def write(self, measured: list[Measured]) -> None:
        """Whole, under another name first."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            fresh.write_text(markdown_page(tuple(measured), self._before), encoding="utf-8")
            os.replace(fresh, self._path)
        finally:
            fresh.unlink(missing_ok=True)
