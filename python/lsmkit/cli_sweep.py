"""The commands `lsmkit sweep` and `lsmkit tune`: many configurations, in a table, or the best.

A configuration is a preset with changes (`--preset`, `--set`), and

- `--vary OPTION=VALUE,VALUE` makes one of each value, several of them all combinations;
- `--configs FILE` has one in each table of a TOML file: `[name]`, below it `option = value`.
"""

import argparse
import csv
import itertools
import shlex
import signal
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, get_args

import lsmkit
from lsmkit._errors import InvalidArgument
from lsmkit.cli_asked import (
    PRESETS,
    WORKLOADS,
    add_workload_arguments,
    asked_for,
    asked_options,
    asked_workload,
    changed,
    number_above_0,
    split_change,
)
from lsmkit.cli_output import markdown_table, note, print_json, progress, table
from lsmkit.frame import Frame
from lsmkit.frame_text import cell
from lsmkit.options import check_option_names, option_from_text, option_texts
from lsmkit.simulate import Fidelity
from lsmkit.tune import Figure

__all__ = ["add_commands"]

NAMES = ("config", "workload", "machine", "seed")
IN_LOCK_STEP = ("settled_write_amp", "mean_space_amp", "peak_space_amp", "mean_run_count")
IN_TIME = ("bytes_per_s", "stall_share", "device_utilisation", "put_p50_us", "put_p99_us")
PRICES = ("storage_gib", "throughput_mib_s", "user_mib_s", "free_mib_s")


def add_commands(add: Any) -> None:
    """Describe the commands to the argument parser."""
    _add_sweep(add("sweep", show_sweep, "simulate many configurations under many workloads"))
    _add_tune(add("tune", show_tuning, "find the options under which a workload costs least"))


def _add_sweep(sweep: argparse.ArgumentParser) -> None:
    sweep.set_defaults(refuse=sweep.error)
    sweep.add_argument("workloads", nargs="+", metavar="WORKLOAD", help=WORKLOADS)
    add_workload_arguments(sweep)
    sweep.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="OPTION=VALUE,VALUE",
        help="a configuration for each value; may come several times, for all combinations",
    )
    sweep.add_argument(
        "--configs",
        dest="file",
        metavar="FILE",
        help="a TOML file with a table of options for each configuration",
    )
    sweep.add_argument(
        "--device",
        action="append",
        metavar="NAME",
        help="simulate time on such a device: gp3, io2, nvme, sata, hdd; may come several times",
    )
    sweep.add_argument(
        "--seeds",
        type=number_above_0,
        default=1,
        metavar="N",
        help="of each, from 1 on (default: 1)",
    )
    sweep.add_argument(
        "--fidelity",
        choices=get_args(Fidelity),
        default="exact",
        help="records, shares of keys, tables that meet by chance, or formulas",
    )
    sweep.add_argument(
        "--jobs", type=number_above_0, default=1, metavar="N", help="processes (default: 1)"
    )
    sweep.add_argument(
        "--out",
        metavar="FILE",
        help="a Parquet file that keeps the rows; what it has from before is not made again",
    )
    sweep.add_argument("--anew", action="store_true", help="make all rows of --out again")
    sweep.add_argument(
        "--format",
        choices=("table", "markdown", "csv"),
        default="table",
        help="of the rows; csv has all columns (default: table)",
    )
    sweep.epilog = (
        "The file of --configs has, for each configuration, [NAME], and below it lines such as "
        'layout = "tiered", fanout = 8 and compression_levels = [0, 3].'
    )


