"""A planner of one's own: `Choice`, `PlanContext`, and what stands between them and the engine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, SupportsIndex, cast

from lsmkit import _core
from lsmkit._errors import InvalidArgument
from lsmkit.arguments import table_number, within
from lsmkit.options import Options
from lsmkit.version import Version

__all__ = ["Asked", "Choice", "PlanContext", "Planner", "asked_by"]

LAST_LEVEL = 15


@dataclass(frozen=True)
class PlanContext:
    """What a planner may look at beside the tree. It should look at nothing else.

    Attributes
    ----------
    job : int
        The number that the job gets; with `new_run`, also the run's. It grows from job to job.
    history_floor : int
        Superseded records up to this seqno may go, but for pins.
    pinned_seqnos : tuple of int
        Moments that snapshots and cursors see, ascending.
    now_us : int
        Wall time since 1970, in microseconds, beside the column `created_us` of `tables()`.
    damaged : frozenset of int
        Numbers of tables that can't be read: they can be left alone or dropped.
    busy : frozenset of int
        Numbers of tables that jobs in flight take; none in inline mode.
    options : Options
        In force.
    """

    job: int
    history_floor: int
    pinned_seqnos: tuple[int, ...]
    now_us: int
    damaged: frozenset[int]
    busy: frozenset[int]
    options: Options


@dataclass(frozen=True, init=False)
class Choice:
    """What a planner of one's own wants done next: which tables become what.

    A planner is a callable ``planner(version, context)`` that gets a `Version` and a `PlanContext`
    and returns a `Choice`, or None if nothing is to be done. Given to `lsmkit.open` together with
    ``background="inline"``, it is asked after each flush, again and again until it returns None:

    >>> import lsmkit
    >>> def merge_all(version, context):
    ...     if version.run_count < 6:
    ...         return None
    ...     last_level = context.options.level_count - 1
    ...     return lsmkit.Choice(inputs=version.tables()["number"], output_level=last_level)
    >>> small = lsmkit.Options.small(background="inline")
    >>> with lsmkit.open("db", small, planner=merge_all) as db:
    ...     for number in range(20_000):
    ...         db[b"%05d" % (number * 7919 % 9_000)] = b"value" * 9
    ...     print(db.version().run_count < 6, db.stats().write_amp > 1)
    True True

    A choice that would make a tree that reads wrongly is refused with `InvalidArgument`, which
    names the table and says what to do. That, and what the planner raises, ends the `flush()`,
    `wait_idle()` or `close()` that asked it; a put that filled a memtable stands, and keeps the
    error for `stats().background_error` and `events()`. The next flush asks again.

    Parameters
    ----------
    inputs : iterable of int or str
        Tables taken, by number: the column `number` of `version.tables()`, or text, "#7.0.1".
        In L0, whole neighbouring runs.
    output_level : int, optional
        Where to, not above any input. Needed, but for `drop`.
    move : bool
        They get there as they are, unread and unwritten; they may not overlap each other.
    drop : bool
        They go unread, and what is in them is gone (not rewritten without tombstones, but lost).
        Nothing older may lie below them.
    new_run : bool
        They become the newest run of the level, beside those that stand there. Else they join the
        newest run there that they have tables of, or the level's only one.

    Raises
    ------
    InvalidArgument
        No output level, or two things at once; a number out of its range.
    TypeError
        A number is none.
    """

    inputs: tuple[int, ...]
    output_level: int | None
    move: bool
    drop: bool
    new_run: bool

    def __init__(
        self,
        inputs: Iterable[SupportsIndex | str],
        output_level: SupportsIndex | None = None,
        *,
        move: bool = False,
        drop: bool = False,
        new_run: bool = False,
    ) -> None:
        if isinstance(inputs, str):
            raise TypeError("Choice: inputs are several numbers; write [number]")
        if drop and (move or new_run or output_level is not None):
            raise InvalidArgument("Choice: what is dropped goes nowhere; leave the others out")
        if not drop and output_level is None:
            raise InvalidArgument("Choice: an output_level is due, or drop=True")
        level = None if output_level is None else within("output_level", output_level, LAST_LEVEL)
        for name, value in (
            ("inputs", tuple(table_number("inputs", table) for table in inputs)),
            ("output_level", level),
            ("move", bool(move)),
            ("drop", bool(drop)),
            ("new_run", bool(new_run)),
        ):
            object.__setattr__(self, name, value)


class Planner(Protocol):
    """A function of a `Version` and a `PlanContext` that gives a `Choice`, or None for nothing."""

    def __call__(self, version: Version, context: PlanContext, /) -> Choice | None:
        """What to compact next."""


class Asked:
    """A planner in the shape that the compiled module asks. `options`: those in force."""

    def __init__(self, planner: Planner) -> None:
        if not callable(planner):
            raise TypeError(f"planner: a callable is due, not {type(planner).__name__}")
        self._planner = planner
        self.options = Options()

    def __call__(
        self,
        version: _core.Version,
        job: int,
        history_floor: int,
        pinned_seqnos: Sequence[int],
        now_us: int,
        damaged: Sequence[int],
        busy: Sequence[int],
    ) -> tuple[Sequence[int], int, bool, bool, bool] | None:
        context = PlanContext(
            job=job,
            history_floor=history_floor,
            pinned_seqnos=tuple(pinned_seqnos),
            now_us=now_us,
            damaged=frozenset(damaged),
            busy=frozenset(busy),
            options=self.options,
        )
        choice = cast(object, self._planner(Version._of(version), context))
        if choice is None:
            return None
        if not isinstance(choice, Choice):
            raise TypeError(f"planner: None or a Choice is due, not {type(choice).__name__}")
        return choice.inputs, choice.output_level or 0, choice.move, choice.drop, choice.new_run


def asked_by(planner: Planner | None, options: Options) -> Asked | None:
    """A planner under these options, if there is one."""
    if planner is None:
        return None
    asked = Asked(planner)
    asked.options = options
    return asked
