"""What a command line says of workloads and options; `simulate`, `sweep` and others take it alike.

A workload is a name (`overwrites`, `ycsb:a`) or a file with a workload's text; options are a preset
and changes to it, OPTION=VALUE, in the spelling that `lsmkit.options.option_texts` gives.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import lsmkit
from lsmkit import workloads
from lsmkit._errors import InvalidArgument
from lsmkit.options import check_option_names, option_from_text

__all__ = [
    "PRESETS",
    "WORKLOADS",
    "add_workload_arguments",
    "asked_for",
    "asked_options",
    "asked_workload",
    "changed",
    "number_above_0",
    "split_change",
]

PRESETS: dict[str, Callable[..., lsmkit.Options]] = {
    "default": lsmkit.Options,
    "small": lsmkit.Options.small,
    "rocksdb": lsmkit.Options.rocksdb,
    "leveldb": lsmkit.Options.leveldb,
}
WORKLOADS = (
    "overwrites, ycsb:a to ycsb:f, db_bench:NAME, mixgraph[:VARIANT], queues, or the name of a "
    "file with a workload's text"
)


def add_workload_arguments(command: argparse.ArgumentParser) -> None:
    """What says how large a workload is, and on which options it runs."""
    command.add_argument(
        "--keys", type=number_above_0, default=100_000, metavar="N", help="keys (default: 100000)"
    )
    command.add_argument(
        "--ops",
        type=number_above_0,
        metavar="N",
        help="operations after the load (default: four for each key)",
    )
    command.add_argument("--seed", type=int, metavar="N", help="in place of the workload's")
    command.add_argument(
        "--preset", choices=PRESETS, default="default", help="options to begin with"
    )
    command.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="change an option; may come several times",
    )


def asked_for(options: argparse.Namespace) -> tuple[lsmkit.Workload, lsmkit.Options]:
    """The workload and the options that the command line tells of."""
    try:
        if options.workload is None:
            raise InvalidArgument(f"a WORKLOAD is due: {WORKLOADS}")
        return asked_workload(options.workload, options), asked_options(options)
    except (InvalidArgument, TypeError) as error:
        options.refuse(str(error))  # exit code 2
        raise


def asked_workload(text: str, options: argparse.Namespace) -> lsmkit.Workload:
    """The workload of that name, as large as is asked for, or the one in that file."""
    workload = _workload(text, options)
    return workload if options.seed is None else workload.with_seed(options.seed)


def _workload(text: str, options: argparse.Namespace) -> lsmkit.Workload:
    name, _, variant = text.partition(":")
    keys = options.keys
    ops = 4 * keys if options.ops is None else options.ops
    if name == "overwrites" and not variant:
        return lsmkit.Workload.overwrites(keys=keys, times=ops / keys)
    if name == "ycsb":
        return workloads.ycsb(variant, keys=keys, ops=ops)
    if name == "db_bench":
        return workloads.db_bench(variant, num=keys)
    if name == "mixgraph":
        return workloads.mixgraph(variant or "all_dist", keys=keys, ops=ops)
    if name == "queues" and not variant:
        return workloads.queues(queue_count=8, backlog=keys, ops=ops)
    path = Path(text)
    if not path.is_file():
        raise InvalidArgument(f"{text!r} is no workload; give {WORKLOADS}")
    return lsmkit.Workload.from_text(path.read_text(encoding="utf-8"))


def asked_options(options: argparse.Namespace) -> lsmkit.Options:
    """The preset with its changes."""
    changes = dict(split_change(text, "--set") for text in options.changes)
    return changed(PRESETS[options.preset](), changes, "--set")


def split_change(text: str, where: str) -> tuple[str, str]:
    """An option's name and what follows the equals sign."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidArgument(f"{where} {text}: OPTION=VALUE is due")
    return name, value


def changed(base: lsmkit.Options, changes: Mapping[str, str], where: str) -> lsmkit.Options:
    """Options with other values, which are given as text.

    Raises
    ------
    TypeError
        There is no such option; the message names what is near.
    InvalidArgument
        A value that the option can't have.
    """
    check_option_names(changes, where)
    try:
        values = {name: option_from_text(name, text) for name, text in changes.items()}
        return base.replace(**values)
    except InvalidArgument as error:
        raise InvalidArgument(f"{where}: {error}") from None


def number_above_0(text: str) -> int:
    """A count, "100000", "100_000" or "100,000"."""
    number = int(text.replace(",", "").replace("_", ""))
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 or more is due")
    return number
