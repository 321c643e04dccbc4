"""`suite`: workloads x fanouts x targets x options of the layered store, in one table."""

import csv
import io
import itertools
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.frames import frame_of
from lsmkit.layered.options import Options, grid_of
from lsmkit.layered.store import Branches, simulate
from lsmkit.layered.workloads import PAGES, RECORDS, WORKLOADS
from lsmkit.progress import Progress, shown
from lsmkit.workload import Workload

__all__ = [
    "against",
    "default_options",
    "default_workloads",
    "horizon_options",
    "horizon_suite",
    "small_suite",
    "suite",
    "to_text",
]

Row = dict[str, Any]

SMALL = 20
"""The small suite has a twentieth of the records, pages and bytes of a layer."""
TARGET_BYTES = 256 << 20
MOST_SCALE = 10_000
"""200 TB."""

SHOWN = (
    "workload", "fanout", "target_bytes", "options", "write_amp", "storage_to_log",
    "storage_to_logical", "peak_live_bytes", "layer_count", "created_layers", "deleted_layers",
    "identical_bytes", "layers_opened_mean", "layers_opened_p99", "layers_opened_max",
    "layers_holding_mean",
    "records_mean", "records_p99", "bytes_mean", "bytes_p99", "tip_layers_opened_mean",
    "tip_bytes_mean", "branch_layers_opened_mean", "branch_bytes_mean", "partitions",
    "makespan_1_s", "makespan_2_s", "makespan_4_s",
)  # fmt: skip
"""Columns of the Markdown table; CSV and JSON have all."""


def default_workloads(scale: float = 1, *, seed: int = 1) -> dict[str, Workload]:
    """All of `layered.workloads`, of 20 GB over 5000 MiB of pages, times `scale`.

    "one page" has records of 100 bytes instead of 1000.
    """
    if not 0 < scale <= MOST_SCALE:
        raise InvalidArgument(
            f"scale: {scale} cannot be; it must be above 0 and at most {MOST_SCALE}"
        )
    records, pages = max(1, round(RECORDS * scale)), max(2, round(PAGES * scale))
    sizes: dict[str, Row] = {"one page": {"record_bytes": 100}}
    return {
        name: make(records=records, pages=pages, seed=seed, **sizes.get(name, {}))
        for name, make in WORKLOADS.items()
    }


def default_options(target_bytes: int = TARGET_BYTES) -> dict[str, Options]:
    """The published algorithm, our options alone and in steps, and all of them together."""
    grid = {"grid_pages": grid_of(target_bytes)}
    apart: Row = {"partitioned": True, **grid}
    improved = Options.improved(target_bytes=target_bytes).diff()
    sets: dict[str, Row] = {
        "baseline": {},
        "partitioned": {"partitioned": True},
        "grid": grid,
        "edges": {"cuts_at_edges": True},
        "density": {"cuts_at_density": True},
        "identical": {"keeps_identical": True},
        "page images": {"page_image_records": 32},
        "partitioned, grid": apart,
        "partitioned, grid, early": {**apart, "early_image_percent": 28},
        "improved": improved,
        "improved, page images": {**improved, "page_image_records": 32},
    }
    return {
        name: Options(**(given | {"target_bytes": target_bytes})) for name, given in sets.items()
    }


HORIZON_WORKLOADS = ("uniform", "hot-cold", "append", "growing")
"""Those that `horizon_suite` has, beside "old branches"."""


def horizon_options(history_bytes: int, target_bytes: int = TARGET_BYTES) -> dict[str, Options]:
    """Baseline and all options, with all of the log readable and with so much of it.

    Where a horizon is, images come at the bottom when the deltas below take as much.
    """
    kept: Row = {"history_bytes": history_bytes, "bottom_image_percent": 100}
    base, improved = Options(target_bytes=target_bytes), Options.improved(target_bytes=target_bytes)
    return {
        "baseline": base,
        "baseline, horizon": base.replace(**kept),
        "improved": improved,
        "improved, horizon": improved.replace(**kept),
    }


@dataclass(frozen=True)
class Task:
    """One row to be made."""

    workload: Workload
    name: str
    options: Options
    options_name: str
    branches: Branches | None


