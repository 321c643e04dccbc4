"""`sweep`: configurations x workloads x machines x seeds, on any executor, kept in a Parquet file.

A task is text, so any worker can run it; a row is the same wherever it was made, `wall_us` and
`worker` aside.
"""

import concurrent.futures
import functools
import hashlib
import itertools
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from lsmkit import _core
from lsmkit._errors import Error, InvalidArgument, NotSupported
from lsmkit.frame import Frame
from lsmkit.machine import Machine
from lsmkit.options import Options, option_texts, options_from_texts
from lsmkit.progress import Progress, shown
from lsmkit.run import Run
from lsmkit.schema import SCHEMAS
from lsmkit.simulate import Fidelity, simulate
from lsmkit.sweep_file import SweepFile
from lsmkit.workload import Workload

__all__ = ["build_id", "sweep"]

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]
Several: TypeAlias = T | Iterable[T] | Mapping[str, T]

AT_ONCE = 1_000
"""Tasks handed to an executor and not yet back, at most."""


@dataclass(frozen=True)
class Task:
    """One row to be made."""

    config: str
    workload: str
    machine_name: str | None
    seed: int
    fidelity: Fidelity
    options: dict[str, str]
    workload_text: str
    machine: Machine | None

    def key(self) -> str:
        """The same for the same figures, and the same build."""
        machine = None if self.machine is None else sorted(self.machine.to_core().items())
        options = sorted(self.options.items())
        said = repr((self.fidelity, self.seed, options, self.workload_text, machine))
        return hashlib.sha256(f"{build_id()} {said}".encode()).hexdigest()[:32]


@functools.cache
def build_id() -> str:
    """The version and a digest of the compiled module: builds that differ may count otherwise."""
    digest = hashlib.sha256(Path(_core.__file__).read_bytes()).hexdigest()[:12]
    return f"{_core.build_info()['version']}+{digest}"


def sweep(
    configs: Several[Options],
    workloads: Several[Workload],
    *,
    machines: Several[Machine | str] | None = None,
    seeds: int | Iterable[int] = 1,
    fidelity: Fidelity = "exact",
    executor: Any = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = True,
    progress: Progress = None,
) -> Frame:
    """Simulate every configuration under every workload, on every machine, with every seed.

    Parameters
    ----------
    configs : Options, iterable or mapping of str to Options
        Without names, what differs from the defaults names them.
    workloads : Workload, iterable or mapping of str to Workload
        Without names, their own.
    machines : Machine, str, iterable or mapping of str to Machine, optional
        To simulate time; a str names a device. Default: in lock-step.
    seeds : int or iterable of int
        How many, from 1 on; or which. They replace the workloads'.
    fidelity : {"exact", "segment", "drawn", "analytic"}
        See `simulate`; "drawn" with what `Drawn()` assumes.
    executor : concurrent.futures.Executor, or an object with `get_executor()`, optional
        Where to run; such as a ProcessPoolExecutor, or a Dask client. Default: here, one by one.
    out : path, optional
        A Parquet file that gets the rows, every half minute and at the end. Needs pyarrow.
    resume : bool
        Rows that `out` has from before are not made again, if options, workload, seed and build are
        the same. False: it is begun anew.
    progress : callable or True, optional
        ``progress(done, total)`` after each row. What it raises ends the sweep, as Ctrl-C does;
        rows that were made stand in `out`.

    Returns
    -------
    Frame
        One row per configuration, workload, machine and seed, in that order. What could not be
        simulated has its reason in the column `error`, and nulls.

    Raises
    ------
    InvalidArgument
        Nothing to do; two of one name; `out` holds something else.
    NotSupported
        A worker runs another build of lsmkit.

    Examples
    --------
    >>> import lsmkit
    >>> small = lsmkit.Options.small()
    >>> configs = {f"fanout {n}": small.replace(fanout=float(n)) for n in (4, 8)}
    >>> frame = lsmkit.sweep(configs, lsmkit.Workload.overwrites(keys=2_000), seeds=2)
    >>> frame["config"].tolist()
    ['fanout 4', 'fanout 4', 'fanout 8', 'fanout 8']
    """
    tasks = _tasks(configs, workloads, machines, seeds, fidelity)
    keys = [task.key() for task in tasks]
    file = None if out is None else SweepFile(Path(out))
    rows = file.rows() if file is not None and resume else {}
    missing = {key: task for key, task in zip(keys, tasks, strict=True) if key not in rows}
    done = len(tasks) - len(missing)
    try:
        with shown(progress, "sweeping") as tell:
            for key, row in _results(missing, executor):
                rows[key] = {**row, "key": key}
                done += 1
                if file is not None:
                    file.keep(rows)
                if tell is not None:
                    tell(done, len(tasks))
    finally:
        if file is not None:
            file.write(rows)
    # One simulation may stand under several names.
    named = [
        {
            **rows[key],
            "config": task.config,
            "workload": task.workload,
            "machine": task.machine_name,
        }
        for key, task in zip(keys, tasks, strict=True)
    ]
    return frame_of_rows(named)


def frame_of_rows(rows: list[Row]) -> Frame:
    """Rows as the frame of a sweep."""
    specs = SCHEMAS["sweep"]
    return Frame.of_schema("sweep", specs, {s.name: [r.get(s.name) for r in rows] for s in specs})


