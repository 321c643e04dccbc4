"""A forked child cannot use its parent's database, and cannot harm it."""

PRELUDE = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads is the point here
from lsmkit import _core, _errors
db = _core.DB("db")
for i in range(1000): db.put(b"k%04d" % i, b"v" * 100)
snapshot, cursor, rows = db.snapshot(), db.cursor(), db.iterator()
cursor.seek_to_first()
next(rows)
"""


def test_every_call_in_the_child_raises_forked_error(run_python):
    done = run_python(
        PRELUDE
        + """
calls = [
    lambda: db.get(b"k"), lambda: db.put(b"k", b""), lambda: db.put(b"k", b"", sync=True),
    lambda: db.delete(b"k"), lambda: b"k" in db, lambda: db.write(_core.WriteBatch()),
    lambda: db.snapshot(), lambda: db.cursor(), lambda: db.iterator(),
    lambda: snapshot.get(b"k"), lambda: snapshot.iterator(), lambda: cursor.seek(b"k"),
    lambda: list(rows), lambda: _core.flush(db), lambda: _core.verify(db),
    lambda: _core.wait_idle(db), lambda: _core.stats(db), lambda: _core.tree(db),
]
if os.fork() == 0:
    for i, call in enumerate(calls):
        try:
            call()
        except _errors.ForkedError:
            continue
        os._exit(i + 1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
db.close()
"""
    )
    assert (done.stdout.strip(), done.stderr) == ("0", "")


def test_a_child_that_exits_properly_leaves_the_parent_alone(run_python):
    done = run_python(
        PRELUDE
        + """
if os.fork() == 0:
    sys.exit(0)  # atexit handlers, module teardown, deallocs
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
db.put(b"after", b"1", sync=True)
assert db[b"k0000"] == b"v" * 100
_core.flush(db)
_core.verify(db)
if os.fork() == 0:
    try: _core.DB("db")  # still locked by the parent
    except _errors.Error as e: sys.exit(0)
    sys.exit(1)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
db.close()
assert _core.count(_core.DB("db")) == 1001
"""
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_child_may_open_databases_of_its_own(run_python):
    done = run_python(
        PRELUDE
        + """
if os.fork() == 0:
    own = _core.DB("own")
    own.put(b"k", b"v")
    own.close()
    sys.exit(0 if _core.DB("own")[b"k"] == b"v" else 1)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
db.close()
"""
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_forks_at_any_moment_of_background_work_leave_no_child_waiting(run_python):
    done = run_python(
        PRELUDE
        + """
db.close()
for i in range(40):
    small = {"memtable_bytes": "65536", "table_bytes": "65536", "base_bytes": "262144"}
    db = _core.DB(f"db{i}", overrides=small)
    for k in range(137 * i): db.put(b"k%06d" % (k * 7919 % 10007), b"v" * 100)
    snapshot, cursor = db.snapshot(), db.cursor()
    if os.fork() == 0:
        for call in (lambda: _core.verify(db), lambda: _core.stats(db), lambda: db.put(b"k", b"v"),
                     lambda: _core.events(db)):
            try: call()
            except _errors.ForkedError: continue
            os._exit(1)
        own = _core.DB(f"own{i}")
        own.put(b"k", b"v")
        own.close()
        del snapshot, cursor
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    _core.verify(db)
    del snapshot, cursor
    db.close()
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
