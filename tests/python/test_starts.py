"""Simulations that go on from a database make the engine's edits from there on."""

import shutil

import pytest

import lsmkit
from lsmkit import choices
from lsmkit.testing import MemoryDisk

SMALL = lsmkit.Options.small(
    memtable_bytes=32 << 10,
    table_bytes=32 << 10,
    base_bytes=64 << 10,
    fanout=3.0,
    background="inline",
)
KEYS = 4_000


def loaded(ops=KEYS + 777):
    load = lsmkit.Phase(name="load", keys=choices.Permuted(), ops=KEYS)
    more = lsmkit.Phase(keys=choices.Uniform(), mix={"put": 0.9, "delete": 0.1}, ops=ops)
    return lsmkit.Workload(load, more, key_count=KEYS)


def overwrites(times=5, mix="put", seed=7):
    over = lsmkit.Phase(keys=choices.Uniform(), mix=mix, ops=times * KEYS)
    return lsmkit.Workload(over, key_count=KEYS, seed=seed)


def edits(events, after=0):
    """What each edit is, files aside."""
    columns = ("kind", "reason", "job", "score", "input_level", "output_level", "read_weight")
    columns += ("written_weight", "in_entries", "out_entries", "dropped_entries", "last_seqno")
    told = []
    for i in range(len(events)):
        event = events[i]
        if event["number"] > after and event["kind"] in ("flush", "compaction", "trivial move"):
            tables = [list(event[name]) for name in ("removed", "added")]
            told.append([event[name] for name in columns] + tables)
    return told


def last_event(db):
    return db.events()[len(db.events()) - 1]["number"]


@pytest.mark.parametrize("layout", ["hybrid", "leveled", "lazy_leveled", "tiered"])
def test_a_fork_of_an_open_database_makes_its_edits(layout):
    with MemoryDisk().open(options=SMALL.replace(layout=layout)) as db:
        lsmkit.drive(db, loaded())
        before = last_event(db)
        simulation = lsmkit.Simulation.from_db(db, overwrites())
        assert simulation.version().to_text() == db.version().to_text()
        lsmkit.drive(db, overwrites())
        real = edits(db.events(), before)
        run = simulation.run()
        simulation.check()
        assert len(real) > 30
        assert edits(run.events()) == real
        assert run.version().table_count == db.version().table_count
        assert run.version().weight == db.version().weight
        assert run.assumptions == ()
        assert run.options == db.options


def test_a_twin_forks():
    told = lsmkit.twin(overwrites(), SMALL, before=loaded())
    assert told.difference == ""
    assert told.edits > 30
    alone = lsmkit.twin(overwrites(), SMALL)
    assert alone.agree
    assert edits(alone.events) != edits(told.events)


def test_a_directory_is_read_as_it_stands(tmp_path):
    path = tmp_path / "db"
    with lsmkit.open(path, SMALL) as db:
        lsmkit.drive(db, loaded())
    files = sorted(file.name for file in path.iterdir())
    run = lsmkit.Simulation.from_db(path, overwrites()).run()
    assert sorted(file.name for file in path.iterdir()) == files
    stored = ("layout", "memtable_bytes", "table_bytes", "base_bytes", "fanout")
    assert [getattr(run.options, n) for n in stored] == [getattr(SMALL, n) for n in stored]
    assert run.assumptions == ()
    with lsmkit.open(path, background="inline") as db:
        opened = last_event(db)
        lsmkit.drive(db, overwrites())
        assert edits(run.events()) == edits(db.events(), opened)


def test_what_the_logs_hold_becomes_tables_first(tmp_path):
    with lsmkit.open(tmp_path / "db", SMALL) as db:
        lsmkit.drive(db, loaded())
        shutil.copytree(tmp_path / "db", tmp_path / "killed")
    run = lsmkit.Simulation.from_db(tmp_path / "killed", overwrites()).run()
    assert len(run.assumptions) == 1
    assert "of the logs" in run.assumptions[0]


def test_the_runs_frames_begin_at_the_start():
    with MemoryDisk().open(options=SMALL) as db:
        lsmkit.drive(db, loaded())
        tables = len(db.tables())
        with db.snapshot():
            simulation = lsmkit.Simulation.from_db(db, overwrites(times=2))
    run = simulation.run()
    assert run.assumptions == ("1 snapshot of the database, let go of",)
    assert run.events()[0]["number"] == 1
    assert len(run.tables(at=1)) == tables + 1
    everything = run.tables(all=True)
    born = [everything[i]["born"] for i in range(len(everything))]
    assert born.count(None) == tables
    assert run.counters.puts == 2 * KEYS
    assert run.window.overwritten
    assert len(run.series()) == len(run.events())