def _add_tune(tune: argparse.ArgumentParser) -> None:
    tune.set_defaults(refuse=tune.error)
    tune.add_argument("workload", metavar="WORKLOAD", help=WORKLOADS)
    add_workload_arguments(tune)
    figures = get_args(Figure)
    tune.add_argument("--minimize", choices=figures, default="write_amp", help="default: write_amp")
    tune.add_argument(
        "--limit",
        dest="limits",
        action="append",
        default=[],
        metavar="FIGURE=N",
        help=f"the most that a figure may be, of {', '.join(figures)}; may come several times",
    )
    tune.add_argument(
        "--search",
        action="append",
        default=[],
        metavar="OPTION=VALUE,VALUE",
        help="what to try; may come several times (default: layout, fanout and l0_trigger_runs)",
    )
    tune.add_argument(
        "--finalists", type=number_above_0, default=6, metavar="N", help="to simulate (default: 6)"
    )
    for name, text in zip(
        PRICES,
        (
            "what a GiB of storage costs a month",
            "what a MiB per second costs a month, reads and writes together",
            "weight that is written a second, in MiB",
            "MiB per second that come with the storage (default: 0)",
        ),
        strict=True,
    ):
        flag = f"--{'price' if 'a month' in text else 'rate'}-{name.replace('_', '-')}"
        tune.add_argument(flag, dest=name, type=float, metavar="N", help=text)


# -- sweep -----------------------------------------------------------------------------------------


def show_sweep(options: argparse.Namespace) -> int:
    """Simulate all of them and print a row for each."""
    configs, workloads = _asked_to_sweep(options)
    options.stores = options.out is not None
    with _workers(options.jobs) as executor, progress("sweeping") as show:
        frame = lsmkit.sweep(
            configs,
            workloads,
            machines=options.device,
            seeds=options.seeds if options.seed is None else [options.seed],
            fidelity=options.fidelity,
            executor=executor,
            out=options.out,
            resume=not options.anew,
            progress=show,
        )
    _tell_sweep(frame, options)
    failed = [row for row in frame if row["error"] is not None]
    return 1 if failed else 0


def _tell_sweep(frame: Frame, options: argparse.Namespace) -> None:
    if options.json:
        print_json(frame.rows())
        return
    figures = [*IN_LOCK_STEP, *(IN_TIME if options.device else ())]
    names = [name for name in NAMES if name != "machine" or options.device]
    columns = [*names, *figures]
    if options.format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(row.values() for row in frame)
    else:
        show = table if options.format == "table" else markdown_table
        title = f"{len(frame)} simulation{'s' * (len(frame) != 1)}, {options.fidelity}"
        specs = [frame.spec(name) for name in columns]
        show(title, columns, [[cell(row[s.name], s) or "-" for s in specs] for row in frame])
    for row in frame:
        if row["error"] is not None:
            named = ", ".join(str(row[name]) for name in names)
            note(f"lsmkit: {named}: {row['error']}")


def _asked_to_sweep(
    options: argparse.Namespace,
) -> tuple[dict[str, lsmkit.Options], dict[str, lsmkit.Workload]]:
    if options.seed is not None and options.seeds != 1:
        options.refuse("--seed is one; --seeds N are 1 to N")
    if options.anew and options.out is None:
        options.refuse("--anew is about --out")
    try:
        return _configs(options), _named_workloads(options)
    except (InvalidArgument, TypeError) as error:
        options.refuse(str(error))  # exit code 2
        raise


def _named_workloads(options: argparse.Namespace) -> dict[str, lsmkit.Workload]:
    if len(set(options.workloads)) < len(options.workloads):
        raise InvalidArgument("a WORKLOAD is named twice")
    return {text: asked_workload(text, options) for text in options.workloads}


def _configs(options: argparse.Namespace) -> dict[str, lsmkit.Options]:
    """All combinations."""
    base = asked_options(options)
    if options.file is not None:
        bases = _configs_of_file(options.file, base)
    else:
        bases = {"" if options.vary else ", ".join([options.preset, *options.changes]): base}
    varied = _varied(options.vary, "--vary")
    configs = {}
    for (name, begun), values in itertools.product(
        bases.items(), itertools.product(*varied.values())
    ):
        changes = dict(zip(varied, values, strict=True))
        named = [name, *(f"{option} {value}" for option, value in changes.items())]
        configs[", ".join(filter(None, named))] = begun.replace(**changes)
    return configs


def _varied(texts: Sequence[str], where: str) -> dict[str, list[Any]]:
    """Options and their values; one may be named several times."""
    varied: dict[str, list[Any]] = {}
    for text in texts:
        name, values = split_change(text, where)
        check_option_names([name], where)
        if isinstance(getattr(lsmkit.Options, name), tuple):
            raise InvalidArgument(
                f"{where} {name}: its values hold commas; give them in a file, by --configs"
                if where == "--vary"
                else f"{where} {name}: its values hold commas; give one, by --set"
            )
        split = _comma_outside_parentheses(values)
        varied.setdefault(name, []).extend(option_from_text(name, value) for value in split)
    for name, found in varied.items():
        if len(set(found)) < len(found):
            raise InvalidArgument(f"{where} {name}: a value is named twice")
    return varied


