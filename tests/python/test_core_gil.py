"""Long calls: other threads go on, Ctrl-C works, progress is told."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import lsmkit
from lsmkit import _core


@pytest.fixture
def large(path):
    """A database whose compaction takes some tenths of a second at least."""
    db = _core.DB(
        path,
        overrides={
            "memtable_bytes": str(4 << 20),
            "compression_levels": "9",
        },
    )
    for part in range(40):
        batch = _core.WriteBatch()
        for i in range(5000):
            batch.put(b"%08d" % ((i * 40 + part) * 7919 % 200_000), b"%0100d" % i)
        db.write(batch)
    yield db
    db.close()


LONG_CALLS = {
    "compact_range": lambda db, **kw: _core.compact_range(db, **kw),
    "verify": lambda db, **kw: [_core.verify(db, **kw) for _ in range(20)],
    "count": lambda db, **kw: [_core.count(db, **kw) for _ in range(20)],
}


@pytest.mark.parametrize("call", LONG_CALLS.values(), ids=LONG_CALLS.keys())
def test_other_threads_go_on_during_a_long_call(large, call):
    stop, steps = threading.Event(), []

    def tick():
        while not stop.is_set():
            steps.append(time.perf_counter())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    begun = time.perf_counter()
    call(large)
    ended = time.perf_counter()
    stop.set()
    ticker.join()
    during = sum(begun < t < ended for t in steps)
    assert during >= (ended - begun) / 0.1  # one thread with the GIL would make it 0


@pytest.mark.parametrize("call", LONG_CALLS.values(), ids=LONG_CALLS.keys())
def test_ctrl_c_ends_a_long_call_and_the_database_goes_on(large, call):
    def interrupt_soon():
        time.sleep(0.03)
        os.kill(os.getpid(), signal.SIGINT)

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread = threading.Thread(target=interrupt_soon)
        with pytest.raises(KeyboardInterrupt):
            thread.start()
            while True:
                call(large)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, previous)
    large.put(b"after", b"1")
    assert large[b"after"] == b"1"
    assert _core.count(large) == 200_001


@pytest.mark.parametrize("call", LONG_CALLS.values(), ids=LONG_CALLS.keys())
def test_progress_is_told_and_its_exception_ends_the_call(large, call):
    told = []

    def stop_at_third(done, total):
        told.append((done, total))
        if len(told) == 3:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        while True:
            call(large, progress=stop_at_third)
    assert len(told) == 3
    assert all(type(done) is int and type(total) is int for done, total in told)
    assert _core.verify(large) > 0


def test_signals_are_handled_during_a_long_call_without_ending_it(large):
    handled = []
    previous = signal.signal(signal.SIGALRM, lambda *_: handled.append(time.perf_counter()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03)
        _core.compact_range(large)
        ended = time.perf_counter()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert [t < ended for t in handled] == [True]


@pytest.fixture
def killed(path):
    """A directory whose writer died with 300,000 commits in its log alone."""
    script = """
        import os, sys, lsmkit
        db = lsmkit.open(sys.argv[1])
        for i in range(300_000):
            db.put(b"%08d" % i, b"%0100d" % i)
        os._exit(0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), path], check=True)
    return path


def test_ctrl_c_ends_an_open_that_replays_and_the_next_has_it_all(killed):
    before = sorted(os.listdir(killed))
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupter = threading.Timer(0.04, os.kill, (os.getpid(), signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupter.start()
            while True:
                lsmkit.open(killed, read_only=True).close()
    finally:
        interrupter.join()
        signal.signal(signal.SIGINT, previous)
    assert sorted(os.listdir(killed)) == before
    with lsmkit.open(killed) as db:
        assert db.count() == 300_000


def test_a_signal_handler_may_open_databases_and_fork_while_one_is_opened(killed, tmp_path):
    done = []

    def handler(*_):
        with pytest.raises(lsmkit.InvalidArgument, match="by this very thread"):
            lsmkit.open(killed)
        with lsmkit.open(tmp_path / "other") as other:
            other[b"a"] = b"b"
        child = os.fork()
        if child == 0:
            os._exit(0)
        done.append(os.waitpid(child, 0)[1])

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.04)
        with lsmkit.open(killed) as db:
            assert done == [0]
            assert db.count() == 300_000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_ctrl_c_ends_a_close_and_what_was_not_flushed_is_in_the_log(path):
    db = lsmkit.open(path, memtable_bytes=256 << 20, memory_bytes=1 << 30, compression_levels=(19,))
    for i in range(1_000_000):
        db.put(b"%08d" % i, b"%0100d" % (i * 7919))
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupter = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupter.start()
            db.close()
    finally:
        interrupter.join()
        signal.signal(signal.SIGINT, previous)
    assert db.closed
    with lsmkit.open(path, read_only=True, memory_bytes=1 << 30) as again:
        assert again.count() == 1_000_000


def test_many_threads_write_and_read_at_once(core_db):
    def work(name):
        for i in range(3000):
            key = b"%d-%05d" % (name, i)
            core_db.put(key, key, sync=i % 500 == 0)
            assert core_db[key] == key
            if i % 3 == 0:
                core_db.delete(key)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _core.count(core_db) == 6 * 2000


def test_a_writable_buffer_may_change_while_it_is_written(path):
    """Whatever is stored then, the log must read back as sound."""
    db = _core.DB(path)
    value, stop = bytearray(1 << 20), threading.Event()

    def scribble():
        n = 0
        while not stop.is_set():
            n = (n + 1) % 256
            value[:] = bytes([n]) * len(value)

    thread = threading.Thread(target=scribble)
    thread.start()
    for i in range(50):
        db.put(b"k%02d" % i, value, sync=True)
    stop.set()
    thread.join()
    assert _core.count(db) == 50
    assert _core.verify(db) >= 0
    db.close()
