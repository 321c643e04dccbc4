"""`tune`: the configuration that costs least for a workload, within limits, and why.

First by formula, for every combination; then those that may be best are simulated.
"""

import html
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from lsmkit import _core
from lsmkit._errors import InvalidArgument, NotSupported
from lsmkit.cost import ExpectedCost, expected_cost
from lsmkit.frame import Frame
from lsmkit.options import Options, check_option_names
from lsmkit.progress import Progress, shown
from lsmkit.schema import SCHEMAS
from lsmkit.simulate import simulate
from lsmkit.workload import Workload

__all__ = ["Figure", "Prices", "Tuning", "tune"]

Figure = Literal["write_amp", "space_amp", "runs", "cost_per_month"]
Row: TypeAlias = dict[str, Any]

SEARCH: dict[str, tuple[Any, ...]] = {
    "layout": ("hybrid", "leveled", "lazy_leveled"),
    "fanout": (4.0, 6.0, 8.0, 10.0, 14.0),
    "l0_trigger_runs": (2, 4, 8),
}
SLACK = 1.1
"""By so much a formula may miss a limit and the configuration is looked at all the same."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a month costs, in whatever money.

    Attributes
    ----------
    storage_gib : float
        Of a GiB of weight that is provisioned.
    throughput_mib_s : float
        Of a MiB per second, reads and writes together, that is provisioned.
    free_mib_s : float
        Of them that come with the storage.
    user_mib_s : float
        Weight that users put per second, in MiB.
    """

    storage_gib: float
    throughput_mib_s: float
    user_mib_s: float
    free_mib_s: float = 0

    def per_month(self, live_weight: float, space_amp: float, write_amp: float) -> float:
        """Storage, and what flushes, compactions and the log write and compactions read."""
        storage = self.storage_gib * live_weight * space_amp / 2**30
        moved = self.user_mib_s * (2 * write_amp)  # the log, and all but the flush is read, too
        return storage + self.throughput_mib_s * max(0.0, moved - self.free_mib_s)


@dataclass(frozen=True, repr=False)
class Tuning:
    """What `tune` found. `str()` tells it, notebooks show it.

    Attributes
    ----------
    options : Options
        The best that was simulated.
    frame : Frame
        One row per configuration: by formula, and for the finalists as simulated; best first.
    text : str
        Why.
    """

    options: Options
    frame: Frame
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        finalists = self.frame[self.frame["simulated"]]
        return f"<pre>{html.escape(self.text)}</pre>{finalists._repr_html_()}"


def tune(
    workload: Workload,
    *,
    minimize: Figure = "write_amp",
    limits: Mapping[str, float] | None = None,
    base: Options | None = None,
    search: Mapping[str, Iterable[Any]] | None = None,
    prices: Prices | None = None,
    finalists: int = 6,
    progress: Progress = None,
) -> Tuning:
    """Find the options under which a workload costs least.

    Every combination of the searched options is reckoned by `expected_cost`, as if all keys were
    written alike; the `finalists` best are simulated under the workload itself, by segments, or by
    records where segments can't hold it. Best is what was simulated best within the limits.

    Parameters
    ----------
    workload : Workload
    minimize : {"write_amp", "space_amp", "runs", "cost_per_month"}
        Weight written / put; weight in the tree / live; sorted runs; money, which needs `prices`.
    limits : mapping of str to float, optional
        The most that any of these figures may be.
    base : Options, optional
        What is not searched. Default: the defaults.
    search : mapping of str to iterable, optional
        Options and their values. Default: layout, fanout and l0_trigger_runs.
    prices : Prices, optional
    finalists : int
        How many to simulate.
    progress : callable or True, optional
        ``progress(done, total)`` after each simulation. What it raises ends the search.

    Returns
    -------
    Tuning

    Raises
    ------
    InvalidArgument
        No combination makes a tree, or none keeps within the limits; a name that there isn't.

    Examples
    --------
    >>> import lsmkit
    >>> workload = lsmkit.Workload.overwrites(keys=20_000, times=4)
    >>> tuning = lsmkit.tune(
    ...     workload, limits={"space_amp": 1.2}, base=lsmkit.Options.small(), finalists=2
    ... )
    >>> tuning.frame["space_amp"][0] <= 1.2
    True
    """
    limits = dict(limits or {})
    _check(workload, minimize, limits, prices, finalists)
    reckoned = _reckon(workload, base or Options(), search or SEARCH, prices)
    near = [row for row in reckoned if _within(row, limits, SLACK)]
    near.sort(key=lambda row: row[minimize])
    chosen = _differing(near, minimize)[:finalists]
    if not chosen:
        raise InvalidArgument(_too_strict(reckoned, limits))
    with shown(progress, "tuning") as tell:
        for done, row in enumerate(chosen):
            _simulate(workload, row, prices)
            if tell is not None:
                tell(done + 1, len(chosen))
    good = [row for row in chosen if _within(row, limits, 1)]
    if not good:
        raise InvalidArgument(_too_strict(chosen, limits))
    best = min(good, key=lambda row: row[minimize])
    others = [row for row in reckoned if not any(row is known for known in chosen)]
    chosen.sort(key=lambda row: (not _within(row, limits, 1), row[minimize]))
    others.sort(key=lambda row: row[minimize])
    rows = [*chosen, *others]
    specs = SCHEMAS["tuning"]
    frame = Frame.of_schema("tuning", specs, {s.name: [r[s.name] for r in rows] for s in specs})
    text = _text(workload, minimize, limits, best, chosen, reckoned)
    return Tuning(best["options"], frame, text)


