"""`Drawn`: what a simulation without keys assumes of overlap and of what a merge leaves."""

from dataclasses import dataclass
from typing import Literal

from lsmkit._errors import InvalidArgument

__all__ = ["ASSUMPTIONS", "Drawn"]

ASSUMPTIONS = (
    "no keys",
    "overlap drawn",
    "merges leave a share",
    "no clean cut",
    "no alignment",
    "no grandparents",
    "no pass-through",
    "no parts",
    "no jobs from two levels",
    "jobs meet in tables alone",
)
"""What is not as in an engine, whatever is drawn."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Assumptions of ``fidelity="drawn"``, which models no keys, as the field's older simulators.

    Of a table that goes down, how many it meets in the next level is drawn, and from which on.
    RollingStone draws so, geometric with p = 0.3, however large levels are beside each other; so
    write amplification says more of what is assumed here than of a configuration. Use it for
    questions about rates, bursts, slots and devices, and "segment" or "exact" for others.

    Attributes
    ----------
    overlap : {"geometric", "exponential", "uniform", "fixed"}
        How the number of tables is distributed. "geometric": tries until one succeeds, with
        probability `p`. "uniform": each number from `least` to `most` as likely. "fixed": `share`
        of the way from `least` to `most`. "exponential": a sixth of a draw of mean 1 / `rate` is
        the share of that way.
    p, rate, share : float
    least, most : int
        Tables at least and at most; `most` 0: all of the level.
    kept_share : tuple of float, optional
        What a merge writes / what it reads, by output level from L0 on; deeper ones have the last.
        RollingStone: ``(0.9, 0.9, 0.99)``. Default: what is left where keys are written at random,
        of as many different ones as the workload has written so far. The rest is dropped, but never
        so much that the tree weighs less than these.

    Raises
    ------
    InvalidArgument
        A distribution that there isn't. Numbers are checked when a simulation is made.
    """

    overlap: Literal["geometric", "exponential", "uniform", "fixed"] = "geometric"
    p: float = 0.3
    rate: float = 0.5
    share: float = 0.5
    least: int = 1
    most: int = 0
    kept_share: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.overlap not in ("geometric", "exponential", "uniform", "fixed"):
            raise InvalidArgument(
                f"overlap: {self.overlap!r} is none of 'geometric', 'exponential', 'uniform' and "
                "'fixed'"
            )
        if self.least < 0 or self.most < 0:
            raise InvalidArgument("least, most: numbers of tables are due, 0 or more")

    def to_core(self) -> dict[str, object]:
        """As the compiled module takes it."""
        parameters = {
            "geometric": self.p,
            "exponential": self.rate,
            "fixed": self.share,
            "uniform": 0.0,
        }
        return {
            "overlap": self.overlap,
            "parameter": float(parameters[self.overlap]),
            "least": self.least,
            "most": self.most,
            "kept_share": [float(share) for share in self.kept_share or ()],
        }
