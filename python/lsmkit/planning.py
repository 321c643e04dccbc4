"""What is compacted next, and why: `plan` and `DB.why()`, and the `Explanation` they give."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, SupportsIndex

from lsmkit import _core, frames
from lsmkit.arguments import LARGEST, table_number, within
from lsmkit.frame import Frame
from lsmkit.options import Options, option_texts
from lsmkit.own_planner import Planner, asked_by
from lsmkit.text import size_text
from lsmkit.version import Version

if TYPE_CHECKING:
    from lsmkit.db import DB

__all__ = ["Background", "Explanation", "Plan", "RunnerUp", "explain_db", "plan"]


@dataclass(frozen=True)
class RunnerUp:
    """A level that might have been compacted instead.

    Attributes
    ----------
    level : int
    score : float
    why : str
        It lost.
    """

    level: int
    score: float
    why: str


@dataclass(frozen=True)
class Plan:
    """One compaction: what goes where, and what shapes the result. Made by `lsmkit.plan`.

    Attributes
    ----------
    job : int
        Its number.
    reason : str
        "L0 to base", "level full" ...
    score : float
        Of the level, when it was picked.
    trivial_move : bool
        Tables change their level as they are; nothing is rewritten.
    drop : bool
        Tables go unread: nobody wants what is in them (layout "fifo").
    inputs : dict of int to tuple of int
        Numbers of the tables taken, by level, as in the column `number` of `tables()`.
    output_level : int
    smallest_key, largest_key : bytes
        Of all inputs.
    input_weight, input_file_bytes : int
        Of all inputs.
    expected_weight : int
        Of the outputs, at most; 0 for a trivial move.
    cut_target_weight, cut_max_weight : int
        What an output should weigh, and at most weighs.
    cut_max_overlap_weight : int
        What an output may meet in the level below it; 0: no bound.
    cut_key : bytes or None
        Where an output ends in any case: the round robin's cursor there.
    runners_up : tuple of RunnerUp
        Highest score first.
    """

    job: int
    reason: str
    score: float
    trivial_move: bool
    drop: bool
    inputs: dict[int, tuple[int, ...]]
    output_level: int
    smallest_key: bytes
    largest_key: bytes
    input_weight: int
    input_file_bytes: int
    expected_weight: int
    cut_target_weight: int
    cut_max_weight: int
    cut_max_overlap_weight: int
    cut_key: bytes | None
    runners_up: tuple[RunnerUp, ...]
    text: str = field(repr=False)
    core: _core.Plan = field(repr=False, compare=False)

    @classmethod
    def of(cls, core: _core.Plan) -> "Plan":
        """From the compiled module's."""
        values = core.fields()
        inputs: dict[int, tuple[int, ...]] = {}
        for level, _, numbers in values.pop("inputs"):
            inputs[level] = inputs.get(level, ()) + tuple(numbers)
        del values["output_run"]
        runners_up = tuple(RunnerUp(*other) for other in values.pop("runners_up"))
        return cls(**values, inputs=inputs, runners_up=runners_up, core=core)

    @property
    def table_count(self) -> int:
        """How many tables it takes."""
        return sum(map(len, self.inputs.values()))

    @property
    def rewrites(self) -> bool:
        """Whether new tables are written."""
        return not self.trivial_move and not self.drop

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Background:
    """What flushes and compactions do at one moment, and what keeps them from going on.

    Attributes
    ----------
    compactions : tuple of (int, int, int)
        Those that run: number of the job, of its input tables, its output level.
    compaction_slot_free : bool
        Another could run beside them.
    own_planner : bool
        A planner of one's own decides, given to `open`; what is planned next is what the layout's
        would have done.
    compactions_held : bool
        The background's are held back while a `compact_range` runs.
    sealed_memtables, sealed_weight : int
        Waiting to be flushed, or being flushed.
    flush_running : bool
    debt_weight, free_debt_weight : int
        What compactions have to rewrite until no level is above its target; up to the latter, no
        write is slowed down for it.
    pause_us : int
        How long a write waits now per 64 KiB, in microseconds; 5,000 at most.
    waiting_writes : int
        That stand until there is room in memory.
    flush_error, compaction_error : str
        What the last one failed of, which is tried again; empty: nothing.
    write_error : str
        Why nothing more is written until the database is opened anew; empty: it is.
    """

    compactions: tuple[tuple[int, int, int], ...]
    compaction_slot_free: bool
    own_planner: bool
    compactions_held: bool
    sealed_memtables: int
    sealed_weight: int
    flush_running: bool
    debt_weight: int
    free_debt_weight: int
    pause_us: int
    waiting_writes: int
    flush_error: str
    compaction_error: str
    write_error: str

    def lines(self) -> list[str]:
        """In words."""
        out = []
        if self.write_error:
            out.append(f"writing has stopped: {self.write_error}")
        if self.flush_error:
            out.append(f"flushing fails and is tried again: {self.flush_error}")
        if self.compaction_error:
            out.append(f"compaction fails and is tried again: {self.compaction_error}")
        if self.own_planner:
            out.append("one's own planner decides; the plan above is what the layout would do")
        if self.sealed_memtables:
            some = f"{self.sealed_memtables} sealed memtable{'s' * (self.sealed_memtables != 1)}"
            state = "one is being flushed" if self.flush_running else "none is being flushed"
            out.append(f"{some}, {size_text(self.sealed_weight)}; {state}")
        if self.compactions_held:
            out.append("compactions are held back while compact_range runs")
        elif not self.compaction_slot_free:
            out.append(f"all compaction slots are taken ({len(self.compactions)} run)")
        if self.waiting_writes:
            out.append(f"{self.waiting_writes} writes wait for room in memory")
        if self.pause_us:
            out.append(
                f"writes pause {self.pause_us} us per 64 KiB: {size_text(self.debt_weight)} are to "
                f"be rewritten, more than {size_text(self.free_debt_weight)}"
            )
        return out or ["nothing waits, nothing fails"]