def suite(
    workloads: Mapping[str, Workload] | None = None,
    fanouts: Iterable[int] = (4,),
    targets: Iterable[int] = (TARGET_BYTES,),
    options: Mapping[str, Options] | None = None,
    *,
    branches: Mapping[str, Branches] | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Frame:
    """Simulate every workload with every fanout, target and set of options.

    Parameters
    ----------
    workloads : mapping of str to Workload, optional
        Default: `default_workloads()`, of 20 GB each.
    fanouts : iterable of int
        In place of the options'.
    targets : iterable of int
        Bytes of a layer, in place of the options'; the grid of the default ones is in proportion.
    options : mapping of str to Options, optional
        Default: `default_options()`.
    branches : mapping of str to Branches, optional
        That workloads have, by the workload's name.
    out : path, optional
        Gets the rows, after each one: .md Markdown, .csv, or .json, a list of rows.
    progress : callable or True, optional
        ``progress(done, total)`` after each row. What it raises ends the suite, as Ctrl-C does;
        rows that were made stand in `out`.

    Returns
    -------
    Frame
        One row per workload, fanout, target and options, in that order.

    Raises
    ------
    InvalidArgument
        Nothing to do; `out` has another ending or lies in no directory; a workload that a layered
        store cannot have; branches of a workload that is not there.
    TypeError
        No dict, or something else in it than a Workload, Options or Branches.

    Examples
    --------
    >>> from lsmkit import layered
    >>> small = {"uniform": layered.workloads.uniform(records=20_000, pages=600)}
    >>> frame = layered.suite(small, targets=[1 << 18])
    >>> frame["options"].tolist()[0]
    'baseline'
    """
    form = None if out is None else _form_of(Path(out))
    tasks = _tasks(workloads, fanouts, targets, options, branches or {})
    rows: list[Row] = []
    with shown(progress, "simulating the layered suite") as tell:
        for task in tasks:
            if tell is not None:
                tell(len(rows), len(tasks))
            rows.append(_row(task, tell, len(rows), len(tasks)))
            if out is not None and form is not None:
                _write(Path(out), to_text(frame_of("layered_suite", rows), form))
        if tell is not None:
            tell(len(rows), len(tasks))
    return frame_of("layered_suite", rows)


def small_suite(
    workloads: Mapping[str, Workload] | None = None,
    options: Mapping[str, Options] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Frame:
    """`suite` at a twentieth of its size: what 20 GB do in layers of 256 MiB, in seconds."""
    return suite(
        workloads or default_workloads(1 / SMALL),
        targets=[TARGET_BYTES // SMALL],
        options=options,
        out=out,
        progress=progress,
    )


def horizon_suite(
    scale: float = 1, *, out: str | os.PathLike[str] | None = None, progress: Progress = None
) -> Frame:
    """What history costs: `suite` of a few workloads, with a fifth of the log readable and all.

    `scale`: of records, pages, bytes of a layer and history, as of `default_workloads`. Reads are
    sampled above the horizon. "old branches" is "hot-cold" with a branch after every twentieth of
    the log, which is read for two fifths of it: longer than the history.
    """
    every = default_workloads(scale)
    target = max(8192, int(TARGET_BYTES * scale))
    log_bytes = int(RECORDS * 1000 * scale)
    branches = Branches(every_bytes=max(1, log_bytes // 20), living_bytes=log_bytes * 2 // 5)
    workloads = {name: every[name] for name in HORIZON_WORKLOADS}
    return suite(
        workloads | {"old branches": every["hot-cold"]},
        targets=[target],
        options=horizon_options(max(target, log_bytes // 5), target),
        branches={"old branches": branches},
        out=out,
        progress=progress,
    )


def _tasks(
    workloads: Mapping[str, Workload] | None,
    fanouts: Iterable[int],
    targets: Iterable[int],
    options: Mapping[str, Options] | None,
    branches: Mapping[str, Branches],
) -> list[Task]:
    given = default_workloads() if workloads is None else workloads
    _check_values("workloads", given, Workload)
    _check_values("options", {} if options is None else options, Options)
    _check_values("branches", branches, Branches)
    for name in branches:
        if name not in given:
            raise InvalidArgument(f"branches: there is no workload {name!r}")
    tasks = [
        Task(
            workload,
            name,
            chosen.replace(fanout=fanout, target_bytes=target),
            options_name,
            branches.get(name),
        )
        for (name, workload), fanout, target in itertools.product(
            given.items(), list(fanouts), list(targets)
        )
        for options_name, chosen in (
            default_options(target) if options is None else options
        ).items()
    ]
    if not tasks:
        raise InvalidArgument("suite: there is nothing to do; give a workload, fanout and target")
    return tasks


def _check_values(name: str, given: Mapping[str, Any], due: type) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{name}: a dict by name is due, not {type(given).__name__}")
    for key, value in given.items():
        if not isinstance(value, due):
            raise TypeError(f"{name}[{key!r}]: {due.__name__} is due, not {type(value).__name__}")


def _row(task: Task, tell: Any, done: int, total: int) -> Row:
    """Progress is told within the row as well, so that Ctrl-C and callbacks get their turn."""
    within = None if tell is None else lambda _ops, _total: tell(done, total)
    log_bytes = _expected_log_bytes(task.workload)
    run = simulate(
        task.workload,
        task.options,
        sample_every_bytes=max(1, min(1_000_000_000, log_bytes // SMALL)),
        branches=task.branches,
        progress=within,
    )
    return {
        "workload": task.name,
        "fanout": task.options.fanout,
        "target_bytes": task.options.target_bytes,
        "options": task.options_name,
        "seed": run.seed,
        **run.figures(),
        "partitions": run.levels()["partition_count"].tolist(),
    }


def _expected_log_bytes(workload: Workload) -> int:
    """Roughly: so that reads are sampled at least twenty times in a small run."""
    total = 0.0
    for phase in workload.phases:
        if phase.ops is None:
            return 1_000_000_000 * SMALL
        sizes = vars(phase.value_bytes)
        total += phase.ops * float(sizes.get("size", sizes.get("median", 100)))
    return int(total)


# -- Beside each other -----------------------------------------------------------------------------

COMPARED = (
    "written_bytes", "peak_live_bytes", "storage_to_log", "layers_opened_mean",
    "layers_opened_p99", "records_mean", "records_p99", "bytes_mean", "bytes_p99",
    "makespan_1_s", "makespan_2_s", "makespan_4_s",
)  # fmt: skip
"""Figures that `against` divides."""


def against(frame: Frame, options: str = "baseline") -> Frame:
    """Each row's figures over those of the row of the same workload with these options.

    Parameters
    ----------
    frame : Frame
        As `suite` gives it.
    options : str
        The name of the options whose rows are 1.

    Returns
    -------
    Frame
        One row per row of `frame`, "layered_against" of `lsmkit.SCHEMAS`: below 1 is better in
        every column. Null where there is nothing to divide by.

    Raises
    ------
    InvalidArgument
        A workload, fanout and target without a row of these options.
    """
    key = ("workload", "fanout", "target_bytes")
    bases = {tuple(row[n] for n in key): row for row in frame if row["options"] == options}
    rows = []
    for row in frame:
        base = bases.get(tuple(row[n] for n in key))
        if base is None:
            there = ", ".join(dict.fromkeys(frame["options"].tolist()))
            raise InvalidArgument(
                f"against: {row['workload']} has no row {options[:60]!r}; there are {there}"
            )
        told = {n: row[n] for n in (*key, "options", "partitions")}
        # A share of bytes is no number of bytes, and not named so.
        rows.append(told | {n.removesuffix("_bytes"): _over(row[n], base[n]) for n in COMPARED})
    return frame_of("layered_against", rows)


def _over(value: float | None, base: float | None) -> float | None:
    return None if value is None or not base else value / base


# -- As text ---------------------------------------------------------------------------------------


def to_text(frame: Frame, form: str) -> str:
    """The rows of `suite` or `against` as "markdown", "csv", or "json", a list of rows."""
    if form == "json":
        return json.dumps(frame.rows(), indent=1) + "\n"
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(frame.columns)
        for row in frame:
            writer.writerow([_cell(row[name], name, plain=True) for name in frame.columns])
        return out.getvalue()
    if form != "markdown":
        raise InvalidArgument(f"form: {form!r} is not there; there are markdown, csv and json")
    shown = shown_columns(frame)
    lines = ["| " + " | ".join(shown) + " |", "|---" * len(shown) + "|"]
    lines += ["| " + " | ".join(_cell(row[name], name) for name in shown) + " |" for row in frame]
    return "\n".join(lines) + "\n"


def shown_columns(frame: Frame) -> tuple[str, ...]:
    """Those that people are shown: `SHOWN` of a suite, all of what `against` gives."""
    return SHOWN if "write_amp" in frame.columns else tuple(frame.columns)


def _cell(value: Any, name: str, *, plain: bool = False) -> str:
    if value is None:
        return "" if plain else "-"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if plain:
        return str(value)
    if isinstance(value, str):  # a cell ends at a bar or a line's end
        return " ".join(value.split()).replace("|", "\\|")
    if name.endswith("_bytes") and isinstance(value, int):
        return f"{value / (1 << 20):,.1f} MiB"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


FORMS = {".md": "markdown", ".csv": "csv", ".json": "json"}


def _form_of(path: Path) -> str:
    if path.suffix not in FORMS:
        raise InvalidArgument(f"out: {path.name} has none of the endings {', '.join(FORMS)}")
    if not path.parent.is_dir():  # rather than after the first row
        raise InvalidArgument(f"out: there is no directory {path.parent}; make it first")
    return FORMS[path.suffix]


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
