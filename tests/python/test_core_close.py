"""Closing, dropping and exiting, in every order."""

import gc
import itertools
import threading
import weakref

import pytest

from lsmkit import _core
from lsmkit._errors import ClosedError, InvalidArgument

pytestmark = pytest.mark.usefixtures("young_objects")


def use_all(db, snapshot, cursor, rows):
    """Every call that a closed database must refuse."""
    return [
        lambda: db.get(b"k"),
        lambda: db[b"k"],
        lambda: b"k" in db,
        lambda: db.put(b"k", b""),
        lambda: db.put(b"k", b"", sync=True),
        lambda: db.delete(b"k"),
        lambda: db.write(_core.WriteBatch()),
        lambda: db.snapshot(),
        lambda: db.cursor(),
        lambda: db.iterator(),
        lambda: _core.flush(db),
        lambda: _core.compact_range(db),
        lambda: _core.wait_idle(db),
        lambda: _core.verify(db),
        lambda: _core.count(db),
        lambda: _core.sync(db),
        lambda: snapshot.get(b"k"),
        lambda: snapshot[b"k"],
        lambda: b"k" in snapshot,
        lambda: snapshot.cursor(),
        lambda: snapshot.iterator(),
        lambda: cursor.valid(),
        lambda: cursor.seek(b"k"),
        lambda: cursor.next(),
        lambda: cursor.key(),
        lambda: cursor.value(),
        lambda: next(rows),
    ]


@pytest.fixture
def family(path):
    db = _core.DB(path)
    for i in range(2000):
        db.put(b"k%04d" % i, b"v" * 100)
    cursor = db.cursor()
    cursor.seek_to_first()
    rows = db.iterator()
    next(rows)
    return [db, db.snapshot(), cursor, rows]


def test_after_close_every_call_raises_closed_error(family):
    db = family[0]
    assert not db.closed
    db.close()
    db.close()
    assert db.closed
    for call in use_all(*family):
        with pytest.raises(ClosedError):
            call()
    assert db.path.endswith("db")
    assert family[1].closed
    for child in family[1:]:
        child.close()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("closing", ["close all", "close db first", "drop only"])
def test_any_order_of_closing_and_dropping_is_fine(family, order, closing):
    if closing == "close db first":
        family[0].close()
    for i in order:
        if closing == "close all":
            family[i].close()
        family[i] = None
        gc.collect()


def test_a_child_keeps_its_database_open(path):
    rows = _core.DB(path).iterator()
    assert list(rows) == []
    db = _core.DB(path)
    db.put(b"k", b"v")
    snapshot = db.snapshot()
    del db
    gc.collect()
    assert snapshot[b"k"] == b"v"
    snapshot.db.close()
    assert snapshot.closed


def test_a_database_that_was_dropped_can_be_opened_again_and_has_everything(path):
    db = _core.DB(path)
    db.put(b"k", b"v")
    del db
    db = _core.DB(path)
    assert db[b"k"] == b"v"
    db.close()


def test_cycles_through_children_are_collected(path):
    class Holder(_core.DB):
        pass

    db = Holder(path)
    db.put(b"k", b"v")
    db.children = [db.snapshot(), db.cursor(), db.iterator()]
    gone = weakref.ref(db)
    del db
    gc.collect()
    assert gone() is None


def test_a_database_that_was_never_opened_is_closed():
    db = _core.DB.__new__(_core.DB)
    assert db.closed
    db.close()
    for call in (lambda: db.get(b"k"), lambda: db.path, lambda: _core.flush(db), db.iterator):
        with pytest.raises(ClosedError, match="not open"):
            call()


def test_a_failed_open_leaves_a_closed_database(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    db = _core.DB.__new__(_core.DB)
    with pytest.raises(Exception, match="file"):
        db.__init__(str(file))
    assert db.closed
    db.__init__(str(tmp_path / "db"))  # and may be tried again
    assert not db.closed
    with pytest.raises(InvalidArgument, match="opened before"):
        db.__init__(str(tmp_path / "other"))
    db.close()


def test_closing_while_others_work_ends_their_calls_cleanly(path):
    for _ in range(10):
        db = _core.DB(path)
        surprises = []
        started = threading.Barrier(5)

        def work(call, db=db, surprises=surprises, started=started):
            started.wait()
            try:
                for i in range(1_000_000):
                    call(db, i)
            except ClosedError:
                pass
            except BaseException as error:
                surprises.append(error)

        def read_all(db, _):
            snapshot = db.snapshot()
            for _row in snapshot.iterator():
                pass

        calls = [
            lambda db, i: db.put(b"k%06d" % (i % 5000), b"v" * 100),
            lambda db, i: db.get(b"k%06d" % (i % 5000)),
            read_all,
            lambda db, i: _core.flush(db),
        ]
        threads = [threading.Thread(target=work, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        started.wait()
        threading.Event().wait(0.02)
        db.close()
        for thread in threads:
            thread.join()
        assert surprises == []


EXITS = {
    "open in a global": "db = open_one()",
    "with children": "db = open_one(); s = db.snapshot(); c = db.cursor(); next(db.iterator())",
    "children only": "s = open_one().snapshot(); it = s.iterator(); next(it)",
    "in a cycle": "db = open_one(); db.me = db; del db",
    "after close": "db = open_one(); it = db.iterator(); next(it); db.close()",
    "by sys.exit": "db = open_one(); raise SystemExit(0)",
    "with a reading daemon": """
db = open_one()
def read():
    while True:
        for row in db.iterator(): pass
for _ in range(3): threading.Thread(target=read, daemon=True).start()
time.sleep(0.05)
""",
    "with a writing daemon": """
db = open_one()
def write():
    for i in range(10**9): db.put(b'x%d' % i, b'v' * 100, sync=i % 100 == 0)
for _ in range(3): threading.Thread(target=write, daemon=True).start()
time.sleep(0.05)
""",
    "with a daemon in a long call": """
db = open_one()
def flush():
    while True: _core.flush(db, progress=lambda done, total: None)
for _ in range(3): threading.Thread(target=flush, daemon=True).start()
time.sleep(0.05)
""",
}


@pytest.mark.parametrize("ending", EXITS.values(), ids=EXITS.keys())
def test_the_interpreter_exits_quietly(run_python, ending):
    script = f"""
import threading, time
from lsmkit import _core
class DB(_core.DB): pass
threading.excepthook = lambda args: None  # daemons meet ClosedError
def open_one():
    db = DB("db")
    for i in range(3000): db.put(b"k%04d" % i, b"v" * 100)
    return db
{ending}
"""
    for _ in range(3 if "daemon" in ending else 1):
        done = run_python(script)
        assert (done.returncode, done.stderr) == (0, "")
    db = run_python(
        "from lsmkit import _core; db = _core.DB('db'); print(_core.count(db, prefix=b'k'))"
    )
    assert db.stdout.strip() == "3000", db.stderr


def test_what_is_left_open_is_closed_cleanly_at_exit(run_python):
    done = run_python(
        "from lsmkit import _core; db = _core.DB('db'); db.put(b'k', b'v'); db.me = db".replace(
            "_core.DB(", "type('D', (_core.DB,), {})("
        )
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = run_python(
        "from lsmkit import _core; print(_core.open_report(_core.DB('db'))['replayed_records'])"
    )
    assert done.stdout.strip() == "0", done.stderr
