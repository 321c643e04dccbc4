"""The command `lsmkit bench`: `lsmkit.bench.run`, told to people."""

import argparse
from typing import Any

import lsmkit
from lsmkit.bench import Report, Row, Settings, run, taking_part
from lsmkit.bench.log_workloads import LOG_WORKLOADS
from lsmkit.bench.settings import ALL_STORES, ALL_WORKLOADS
from lsmkit.cli_output import note, print_json, progress, table

__all__ = ["add_commands"]

SHORT_S = 0.05


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "measure speed beside rocksdict, plyvel and lmdb, if they are installed"
    bench = add("bench", show_bench, text)
    bench.set_defaults(refuse=bench.error)
    due = Settings()

    def number(name: str, default: int, text: str) -> None:
        help = f"{text} (default: {default})"
        bench.add_argument(name, type=int, default=default, metavar="N", help=help)

    number("--num", due.num, "entries, and operations of each workload")
    number("--key-size", due.key_size, "bytes of a key")
    number("--value-size", due.value_size, "bytes of a value, half of them random")
    number("--rounds", due.rounds, "rounds, of which the medians are taken")
    number("--seed", due.seed, "of keys and values")
    bench.add_argument(
        "--stores",
        dest="store_names",
        type=_names,
        default=ALL_STORES,
        metavar="NAMES",
        help=f"with commas between; default: {', '.join(ALL_STORES)}",
    )
    bench.add_argument(
        "--workloads",
        type=_names,
        default=ALL_WORKLOADS,
        metavar="NAMES",
        help=f"with commas between; default: {', '.join(ALL_WORKLOADS)}; the last two measure "
        "lsmkit alone",
    )
    bench.add_argument(
        "--threads",
        type=_numbers,
        default=due.threads,
        metavar="N[,N...]",
        help="share the operations among so many threads; with more than 1 also one thread "
        "beside a busy one is measured (default: 1)",
    )
    bench.add_argument(
        "--sync",
        type=_sync,
        default=due.sync,
        metavar="MODE",
        help="always, every(N), interval(MS), hybrid(N, MS) or none; the peers know always and "
        "none (default: none)",
    )
    bench.add_argument("--compression", action="store_true", help="compress (default: do not)")
    bench.add_argument(
        "--dir",
        default=".",
        metavar="DIR",
        help="write into a fresh directory in DIR, which is deleted at the end (default: .)",
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers with commas between are due") from None


def _sync(text: str) -> lsmkit.Sync:
    try:
        return lsmkit.Sync.parse(text)
    except lsmkit.InvalidArgument as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def show_bench(options: argparse.Namespace) -> int:
    """Run the benchmark and print its tables."""
    try:
        settings = Settings(
            num=options.num,
            key_size=options.key_size,
            value_size=options.value_size,
            rounds=options.rounds,
            stores=options.store_names,
            workloads=options.workloads,
            threads=options.threads,
            sync=options.sync,
            compression=options.compression,
            seed=options.seed,
        )
    except lsmkit.InvalidArgument as error:
        options.refuse(str(error))  # exit code 2
    names, left_out = taking_part(settings)
    if names:
        for name, why in left_out.items():
            note(f"lsmkit: {name} is left out: {why}")
        if "lsmkit" not in names:
            for name in sorted(set(LOG_WORKLOADS) & set(settings.workloads)):
                note(f"lsmkit: {name} is left out: it measures lsmkit, which takes no part")
    with progress("measuring") as show:
        report = run(settings, options.dir, progress=show)
    if options.json:
        print_json(report.to_json())
    else:
        _tell(report)
    _warn(report)
    return 0


def _warn(report: Report) -> None:
    """Says which figures mean little."""
    if report.machine["file_system"] in ("tmpfs", "ramfs"):
        note("lsmkit: this was no disk, and a sync cost nothing: name another directory with --dir")
    contended = (s for s in report.samples if s.busy or s.workload == "readwhilewriting")
    if any(sample.seconds < SHORT_S for sample in contended):
        note(
            "lsmkit: beside another Python thread some measurements took less than "
            f"{1000 * SHORT_S:.0f} ms, ten of its turns: take a larger --num"
        )


def _tell(report: Report) -> None:
    settings, machine = report.settings, report.machine
    print(
        f"{settings.num:,} entries of {settings.key_size} + {settings.value_size} bytes, "
        f"sync {settings.sync}, {'compressed' if settings.compression else 'no compression'}, "
        f"seed {settings.seed}, medians of {settings.rounds} interleaved rounds\n"
        f"Python {machine['python']}, {machine['system']}, {machine['processors']} processors, "
        f"{machine['file_system']}\n"
    )
    for name, facts in report.stores.items():
        engine = f" ({facts.engine})" if facts.engine else ""
        shown = ", ".join(f"{option} {value}" for option, value in facts.options.items())
        print(f"{name} {facts.version}{engine}: {shown}")
    print()
    rows = report.rows()
    _tell_compared([row for row in rows if row.workload not in LOG_WORKLOADS], report)
    _tell_wal([row for row in rows if row.workload == "wal"])
    _tell_modes([row for row in rows if row.workload == "syncmodes"])


def _tell_compared(rows: list[Row], report: Report) -> None:
    if not rows:
        return
    names = [name for name in report.stores if any(name in row.median_us for row in rows)]
    peers = [name for name in names if name != "lsmkit" and "lsmkit" in names]
    table(
        "Microseconds per operation"
        + (", and how many times as fast as each peer lsmkit is" if peers else ""),
        [
            "workload",
            "threads",
            *names,
            *(f"x {peer}" for peer in peers),
            *(["lsmkit's tree"] if "lsmkit" in names else []),
        ],
        [
            (
                row.workload,
                _threads(row),
                *(_us(row.median_us[name]) for name in names),
                *(f"{row.times_as_fast[peer]:.2f}" for peer in peers),
                *([_shape_text(row.shape)] if row.shape else []),
            )
            for row in rows
        ],
    )
    if report.settings.rounds > 1:
        print(_spread_text(rows, names))
    written = [row for row in rows if row.workload == "readwhilewriting"]
    if written:
        table(
            "Writes per second beside readwhilewriting",
            ["threads", *names],
            [
                (_threads(row), *(f"{row.figures[name]['writes_per_s']:,.0f}" for name in names))
                for row in written
            ],
        )


def _spread_text(rows: list[Row], names: list[str]) -> str:
    spread, workload, name = max(
        ((row.most_us[name] - row.least_us[name]) / row.median_us[name], row.workload, name)
        for row in rows
        for name in names
    )
    told = f"Between rounds times differ by up to {spread:.0%} of the median"
    return f"{told} ({workload}, {name}).\n"


def _tell_wal(rows: list[Row]) -> None:
    if rows:
        table(
            "wal: appends to lsmkit's log alone, nothing is flushed",
            ["sync", "threads", "us each", "commits/s", "MB/s", "log bytes each", "syncs"],
            [
                (
                    row.mode,
                    _threads(row),
                    _us(row.median_us["lsmkit"]),
                    f"{row.figures['lsmkit']['commits_per_s']:,.0f}",
                    f"{row.figures['lsmkit']['bytes_per_s'] / 1e6:,.1f}",
                    f"{row.figures['lsmkit']['log_bytes_per_commit']:.1f}",
                    f"{row.figures['lsmkit']['syncs']:,.0f}",
                )
                for row in rows
            ],
        )


def _tell_modes(rows: list[Row]) -> None:
    if rows:
        table(
            "syncmodes: microseconds of single puts into lsmkit",
            ["sync", "puts", "p50", "p99", "max", "syncs"],
            [
                (
                    row.mode,
                    row.operations["lsmkit"],
                    *(_us(row.figures["lsmkit"][f"{name}_us"]) for name in ("p50", "p99", "max")),
                    f"{row.figures['lsmkit']['syncs']:,.0f}",
                )
                for row in rows
            ],
        )


def _us(value: float) -> str:
    return f"{value:.3f}" if value < 100 else f"{value:,.0f}"


def _threads(row: Row) -> str:
    return f"{row.threads}, busy beside" if row.busy else str(row.threads)


def _shape_text(shape: dict[str, Any]) -> str:
    runs = shape["runs"]
    return (
        f"{'idle' if shape['idle'] else 'at work'}, {runs} run{'' if runs == 1 else 's'}, "
        f"memtable {shape['memtable_fill']:.0%}"
    )
