"""`AnalyticRun`: what a workload comes to in the long run by formula, in the shape of a `Run`."""

import math
from typing import Any, NoReturn

from lsmkit import _core
from lsmkit._errors import InvalidArgument, NotSupported
from lsmkit.cost import ExpectedCost, cost_of_shares
from lsmkit.frame import Frame
from lsmkit.frames import frame_of
from lsmkit.options import Options
from lsmkit.run import Run, Window
from lsmkit.workload import Phase, Workload

__all__ = ["AnalyticRun", "analytic_run"]


class AnalyticRun(Run):
    """A tree in the long run, by formula: made by ``simulate(..., fidelity="analytic")``.

    There was no run, so it has `levels()` and `summary()` alone, means over time under the last
    phase of the workload; all else raises NotSupported.

    Attributes
    ----------
    cost : ExpectedCost
        What the formulas say (`lsmkit.expected_cost`).
    window : Window
        The means again; peaks, and tables by level, are NaN or empty.
    """

    def __init__(self, workload: Workload, options: Options) -> None:
        phase = workload.phases[-1]
        _check(workload)
        ops = workload.op_count()
        if ops is None:
            raise NotSupported(
                "by formula no time goes by: end phases after so many ops, or use "
                "fidelity='segment'"
            )
        text = Workload(phase, key_count=workload.key_count, encoding=workload.encoding).to_text()
        key_bytes, value_bytes = _core.workload_record_bytes(text)
        self.workload = workload
        self.options = options
        self.fidelity = "analytic"
        self.machine = None
        self.timing = None
        self.assumptions = ()
        self.ops = ops
        self._puts = sum(_writes(each) * (each.ops or 0) for each in workload.phases)
        self._record_bytes = key_bytes + value_bytes
        self.cost: ExpectedCost = cost_of_shares(
            options, _core.workload_key_shares(text), round(self._record_bytes) + 8
        )
        self.window = self._window()

    def levels(self, at: int | None = None) -> Frame:
        """One row per level, with its mean weight; runs and tables are null."""
        if at is not None:
            _refuse("levels(at=)")
        record = self._record_bytes + 8
        rows = [
            {
                "name": f"L{level}",
                "level": level,
                "weight": round(weight),
                "entry_count": round(weight / record),
            }
            for level, weight in enumerate(self.cost.level_weight)
        ]
        return frame_of("levels", rows)

    def summary(self) -> Frame:
        """The long run in one row; null, what only a run can count."""
        puts, cost = round(self._puts), self.cost
        weight = sum(cost.level_weight)
        user_weight = self._puts * (self._record_bytes + 8)
        row = {
            "last_seqno": puts,
            "level_count": sum(held > 0 for held in cost.level_weight),
            "run_count": round(cost.runs),
            "entry_count": round(weight / (self._record_bytes + 8)),
            "weight": round(weight),
            "live_weight": round(weight / cost.space_amp),
            "puts": puts,
            "deletes": 0,
            "user_bytes": round(self._puts * self._record_bytes),
            "flush_count": int(user_weight // self.options.memtable_bytes),
            "write_amp_weight": cost.write_amp,
            "settled_write_amp": cost.write_amp,
            "mean_space_amp": cost.space_amp,
            "mean_run_count": cost.runs,
            "stall_us": 0,
        }
        return frame_of("summary", [row])

    def _window(self) -> Window:
        cost = self.cost
        return Window(
            first_seqno=0,
            last_seqno=round(self._puts),
            overwritten=True,
            write_amp=math.nan,
            write_amp_weight=cost.write_amp,
            user_weight=round(self._puts * (self._record_bytes + 8)),
            mean_space_amp=cost.space_amp,
            peak_space_amp=math.nan,
            mean_run_count=cost.runs,
            peak_run_count=math.nan,
            mean_level_weight=cost.level_weight,
            mean_level_table_count=(),
        )

    # -- What there is not -------------------------------------------------------------------------

    def tables(self, at: int | None = None, *, all: bool = False) -> Frame:
        """There are none."""
        _refuse("tables()")

    def events(self) -> Frame:
        """There are none."""
        _refuse("events()")

    def series(self) -> Frame:
        """There is none."""
        _refuse("series()")

    def timeline(self) -> Frame:
        """There is none."""
        _refuse("timeline()")

    def version(self) -> NoReturn:
        """There is none."""
        _refuse("version()")

    def __getattr__(self, name: str) -> Any:
        if name in ("counters", "ops_by_kind"):
            _refuse(name)
        raise AttributeError(name)

    def __repr__(self) -> str:
        return (
            f"<lsmkit.Run {self.workload.name!r}, analytic: in the long run write amplification "
            f"{self.cost.write_amp:.2f}, space {self.cost.space_amp:.3f}, "
            f"{self.cost.runs:.1f} sorted runs>"
        )

    def _repr_html_(self) -> str:
        return self.levels()._repr_html_()


def _refuse(what: str) -> NoReturn:
    raise NotSupported(
        f"fidelity='analytic' has levels() and summary() only, no {what}: simulate with "
        "fidelity='segment' or 'exact'"
    )


def _writes(phase: Phase) -> float:
    shares = phase.shares()
    put = sum(shares.get(kind, 0) for kind in ("put", "insert", "read_modify_write"))
    return put / sum(shares.values())


def _check(workload: Workload) -> None:
    for phase in workload.phases:
        for kind in ("delete", "insert"):
            if phase.shares().get(kind):
                raise NotSupported(
                    f"phase {phase.name!r}: there is no formula for {kind}s; use fidelity='segment'"
                )
        if phase.ttl_s:
            raise NotSupported(
                f"phase {phase.name!r}: there is no formula for records that expire; use "
                "fidelity='exact'"
            )
    if not _writes(workload.phases[-1]):
        raise NotSupported(
            f"phase {workload.phases[-1].name!r} writes nothing, and the long run is that of the "
            "last phase; use fidelity='segment'"
        )


def analytic_run(
    workload: Workload,
    options: Options,
    *,
    machine: object = None,
    filled: bool = False,
    planner: object = None,
) -> AnalyticRun:
    """By formula, refusing what there is no formula for."""
    if machine is not None:
        raise NotSupported("by formula no time goes by: with a machine use fidelity='exact'")
    if planner is not None:
        raise NotSupported("there is no formula for one's own planner; use fidelity='segment'")
    if filled:
        raise NotSupported("by formula a tree is settled from the start: leave filled out")
    try:
        return AnalyticRun(workload, options)
    except InvalidArgument as error:
        raise NotSupported(f"{error} (or use fidelity='segment')") from error
