"""Pictures over time draw what the frames say, however long the run."""

import numpy as np
import pytest

import lsmkit
from lsmkit import Column, Frame, InvalidArgument, Options

plot = lsmkit.plot
SMALL = Options.small()


# -- In time ---------------------------------------------------------------------------------------


def test_debt_is_that_of_the_timeline(timed):
    line = plot.debt(timed).lines[0]
    timeline = timed.timeline()
    assert line.get_ydata().max() == timeline["debt_weight"].max()
    assert plot.debt(timeline).lines[0].get_ydata().tolist() == line.get_ydata().tolist()


def test_debt_without_time_is_what_is_above_the_deepest_level(lockstep):
    ax = plot.debt(lockstep)
    above = [row["weight"] for row in lockstep.levels() if row["table_count"]]
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(sum(above[:-1]))
    assert "above the deepest level" in ax.get_ylabel()


def test_stalls_cover_the_time_that_was_waited(timed):
    ax = plot.stalls(timed)
    timeline = timed.timeline()
    seconds = 0.0
    for stairs in ax.patches:
        tops, edges, bottoms = stairs.get_data()
        seconds += float(((tops - bottoms) * np.diff(edges)).sum())
    assert seconds == pytest.approx(timeline["stall_us"][-1] / 1e6, rel=0.01)
    causes = set(timeline["cause"][1:]) - {"none"}
    assert len(ax.get_legend_handles_labels()[1]) >= len(causes) > 0


def test_what_was_put_is_what_was_accepted(timed):
    put = plot.stalls(timed).figure.axes[1].patches[0]
    rates, edges, _ = put.get_data()
    accepted = timed.timeline()["accepted_bytes"]
    assert (rates * np.diff(edges)).sum() == pytest.approx(accepted[-1] - accepted[0])


def test_a_run_without_stalls_says_so(lockstep, texts):
    assert "no write ever waited" in texts(plot.stalls(lockstep))


def test_utilisation_moves_all_bytes_and_needs_a_device(timed, lockstep, db):
    ax = plot.utilisation(timed)
    written, _ = ax.patches
    rates, edges, _ = written.get_data()
    moved = timed.timeline()["device_written_bytes"]
    assert (rates * np.diff(edges)).sum() == pytest.approx(moved[-1] - moved[0])
    for source in (lockstep, db):
        with pytest.raises(InvalidArgument, match="needs a run in time"):
            plot.utilisation(source)


def test_latency_shows_the_percentiles(timed, lockstep):
    (line,) = plot.latency(timed).lines
    writes = timed.timing.writes
    due = [writes.p50_us, writes.p90_us, writes.p99_us, writes.p999_us, writes.max_us]
    assert line.get_ydata().tolist() == due
    assert len(plot.latency({"a": timed, "b": timed}).lines) == 2
    with pytest.raises(InvalidArgument, match="there were no reads"):
        plot.latency(timed, of="reads")
    with pytest.raises(InvalidArgument, match="it needs a run in time"):
        plot.latency(lockstep)
    with pytest.raises(InvalidArgument, match="neither 'writes'"):
        plot.latency(timed, of="scans")


@pytest.mark.parametrize("ops", [4_000, 40_000])
def test_read_amplification_over_time(ops, db):
    """W4.13. Reads are simulated, and their cost is seen to change as the tree does."""
    run = lsmkit.simulate(lsmkit.workloads.ycsb("a", keys=2_000, ops=ops), SMALL)
    ax = plot.reads(run)
    per_get = ax.lines[0].get_ydata()
    assert len(per_get) == min(120, len(run.series()))
    assert np.nanmax(per_get) > np.nanmin(per_get)
    # No get is lost: over all stretches it is what the run says of all gets before the last event.
    last = run.series()[-1]
    gets = np.diff([0, *run.series()["gets"].tolist()])
    probed = float((np.ma.filled(run.series()["read_amp"], 0) * gets).sum())
    assert probed / last["gets"] == pytest.approx(run.reads.read_amp, rel=0.05)
    most, edges, fewest = ax.patches[0].get_data()
    assert most.max() == run.series()["run_count"].max()
    assert fewest.min() == run.series()["run_count"].min()
    assert (per_get[~np.isnan(per_get)] <= most.max()).all()
    assert edges[-1] == last["last_seqno"]
    with pytest.raises(InvalidArgument, match="no gets over time"):
        plot.reads(db)


# -- Long runs -------------------------------------------------------------------------------------


def a_million_events():
    count = 1_000_000
    chance = np.random.default_rng(7)
    weight = chance.integers(1_000, 2_000, count).astype(np.uint64)
    weight[654_321] = 99_999  # a peak of one moment
    weight[123_456] = 1
    numbered = np.arange(count, dtype=np.uint64)
    return Frame(
        {
            "event": Column("u64", numbered),
            "time_us": Column("u64", numbered * np.uint64(1000)),
            "last_seqno": Column("u64", numbered),
            "weight": Column("u64", weight),
        },
        name="series",
    )


def test_a_million_events_are_thinned_and_keep_their_peaks(texts):
    frame = a_million_events()
    ax = plot.compare(frame, frame)
    for line in ax.lines:
        x, y = line.get_xdata(), line.get_ydata()
        assert len(x) <= 4_000
        assert y.max() == 99_999
        assert y.min() == 1
        assert (frame["weight"][x.astype(int)] == y).all()  # every point is true
    assert "1,000,000 moments" in texts(ax)


def test_a_million_tables_are_thinned_and_keep_the_highest_moment(texts):
    count = 1_000_000
    born = np.arange(1, count + 1, dtype=np.uint64)
    died = born + np.uint64(3)
    weight = np.full(count, 10, np.uint64)
    weight[777_777] = 1_000
    valid = died <= count
    tables = Frame(
        {
            "level": Column("i32", (born % 3).astype(np.int32)),
            "weight": Column("u64", weight),
            "born": Column("u64", born),
            "died": Column("u64", died, None, valid),
        },
        name="all_tables",
    )
    ax = plot.levels(tables, stacked=True)
    assert max(area_of.get_paths()[0].vertices[:, 1].max() for area_of in ax.collections) == 1_020
    assert sum(len(area.get_paths()[0].vertices) for area in ax.collections) < 60_000
    assert "drawn; no peak is left out" in texts(ax)


def test_many_tables_are_a_bounded_number_of_blocks(texts):
    count = 50_000
    keys = [b"%08d" % number for number in range(2 * count)]
    tables = Frame(
        {
            "level": Column.of("i32", [6] * count),
            "run": Column.of("u64", [1] * count),
            "smallest_key": Column.of("bytes", keys[::2]),
            "largest_key": Column.of("bytes", keys[1::2]),
        },
        name="tables",
    )
    ax = plot.key_ranges(tables)
    boxes = [path.vertices for group in ax.collections for path in group.get_paths()]
    assert len(boxes) <= 2_001
    covered = sum(box[:, 0].max() - box[:, 0].min() for box in boxes)
    assert covered == pytest.approx(2 * count)
    assert "50,000 tables as" in texts(ax)
