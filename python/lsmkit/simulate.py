"""`simulate`, `Simulation`: a workload on a tree that is not there, by the engine's own rules."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from lsmkit import _core
from lsmkit._errors import InvalidArgument, NotSupported
from lsmkit.analytic import analytic_run
from lsmkit.drawn import ASSUMPTIONS, Drawn
from lsmkit.frame import Frame
from lsmkit.frames import events_of
from lsmkit.machine import Device, Machine
from lsmkit.options import Options, option_texts
from lsmkit.own_planner import Planner, asked_by
from lsmkit.progress import Progress, shown
from lsmkit.run import Run, unknown_columns
from lsmkit.starts import Start, database_start, manifest_start
from lsmkit.version import Version
from lsmkit.workload import Workload

if TYPE_CHECKING:
    from lsmkit.db import DB, Path

__all__ = ["Fidelity", "Progress", "Simulation", "simulate"]

Fidelity = Literal["exact", "segment", "drawn", "analytic"]
MachineLike: TypeAlias = Machine | Device | str

_FILLED = (
    "all keys are in the last level, and the levels above hold what overwriting for long by the "
    "first phase leaves there, equally dense everywhere",
)


class Simulation:
    """A simulated tree under a workload, to be run in steps and looked at in between.

    Compaction is planned and shaped by the planner and the rules of the engine. Looking changes
    nothing, nor how a run is cut into steps.

    Without a `machine`, in lock-step: each compaction ends before the next write, and the clock
    goes on by 1/rate per operation, by a microsecond in a closed loop. So an engine opened with
    ``background="inline"`` makes the same edits as the exact simulation, which `lsmkit.twin` shows.
    With one, in time: operations come at their rates or in a closed loop and wait, jobs share
    device and cores, and writes are slowed down as the options' `flow` says; `Run.timing` and
    `Run.timeline()` tell of it.

    Parameters
    ----------
    workload : Workload
    options : Options, optional
        Those that shape the tree count; in time also threads, memory, flow and sync. Default: the
        defaults.
    fidelity : {"exact", "segment", "drawn"}
        How contents are modelled. "exact": each record's key, seqno and size. "segment": slices of
        keys and what share of them is there, so that terabytes take seconds; figures come within
        some percent of the exact ones (`lsmkit validate V1`). "drawn": not at all; overlap is drawn
        as `drawn` says, and `Run.assumptions` tells what is not as in an engine.
    machine : Machine, Device or str, optional
        What it runs on; a str names a device.
    filled : bool
        Start with all keys in a tree that has been overwritten for long, by the workload's first
        phase, instead of an empty one. With fidelity "segment", layouts "leveled" and "hybrid".
    planner : Planner, optional
        Decides instead of the layout's; see `Choice`.
    drawn : Drawn, optional
        With fidelity "drawn", what is assumed.
    seed : int, optional
        In place of the workload's.
    keep_events : bool
        False: `Run.events()` is empty and no moment but the last can be looked at, for runs whose
        events would not fit in memory (about 2 KB each).

    Raises
    ------
    InvalidArgument
        More keys than an exact simulation can hold (2^28).
    NotSupported
        What lock-step cannot follow, such as records that expire (``ttl_s``).
    """

    def __init__(
        self,
        workload: Workload,
        options: Options | None = None,
        *,
        fidelity: Fidelity = "exact",
        machine: MachineLike | None = None,
        filled: bool = False,
        planner: Planner | None = None,
        drawn: Drawn | None = None,
        seed: int | None = None,
        keep_events: bool = True,
    ) -> None:
        self._begin(
            workload,
            options,
            None,
            fidelity=fidelity,
            machine=machine,
            filled=filled,
            planner=planner,
            drawn=drawn,
            seed=seed,
            keep_events=keep_events,
        )

    @classmethod
    def from_db(
        cls,
        db: "DB | Path",
        workload: Workload,
        options: Options | None = None,
        *,
        fidelity: Fidelity = "exact",
        machine: MachineLike | None = None,
        planner: Planner | None = None,
        seed: int | None = None,
        keep_events: bool = True,
        progress: Progress = None,
    ) -> Self:
        """A simulation that goes on from a database: its tables, records, cursors and seqnos.

        With fidelity "exact" every record is read, by key, seqno, kind and length, and the edits
        are those that the engine would make from then on under the same workload. Reading changes
        nothing, and what is written meanwhile is not in it. With fidelity "segment" no table is
        read: where its records lie is taken from the key samples of its meta. `Run.assumptions`
        lists what the simulation takes for granted.

        Counters, `Run.series()` and `Run.window` begin at the start.

        Parameters
        ----------
        db : DB or path
            An open database, or the directory of one, which is opened read-only. What the logs of a
            directory hold becomes tables first, as when a writer opens it.
        workload : Workload
            Its operations begin with the first.
        options : Options, optional
            Default: those of the database.
        fidelity, machine, planner, seed, keep_events
            As for a `Simulation`.
        progress : callable or True, optional
            ``progress(records, total)`` every 20 ms or so while the database is read, twice.

        Raises
        ------
        InvalidArgument
            More than 2^28 records, or keys, which an exact simulation can't hold.
        NotSupported
            fidelity="segment": keys that are not of the workload's encoding.
        CorruptionError, IOError
            The database can't be read.

        Examples
        --------
        >>> import lsmkit
        >>> disk = lsmkit.testing.MemoryDisk()  # doctest: +SKIP
        >>> with disk.open() as db:  # doctest: +SKIP
        ...     run = lsmkit.Simulation.from_db(db, workload).run()
        """
        self = cls.__new__(cls)
        self._begin(
            workload,
            options,
            database_start(db, workload, fidelity, progress),
            fidelity=fidelity,
            machine=machine,
            planner=planner,
            seed=seed,
            keep_events=keep_events,
        )
        return self

    @classmethod
    def from_manifest(
        cls,
        path: "Path",
        workload: Workload,
        options: Options | None = None,
        *,
        planner: Planner | None = None,
        seed: int | None = None,
        keep_events: bool = True,
    ) -> Self:
        """As `from_db` with fidelity "segment", but of a directory only the MANIFEST is read.

        So the tables need not be there, and what the logs hold is left out.

        Parameters
        ----------
        path : path
            The directory.
        workload, options, planner, seed, keep_events
            As for `from_db`.

        Raises
        ------
        NotSupported
            Keys that are not of the workload's encoding.
        CorruptionError, IOError
            The MANIFEST can't be read.
        """
        self = cls.__new__(cls)
        self._begin(
            workload,
            options,
            manifest_start(path),
            fidelity="segment",
            planner=planner,
            seed=seed,
            keep_events=keep_events,
        )
        return self

    def _begin(
        self,
        workload: Workload,
        options: Options | None,
        begun: Start | None,
        *,
        fidelity: Fidelity,
        machine: MachineLike | None = None,
        filled: bool = False,
        planner: Planner | None,
        drawn: Drawn | None = None,
        seed: int | None,
        keep_events: bool,
    ) -> None:
        if not isinstance(workload, Workload):
            raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
        if fidelity == "analytic":
            raise NotSupported("by formula there are no steps; lsmkit.simulate() tells the end")
        if fidelity not in ("exact", "segment", "drawn"):
            raise NotSupported(
                f"fidelity={fidelity!r} is not there; there are 'exact', 'segment', 'drawn' and "
                "'analytic'"
            )
        if fidelity == "drawn" and planner is not None:
            raise NotSupported("planner: one's own looks at keys, and a drawn tree has none")
        if drawn is not None and fidelity != "drawn":
            raise InvalidArgument(f"drawn: is for fidelity='drawn', not {fidelity!r}")
        if filled and fidelity != "segment":
            raise NotSupported("filled: only a simulation with fidelity='segment' starts full")
        self.workload = workload if seed is None else workload.with_seed(seed)
        if options is None:
            options = Options() if begun is None else begun.options
        self.options = options
        self.fidelity = fidelity
        self.machine = _machine(machine)
        self._core = _core.Simulation(
            self.workload.to_text(),
            option_texts(vars(self.options)),
            fidelity=fidelity,
            filled=bool(filled),
            machine=None if self.machine is None else self.machine.to_core(),
            keep_events=keep_events,
            planner=asked_by(planner, self.options),
            drawn=(drawn or Drawn()).to_core() if fidelity == "drawn" else None,
            start=None if begun is None else begun.core,
        )
        self._assumptions = begun.assumptions if begun is not None else ()
        if filled:
            self._assumptions = _FILLED
        elif fidelity == "drawn":
            self._assumptions = ASSUMPTIONS

    def run(self, *, progress: Progress = None) -> Run:
        """To the end of the workload.

        Parameters
        ----------
        progress : callable or True, optional
            ``progress(ops, total)`` every 20 ms or so; total 0: not known. What it raises ends the
            run, as Ctrl-C does; the simulation can go on from there.
        """
        with shown(progress, "simulating") as tell:
            self._core.run(progress=tell)
        return self.result()

    def run_until(self, seconds: float, *, progress: Progress = None) -> Self:
        """Until the workload's clock has reached a moment, or to its end."""
        with shown(progress, "simulating") as tell:
            self._core.run(until_us=max(0, int(seconds * 1e6)), progress=tell)
        return self

    def step(self) -> bool:
        """To the next change of the tree; False: there is none.

        In exact lock-step that is a flush with the compactions that it makes due, else one edit.
        """
        return self._core.step()

    def flush(self) -> Self:
        """What is in the memtable becomes a run of L0, and what is due then is compacted."""
        self._core.flush()
        return self

    def set_rate(self, per_s: float) -> Self:
        """The rate of the present phase, from now on. In time only.

        Raises
        ------
        NotSupported
            In lock-step, where a rate moves the clock alone.
        """
        if not per_s > 0:
            raise InvalidArgument(f"set_rate: {per_s} is no rate; give more than 0 per second")
        self._core.set_rate(float(per_s))
        return self

    def set_device(self, device: Device | str) -> Self:
        """What it runs on from now on, jobs under way included. In time only.

        `Run.machine` has the last that was set.

        Raises
        ------
        NotSupported
            In lock-step, where there is no device.
        """
        if self.machine is None:
            raise NotSupported("in lock-step there is no device; name one to simulate time")
        changed = replace(self.machine, device=device)
        self._core.set_device(changed.to_core())
        self.machine = changed
        return self

    def check(self) -> None:
        """Look up each key that was ever written and compare; check all that holds of a version.

        With fidelity "segment", which knows no keys, the latter alone.

        SystemError naming the key and its history if it is not there, which is a bug of lsmkit.
        """
        self._core.check()

    def result(self) -> Run:
        """What was done so far."""
        return Run(
            self._core,
            self.workload,
            self.options,
            self.fidelity,
            self.machine,
            self._assumptions,
        )

    def events(self, *, since: int = 0) -> Frame:
        """What happened so far but for the first `since` events; as `Run.events`.

        It costs what it tells, however long the simulation has gone on: for whoever looks often,
        with ``since=simulation.event_count`` of the look before.
        """
        if since < 0:
            raise InvalidArgument(f"events(since={since}): a count of events is due, 0 or more")
        unknown = unknown_columns(self.fidelity, self._assumptions)
        return events_of(self._core.events(since=since), unknown)

    @property
    def event_count(self) -> int:
        """How many events there were, whether they are kept or not."""
        return self._core.event_count()

    def version(self) -> Version:
        """The tables as they stand."""
        return Version._of(self._core.version())

    @property
    def done(self) -> bool:
        """Whether the workload is over."""
        return bool(self._core.state()["done"])

    @property
    def seconds(self) -> float:
        """What the workload's clock shows."""
        return float(self._core.state()["now_us"] / 1e6)

    def __repr__(self) -> str:
        state = self._core.state()
        where = "done" if state["done"] else f"after {state['ops']:,} operations"
        return f"<lsmkit.Simulation of {self.workload.name!r}, {self.fidelity}, {where}>"


