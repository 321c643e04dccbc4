"""`Options`: how a layered store is laid out and compacted."""

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from lsmkit import _core

__all__ = ["Options"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Options:
    """How a layered store is laid out and compacted.

    The defaults are the published tiered algorithm (Neon, pageserver/compaction); what its authors
    left to do are the options from `partitioned` on, all of them off. `Options.improved()` has
    those on that write less and read no more.

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
    grid_pages : int
        New deltas end at multiples of so many pages where that is within a quarter of the target,
        so that there are partitions. 0: anywhere. Coarser: more partitions, layers less even.
    keeps_identical : bool
        A delta that would come out with the same records stays as it is.

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
    grid_pages: int = 0
    keeps_identical: bool = False

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

        The grid is a hundred pages (of 8 KiB), less than a megabyte of images.
        """
        given: dict[str, Any] = {"partitioned": True, "grid_pages": 100, "keeps_identical": True}
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