def test_other_keys_options_and_seeds():
    with MemoryDisk().open(options=SMALL) as db:
        for i in range(3_000):
            db[b"other %d" % i] = b"x" * 50
        assert len(db.tables()) > 0
        run = lsmkit.Simulation.from_db(
            db, overwrites(), SMALL.replace(layout="tiered"), seed=3
        ).run()
        assert run.workload.seed == 3
        assert run.options.layout == "tiered"
        assert sum(run.tables()["entry_count"]) > 3_000
        timed = lsmkit.Simulation.from_db(db, overwrites(times=1), machine="nvme").run()
        assert timed.timing.accepted_ops == KEYS


def test_wrong_arguments(tmp_path):
    with pytest.raises(lsmkit.InvalidArgument, match="no lsmkit database"):
        lsmkit.Simulation.from_db(tmp_path, overwrites())
    with pytest.raises(TypeError, match="a Workload is due"):
        lsmkit.Simulation.from_db(tmp_path, "workload")
    with pytest.raises(TypeError, match="before: a Workload"):
        lsmkit.twin(overwrites(), SMALL, before="load")
    expiring = lsmkit.Phase(keys=choices.Uniform(), ttl_s=5, ops=10)
    with (
        MemoryDisk().open(options=SMALL) as db,
        pytest.raises(lsmkit.NotSupported, match="ttl_s"),
    ):
        lsmkit.Simulation.from_db(db, lsmkit.Workload(expiring, key_count=10))


def test_ctrl_c_ends_the_reading():
    def stop(done, total):
        raise KeyboardInterrupt

    with MemoryDisk().open(options=SMALL) as db:
        lsmkit.drive(db, loaded())
        with pytest.raises(KeyboardInterrupt):
            lsmkit.Simulation.from_db(db, overwrites(), progress=stop)
        db[b"still"] = b"there"


def counted(db):
    counters = db.stats().counters
    written = counters.flush_weight + counters.compaction_written_weight
    return written, counters.user_weight


@pytest.mark.parametrize("layout", ["hybrid", "leveled", "lazy_leveled"])
@pytest.mark.parametrize("mix", ["put", {"put": 0.8, "delete": 0.2}])
def test_segments_fork_from_the_tables_metas(tmp_path, layout, mix):
    options = SMALL.replace(layout=layout, fanout=4.0, memtable_bytes=64 << 10)
    over = lsmkit.Phase(keys=choices.Uniform(), mix=mix, ops=5 * 40_000)
    workload = lsmkit.Workload(over, key_count=40_000, seed=5)
    load = lsmkit.Phase(name="load", keys=choices.Permuted(), ops=40_000)
    more = lsmkit.Phase(keys=choices.Uniform(), mix=mix, ops=80_000)
    with MemoryDisk().open(options=options) as db:
        lsmkit.drive(db, lsmkit.Workload(load, more, key_count=40_000))
        written, put = counted(db)
        simulation = lsmkit.Simulation.from_db(db, workload, fidelity="segment")
        assert simulation.version().weight == db.version().weight
        lsmkit.drive(db, workload)
        due = (counted(db)[0] - written) / (counted(db)[1] - put)
    run = simulation.run()
    simulation.check()
    found = run.summary()[0]["write_amp_weight"]
    assert found == pytest.approx(due, rel=0.03)
    assert any("key samples" in text for text in run.assumptions)


def test_a_manifest_is_enough(tmp_path):
    with lsmkit.open(tmp_path / "db", SMALL) as db:
        lsmkit.drive(db, loaded())
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tmp_path / "db" / "MANIFEST", alone)
    simulation = lsmkit.Simulation.from_manifest(alone, overwrites())
    by_db = lsmkit.Simulation.from_db(tmp_path / "db", overwrites(), fidelity="segment")
    assert simulation.version().to_text() == by_db.version().to_text()
    run = simulation.run()
    assert run.options.layout == SMALL.layout
    assert run.options.memtable_bytes == SMALL.memtable_bytes
    assert "the MANIFEST alone was read" in run.assumptions[-1]
    assert run.summary()[0]["write_amp_weight"] > 1
    with pytest.raises(lsmkit.Error):
        lsmkit.Simulation.from_manifest(tmp_path / "nowhere", overwrites())


def test_segments_refuse_keys_that_the_workload_has_no_numbers_for():
    with MemoryDisk().open(options=SMALL) as db:
        for i in range(3_000):
            db[b"other %d" % i] = b"x" * 50
        with pytest.raises(lsmkit.NotSupported, match="fidelity='exact'"):
            lsmkit.Simulation.from_db(db, overwrites(), fidelity="segment")
