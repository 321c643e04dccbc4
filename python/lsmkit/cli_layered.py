"""The command `lsmkit layered`: workloads on a simulated layered store, or a table of all."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsmkit._errors import InvalidArgument
from lsmkit.arguments import LARGEST
from lsmkit.cli_output import frame_table, print_json, progress
from lsmkit.workload import Workload

if TYPE_CHECKING:
    from lsmkit import layered

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "a workload on a simulated layered store (key x LSN), or the suite of all in a table"
    command = add("layered", run_layered, text)
    command.set_defaults(refuse=command.error)
    command.add_argument("what", nargs="?", choices=("simulate",), help="run one WORKLOAD")
    command.add_argument(
        "workload",
        nargs="?",
        metavar="WORKLOAD",
        help="uniform, hot-cold ... (see --list), or the name of a file with a workload's text",
    )
    command.add_argument("--list", action="store_true", help="name the workloads and end")
    command.add_argument(
        "--suite",
        action="store_true",
        help="all workloads under the published algorithm and each option, of 20 GB each",
    )
    command.add_argument(
        "--horizon",
        action="store_true",
        help="with --suite: a few workloads with a fifth of the log readable, and all of it",
    )
    command.add_argument(
        "--against",
        metavar="OPTIONS",
        help="with --suite: figures over those of the rows with these options, such as baseline",
    )
    command.add_argument("--small", action="store_true", help="a twentieth of all sizes")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print the suite as Markdown")
    form.add_argument("--csv", action="store_true", help="print the suite as CSV, all columns")
    command.add_argument("--out", type=Path, metavar="FILE", help="of the suite: .md, .csv, .json")
    _add_sizes(command)


def _add_sizes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--records", type=_count, metavar="N", help="default: 20,000,000")
    command.add_argument("--pages", type=_count, metavar="N", help="of 8 KiB; default: 640,000")
    command.add_argument("--record-bytes", type=_count, metavar="N", help="default: 1000")
    command.add_argument(
        "--fidelity", choices=("records", "slices"), default="records", help="how it is told"
    )
    command.add_argument(
        "--branch-every",
        type=_count,
        metavar="BYTES",
        help="of the log: make branches and read from them; see --set history_bytes",
    )
    command.add_argument(
        "--branch-living",
        type=_count,
        metavar="BYTES",
        help="each for so long; default: to the end",
    )
    command.add_argument("--html", type=Path, metavar="FILE", help="of a run: the player's page")
    command.add_argument("--seed", type=_seed, metavar="N", help="of draws and sampled reads")
    command.add_argument("--improved", action="store_true", help="with the options that pay")
    command.add_argument("--checks", action="store_true", help="check invariants as it goes")
    command.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="change an option; may come several times",
    )


def run_layered(options: argparse.Namespace) -> int:
    """Simulate one workload or all of them."""
    from lsmkit import layered

    if options.list:
        return _list(options)
    if options.suite:
        return _suite(options)
    if options.what is None or options.workload is None:
        options.refuse("give simulate WORKLOAD, --suite or --list")
    if options.markdown or options.csv or options.out is not None:
        options.refuse("--markdown, --csv and --out are of --suite; a run has --json and --html")
    if options.html is not None and not options.html.parent.is_dir():  # rather than after the run
        raise InvalidArgument(f"--html: there is no directory {options.html.parent}; make it first")
    workload, chosen = _workload(options), _options(options)
    with progress(f"simulating {workload.name}") as show:
        run = layered.simulate(
            workload,
            chosen,
            fidelity=options.fidelity,
            seed=options.seed,
            checks=options.checks,
            branches=_branches(options),
            progress=show,
        )
    if options.html is not None:
        run.to_html(options.html)
    if options.json:
        print_json(
            {
                "workload": workload.name,
                "seed": run.seed,
                "options": dataclasses.asdict(chosen),
                "summary": run.figures(),
                "levels": run.levels().rows(),
                "reads": run.reads().rows(),
            }
        )
        return 0
    print(f"{run!r}\n")
    frame_table("levels at the end", run.levels())
    for name, value in run.figures().items():
        print(f"  {name:<24} {_shown(value):>18}")
    return 0


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _list(options: argparse.Namespace) -> int:
    from lsmkit.layered.workloads import WORKLOADS

    about = {name: (make.__doc__ or "").split("\n")[0] for name, make in WORKLOADS.items()}
    if options.json:
        print_json(about)
        return 0
    for name, text in about.items():
        print(f"  {name:<16} {text}")
    return 0


def _suite(options: argparse.Namespace) -> int:
    from lsmkit.layered import suites

    sized = (options.records, options.pages, options.record_bytes, options.what, options.html)
    told = options.changes or options.improved or options.checks or options.fidelity != "records"
    if told or options.seed is not None or any(value is not None for value in sized):
        options.refuse("--suite has its own workloads, sizes and options; give --small alone")
    with progress("simulating the layered suite") as show:
        if options.horizon:
            scale = 1 / suites.SMALL if options.small else 1
            frame = suites.horizon_suite(scale, out=options.out, progress=show)
        else:
            make = suites.small_suite if options.small else suites.suite
            frame = make(out=options.out, progress=show)
    if options.against is not None:
        frame = suites.against(frame, options.against)
    if options.json:
        print_json(frame.rows())
    elif options.markdown or options.csv:
        print(suites.to_text(frame, "csv" if options.csv else "markdown"), end="")
    else:
        frame_table("layered suite", frame[suites.shown_columns(frame)])
    return 0


def _workload(options: argparse.Namespace) -> Workload:
    from lsmkit.layered.workloads import PAGES, RECORDS, WORKLOADS

    name = options.workload
    sizes: dict[str, int] = {
        key: value
        for key in ("records", "pages", "record_bytes", "seed")
        if (value := getattr(options, key)) is not None
    }
    if name not in WORKLOADS:
        if not Path(name).is_file():
            raise InvalidArgument(
                f"{name!r} is neither a workload nor a file; there are {', '.join(WORKLOADS)}"
            )
        try:
            return Workload.from_text(Path(name).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise InvalidArgument(f"{name} is no workload's text: it is not UTF-8") from None
    if options.small:
        sizes = {"records": RECORDS // 20, "pages": PAGES // 20, **sizes}
    if name == "mixed sizes" and sizes.pop("record_bytes", None) is not None:
        raise InvalidArgument("mixed sizes: its records have many sizes; leave --record-bytes out")
    return WORKLOADS[name](**sizes)


def _options(options: argparse.Namespace) -> "layered.Options":
    from lsmkit.layered import Options

    sizes: dict[str, Any] = {"target_bytes": Options.target_bytes // 20} if options.small else {}
    base = Options.improved(**sizes) if options.improved else Options(**sizes)
    changes: dict[str, Any] = {}
    for change in options.changes:
        name, _, value = change.partition("=")
        changes[name] = _value(name, value, getattr(base, name, None))
    try:
        return base.replace(**changes)
    except TypeError as error:
        raise InvalidArgument(f"--set: {error}") from None


def _branches(options: argparse.Namespace) -> "layered.Branches | None":
    from lsmkit.layered import Branches

    if options.branch_every is None:
        if options.branch_living is not None:
            raise InvalidArgument("--branch-living: there are no branches; give --branch-every")
        return None
    return Branches(every_bytes=options.branch_every, living_bytes=options.branch_living or 0)


def _value(name: str, text: str, before: object) -> Any:
    if isinstance(before, bool):
        if text not in ("true", "false"):
            raise InvalidArgument(f"--set {name}: true or false is due, not {text!r}")
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > LARGEST:
        raise argparse.ArgumentTypeError(
            f"{text[:60]!r} is no seed; give a number from 0 to 2^64-1"
        )
    return int(text)


def _count(text: str) -> int:
    try:
        value = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count; give a whole number from 1 on")
    return value
