"""`Version`: which tables stand in which sorted run of which level, as a value."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, final

from lsmkit import _core, frames
from lsmkit._errors import InvalidArgument
from lsmkit.frame import Frame
from lsmkit.options import Options, option_texts
from lsmkit.text import size_text

if TYPE_CHECKING:
    from lsmkit.planning import Plan

__all__ = ["Version"]


@final
class Version:
    """The tables of a tree at one moment, immutable. `Version()` is empty.

    As text, a version is a line per table and round-robin cursor, newest run first, in key order:

    >>> import lsmkit
    >>> version = lsmkit.Version.from_text('''
    ...     L0 #9 ape..zoo weight=250 entries=9 seqnos=31..40
    ...     L1 #3 a..c     weight=900
    ...     L1 #4 d..f     weight=400
    ...     L1 cursor=c
    ... ''')
    >>> version
    <lsmkit.Version: 3 tables, weight 1.5 KiB: L0 1, L1 2>

    A line is a level, for L0 the id of the run (``run=12``; left out, it is the table's largest
    seqno), the table's number (``#job`` or ``#job.part.position``), its first and last key, and
    fields that are not zero. Bytes that are not printable, blanks, commas and backslashes in keys
    are written ``\\xhh``. Two versions are equal if their texts are.
    """

    __slots__ = ("_core",)

    def __init__(self) -> None:
        self._core = _core.Version()

    @classmethod
    def _of(cls, core: _core.Version) -> "Version":
        version = cls()
        version._core = core
        return version

    @classmethod
    def from_text(cls, text: str) -> "Version":
        """The version that `to_text` spelled, or a person.

        Raises
        ------
        InvalidArgument
            Naming the line and what is wrong in it; or the tables that can't stand together.
        """
        if not isinstance(text, str):
            raise TypeError(f"Version.from_text: str is due, not {type(text).__name__}")
        return cls._of(_core.Version("\n".join(line.strip() for line in text.split("\n"))))

    def to_text(self) -> str:
        """One line per table and cursor; `from_text` reads it back."""
        return self._core.to_text()

    def levels(self, options: Options | None = None) -> Frame:
        """One row per level, with the columns of `DB.levels()`.

        Parameters
        ----------
        options : Options, optional
            Whose targets and scores are shown. Default: none are.
        """
        texts = None if options is None else option_texts(vars(options))
        return frames.levels_of(self._core.levels(texts), scored=options is not None)

    def tables(self) -> Frame:
        """One row per table, with the columns of `DB.tables()`."""
        return frames.tables_of(self._core.tables())

    def check(self) -> None:
        """Recompute all that holds of a version (`cpp/version/version.h` lists it).

        A version that exists satisfies it; SystemError if not, which is a bug of lsmkit.
        """
        self._core.check()

    def after(
        self, plan: "Plan", outputs: "str | Iterable[str] | Version | None" = None
    ) -> "Version":
        """The version once a plan has been carried out.

        Parameters
        ----------
        plan : Plan
            As `lsmkit.plan` made it for this version, or for one that still has its inputs.
        outputs : str, iterable of str, or Version, optional
            The tables that the job wrote, in key order: lines of text, where level and number may
            be left out, ``a..f weight=900 seqnos=1..40``; ``()`` if everything was dropped. A
            plan that rewrites nothing takes none.

        Raises
        ------
        InvalidArgument
            The inputs no longer stand here; the outputs overlap what stands, or each other; a plan
            that rewrites tables came without outputs.
        """
        if not plan.rewrites and outputs is not None:
            raise InvalidArgument(
                f"job {plan.job} writes no tables ({plan.reason}): leave outputs out"
            )
        if plan.rewrites and outputs is None:
            raise InvalidArgument(
                f"job {plan.job} rewrites {plan.table_count} tables: say what it wrote, such as "
                f'outputs=["a..m weight={plan.input_weight}"], or outputs=() for nothing'
            )
        if isinstance(outputs, Version):
            outputs = outputs.to_text()
        if isinstance(outputs, str):
            outputs = outputs.split("\n")
        lines = [line.strip() for line in outputs or () if line.strip()]
        texts = [_output(line, number, plan) for number, line in enumerate(lines)]
        return Version._of(self._core.after(plan.core, texts))

    @property
    def weight(self) -> int:
        """Of all records in it: key + value + 8 bytes each."""
        return self._core.weight

    @property
    def table_count(self) -> int:
        """How many tables stand."""
        return self._core.table_count

    @property
    def run_count(self) -> int:
        """How many sorted runs: what a get may have to look into."""
        return self._core.run_count

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        counts = zip(*(self._core.levels()[name] for name in ("level", "table_count")), strict=True)
        levels = ", ".join(f"L{level} {count:,}" for level, count in counts if count)
        tables = f"{self.table_count:,} table{'s' * (self.table_count != 1)}"
        where = f": {levels}" if levels else ""
        return f"<lsmkit.Version: {tables}, weight {size_text(self.weight)}{where}>"

    def __eq__(self, other: object) -> bool:
        return self.to_text() == other.to_text() if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_text())

    def __reduce__(self) -> tuple[Any, ...]:
        return Version.from_text, (self.to_text(),)


def _output(line: str, number: int, plan: "Plan") -> str:
    """A table as the engine reads it: without its level and run, with a number."""
    level = re.match(r"L(\d+)\s+", line)
    if level:
        if int(level[1]) != plan.output_level:
            raise InvalidArgument(
                f"outputs: {line[:60]!r} names L{level[1]}; job {plan.job} writes to "
                f"L{plan.output_level}"
            )
        line = line[level.end() :]
    line = re.sub(r"^run=\d+\s+", "", line)
    return line if line.startswith("#") else f"#{plan.job}.0.{number} {line}"
