"""The commands `lsmkit simulate` and `lsmkit twin`: workloads by name or file, told to people."""

import argparse
import dataclasses
from typing import Any

import lsmkit
from lsmkit import suites
from lsmkit.cli_asked import WORKLOADS, add_workload_arguments, asked_for
from lsmkit.cli_output import frame_table, print_json, progress, table

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    text = "run a workload on a simulated tree: levels, write and space amplification"
    simulate = add("simulate", show_simulation, text)
    text = "run a workload on engine and simulation side by side; exit code 1 if they differ"
    twin = add("twin", show_twin, text)
    simulate.add_argument(
        "--fidelity",
        choices=("exact", "segment", "drawn", "analytic"),
        default="exact",
        help="records, shares of keys, tables that meet by chance, or formulas",
    )
    simulate.add_argument(
        "--device",
        metavar="NAME",
        help="simulate time on such a device: gp3, io2, nvme, sata, hdd (default: in lock-step)",
    )
    simulate.add_argument(
        "--rate",
        type=float,
        metavar="N",
        help="operations per second after the load, with --device (default: a closed loop)",
    )
    simulate.add_argument("--filled", action="store_true", help="start full, with segments")
    simulate.add_argument(
        "--suite",
        action="store_true",
        help="no WORKLOAD, but some, under every layout on two devices, three seeds each",
    )
    simulate.add_argument(
        "--format",
        choices=("table", "markdown", "csv"),
        default="table",
        help="of the suite's rows (default: table)",
    )
    for command in (simulate, twin):
        command.set_defaults(refuse=command.error)
        command.add_argument("workload", nargs="?", metavar="WORKLOAD", help=WORKLOADS)
        add_workload_arguments(command)


def show_simulation(options: argparse.Namespace) -> int:
    """Simulate and print the levels and the summary."""
    if options.suite:
        return _show_suite(options)
    workload, chosen = asked_for(options)
    if options.rate is not None:
        workload = _at_rate(workload, options.rate)
    with progress(f"simulating {workload.name}") as show:
        run = lsmkit.simulate(
            workload,
            chosen,
            fidelity=options.fidelity,
            machine=options.device,
            filled=options.filled,
            keep_events=False,
            progress=show,
        )
    if options.json:
        window: dict[str, Any] = {  # no peaks by formula, and JSON has no NaN
            name: None if value != value else value
            for name, value in dataclasses.asdict(run.window).items()
        }
        for name in ("mean_level_weight", "mean_level_table_count"):
            window[name] = list(window[name])
        print_json(
            {
                "workload": workload.name,
                "seed": workload.seed,
                "fidelity": run.fidelity,
                "ops": run.ops,
                "summary": run.summary()[0],
                "window": window,
                "timing": None if run.timing is None else dataclasses.asdict(run.timing),
                "levels": run.levels().rows(),
            }
        )
        return 0
    print(f"{workload.name}: {workload.key_count:,} keys, {run.ops:,} operations, seed "
          f"{workload.seed}, {run.fidelity}\n")  # fmt: skip
    frame_table("levels at the end", run.levels())
    print(run.summary())
    if run.timing is not None:
        _tell_timing(run.timing)
    return 0


def _show_suite(options: argparse.Namespace) -> int:
    if options.workload is not None or options.changes or options.device is not None:
        options.refuse("--suite has its own workloads, options and devices; give --keys alone")
    with progress("simulating the suite") as show:
        frame = suites.suite(workloads=suites.default_workloads(options.keys), progress=show)
    if options.json:
        print_json(frame.rows())
    elif options.format == "table":
        columns = ["workload", "config", "machine", *suites.FIGURES]
        table(
            f"means of {frame['seeds'][0]} seeds, half a 95 % confidence interval beside",
            columns,
            [[row[name] for name in columns[:3]] + suites.figure_texts(row) for row in frame],
        )
    else:
        print(suites.to_text(frame, options.format), end="")
    return 0 if all(error is None for error in frame["error"]) else 1


def _tell_timing(timing: lsmkit.Timing) -> None:
    table(
        "how long operations took, in microseconds",
        ["", "count", "mean", "p50", "p99", "p99.9", "most"],
        [
            (
                name,
                round(waits.count),
                *(waits.mean_us, waits.p50_us, waits.p99_us, waits.p999_us, waits.max_us),
            )
            for name, waits in (("writes", timing.writes), ("reads", timing.reads))
            if waits.count
        ],
    )
    print(f"device {timing.device_utilisation:.0%} in use, {timing.cores_used:.2f} cores")
    for cause, seconds in timing.stall_s.items():
        if seconds:
            print(f"{seconds:,.1f} s of stalls: {cause}")
    print(timing.why_ended)


def _at_rate(workload: lsmkit.Workload, per_s: float) -> lsmkit.Workload:
    load, *others = workload.phases
    paced = [dataclasses.replace(phase, rate=per_s) for phase in others]
    return lsmkit.Workload(
        load,
        *paced,
        key_count=workload.key_count,
        name=workload.name,
        seed=workload.seed,
        encoding=workload.encoding,
    )


def show_twin(options: argparse.Namespace) -> int:
    """Compare engine and simulation."""
    workload, chosen = asked_for(options)
    with progress(f"comparing on {workload.name}") as show:
        twin = lsmkit.twin(workload, chosen, progress=show)
    if options.json:
        names = ("ops", "commits", "edits", "edits_by_reason", "moved_tables", "passed_tables",
                 "dropped_entries", "dropped_tombstones", "levels", "difference")  # fmt: skip
        told = {name: getattr(twin, name) for name in names}
        print_json({"workload": workload.name, **told, "levels": list(twin.levels)})
    else:
        print(f"{workload.name}: {twin.ops:,} operations, {twin.commits:,} commits")
        for reason, count in twin.edits_by_reason.items():
            print(f"  {count:>8,}  {reason}")
        print(f"  {twin.edits:>8,}  edits, all the same" if twin.agree else twin.difference)
    return 0 if twin.agree else 1
