"""A range is compacted on request: it tells how far it is, and can be ended at any moment."""

import threading
import time

import pytest

import lsmkit
from lsmkit import Options

LAYOUTS = ["leveled", "hybrid", "tiered", "lazy_leveled"]


def fill(path, **options):
    """A tree with several levels, overwrites and deletes, and what it should hold."""
    db = lsmkit.open(path, Options.small(**options))
    model = {}
    for number in range(24_000):
        key = b"%06d" % (number * 7919 % 9000)
        db[key] = model[key] = b"value %d " % number * 6
        if number % 11 == 0:
            del db[key], model[key]
    return db, model


@pytest.mark.parametrize("layout", LAYOUTS)
def test_progress_never_falls_and_ends_at_the_whole(path, layout):
    db, model = fill(path, layout=layout)
    with db:
        told = []
        # However short it is: a fast machine was told of the flush alone.
        assert db.compact_range(progress=lambda done, total: told.append((done, total)))
        told = [one for one in told if one[1]]  # 0 in all while memtables are flushed
        assert told
        assert all(0 <= done <= total for done, total in told)
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1]
        assert dict(db) == model
        assert db.version().run_count == 1


def test_nothing_to_do_is_done_at_once(path):
    with lsmkit.open(path) as db:
        told = []
        assert db.compact_range(progress=lambda done, total: told.append((done, total)))
        assert {total for _, total in told} <= {0}


@pytest.fixture
def large(path):
    """A database whose compaction takes some tenths of a second at least."""
    options = {"memtable_bytes": 2 << 20, "table_bytes": 1 << 20, "compression_levels": (9,)}
    with lsmkit.open(path, layout="tiered", l0_trigger_runs=100, max_runs=100, **options) as db:
        for number in range(200_000):
            db[b"%08d" % (number * 7919 % 200_000)] = b"%0100d" % number
        yield db


def test_progress_moves_within_a_job(large):
    told = set()
    large.compact_range(progress=lambda done, total: told.add((done, total)))
    shares = {done / total for done, total in told if total}
    assert len(shares) > 5  # one merge, told many times


def test_cancel_ends_it_from_another_thread_and_it_goes_on_later(large):
    before, cancel = str(large.version()), threading.Event()
    threading.Timer(0.05, cancel.set).start()
    begun = time.perf_counter()
    assert large.compact_range(cancel=cancel) is False
    assert cancel.is_set()
    assert time.perf_counter() - begun < 5
    large.flush()
    standing = set(before.splitlines())
    assert standing <= set(str(large.version()).splitlines())  # the one job left nothing
    large.version().check()
    assert large.verify() > 0
    cancel.clear()
    assert large.compact_range(cancel=cancel) is True
    assert large.version().run_count == 1
    assert large.count() == 200_000


def test_cancelled_before_it_begins_does_nothing(large):
    large.flush()
    before = large.version()
    cancel = threading.Event()
    cancel.set()
    assert large.compact_range(cancel=cancel) is False
    assert large.version() == before


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_end_after_each_job_leaves_a_tree_that_is_whole(path, layout):
    """Ended again and again, a little further each time, until nothing is left to do."""
    db, model = fill(path, layout=layout, background="inline")
    with db:
        for patience in range(1, 200):
            calls = iter(range(patience))
            try:
                # StopIteration, once its patience is at an end
                db.compact_range(progress=lambda done, total, calls=calls: next(calls))
                break
            except StopIteration:
                db.version().check()
        else:
            pytest.fail("it never came to its end")
        assert dict(db) == model
        assert db.version().run_count == 1
        assert db.verify() > 0
    with lsmkit.open(path) as db:
        assert dict(db) == model


def test_a_part_is_compacted_and_the_rest_stays(path):
    db, model = fill(path, layout="leveled", background="inline")
    with db:
        db.flush()
        assert db.compact_range(b"002000", b"004000")
        within = [
            row["level"]
            for row in db.tables()
            if row["smallest_key"] <= b"004000" and row["largest_key"] >= b"002000"
        ]
        assert len(set(within)) == 1
        assert dict(db) == model


def test_keywords_and_errors(path):
    with lsmkit.open(path) as db:
        with pytest.raises(TypeError):
            db.compact_range(None, None, None)
        with pytest.raises(AttributeError):
            db.compact_range(cancel=True)
    with pytest.raises(lsmkit.ClosedError):
        db.compact_range()
    with lsmkit.open(path, read_only=True) as reader, pytest.raises(lsmkit.ReadOnlyError):
        reader.compact_range()