def _check(
    workload: Workload,
    minimize: str,
    limits: Mapping[str, float],
    prices: Prices | None,
    finalists: int,
) -> None:
    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    figures = get_args(Figure)
    for what, name in [("minimize", minimize), *(("limits", name) for name in limits)]:
        if name not in figures:
            raise InvalidArgument(f"{what}: {name!r} is no figure; there are {', '.join(figures)}")
        if name == "cost_per_month" and prices is None:
            raise InvalidArgument(f"{what}: cost_per_month needs prices=Prices(...)")
    if finalists < 1:
        raise InvalidArgument(f"finalists: {finalists} are none to choose from; give 1 or more")


# -- By formula ------------------------------------------------------------------------------------


def _reckon(
    workload: Workload, base: Options, search: Mapping[str, Iterable[Any]], prices: Prices | None
) -> list[Row]:
    check_option_names(search, "search")
    key_bytes, value_bytes = _core.workload_record_bytes(workload.to_text())
    rows = []
    refusal = "nothing was searched"
    for values in itertools.product(*(tuple(some) for some in search.values())):
        searched = dict(zip(search, values, strict=True))
        options = base.replace(**searched)
        try:
            cost = expected_cost(
                options,
                keys=workload.key_count,
                key_bytes=key_bytes,
                value_bytes=round(value_bytes),
            )
        except InvalidArgument as error:
            refusal = str(error)
            continue
        live = workload.key_count * (key_bytes + value_bytes + 8)
        config = ", ".join(f"{name} {value}" for name, value in searched.items())
        rows.append(_priced(_row(config, options, cost, live), prices))
    if not rows:
        raise InvalidArgument(f"search: no combination makes a tree of this workload: {refusal}")
    return rows


def _row(config: str, options: Options, cost: ExpectedCost, live: float) -> Row:
    return {
        "options": options,
        "config": config,
        "simulated": False,
        "live_weight": live,
        "write_amp": cost.write_amp,
        "space_amp": cost.space_amp,
        "runs": cost.runs,
        "expected_write_amp": cost.write_amp,
        "expected_space_amp": cost.space_amp,
        "expected_runs": cost.runs,
    }


def _priced(row: Row, prices: Prices | None) -> Row:
    row["cost_per_month"] = prices and prices.per_month(
        row["live_weight"], row["space_amp"], row["write_amp"]
    )
    return row


def _differing(rows: list[Row], minimize: str) -> list[Row]:
    """One of those that come to the same tree: a level less may leave a fanout without effect."""
    seen: set[tuple[float, ...]] = set()
    out = []
    for row in rows:
        figures = tuple(round(row[name], 9) for name in ("write_amp", "space_amp", "runs"))
        if figures not in seen:
            seen.add(figures)
            out.append(row)
    return out


def _within(row: Row, limits: Mapping[str, float], slack: float) -> bool:
    return all(row[name] <= most * slack for name, most in limits.items())


# -- Simulated -------------------------------------------------------------------------------------


def _simulate(workload: Workload, row: Row, prices: Prices | None) -> None:
    try:
        run = simulate(workload, row["options"], fidelity="segment", keep_events=False)
    except NotSupported:
        run = simulate(workload, row["options"], keep_events=False)
    window = run.window
    row["simulated"] = True
    row["write_amp"] = window.write_amp_weight
    row["space_amp"] = window.mean_space_amp
    row["runs"] = window.mean_run_count
    _priced(row, prices)


# -- In words --------------------------------------------------------------------------------------

_WORDS = {
    "write_amp": "write amplification",
    "space_amp": "space amplification",
    "runs": "sorted runs",
    "cost_per_month": "a month",
}


def _figures_text(row: Row) -> str:
    text = f"writes {row['write_amp']:.2f}, space {row['space_amp']:.3f}, runs {row['runs']:.1f}"
    cost = row["cost_per_month"]
    return text if cost is None else f"{text}, {cost:,.2f} a month"


def _limits_text(limits: Mapping[str, float]) -> str:
    return ", ".join(f"{_WORDS[name]} at most {most:g}" for name, most in limits.items())


def _too_strict(rows: list[Row], limits: Mapping[str, float]) -> str:
    least = {name: min(row[name] for row in rows) for name in limits}
    told = ", ".join(f"{_WORDS[name]} at least {value:.3g}" for name, value in least.items())
    return (
        f"limits: none of {len(rows)} configurations keeps within {_limits_text(limits)}; taken by "
        f"itself each comes to {told}; raise a limit, or search other values"
    )


def _text(
    workload: Workload,
    minimize: str,
    limits: Mapping[str, float],
    best: Row,
    chosen: list[Row],
    reckoned: list[Row],
) -> str:
    kept_out = sum(not _within(row, limits, SLACK) for row in reckoned)
    asked = f" with {_limits_text(limits)}" if limits else ""
    lines = [
        f"{best['config']}: the least {_WORDS[minimize]} for {workload.name!r}{asked}.",
        f"It {_figures_text(best)}. By formula, as if all keys were written alike, "
        f"{best['expected_write_amp']:.2f}, {best['expected_space_amp']:.3f}, "
        f"{best['expected_runs']:.1f}.",
        f"{len(reckoned)} configurations were reckoned, {kept_out} of them beyond the limits by "
        f"more than a tenth; the {len(chosen)} best were simulated:",
    ]
    for row in chosen:
        beyond = [name for name, most in limits.items() if row[name] > most]
        verdict = f"  beyond {', '.join(_WORDS[name] for name in beyond)}" if beyond else ""
        lines.append(f"  {row['config']}: {_figures_text(row)}{verdict}")
    return "\n".join(lines)
