"""`suite`: workloads x layouts x devices in one table, with confidence intervals over seeds."""

import csv
import io
import math
import os
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from lsmkit import choices
from lsmkit.frame import Frame
from lsmkit.machine import Device, Machine
from lsmkit.options import Options
from lsmkit.progress import Progress
from lsmkit.schema import SCHEMAS
from lsmkit.sweep import sweep
from lsmkit.workload import Phase, Workload
from lsmkit.workloads import queues, ycsb

__all__ = [
    "FIGURES",
    "default_configs",
    "default_machines",
    "default_workloads",
    "figure_texts",
    "suite",
    "to_text",
]

Row: TypeAlias = dict[str, Any]

FIGURES = (
    "settled_write_amp", "mean_space_amp", "peak_space_amp", "mean_run_count", "bytes_per_s",
    "stall_share", "device_utilisation", "put_p50_us", "put_p99_us", "put_p999_us",
)  # fmt: skip
# Of Student's t, two-sided 95 %, by degrees of freedom.
STUDENT_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


def default_workloads(keys: int = 200_000) -> dict[str, Workload]:
    """Overwrites by chance and by zipf, YCSB's A, queues, and the seed's own scenario.

    That one is 250 MB/s of writes for as long as they can be held; see `default_machines`.
    """
    steady = Phase(
        name="write",
        rate=250e6,
        rate_in_bytes=True,
        value_bytes=1000,
        bytes=1000.0 * 10 * keys,
    )
    return {
        "uniform": Workload.overwrites(keys=keys, times=4),
        "zipf .99": Workload.overwrites(keys=keys, times=4, chosen=choices.Zipf()),
        "YCSB A": ycsb("a", keys=keys // 5, ops=keys),
        "queues": queues(queue_count=8, backlog=keys // 4, ops=4 * keys),
        "250 MB/s": Workload(steady, key_count=keys, name="250 MB/s"),
    }


def default_configs() -> dict[str, Options]:
    """The five layouts but fifo, with tables of a megabyte."""
    base = Options(
        memtable_bytes=1 << 20,
        table_bytes=1 << 20,
        base_bytes=4 << 20,
        memory_bytes=64 << 20,
        cache_bytes=8 << 20,
    )
    return {
        "hybrid": base,
        "leveled": base.replace(layout="leveled"),
        "lazy leveled": base.replace(layout="lazy_leveled"),
        "tiered": base.replace(layout="tiered", l0_trigger_runs=12),
    }


def default_machines() -> dict[str, Machine]:
    """A gp3 volume, and a device of 500 MB/s."""
    fast = Device(transfer_bytes_per_s=500e6, latency_us=100, name="500 MB/s")
    return {"gp3": Machine(device="gp3"), "500 MB/s": Machine(device=fast)}


def suite(
    configs: Mapping[str, Options] | None = None,
    workloads: Mapping[str, Workload] | None = None,
    machines: Mapping[str, Machine] | None = None,
    *,
    seeds: int = 3,
    executor: Any = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> Frame:
    """Simulate all of them in time, each with several seeds.

    Parameters
    ----------
    configs, workloads, machines : mapping of str, optional
        Default: `default_configs()` and so on.
    seeds : int
    executor, out, progress : optional
        As of `sweep`, which does it; `out` gets a row per seed.

    Returns
    -------
    Frame
        One row per workload, configuration and machine: means over seeds, and beside each, in the
        column with "_ci" behind its name, half of the 95 % confidence interval (null: one seed).
    """
    frame = sweep(
        configs or default_configs(),
        workloads or default_workloads(),
        machines=machines or default_machines(),
        seeds=seeds,
        executor=executor,
        out=out,
        progress=progress,
    )
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in frame:
        groups.setdefault((row["workload"], row["config"], row["machine"]), []).append(row)
    rows = [_summed_up(names, some) for names, some in groups.items()]
    specs = SCHEMAS["suite"]
    return Frame.of_schema("suite", specs, {s.name: [row[s.name] for row in rows] for s in specs})


def _summed_up(names: tuple[str, str, str], rows: list[Row]) -> Row:
    out: Row = dict(zip(("workload", "config", "machine"), names, strict=True))
    out["seeds"] = len(rows)
    errors = [row["error"] for row in rows if row["error"] is not None]
    out["error"] = errors[0] if errors else None
    for name in FIGURES:
        values = [row[name] for row in rows if row[name] is not None and not math.isnan(row[name])]
        out[name] = float(np.mean(values)) if values else None
        out[f"{name}_ci"] = _half_width(values)
    return out


def _half_width(values: list[float]) -> float | None:
    if len(values) < 2:
        return None
    t = STUDENT_T[min(len(values) - 1, len(STUDENT_T)) - 1]
    return float(t * np.std(values, ddof=1) / math.sqrt(len(values)))


# -- As text ---------------------------------------------------------------------------------------


def figure_texts(row: Row) -> list[str]:
    """Each figure with half its confidence interval, "3.21 ±0.04"."""
    return [_figure_text(row[name], row[f"{name}_ci"]) for name in FIGURES]


def _figure_text(value: float | None, half_width: float | None) -> str:
    if value is None:
        return "-"
    shown = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return shown if half_width is None else f"{shown} ±{half_width:.2g}"


def to_text(frame: Frame, form: str) -> str:
    """A suite's rows as "markdown", with intervals, or "csv", each figure in its own columns."""
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows([row[name] for name in frame.columns] for row in frame)
        return out.getvalue()
    names = ["workload", "config", "machine", *FIGURES]
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for row in frame:
        cells = [row["workload"], row["config"], row["machine"], *figure_texts(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
