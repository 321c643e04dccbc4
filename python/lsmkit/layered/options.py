"""`Options`: how a layered store is laid out and compacted."""

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from lsmkit import _core

__all__ = ["Options", "grid_of"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Options:
    """How a layered store is laid out and compacted.

    The defaults are the published tiered algorithm (Neon, pageserver/compaction); what its authors
    left to do are the options from `partitioned` on, all of them off. `Options.improved()` has
    those on that write less and read no more.

    Two change nothing that is done: `worker_bytes_per_s` and `device_bytes_per_s` tell how long the
    jobs of a compaction take on one, two and four workers.

    Attributes
    ----------
    target_bytes : int
        Of a layer, 8 KiB to 2 GiB. Larger: fewer and longer jobs, and more in memory until a flush.
        Neon: checkpoint_distance, 256 MiB.
    fanout : int
        So many deltas on top of each other are compacted, 2 to 1000. Larger: less is written, more
        is read. Neon: compaction_threshold, 10; its simulator has 4.
    partitioned : bool
        Each natural partition of a level, a range of pages that no delta leaves, is decided by
        itself: images for one and deltas for the other. Where it is not as deep as the fanout it
        stays as it is.
    early_image_percent : int
        With `partitioned`: a partition has images rather than new deltas if they take at most so
        many percent of what its deltas of two tiers do, these being as large as those before: at
        first when it is as deep as the fanout, from then on after every second tier. Others have
        images only where all pages in use take less than all deltas of the level, and theirs at
        most an eighth more than their deltas. Larger: more images, less is read. 0: each partition
        has images where they take less than its deltas.
    grid_pages : int
        New deltas end at multiples of so many pages where that is within a quarter of the target,
        so that there are partitions. 0: anywhere. Coarser: more partitions, layers less even.
    cuts_at_edges : bool
        Likewise, and rather: where layers of the level or below begin or end.
    cuts_at_density : bool
        Likewise, where there is nothing better: where bytes per page change most.
    keeps_identical : bool
        A delta that would come out with the same records stays as it is.
    page_image_records, page_image_bytes : int
        New deltas get an image of a page after so many of its records, or so many bytes of them.
        Smaller: more is written, and less is replayed by a read. 0: none.
    history_bytes : int
        So much of the log, or of time by `history_s` if that is more, stays readable at any LSN;
        below only what branches and leases pin. Both 0: all. Neon: gc_horizon.
    history_s : float
        In seconds. Neon: pitr_interval.
    log_bytes_per_s : float
        What a second is: so much of the log is written in it.
    bottom_image_percent : int
        Images at the horizon and at pinned LSNs, where deltas below take at least so many percent
        of what the images would. Smaller: more is written, less is stored. 0: never.
    worker_bytes_per_s : float
        What one worker reads or writes in a second, whichever is more.
    device_bytes_per_s : float
        What the device reads and writes in a second, for all workers together. 0: no limit.

    Raises
    ------
    TypeError
        Unknown names, with the nearest matches; values of another type.
    InvalidArgument
        Values out of range.

    Examples
    --------
    >>> from lsmkit import layered
    >>> layered.Options(fanout=8)
    Options(fanout=8)
    """

    target_bytes: int = 256 << 20
    fanout: int = 4
    partitioned: bool = False
    early_image_percent: int = 0
    grid_pages: int = 0
    cuts_at_edges: bool = False
    cuts_at_density: bool = False
    keeps_identical: bool = False
    page_image_records: int = 0
    page_image_bytes: int = 0
    history_bytes: int = 0
    history_s: float = 0.0
    log_bytes_per_s: float = 1e6
    bottom_image_percent: int = 0
    worker_bytes_per_s: float = 250e6
    device_bytes_per_s: float = 1e9

    def __new__(cls, *positional: object, **keywords: object) -> Self:
        # Before the generated __init__ says less about an unknown name.
        _check_names(keywords, "Options")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value, due = getattr(self, field.name), type(field.default)
            if not _fits(value, due):
                found = f"{type(value).__name__}: {repr(value)[:60]}"
                raise TypeError(f"option {field.name}: {due.__name__} is due, not {found}")
        _core.check_layered_options(self.to_core())

    @classmethod
    def improved(cls, **overrides: Any) -> "Options":
        """With the options on that write less and read no more than the defaults.

        All of them from `partitioned` to `keeps_identical`. The grid is 10,000 pages for layers of
        256 MiB, and in proportion.
        """
        target_bytes = overrides.get("target_bytes", cls.target_bytes)
        given: dict[str, Any] = {
            "partitioned": True,
            "early_image_percent": 28,
            "grid_pages": grid_of(target_bytes),
            "cuts_at_edges": True,
            "cuts_at_density": True,
            "keeps_identical": True,
        }
        return Options(**(given | overrides))

    def replace(self, **changes: Any) -> "Options":
        """The same options, but for `changes`."""
        _check_names(changes, "replace")
        return dataclasses.replace(self, **changes)

    def diff(self, other: "Options | None" = None) -> dict[str, Any]:
        """This one's values where they differ from `other`'s (default: the defaults), by name."""
        base = vars(Options() if other is None else other)
        return {name: value for name, value in vars(self).items() if value != base[name]}

    def to_core(self) -> dict[str, Any]:
        """As the compiled module takes them."""
        return dict(vars(self))

    def __repr__(self) -> str:
        """Only what differs from the defaults; evaluates to an equal value."""
        return f"Options({', '.join(f'{name}={value!r}' for name, value in self.diff().items())})"


def grid_of(target_bytes: int) -> int:
    """Pages of the grid that `Options.improved` has."""
    return max(1, 10_000 * target_bytes // (256 << 20)) if isinstance(target_bytes, int) else 1


def _fits(value: object, due: type) -> bool:
    if isinstance(value, bool):
        return due is bool
    return isinstance(value, (int, float) if due is float else due)


def _check_names(names: Iterable[str], where: str) -> None:
    known = list(Options.__dataclass_fields__)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
            raise TypeError(f"{where}() got an unknown option {name[:60]!r}; {hint}")
