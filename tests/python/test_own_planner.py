"""A planner of one's own, in Python (W4.3): it decides, and whatever it says, all is well."""

import doctest
import os
import signal
import sys
import threading

import pytest

import lsmkit
from lsmkit import Choice, Options, own_planner
from lsmkit.testing import MemoryDisk

SMALL = Options.small(background="inline")


def all_at_once(version, context):
    """Everything becomes one run of the last level once there are six runs."""
    if version.run_count < 6:
        return None
    return Choice(version.tables()["number"], context.options.level_count - 1)


def tiered(version, context):
    """Four runs of a level go one level down as one."""
    for level in range(context.options.level_count - 1):
        tables = version.tables()
        here = tables[tables["level"] == level]
        if len(set(here["run"].tolist())) >= 4:
            return Choice(here["number"], level + 1, new_run=True)
    return None


def fill(db, count=20_000, keys=5_000):
    """Writes, and what they come to."""
    model = {}
    for number in range(count):
        key = b"%06d" % (number * 7919 % keys)
        db[key] = model[key] = b"value %d " % number * 4
        if number % 13 == 0:
            del db[key], model[key]
    return model


def custom_jobs(db):
    return [event for event in db.events() if event["reason"] == "custom"]


@pytest.mark.parametrize("planner", [all_at_once, tiered])
def test_w4_3_ones_own_planner_decides(path, planner):
    with lsmkit.open(path, SMALL, planner=planner) as db:
        model = fill(db)
        assert dict(db) == model
        jobs = custom_jobs(db)
        assert len(jobs) >= 3
        assert {event["reason"] for event in db.events()} & {"level full", "L0 to base"} == set()
        assert db.verify() > 0
        db.version().check()
        assert db.why().background.own_planner
        assert "one's own planner decides" in str(db.why())
    with lsmkit.open(path) as db:
        assert dict(db) == model


def test_w4_3_a_planner_is_told_what_it_may_look_at(path):
    seen = []

    def look(version, context):
        seen.append((version, context))

    with lsmkit.open(path, SMALL, planner=look) as db:
        db[b"a"] = b"1"
        with db.snapshot():
            db[b"a"] = b"2"
            db.flush()
            version, context = seen[-1]
            assert isinstance(version, lsmkit.Version)
            assert version == db.version()
            assert context.options == db.options
            assert len(context.pinned_seqnos) == 1
            assert context.history_floor == db.last_seqno
            assert context.now_us > 1_600_000_000_000_000
            assert context.damaged == context.busy == frozenset()
        db[b"b"] = b"3"
        db.flush()
        assert seen[-1][1].job > context.job
        assert seen[-1][1].pinned_seqnos == ()


def test_moves_drops_and_new_runs_are_carried_out(path):
    todo = []
    with lsmkit.open(path, SMALL, planner=lambda *_: todo.pop() if todo else None) as db:
        for value in (b"1", b"2"):
            db[b"k"] = value
            db.flush()
        first, second = db.tables()["number"].tolist()  # newest first
        todo.append(Choice([second], 3, move=True))
        db.wait_idle()
        assert db.tables()["level"].tolist() == [0, 3]
        todo.append(Choice([first], 3, new_run=True))
        db.wait_idle()
        assert db.tables()["level"].tolist() == [3, 3]
        assert db[b"k"] == b"2"
        todo.append(Choice(["#" + str(second >> 28)], drop=True))
        db.wait_idle()
        assert len(db.tables()) == 1
        assert db[b"k"] == b"2"
        assert [event["kind"] for event in custom_jobs(db)] == [
            "trivial move",
            "compaction",
            "compaction",
        ]


def test_what_a_planner_raises_comes_out_of_flush_and_close_as_it_was(path):
    class Mine(Exception):
        pass

    def broken(version, context):
        if version.table_count > 0:
            raise Mine("out of ideas")

    db = lsmkit.open(path, SMALL, planner=broken)
    model = fill(db, 3_000)  # every put stands
    assert "the planner raised Mine: out of ideas" in db.stats().background_error
    for call in (db.flush, db.wait_idle):
        with pytest.raises(Mine, match="out of ideas") as caught:
            call()
        assert caught.traceback[-1].name == "broken"
    assert dict(db) == model
    with pytest.raises(Mine):
        db.close()
    assert db.closed
    with lsmkit.open(path) as again:
        assert dict(again) == model


