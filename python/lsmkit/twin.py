"""`twin`: one workload on engine and simulation side by side; `drive`: on an open database."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.frames import events_of
from lsmkit.options import Options, option_texts
from lsmkit.progress import Progress, shown
from lsmkit.reads import Reads
from lsmkit.workload import Workload

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["Driven", "Twin", "drive", "twin"]


@dataclass(frozen=True)
class Twin:
    """How far engine and simulation agreed. Made by `lsmkit.twin`.

    Attributes
    ----------
    workload : Workload
    options : Options
    ops, commits : int
        Operations of the workload, and commits that wrote, on both sides.
    edits : int
        Flushes and compactions that agreed in reason, inputs, output level, and each output's
        number, bounds, counts, seqnos and weight.
    edits_by_reason : dict of str to int
    compactions : int
        Of the edits, all but flushes.
    moved_tables, passed_tables : int
        By trivial moves, and out of merges as they were.
    dropped_entries, dropped_tombstones : int
        Superseded records and tombstones left out; of these, the tombstones.
    levels : tuple of int
        Written to.
    difference : str
        The first, in words; empty: none.
    events : Frame
        What both did; with a difference, what the simulation did up to it.
    reads, simulated_reads : Reads
        What gets and scans looked into in the engine and in its simulation. They are not part of
        the comparison: `lsmkit validate V5` sets them side by side.
    """

    workload: Workload
    options: Options
    ops: int
    commits: int
    edits: int
    edits_by_reason: dict[str, int]
    compactions: int
    moved_tables: int
    passed_tables: int
    dropped_entries: int
    dropped_tombstones: int
    levels: tuple[int, ...]
    difference: str
    events: Frame
    reads: Reads
    simulated_reads: Reads

    @property
    def agree(self) -> bool:
        """Whether every edit, and the trees at last, were the same."""
        return not self.difference

    def __repr__(self) -> str:
        if self.difference:
            verdict = f"they differ: {self.difference}"
        else:
            verdict = "engine and simulation made the same"
        return f"<lsmkit.Twin {self.workload.name!r}: {self.edits:,} edits; {verdict}>"


def twin(
    workload: Workload,
    options: Options | None = None,
    *,
    before: Workload | None = None,
    progress: Progress = None,
) -> Twin:
    """Run a workload on the engine and on its exact simulation, and compare edit by edit.

    The engine runs with ``background="inline"`` on a disk in memory, by the workload's clock. Both
    carry out its reads, too, which change nothing.

    Parameters
    ----------
    workload : Workload
    options : Options, optional
        Default: the defaults. `background`, `create` and `sync` are the twin's own.
    before : Workload, optional
        The engine alone does this first; then the simulation begins from its database, and both go
        on side by side. What is told is about what comes from there on.
    progress : callable or True, optional
        ``progress(ops, total)`` every 20 ms or so; total 0: not known.

    Returns
    -------
    Twin

    Raises
    ------
    InvalidArgument, NotSupported
        As `Simulation` does.
    MemoryError
        The tree does not fit in memory.

    Examples
    --------
    >>> import lsmkit
    >>> workload = lsmkit.workloads.ycsb("a", keys=1000, ops=5000)
    >>> lsmkit.twin(workload, lsmkit.Options.small()).agree
    True
    """
    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    if before is not None and not isinstance(before, Workload):
        raise TypeError(f"before: a Workload is due, not {type(before).__name__}")
    options = options if options is not None else Options()
    with shown(progress, "running both") as tell:
        values = _core.twin(
            workload.to_text(),
            option_texts(vars(options)),
            before=None if before is None else before.to_text(),
            progress=tell,
        )
    del values["series"]
    values["events"] = events_of(values["events"])
    values["levels"] = tuple(sorted(values["levels"]))
    for name in ("reads", "simulated_reads"):
        values[name] = Reads.of(values[name])
    return Twin(workload, options, **values)


@dataclass(frozen=True)
class Driven:
    """What a workload did to a database. Made by `lsmkit.drive`.

    Attributes
    ----------
    ops : int
        Operations; `ops_by_kind` has them by kind.
    ops_by_kind : dict of str to int
    found : int
        Gets, and reads within read_modify_write, that found their key.
    scanned : int
        Entries.
    late_us : int
        Microseconds that the last write was behind the workload's rate; 0 without one.
    """

    ops: int
    ops_by_kind: dict[str, int]
    found: int
    scanned: int
    late_us: int


def drive(db: "DB", workload: Workload, *, progress: Progress = None) -> Driven:
    """Carry a workload out on a database, on this thread, reads too.

    The same seed gives the same operations, keys and values as everywhere. A closed loop goes as
    fast as it can; where a phase has a rate, each operation waits until it is due.

    Parameters
    ----------
    db : DB
    workload : Workload
    progress : callable or True, optional
        ``progress(ops, total)`` every 20 ms or so; total 0: not known. What it raises ends the
        call, as Ctrl-C does; what was committed stands.
    """
    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    if any(phase.ttl_s for phase in workload.phases):
        raise InvalidArgument("records that expire (ttl_s) can't be stored yet; leave ttl_s out")
    with shown(progress, "driving") as tell:
        return Driven(**_core.drive(db, workload.to_text(), progress=tell))