# -- Which tasks -----------------------------------------------------------------------------------


def _tasks(
    configs: Several[Options],
    workloads: Several[Workload],
    machines: Several[Machine | str] | None,
    seeds: int | Iterable[int],
    fidelity: Fidelity,
) -> list[Task]:
    named_configs = _named("configs", configs, Options, _config_name)
    named_workloads = _named("workloads", workloads, Workload, lambda workload: workload.name)
    named_machines: list[tuple[str | None, Machine | None]] = [(None, None)]
    if machines is not None:
        named = _named("machines", _as_machines(machines), Machine, _machine_name)
        named_machines = list(named.items())
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else list(seeds)
    if not numbers:
        raise InvalidArgument("seeds: there is none; give 1 or more")
    return [
        Task(
            config=config,
            workload=name,
            machine_name=machine_name,
            seed=seed,
            fidelity=fidelity,
            options=option_texts(vars(options)),
            workload_text=workload.with_seed(seed).to_text(),
            machine=machine,
        )
        for (config, options), (name, workload), (machine_name, machine), seed in itertools.product(
            named_configs.items(), named_workloads.items(), named_machines, numbers
        )
    ]


def _as_machines(given: Any) -> Any:
    if isinstance(given, str):
        return Machine(device=given)
    if isinstance(given, Mapping):
        return {name: _as_machines(machine) for name, machine in given.items()}
    return given if isinstance(given, Machine) else [_as_machines(machine) for machine in given]


def _machine_name(machine: Machine) -> str:
    return machine.device if isinstance(machine.device, str) else machine.device.name


def _named(what: str, given: Any, kind: type[T], name_of: Any) -> dict[str, T]:
    if isinstance(given, kind):
        given = [given]
    pairs = list(given.items()) if isinstance(given, Mapping) else [(None, item) for item in given]
    named: dict[str, T] = {}
    for name, item in pairs:
        if not isinstance(item, kind):
            raise TypeError(f"{what}: {kind.__name__} is due, not {type(item).__name__}")
        name = name_of(item) if name is None else str(name)
        if name in named:
            raise InvalidArgument(
                f"{what}: two are called {name!r}; give a dict with a name for each"
            )
        named[name] = item
    if not named:
        raise InvalidArgument(f"{what}: there is none; give at least one")
    return named


def _config_name(options: Options) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.diff().items()) or "default"


# -- Doing them ------------------------------------------------------------------------------------


def run_task(task: Task) -> Row:
    """Make one row, on whatever worker."""
    begin = time.perf_counter()
    row: Row = {
        "config": task.config,
        "workload": task.workload,
        "machine": task.machine_name,
        "seed": task.seed,
        "fidelity": task.fidelity,
        "build": build_id(),
        "worker": f"{socket.gethostname()}:{os.getpid()}",
    }
    try:
        run = simulate(
            Workload.from_text(task.workload_text),
            options_from_texts(task.options),
            fidelity=task.fidelity,
            machine=task.machine,
            keep_events=False,
        )
    except Error as error:
        row["error"] = str(error)
    else:
        summary, window = run.summary()[0], run.window
        row |= {name: value for name, value in summary.items() if value is not None}
        row |= {
            "ops": run.ops,
            "overwritten": window.overwritten,
            "peak_run_count": None if run.fidelity == "analytic" else window.peak_run_count,
            "mean_level_weight": [round(weight) for weight in window.mean_level_weight],
            **_timed(run),
        }
    row["wall_us"] = int((time.perf_counter() - begin) * 1e6)
    return row


def _timed(run: Run) -> Row:
    timing = run.timing
    if timing is None:
        return {}
    seconds = float(run.timeline()["time_us"][-1]) / 1e6
    return {
        "seconds": seconds,
        "bytes_per_s": timing.accepted_bytes / seconds if seconds else 0.0,
        "stall_share": sum(timing.stall_s.values()) / seconds if seconds else 0.0,
        "device_utilisation": timing.device_utilisation,
        "put_p50_us": timing.writes.p50_us,
        "put_p99_us": timing.writes.p99_us,
        "put_p999_us": timing.writes.p999_us,
        "put_max_us": timing.writes.max_us,
        "waiting_bytes": round(timing.waiting_bytes),
        "why_ended": timing.why_ended,
    }


def _results(tasks: Mapping[str, Task], executor: Any) -> Iterator[tuple[str, Row]]:
    if executor is None:
        for key, task in tasks.items():
            yield key, run_task(task)
        return
    if not hasattr(executor, "submit") or hasattr(executor, "get_executor"):
        executor = executor.get_executor()
    left = iter(tasks.items())
    pending: dict[concurrent.futures.Future[Row], str] = {}
    try:
        while True:
            for key, task in itertools.islice(left, AT_ONCE - len(pending)):
                pending[executor.submit(run_task, task)] = key
            if not pending:
                return
            finished, _ = concurrent.futures.wait(
                pending, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in finished:
                row = future.result()
                if row["build"] != build_id():
                    raise NotSupported(
                        f"worker {row['worker']} runs lsmkit {row['build']}, this is "
                        f"{build_id()}: install the same everywhere"
                    )
                yield pending.pop(future), row
    finally:
        for future in pending:
            future.cancel()
