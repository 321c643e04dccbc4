"""`Store` and `simulate`: a layered store that is written to, record by record."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lsmkit import _core
from lsmkit._errors import InvalidArgument, NotSupported
from lsmkit.arguments import LARGEST, within
from lsmkit.layered.options import Options
from lsmkit.layered.run import Run
from lsmkit.progress import Progress, shown
from lsmkit.workload import Workload

__all__ = ["Branches", "Read", "Store", "simulate"]

SAMPLE_EVERY_BYTES = 1_000_000_000
READS_PER_SAMPLE = 1_000
TIP_READS = 20_000
MOST_EVENTS = 1 << 20
MOST_READS_PER_SAMPLE = 100_000
MOST_TIP_READS = 1_000_000
"""So many take seconds, in which Ctrl-C waits."""


@dataclass(frozen=True)
class Read:
    """What it takes to rebuild a page as it was at an LSN.

    Attributes
    ----------
    layers_opened : int
        On the way down to the first image, that too.
    layers_holding : int
        Deltas among them with a record that is needed.
    records : int
        To be replayed.
    bytes : int
        Of these, and of the page if there is an image.
    image : int or None
        Its number; None: the page begins with its first record.
    in_use : bool
        Whether the page was in use at the LSN. If it was dropped there is nothing to rebuild.
    """

    layers_opened: int
    layers_holding: int
    records: int
    bytes: int
    image: int | None
    in_use: bool


@dataclass(frozen=True, kw_only=True)
class Branches:
    """Branches that come and go while a workload runs, and are read from.

    Each pins the newest LSN that is flushed when it is made. Whenever reads are sampled, as many
    are of branches that live: the columns `branch_...`.

    Attributes
    ----------
    every_bytes : int
        Of the log, from one branch to the next.
    living_bytes : int
        Of the log, for which a branch lives. 0: to the end.

    Raises
    ------
    InvalidArgument
        Values out of range.
    """

    every_bytes: int = 1_000_000_000
    living_bytes: int = 0

    def __post_init__(self) -> None:
        for name, least in (("every_bytes", 1), ("living_bytes", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name}: int is due, not {type(value).__name__}")
            if not least <= value < 1 << 62:
                raise InvalidArgument(f"{name}: {value} cannot be; it is from {least} to 2^62")


class Store:
    """A simulated layered store: all history is kept, as in Neon's page server.

    Records, each of a page of 8 KiB, come in the order of the log; an LSN is an offset in it, in
    bytes. At `Options.target_bytes` they are flushed as a delta layer over all pages; after as many
    flushes as the fanout, levels that are deep enough become new deltas or get images. Every record
    is there (8 bytes each in memory, whatever its length), and no byte of it.

    Parameters
    ----------
    options : Options, optional
    checks : bool
        The invariants I1 to I10 of `cpp/layered/layer_checks.h` after each compaction; slower. What
        is broken raises SystemError that says which and where.
    seed : int
        Of the reads that are sampled.
    sample_every_bytes : int
        Of the log; 0: never. `reads_per_sample` reads are drawn then, half of any page in use, half
        of pages as they were written, at any LSN above the horizon; at most 100,000. Once pages
        were dropped, all of pages in use at the LSN that is read.

    Raises
    ------
    InvalidArgument
        Options out of range.

    Examples
    --------
    >>> from lsmkit import layered
    >>> store = layered.Store(layered.Options(target_bytes=8192))
    >>> store.ingest([0, 1, 2, 1], 1000)
    >>> store.flush()
    >>> store.read(1).records
    2
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        checks: bool = False,
        seed: int = 1,
        sample_every_bytes: int = SAMPLE_EVERY_BYTES,
        reads_per_sample: int = READS_PER_SAMPLE,
    ) -> None:
        self._begin(options, None, checks, seed, sample_every_bytes, reads_per_sample, "records")

    def _begin(
        self,
        options: Options | None,
        workload: Workload | None,
        checks: bool,
        seed: int,
        sample_every_bytes: int,
        reads_per_sample: int,
        fidelity: str,
        branches: Branches | None = None,
    ) -> None:
        if fidelity not in ("records", "slices"):
            raise NotSupported(f"fidelity={fidelity!r} is not there; there are records and slices")
        if options is not None and not isinstance(options, Options):
            raise TypeError(
                f"options: layered.Options are due, not {type(options).__module__}."
                f"{type(options).__name__}"
            )
        within("seed", seed, LARGEST)
        within("sample_every_bytes", sample_every_bytes, LARGEST)
        within("reads_per_sample", reads_per_sample, MOST_READS_PER_SAMPLE)
        self.options = Options() if options is None else options
        self.workload = workload
        self.seed = seed
        self.fidelity = fidelity
        self._core = _core.LayeredStore(
            self.options.to_core(),
            workload="" if workload is None else workload.to_text(),
            sliced=fidelity == "slices",
            checks=bool(checks),
            seed=seed,
            sample_every_bytes=sample_every_bytes,
            reads_per_sample=reads_per_sample,
            most_events=MOST_EVENTS,
            branch_every_bytes=0 if branches is None else branches.every_bytes,
            branch_living_bytes=0 if branches is None else branches.living_bytes,
        )

    # -- Writing -----------------------------------------------------------------------------------

    def use_pages(self, begin: int, end: int) -> None:
        """Pages from `begin` up to before `end` are in use from here in the log on.

        Pages that are written to are in use anyway. Images have all pages in use.
        """
        self._core.use_pages(within("begin", begin, LARGEST), within("end", end, LARGEST))

    def drop_pages(self, begin: int, end: int) -> None:
        """Pages from `begin` up to before `end` are not in use from here in the log on.

        Nothing is written for it: new images leave them out, and what they were stays readable
        below. A page that is written or used again begins anew. As a record that begins here, the
        drop is seen by reads above this LSN, once a record behind it is flushed.

        Raises
        ------
        InvalidArgument
            There is no such range.
        """
        self._core.drop_pages(within("begin", begin, LARGEST), within("end", end, LARGEST))

    def ingest(
        self, pages: npt.ArrayLike, bytes: npt.ArrayLike, *, progress: Progress = None
    ) -> None:
        """Write records, in this order, and flush and compact whenever that is due.

        Parameters
        ----------
        pages : array_like of int, shape (n,)
            The page of each record, below 2^32.
        bytes : int or array_like of int, shape (n,)
            Of each record, from 1 to `target_bytes`.
        progress : callable or True, optional
            ``progress(records, total)`` every 20 ms or so. What it raises ends the call between two
            records, as Ctrl-C does; those before are in the store. A compaction that this meets is
            left out, see `compact`.

        Raises
        ------
        InvalidArgument
            A length or a page that cannot be. Records before it are in the store.
        TypeError
            They are no integers.
        """
        numbers = _integers("pages", pages, np.uint64, None)
        lengths = _integers("bytes", bytes, np.uint32, len(numbers))
        with shown(progress, "writing records") as tell:
            self._core.ingest(numbers, lengths, progress=tell)

    def flush(self) -> None:
        """What is in the buffer, if anything, becomes a layer."""
        self._core.flush()

    def compact(self, *, progress: Progress = None) -> bool:
        """Now, however little was flushed since the last time. Whether there was anything to do.

        Parameters
        ----------
        progress : callable or True, optional
            ``progress(0, 0)`` every 20 ms or so: how much there is to do is not known. What it
            raises ends the call, as Ctrl-C does: levels that were compacted stay so, the one that
            was being compacted is as before, and the next compaction that is due does it.
        """
        with shown(progress, "compacting layers") as tell:
            return self._core.compact(progress=tell)

    # -- History -----------------------------------------------------------------------------------

    def branch(self, lsn: int) -> int:
        """Keep an LSN readable until it is `release`d; returns the pin's number.

        Raises
        ------
        InvalidArgument
            It is above what is flushed, or not readable any more.
        """
        return self._core.pin(within("lsn", lsn, LARGEST), None)

    def lease(self, lsn: int, seconds: float) -> int:
        """As `branch`, for so many seconds of the log at most; see `Options.log_bytes_per_s`."""
        try:
            time_s = float(seconds)
        except (TypeError, ValueError):
            found = type(seconds).__name__
            raise TypeError(f"seconds: a number is due, not {found}") from None
        return self._core.pin(within("lsn", lsn, LARGEST), time_s)

    def release(self, number: int) -> None:
        """Let go of a branch or lease.

        Raises
        ------
        InvalidArgument
            There is no such pin, or its lease is over.
        """
        self._core.unpin(within("number", number, LARGEST))

    def collect(self) -> None:
        """The horizon follows the log, and what need not be readable goes; see `Options`.

        Happens by itself after compactions that are due.
        """
        self._core.collect()

    @property
    def horizon_lsn(self) -> int:
        """From here on every LSN is readable."""
        return int(self._core.state()["horizon"])

    # -- Looking -----------------------------------------------------------------------------------

    def read(self, page: int, lsn: int | None = None) -> Read:
        """What it takes to rebuild a page as it was at an LSN, of what is flushed.

        Raises
        ------
        InvalidArgument
            The LSN is above what is flushed; or below the horizon and not pinned.
        """
        at = None if lsn is None else within("lsn", lsn, LARGEST)
        return Read(**self._core.read(within("page", page, LARGEST), at))

    def result(self, *, tip_reads: int = TIP_READS) -> Run:
        """What was done so far, and what `tip_reads` reads of the newest that is flushed cost.

        Raises
        ------
        InvalidArgument
            More than a million reads.
        """
        within("tip_reads", tip_reads, MOST_TIP_READS)
        return Run(self._core, self.workload, self.options, self.seed, tip_reads, self.fidelity)

    def __repr__(self) -> str:
        state = self._core.state()
        return (
            f"<lsmkit.layered.Store: {state['records']:,} records, "
            f"{state['live_layers']:,} layers, {state['live_bytes']:,} bytes>"
        )