def _machine(given: MachineLike | None) -> Machine | None:
    if given is None or isinstance(given, Machine):
        return given
    if isinstance(given, Device | str):
        return Machine(device=given)
    raise TypeError(f"machine: a Machine, Device or name is due, not {type(given).__name__}")


def simulate(
    workload: Workload,
    options: Options | None = None,
    *,
    fidelity: Fidelity = "exact",
    machine: MachineLike | None = None,
    filled: bool = False,
    planner: Planner | None = None,
    drawn: Drawn | None = None,
    seed: int | None = None,
    keep_events: bool = True,
    progress: Progress = None,
) -> Run:
    """Run a workload on a simulated tree and tell what came of it; see `Simulation`.

    Fidelity "analytic" runs nothing: it tells what the workload comes to in the long run by
    formula, in milliseconds (`AnalyticRun`), and refuses what there is no formula for.

    Examples
    --------
    >>> import lsmkit
    >>> workload = lsmkit.Workload.overwrites(keys=20_000, times=5)
    >>> small = lsmkit.Options.small()
    >>> hybrid = lsmkit.simulate(workload, small)
    >>> leveled = lsmkit.simulate(workload, lsmkit.Options.small(layout="leveled"))
    >>> hybrid.window.write_amp_weight < leveled.window.write_amp_weight
    True
    """
    if fidelity == "analytic" and isinstance(workload, Workload):
        seeded = workload if seed is None else workload.with_seed(seed)
        return analytic_run(
            seeded, options or Options(), machine=machine, filled=filled, planner=planner
        )
    simulation = Simulation(
        workload,
        options,
        fidelity=fidelity,
        machine=machine,
        filled=filled,
        planner=planner,
        drawn=drawn,
        seed=seed,
        keep_events=keep_events,
    )
    return simulation.run(progress=progress)