def test_a_refused_choice_names_the_table_and_the_next_one_is_taken(path):
    wrong = True

    def planner(version, context):
        if version.run_count < 2:
            return None
        numbers = version.tables()["number"].tolist()  # newest first
        return Choice(numbers[:1] if wrong else numbers, 2)

    with lsmkit.open(path, SMALL, planner=planner) as db:
        for value in (b"1", b"2"):
            db[b"k"] = value
            if value == b"1":
                db.flush()
        with pytest.raises(
            lsmkit.InvalidArgument, match=r"table #\d+ would go .* choose that, too"
        ):
            db.flush()
        assert db[b"k"] == b"2"
        wrong = False
        db.flush()
        assert db.version().run_count == 1
        assert db.stats().background_error == ""


@pytest.mark.parametrize(
    ("answer", "error"),
    [(3, "None or a Choice is due, not int"), ([1, 2], "None or a Choice is due, not list")],
)
def test_an_answer_of_another_type_is_refused(path, answer, error):
    with lsmkit.open(
        path, SMALL, planner=lambda version, _: answer if version.table_count else None
    ) as db:
        db[b"k"] = b"v"
        with pytest.raises(TypeError, match=error):
            db.flush()
        answer = None


def test_a_choice_says_what_is_wrong_with_it():
    assert Choice([5, "#7"], 1).inputs == (5, 7 << 28)
    assert Choice([5], 1) == Choice((5,), 1)
    with pytest.raises(lsmkit.InvalidArgument, match="an output_level is due"):
        Choice([5])
    with pytest.raises(lsmkit.InvalidArgument, match="goes nowhere"):
        Choice([5], 1, drop=True)
    with pytest.raises(lsmkit.InvalidArgument, match="output_level: 16 found"):
        Choice([5], 16)
    with pytest.raises(lsmkit.InvalidArgument, match="inputs: -1 found"):
        Choice([-1], 1)
    with pytest.raises(TypeError, match="inputs: int is due, not float"):
        Choice([1.5], 1)
    with pytest.raises(TypeError, match="write"):
        Choice("#7", 1)


def test_a_planner_is_refused_where_it_would_not_be_asked(path):
    with pytest.raises(lsmkit.InvalidArgument, match='open with background="inline"'):
        lsmkit.open(path, planner=tiered)
    assert not os.path.exists(path)
    with pytest.raises(TypeError, match="planner: a callable is due, not int"):
        lsmkit.open(path, SMALL, planner=3)
    with lsmkit.open(path, SMALL, planner=tiered):
        with pytest.raises(lsmkit.InvalidArgument, match="leave it out"):
            lsmkit.open(path, SMALL, planner=tiered)
        with lsmkit.open(path, SMALL) as second:
            assert second.why().background.own_planner
    with pytest.raises(lsmkit.InvalidArgument, match="read_only"):
        lsmkit.open(path, background="inline", planner=tiered, read_only=True)


def test_ctrl_c_in_a_planner_comes_out_of_the_put_that_asked_it(path):
    interrupted = False

    def planner(version, context):
        nonlocal interrupted
        if version.table_count and not interrupted:
            interrupted = True
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(10_000):  # the handler runs between two of them
                pass

    with lsmkit.open(path, SMALL, planner=planner) as db:
        number = 0
        with pytest.raises(KeyboardInterrupt):
            for number in range(100_000):
                db[b"%06d" % number] = b"value" * 9
        assert interrupted
        assert len(db) == number + 1  # that put stands, too
        db.flush()


def test_threads_may_write_while_a_planner_thinks(path):
    with lsmkit.open(path, SMALL, planner=tiered) as db:
        threads = [
            threading.Thread(
                target=lambda n=n: [db.put(b"%d %05d" % (n, i), b"value" * 9) for i in range(6_000)]
            )
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.flush()
        assert len(db) == 24_000
        assert len(custom_jobs(db)) > 3
        db.version().check()
        assert db.verify() > 0


def test_a_closed_database_lets_go_of_its_planner(path):
    class Planner:
        def __call__(self, version, context):
            return None

    planner = Planner()
    before = sys.getrefcount(planner)
    db = lsmkit.open(path, SMALL, planner=planner)
    assert sys.getrefcount(planner) > before
    db.close()
    assert sys.getrefcount(planner) == before


def test_a_crash_under_ones_own_planner_leaves_a_prefix():
    disk = MemoryDisk()
    options = SMALL.replace(sync=lsmkit.Sync.always, memtable_bytes=4096)
    states = [{}]
    with disk.open("/db", options, planner=tiered) as db:
        for number in range(700):
            key = b"%06d" % (number * 7919 % 40)
            db[key] = b"value %d " % number * 4
            states.append({**states[-1], key: db[key]})
        assert len(custom_jobs(db)) > 1
    total = disk.operation_count
    for after in range(0, total, total // 60):
        with disk.killed(after).open("/db", background="inline", planner=tiered) as db:
            assert dict(db) in states
            db.version().check()


def test_the_example_of_the_documentation_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = doctest.testmod(own_planner)
    assert done.attempted >= 4
    assert done.failed == 0
