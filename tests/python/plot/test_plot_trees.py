"""Pictures of trees draw what the frames say. Artists, not pixels."""

from pathlib import Path

import pytest
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

import lsmkit
from lsmkit import InvalidArgument, Options

plot = lsmkit.plot
SMALL = Options.small()


def area_at_the_end(area):
    """Lower and upper edge of an area of `fill_between` at its right end."""
    corners = area.get_paths()[0].vertices
    right = corners[corners[:, 0] == corners[:, 0].max()]
    return right[:, 1].min(), right[:, 1].max()


# -- One moment ------------------------------------------------------------------------------------


@pytest.mark.parametrize("log", [True, False])
def test_a_tree_has_a_bar_per_row_that_ends_at_its_weight(lockstep, log):
    ax = plot.tree(lockstep, log=log)
    rows = [row for row in lockstep.levels() if row["weight"] or row["level"] is None]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == pytest.approx([max(row["weight"], ax.get_xlim()[0]) for row in rows])
    assert [label.get_text() for label in ax.get_yticklabels()] == [row["name"] for row in rows]
    targets = [row["target_weight"] for row in rows if row["target_weight"]]
    assert [line.get_xdata()[0] for line in ax.lines] == targets
    hatches = [bar.get_hatch() for bar in ax.patches[1:]]
    assert len(set(hatches)) == len(hatches)


def test_a_tree_of_the_past(lockstep, texts):
    half = lockstep.events()["number"][len(lockstep.events()) // 2]
    ax = plot.tree(lockstep, at=half)
    weights = lockstep.levels(at=half)["weight"].tolist()
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == pytest.approx(weights)
    assert f"after event {half:,}" in texts(ax)


# -- Levels over time ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["db", "lockstep"])
def test_the_history_of_levels_ends_at_the_levels_of_now(kind, request):
    source = request.getfixturevalue(kind)
    ax = plot.levels(source, stacked=True)
    now = {row["level"]: row["weight"] for row in source.levels() if row["table_count"]}
    areas = {area.get_label(): area_at_the_end(area) for area in ax.collections}
    for level, weight in now.items():
        low, high = areas[f"L{level}"]
        assert high - low == pytest.approx(weight)
    assert max(high for _, high in areas.values()) == pytest.approx(sum(now.values()))


def test_the_history_of_levels_is_the_series(lockstep):
    """At every moment the levels together weigh what the series says."""
    from lsmkit.plot.level_history import level_history

    history = level_history(lockstep, None, "levels")
    assert history.weight.sum(axis=0).tolist() == lockstep.series()["weight"].tolist()
    assert history.x.tolist() == lockstep.series()["last_seqno"].tolist()
    by_event = level_history(lockstep.tables(all=True), None, "levels")
    assert by_event.weight.tolist() == history.weight.tolist()


def test_lanes_have_targets_and_a_label_each(lockstep, texts):
    ax = plot.levels(lockstep)
    levels = [row["level"] for row in lockstep.tables(all=True)]
    assert [t.get_text() for t in ax.get_yticklabels()] == [f"L{n}" for n in sorted(set(levels))]
    targets = [row for row in lockstep.levels() if row["level"] and row["target_weight"]]
    assert texts(ax).count("target (- -)") >= len(targets) > 0


@pytest.mark.parametrize(
    ("x", "label"), [("time", "simulated milliseconds"), ("commits", "commits"), ("event", "event")]
)
def test_what_runs_from_left_to_right(lockstep, x, label):
    assert plot.levels(lockstep, x=x).get_xlabel() == label


def test_time_for_what_ran_in_time_else_commits(lockstep, timed):
    assert plot.levels(timed).get_xlabel() == "simulated seconds"
    assert plot.levels(lockstep).get_xlabel() == "commits"
    with pytest.raises(InvalidArgument, match="x='wall' is neither"):
        plot.levels(lockstep, x="wall")


def test_a_run_without_events_is_refused(workload):
    run = lsmkit.simulate(workload, SMALL, keep_events=False)
    for draw in (plot.levels, plot.write_amp):
        with pytest.raises(InvalidArgument, match="keep_events=True"):
            draw(run)


# -- Keys ------------------------------------------------------------------------------------------


def test_every_table_is_on_the_map_and_overlaps_what_it_overlaps(lockstep):
    ax = plot.key_ranges(lockstep)
    tables = lockstep.tables()
    boxes = [path.vertices for group in ax.collections for path in group.get_paths()]
    assert len(boxes) == len(tables)
    keys = sorted({*tables["smallest_key"], *tables["largest_key"]})
    widths = sorted(box[:, 0].max() - box[:, 0].min() for box in boxes)
    due = sorted(
        keys.index(row["largest_key"]) + 1 - keys.index(row["smallest_key"]) for row in tables
    )
    assert widths == pytest.approx(due)


@pytest.mark.parametrize("key", [b"user000000005000", b"a", b"z"])
def test_the_tables_that_may_hold_a_key_are_outlined(lockstep, key):
    ax = plot.key_ranges(lockstep, key=key)
    holding = [r for r in lockstep.tables() if r["smallest_key"] <= key <= r["largest_key"]]
    (outlined,) = (c for c in ax.collections if c.get_label() == "may hold the key")
    assert isinstance(outlined, PolyCollection)
    assert len(outlined.get_paths()) == len(holding)
    assert f"{len(holding)} table" in ax.get_title(loc="left")
    (place,) = {line.get_xdata()[0] for line in ax.lines if line.get_linewidth() > 1}
    for path in outlined.get_paths():
        assert path.vertices[:, 0].min() <= place <= path.vertices[:, 0].max()


def test_a_map_needs_keys(workload):
    run = lsmkit.simulate(workload, SMALL, fidelity="drawn")
    with pytest.raises(InvalidArgument, match="keys are not modelled"):
        plot.key_ranges(run)
    with pytest.raises(TypeError, match="bytes are due, not str"):
        plot.key_ranges(lsmkit.simulate(workload, SMALL), key="key")


# -- A table ---------------------------------------------------------------------------------------


def test_the_parts_of_a_table_fill_its_file(db, tmp_path):
    from lsmkit.plot.anatomy import read_anatomy

    number = db.tables()["number"].tolist()[0]
    path = Path(db.path) / f"{number:012d}.table"
    anatomy = read_anatomy(path)
    offset = 0
    for begin, size, _, _ in anatomy.parts:
        assert begin == offset
        offset += size
    assert offset == path.stat().st_size == anatomy.file_bytes
    ax = plot.table_anatomy(db, number=number)
    lane = [
        bar for bar in ax.patches if isinstance(bar, Rectangle) and abs(bar.get_y() - 0.79) < 0.01
    ]
    assert sum(bar.get_width() for bar in lane) == pytest.approx(1)
    assert plot.table_anatomy(path, block=1).get_title(loc="left") == f"Anatomy of {path.name}"


def test_what_is_no_table_is_refused(db, tmp_path):
    with pytest.raises(InvalidArgument, match="no table 7"):
        plot.table_anatomy(db, number=7)
    with pytest.raises(InvalidArgument, match="data blocks"):
        plot.table_anatomy(db, block=10_000)
    with pytest.raises(InvalidArgument, match="no table but a file of kind"):
        plot.table_anatomy(f"{db.path}/MANIFEST")
    with pytest.raises(lsmkit.Error):
        plot.table_anatomy(tmp_path / "missing.table")
    with lsmkit.testing.MemoryDisk().open() as other:
        other[b"key"] = b"value"
        other.flush()
        with pytest.raises(InvalidArgument, match="not on the system's disk"):
            plot.table_anatomy(other)
