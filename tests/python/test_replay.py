"""Frames of histories are what taking events one by one comes to, however they are worked out."""

import pytest

import lsmkit
from lsmkit import _core
from slow_replay import SlowReplay

SMALL = lsmkit.Options.small(layout="leveled")


def rows_of(frame, rows):
    """Rows as the frame has them: what it has no column for is left out."""
    return [{name: row.get(name) for name in frame.columns} for row in rows]


def assert_told(source, held, tables, unknown=()):
    """`tables(all=True)`, and at each of some events, beside the definition."""
    slow = SlowReplay(tables, held.rows())
    hidden = dict.fromkeys(unknown)
    lives = source.tables(all=True)
    assert lives.rows() == rows_of(lives, [row | hidden for row in slow.tables])
    numbers = held.numbers().tolist()
    assert numbers == [event["number"] for event in held.rows()]
    for number in numbers[:: max(1, len(numbers) // 7)]:
        standing = slow.tables
        standing = [
            row
            for row in standing
            if (row["born"] is None or row["born"] <= number)
            and (row["died"] is None or row["died"] > number)
        ]
        standing.sort(key=lambda row: (row["level"], -row["run"], row["smallest_key"]))
        then = source.tables(at=number)
        assert then.rows() == rows_of(then, [row | hidden for row in standing])
        levels = source.levels(at=number)
        assert sum(levels["table_count"]) == len(standing)
        assert levels["weight"].tolist() == [
            sum(row["weight"] for row in standing if row["level"] == level)
            for level in levels["level"]
        ]
    with pytest.raises(lsmkit.InvalidArgument, match=f"kept; there are {numbers[0]} to"):
        source.tables(at=numbers[-1] + 1)
    return slow


def tables_of(columns):
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("fidelity", ["exact", "segment", "drawn"])
@pytest.mark.parametrize("machine", [None, "nvme"])
def test_simulations_tell_what_their_events_do(fidelity, machine):
    workload = lsmkit.Workload.overwrites(keys=3000, times=4)
    sim = lsmkit.Simulation(workload, SMALL, fidelity=fidelity, machine=machine)
    run = sim.run()
    files = ("smallest_key", "largest_key", "file_bytes") if fidelity == "drawn" else ()
    tables = tables_of(sim._core.version().tables())
    slow = assert_told(run, sim._core.events(), tables, unknown=files)
    series = run.series()
    assert len(series) == len(slow.moments) > 10
    for name in ("event", "table_count", "run_count", "l0_run_count", "weight"):
        assert series[name].tolist() == [moment[name] for moment in slow.moments]


def test_a_run_keeps_to_its_moment_while_its_simulation_goes_on():
    sim = lsmkit.Simulation(lsmkit.Workload.overwrites(keys=3000, times=4), SMALL)
    for _ in range(20):
        sim.step()
    run = sim.result()
    before = run.tables(all=True).rows(), run.events().rows()
    sim.run()
    assert (run.tables(all=True).rows(), run.events().rows()) == before
    assert len(sim.result().events()) > len(run.events())


def test_a_database_tells_what_its_events_do(path):
    with lsmkit.open(path, SMALL, background="inline") as db:
        for number in range(9000):
            db.put(b"key%05d" % (number * 7919 % 3000), b"value " * 9)
        held = _core.events(db)
        slow = assert_told(db, held, tables_of(_core.tree(db)["tables"]))
        series = db.series()
        assert series.rows() == rows_of(series, slow.moments)
        assert {"trivial move", "compaction"} & set(db.events()["kind"])
    with lsmkit.open(path, SMALL, background="inline") as db:  # its log goes on
        assert_told(db, _core.events(db), tables_of(_core.tree(db)["tables"]))


def test_only_what_is_new_is_told_when_asked_so():
    sim = lsmkit.Simulation(lsmkit.Workload.overwrites(keys=3000, times=4), SMALL, machine="nvme")
    core = sim._core
    seen, moments = [], []
    for until_us in range(0, 40_000, 4000):
        core.run(until_us=until_us)
        seen += core.events(since=len(seen)).rows()
        fresh = core.series(since=len(moments))
        moments += fresh["event"]
        assert core.event_count() == len(seen)
        samples = core.samples(since_us=float(until_us))["time_us"]
        assert samples == [t for t in core.samples()["time_us"] if t >= samples[0]]
        assert samples[0] <= until_us or len(samples) == len(core.samples()["time_us"])
    assert seen == core.events().rows()
    assert len(seen) > 30
    assert moments == core.series()["event"]
    assert len(core.events(since=len(seen) + 5)) == 0


def test_a_simulation_tells_what_came_since_the_last_look():
    sim = lsmkit.Simulation(lsmkit.Workload.overwrites(keys=3000, times=4), SMALL, machine="nvme")
    lines = []
    while not sim.done:
        before = sim.event_count
        sim.run_until(sim.seconds + 0.004)
        lines += sim.events(since=before)["line"].tolist()
    assert lines == sim.events()["line"].tolist() == sim.result().events()["line"].tolist()
    assert len(lines) == sim.event_count > 30
    with pytest.raises(lsmkit.InvalidArgument, match="since=-1"):
        sim.events(since=-1)