@dataclass(frozen=True, repr=False)
class Explanation:
    """What is compacted next and why, or why nothing is. `str()` tells it, notebooks show it.

    Attributes
    ----------
    plan : Plan or None
        None: nothing is due, or nothing that is due can run.
    frame : Frame
        One row per level: sizes, target, score, priority, whether it is due and chosen, and why or
        why not.
    candidates : Frame
        Tables of the level that goes down, in the order in which the picker prefers them, with what
        each overlaps in the next level and why it was taken or not. The first few, and all that
        were taken; none where L0 goes down, whose runs go together.
    bounds : tuple of str
        What limited the plan or keeps it from being made.
    base_level : int
        L0 is merged into it.
    background : Background or None
        Of `DB.why()`.
    """

    plan: Plan | None
    frame: Frame
    candidates: Frame
    bounds: tuple[str, ...]
    base_level: int
    background: Background | None
    _text: str

    @property
    def scores(self) -> dict[int, float]:
        """Level to score; 1 and above is due."""
        return dict(zip(self.frame["level"].tolist(), self.frame["score"].tolist(), strict=True))

    @property
    def targets(self) -> dict[int, int]:
        """Level to target weight, of the levels that have one."""
        rows = ((row["level"], row["target_weight"]) for row in self.frame)
        return {level: weight for level, weight in rows if weight is not None}

    def __str__(self) -> str:
        if self.background is None:
            return self._text
        lines = "".join(f"  {line}\n" for line in self.background.lines())
        return f"{self._text}background:\n{lines}"

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_html_(self) -> str:
        head = self.plan.text if self.plan else str(self).partition("\n")[0]
        filled = self.frame[self.frame["table_count"] > 0]
        parts = [f"<pre>{html.escape(head)}</pre>", filled._repr_html_()]
        if len(self.candidates):
            parts.append(self.candidates._repr_html_())
        lines = [*self.bounds, *(self.background.lines() if self.background else ())]
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return "".join(parts) + (f"<ul>{items}</ul>" if items else "")


def plan(
    version: "Version | str | DB",
    options: Options | None = None,
    *,
    in_flight: Iterable[Plan] = (),
    damaged: Iterable[SupportsIndex | str] = (),
    pinned_seqnos: Iterable[SupportsIndex] = (),
    free_slots: int = 1,
    free_bytes: int | None = None,
    history_floor: int | None = None,
    now_us: int = 0,
    planner: Planner | None = None,
) -> Explanation:
    """What the engine would compact next in such a tree, and why.

    The planner of the engine itself, which is a pure function: nothing is done, no clock is read.

    Parameters
    ----------
    version : Version, str or DB
        The tree; as text, see `Version`; of a database, as it stands.
    options : Options, optional
        Default: those of the database, or the defaults.
    in_flight : iterable of Plan
        Compactions that run already.
    damaged : iterable of int or str
        Tables that no plan may read, by number, also as text, "#7" or "#7.0.1".
    pinned_seqnos : iterable of int
        Moments that snapshots and cursors see.
    free_slots : int
        0: nothing is planned.
    free_bytes : int, optional
        On disk; a plan that may not fit is postponed. Default: plenty.
    history_floor : int, optional
        Superseded records up to this seqno may go, but for pins. Default: the largest in the
        version, so all may.
    now_us : int
        Wall time since 1970, for picks by age, beside the column `created_us` of `tables()`.
    planner : Planner, optional
        Asked in place of the layout's; see `Choice`.

    Returns
    -------
    Explanation
        With `.plan`, None if there is nothing to do.

    Raises
    ------
    InvalidArgument
        The text is no version; a number is out of its range.
    """
    if isinstance(version, str):
        version = Version.from_text(version)
    elif not isinstance(version, Version):
        if not isinstance(version, _core.DB):
            raise TypeError(f"plan: a Version, text or DB is due, not {type(version).__name__}")
        options = options or version.options
        version = version.version()
    values = _core.plan(
        version._core,
        option_texts(vars(options or Options())),
        in_flight=[job.core for job in in_flight],
        damaged=[table_number("damaged", table) for table in damaged],
        pinned_seqnos=[within("pinned_seqnos", seqno, LARGEST) for seqno in pinned_seqnos],
        free_slots=within("free_slots", free_slots, 1 << 16),
        free_bytes=None if free_bytes is None else within("free_bytes", free_bytes, LARGEST),
        history_floor=(
            None if history_floor is None else within("history_floor", history_floor, LARGEST)
        ),
        now_us=within("now_us", now_us, LARGEST),
        planner=asked_by(planner, options or Options()),
    )
    return _explanation(values, None)


def explain_db(db: "DB") -> Explanation:
    """What `DB.why()` gives."""
    values = dict(_core.why(db))
    explained = values.pop("next")
    values["compactions"] = tuple(values["compactions"])
    return _explanation(explained, Background(**values))


def _explanation(values: Mapping[str, Any], background: Background | None) -> Explanation:
    return Explanation(
        plan=None if values["plan"] is None else Plan.of(values["plan"]),
        frame=frames.verdicts(values["levels"]),
        candidates=frames.candidates(values["candidates"]),
        bounds=tuple(values["bounds"]),
        base_level=values["base_level"],
        background=background,
        _text=values["text"],
    )
