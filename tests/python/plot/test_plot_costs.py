"""Pictures of costs draw what the frames say. Artists, not pixels."""

from dataclasses import replace

import numpy as np
import pytest

import lsmkit
from lsmkit import Column, Frame, InvalidArgument, Options, Workload

plot = lsmkit.plot
SMALL = Options.small()


# -- What it costs ---------------------------------------------------------------------------------


def test_write_amplification_by_level_adds_up_to_the_whole(lockstep, db):
    for source, settled, total in (
        (lockstep, None, lockstep.window.write_amp_weight),
        (lockstep, False, lockstep.summary()[0]["write_amp_weight"]),
        (db, None, db.stats().write_amp_weight),
    ):
        ax = plot.write_amp(source, settled=settled)
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(total, rel=1e-9)
        assert f"{total:.2f} in all" in ax.get_title(loc="left")


def test_write_amplification_of_events_is_over_what_was_flushed(lockstep):
    events = lockstep.events()
    ax = plot.write_amp(events)
    flushed = events["written_weight"][events["kind"] == "flush"].sum()
    total = events["written_weight"].sum() / flushed
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(total)
    assert "weight flushed" in ax.get_ylabel()
    with pytest.raises(InvalidArgument, match="for a run"):
        plot.write_amp(events, settled=True)


class Forgetful:
    """A database whose older events are gone."""

    def __init__(self, db):
        self.stats = db.stats
        self.kept = db.events()[len(db.events()) // 3 :]

    def events(self):
        return self.kept


def test_write_amplification_of_the_events_that_are_kept(db):
    source = Forgetful(db)
    ax = plot.write_amp(source)
    kept, counters = source.kept, db.stats().counters
    known = kept["written_weight"][kept["kind"] == "flush"].sum() / counters.flush_weight
    assert 0.5 < known < 0.8
    total = kept["written_weight"].sum() / (counters.user_weight * known)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(total)
    assert f"events that are kept, {known:.0%} of flushes" in ax.texts[0].get_text()


def test_write_amplification_by_formula(workload):
    run = lsmkit.simulate(workload, SMALL, fidelity="analytic")
    total = sum(bar.get_height() for bar in plot.write_amp(run).patches)
    assert total == pytest.approx(run.cost.write_amp)


def test_triangles_reach_as_far_as_their_figures(lockstep, workload):
    other = lsmkit.simulate(workload, SMALL)
    ax = plot.amplification({"leveled": lockstep, "hybrid": other})
    first, second = (line for line in ax.lines if line.get_label()[0] != "_")
    windows = [lockstep.window, other.window]
    writes = [window.write_amp_weight for window in windows]
    tops = [line.get_ydata()[0] for line in (first, second)]
    assert tops == pytest.approx([figure / max(writes) for figure in writes])
    spaces = [window.mean_space_amp for window in windows]
    reach = [np.hypot(line.get_xdata()[2], line.get_ydata()[2]) for line in (first, second)]
    assert reach == pytest.approx([figure / max(spaces) for figure in spaces])
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != second.get_marker()


def test_triangles_of_frames_and_their_labels(lockstep, leveled):
    swept = lsmkit.sweep({"a": SMALL, "b": leveled}, Workload.overwrites(keys=3_000))
    labels = plot.amplification(swept).get_legend_handles_labels()[1]
    assert len(labels) == 2
    assert "a" in labels[0]
    both = plot.amplification([lockstep, lockstep], labels=["x", "y"]).get_legend_handles_labels()[
        1
    ]
    assert [label.split("\n")[0] for label in both] == ["x", "y"]
    with pytest.raises(InvalidArgument, match="1 labels for 2 triangles"):
        plot.amplification([lockstep, lockstep], labels=["x"])
    with pytest.raises(InvalidArgument, match="can't be told apart"):
        plot.amplification([lockstep] * 8)
    with pytest.raises(InvalidArgument, match="nothing was given"):
        plot.amplification([])


# -- Side by side ----------------------------------------------------------------------------------


def test_engine_and_simulation_are_one_line(db, lockstep):
    ax = plot.compare({"engine": db, "simulation": lockstep})
    assert "the same at every moment" in ax.get_title(loc="left")
    first, second = ax.lines
    assert first.get_ydata().tolist() == second.get_ydata().tolist()


def test_a_difference_is_told_in_the_title(lockstep):
    series = lockstep.series()
    columns = {name: series.column(name) for name in ("last_seqno", "weight")}
    more = {**columns, "weight": Column("f64", series["weight"] * 1.1)}
    ax = plot.compare(Frame(columns), Frame(more))
    assert "10.0% apart on average, 10.0% at most" in ax.get_title(loc="left")


def test_a_twin_shows_what_both_wrote(workload):
    twin = lsmkit.twin(workload, SMALL)
    ax = plot.compare(twin)
    ends = {line.get_label(): line.get_ydata()[-1] for line in ax.lines}
    assert sum(ends.values()) == twin.events["written_weight"].sum()
    assert "engine and simulation did the same" in ax.get_title(loc="left")


def test_a_twin_that_differs_shows_where(workload):
    twin = replace(lsmkit.twin(workload, SMALL), difference="edit 9: another table")
    ax = plot.compare(twin)
    assert "they part" in ax.get_title(loc="left")
    (mark,) = (line for line in ax.lines if line.get_label() == "the first difference")
    assert mark.get_xdata()[0] == twin.events["last_seqno"][-1]


def test_what_cannot_be_compared(lockstep):
    with pytest.raises(InvalidArgument, match="two to 4 are compared, not 1"):
        plot.compare(lockstep)
    with pytest.raises(InvalidArgument, match="has no column bread"):
        plot.compare(lockstep, lockstep, what="bread")
    with pytest.raises(InvalidArgument, match="knows nothing of read_amp"):
        plot.compare(lockstep, lockstep, what="read_amp")


# -- To choose from --------------------------------------------------------------------------------


def test_a_suite_has_a_bar_per_configuration(leveled, slow, texts):
    workloads = {"even": Workload.overwrites(keys=3_000, times=2)}
    configs = {"hybrid": SMALL, "leveled": leveled}
    frame = lsmkit.suite(configs, workloads, {"slow": slow}, seeds=2)
    ax = plot.suite(frame)
    assert [bar.get_height() for bar in ax.patches] == frame["settled_write_amp"].tolist()
    assert ax.get_legend_handles_labels()[1] == ["hybrid", "leveled"]
    assert "99 % of it" in texts(plot.suite(frame, "put_p99_us"))
    with pytest.raises(InvalidArgument, match="has no column bread"):
        plot.suite(frame, "bread")


def test_the_front_of_a_tuning_is_beaten_by_none(leveled):
    tuning = lsmkit.tune(Workload.overwrites(keys=5_000), base=SMALL, finalists=4)
    for x in ("space_amp", "runs"):
        ax = plot.tuning(tuning, x=x)
        (front,) = (line for line in ax.lines if line.get_label().startswith("the front"))
        frame = tuning.frame[tuning.frame["simulated"]]
        points = list(zip(frame[x].tolist(), frame["write_amp"].tolist(), strict=True))
        shown = list(zip(front.get_xdata(), front.get_ydata(), strict=True))
        unbeaten = {
            (a, b)
            for a, b in points
            if not any((c <= a and d <= b) and (c, d) != (a, b) for c, d in points)
        }
        assert set(shown) == unbeaten
    swept = lsmkit.sweep({"a": SMALL, "b": leveled}, Workload.overwrites(keys=3_000))
    assert plot.tuning(swept).get_ylabel() == "write amplification"
