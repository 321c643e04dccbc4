"""What a rung of the validation ladder yields: a figure beside the one that is due, and a bound."""

from dataclasses import dataclass

__all__ = ["Check"]


@dataclass(frozen=True)
class Check:
    """One figure of one case.

    Attributes
    ----------
    rung : str
        "V0" ...
    case, figure : str
    found, due : float
    bound : float
        What `error` may be.
    relative : bool
        Whether the error is a share of what is due.
    note : str
        What else there is to say.
    """

    rung: str
    case: str
    figure: str
    found: float
    due: float
    bound: float
    relative: bool = True
    note: str = ""

    @property
    def error(self) -> float:
        """How far off."""
        off = abs(self.found - self.due)
        return off / abs(self.due) if self.relative and self.due else off

    @property
    def holds(self) -> bool:
        """Whether it is within the bound."""
        return self.error <= self.bound