def simulate(
    workload: Workload,
    options: Options | None = None,
    *,
    fidelity: Literal["records", "slices"] = "records",
    seed: int | None = None,
    checks: bool = False,
    sample_every_bytes: int = SAMPLE_EVERY_BYTES,
    reads_per_sample: int = READS_PER_SAMPLE,
    tip_reads: int = TIP_READS,
    branches: Branches | None = None,
    progress: Progress = None,
) -> Run:
    """Run a workload on a simulated layered store and tell what came of it; see `Store`.

    Puts, inserts and the second halves of read-modify-writes are records of as many bytes as their
    values; deletes drop their page; gets read theirs at the tip of what is flushed. At the end all
    is flushed.

    Parameters
    ----------
    workload : Workload
        Such as those of `lsmkit.layered.workloads`. At most 2^28 operations.
    options : Options, optional
    fidelity : {"records", "slices"}
        "slices": bytes per slice of the pages and of the log instead of records, within some
        percent of these (`cpp/layered/sliced_run.h`), with any options; a terabyte takes seconds.
    seed : int, optional
        In place of the workload's; reads are sampled with it, too.
    checks, sample_every_bytes, reads_per_sample
        As of a `Store`.
    tip_reads : int
        How many reads of the newest are sampled at the end, at most a million.
    branches : Branches, optional
        That come and go meanwhile and are read from; per record only. They cost something where
        `Options.history_bytes` or `history_s` let the rest of the past go.
    progress : callable or True, optional
        ``progress(ops, total)`` every 20 ms or so; total 0: not known. What it raises ends the run,
        as Ctrl-C does.

    Raises
    ------
    InvalidArgument
        Options or records that cannot be; too many operations.
    NotSupported
        A workload with scans, or that ends by a clock; by slices, deletes but of the oldest page,
        by `Queue` or `Window` keys, and `branches`.

    Examples
    --------
    >>> from lsmkit import layered
    >>> workload = layered.workloads.uniform(records=100_000, pages=3_000)
    >>> run = layered.simulate(workload, layered.Options(target_bytes=1 << 20))
    >>> run.figures()["write_amp"] > 2
    True
    """
    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    within("tip_reads", tip_reads, MOST_TIP_READS)  # before the run, not after
    if seed is not None:
        workload = workload.with_seed(within("seed", seed, LARGEST))
    store = Store.__new__(Store)
    if branches is not None and not isinstance(branches, Branches):
        raise TypeError(f"branches: layered.Branches are due, not {type(branches).__name__}")
    store._begin(
        options,
        workload,
        checks,
        workload.seed,
        sample_every_bytes,
        reads_per_sample,
        fidelity,
        branches,
    )
    with shown(progress, f"simulating {workload.name}") as tell:
        store._core.run(progress=tell)
    return store.result(tip_reads=tip_reads)


def _integers(
    name: str, given: npt.ArrayLike, dtype: type[np.unsignedinteger[Any]], count: int | None
) -> npt.NDArray[Any]:
    array = np.asarray(given)
    if array.size == 0:
        array = array.astype(np.uint64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: integers are due, not {array.dtype}")
    if array.ndim > 1 or (array.ndim == 0 and count is None):
        raise InvalidArgument(f"{name}: one per record is due, not an array of shape {array.shape}")
    if array.ndim == 1 and count is not None and len(array) != count:
        raise InvalidArgument(f"{name}: one per page is due, which are {count}, not {len(array)}")
    most = np.iinfo(dtype).max
    if array.size and (int(array.min()) < 0 or int(array.max()) > most):
        raise InvalidArgument(
            f"{name}: from {int(array.min())} to {int(array.max())}; it must be from 0 to {most}"
        )
    whole = np.broadcast_to(array, (count,)) if count is not None else array
    return np.ascontiguousarray(whole, dtype)
