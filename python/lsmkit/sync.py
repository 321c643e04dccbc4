"""How durable a write is: `Sync`."""

import re
from dataclasses import dataclass
from typing import ClassVar

from lsmkit._errors import InvalidArgument

__all__ = ["Sync"]


@dataclass(frozen=True, slots=True)
class Sync:
    """How much a power loss may take. The death of the process alone takes nothing in any mode.

    Use the constants and makers, `Sync.always`, `Sync.every(n)`, `Sync.interval(ms)`,
    `Sync.hybrid(n, ms)`, `Sync.none`, rather than the constructor.

    Attributes
    ----------
    commits : int
        At most `commits - 1` acknowledged commits stand un-synced; 0: no such bound.
    ms : int
        No acknowledged commit stands un-synced for longer, in milliseconds; 0: no such bound.
    """

    commits: int = 0
    ms: int = 0

    always: ClassVar["Sync"]
    """Every write returns when it is safe. Loses nothing."""
    none: ClassVar["Sync"]
    """Syncs when a log ends and at `sync()`. Loses what came after; what is left is a prefix."""

    @staticmethod
    def every(commits: int) -> "Sync":
        """Loses at most the last `commits - 1` commits."""
        return Sync(_at_least_one("commits", commits), 0)

    @staticmethod
    def interval(ms: int) -> "Sync":
        """Loses at most the last `ms` milliseconds and the time of one sync."""
        return Sync(0, _at_least_one("ms", ms))

    @staticmethod
    def hybrid(commits: int, ms: int) -> "Sync":
        """Loses at most what `every(commits)` or `interval(ms)` would, whichever is less."""
        mode = Sync(_at_least_one("commits", commits), _at_least_one("ms", ms))
        return Sync.always if commits == 1 else mode

    @staticmethod
    def parse(text: str) -> "Sync":
        """The mode that `str(mode)` spells, such as ``interval(1000)``."""
        match = re.fullmatch(r"(\w+)(?:\((\d+)(?:, ?(\d+))?\))?", text.strip())
        name, first, second = match.groups() if match else ("", None, None)
        if name in ("always", "none") and first is None:
            return Sync.always if name == "always" else Sync.none
        if name in ("every", "interval") and first is not None and second is None:
            return Sync.every(int(first)) if name == "every" else Sync.interval(int(first))
        if name == "hybrid" and first is not None and second is not None:
            return Sync.hybrid(int(first), int(second))
        raise InvalidArgument(
            f"no sync mode reads {text[:40]!r}; there are always, every(n), interval(ms), "
            "hybrid(n, ms) and none"
        )

    def __str__(self) -> str:
        if self.commits == 1:
            return "always"
        if self.commits and self.ms:
            return f"hybrid({self.commits}, {self.ms})"
        if self.commits:
            return f"every({self.commits})"
        return f"interval({self.ms})" if self.ms else "none"

    def __repr__(self) -> str:
        return f"Sync.{self}"


Sync.always = Sync(1, 0)
Sync.none = Sync(0, 0)


def _at_least_one(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}: int is due, not {type(value).__name__}")
    if not 1 <= value < 2**32:
        raise InvalidArgument(f"{name}: 1 to {2**32 - 1} is due, not {value}")
    return value