def _comma_outside_parentheses(text: str) -> list[str]:
    """Parts between commas, but for those within `hybrid(10, 100)`."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _configs_of_file(path: str, base: lsmkit.Options) -> dict[str, lsmkit.Options]:
    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        raise InvalidArgument(f"--configs {path}: {error.strerror}") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise InvalidArgument(f"--configs {path}: {error}") from None
    if not tables or not all(isinstance(one, dict) for one in tables.values()):
        raise InvalidArgument(f"--configs {path}: a table for each configuration is due: [name]")
    return {
        name: changed(base, _texts(values), f"--configs {path}, [{name}]")
        for name, values in tables.items()
    }


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """TOML's values as the command line spells them."""
    texts = {}
    for name, value in values.items():
        if isinstance(value, bool):
            texts[name] = str(value).lower()
        elif isinstance(value, list):
            texts[name] = ",".join(map(str, value))
        else:
            texts[name] = str(value)
    return texts


@contextmanager
def _workers(count: int) -> Iterator[Executor | None]:
    """So many processes, or None for this one. When the block fails they are ended at once."""
    if count == 1:
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    # The first task starts them all. They inherit that Ctrl-C, which a terminal sends to every
    # process, is not for them; this one ends them.
    heeded = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.submit(abs, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heeded)
    try:
        yield pool
    except BaseException:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


# -- tune ------------------------------------------------------------------------------------------


def show_tuning(options: argparse.Namespace) -> int:
    """Find them, and print how to ask for them."""
    workload, base = asked_for(options)
    asked = _asked_to_tune(options)
    with progress(f"tuning for {workload.name}") as show:
        tuning = lsmkit.tune(
            workload,
            minimize=options.minimize,
            base=base,
            finalists=options.finalists,
            progress=show,
            **asked,
        )
    of_preset = option_texts(tuning.options.diff(PRESETS[options.preset]()))
    if options.json:
        print_json(
            {
                "workload": workload.name,
                "minimize": options.minimize,
                "limits": asked["limits"],
                "preset": options.preset,
                "options": of_preset,
                "text": tuning.text,
                "configurations": tuning.frame.rows(),
            }
        )
        return 0
    print(f"{tuning}\n")
    told = ["--preset", options.preset]
    for name, text in of_preset.items():
        told += ["--set", f"{name}={text}"]
    print(f"As arguments: {shlex.join(told)}")
    return 0


def _asked_to_tune(options: argparse.Namespace) -> dict[str, Any]:
    try:
        searched = _varied(options.search, "--search")
        limits = dict(_limit(text) for text in options.limits)
    except (InvalidArgument, TypeError) as error:
        options.refuse(str(error))  # exit code 2
        raise
    needs_prices = "cost_per_month" in {options.minimize, *limits}
    return {
        "search": searched or None,
        "limits": limits,
        "prices": _prices(options) if needs_prices or _given(options) else None,
    }


def _limit(text: str) -> tuple[str, float]:
    name, _, most = text.partition("=")
    if name not in get_args(Figure):
        raise InvalidArgument(f"--limit {name}: FIGURE=N of {', '.join(get_args(Figure))} is due")
    try:
        return name, float(most)
    except ValueError:
        raise InvalidArgument(f"--limit {name}: {most[:40]!r} is no number") from None


def _given(options: argparse.Namespace) -> dict[str, float]:
    return {name: getattr(options, name) for name in PRICES if getattr(options, name) is not None}


def _prices(options: argparse.Namespace) -> lsmkit.Prices:
    given = _given(options)
    missing = [name for name in PRICES[:3] if name not in given]
    if missing:
        flags = ("--price-storage-gib", "--price-throughput-mib-s", "--rate-user-mib-s")
        options.refuse(f"money needs {', '.join(flags)}")
    return lsmkit.Prices(**given)
