"""Looking in: a reader beside a live writer in another process, refresh, checkpoints."""

import errno
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import lsmkit

# Every commit writes its number under two keys and, after a while, deletes what it wrote long ago.
WRITER = """
    import sys, lsmkit
    path, commits = sys.argv[1], int(sys.argv[2])
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        for i in range(1, commits + 1):
            with db.write_batch() as batch:
                batch.put(b"a", b"%d" % i)
                batch.put(b"z", b"%d" % i)
                batch.put(b"k%07d" % (i % 5000), b"%0100d" % i)
            if i == 1:
                print("begun", flush=True)
"""


def start_writer(path, commits):
    script = textwrap.dedent(WRITER)
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(path), str(commits)], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"begun\n"
    return writer


def look(db, at_least):
    """Checks that one moment is whole; its number."""
    with db.snapshot() as moment:
        first, last = moment[b"a"], moment[b"z"]
        assert first == last
        number = int(first)
        assert number >= at_least
        rows = list(moment.iterator(start=b"k", stop=b"l"))
        assert len(rows) == min(number, 5000)
        assert all(number - 5000 < int(value) <= number for _, value in rows)
        assert sum(int(value) % 5000 == int(key[1:]) for key, value in rows) == len(rows)
    return number


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as opened:
        yield opened


def follow(path, seconds, commits):
    """Reads beside a writer for so long; how often it looked at something newer."""
    writer = start_writer(path, commits)
    seen, newer = 1, 0
    try:
        with lsmkit.open(path, read_only=True) as db:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends and writer.poll() is None:
                newer += db.refresh()
                seen = look(db, seen)
                with lsmkit.open(path, read_only=True) as fresh:
                    look(fresh, seen)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    return newer


def test_a_reader_beside_a_live_writer_sees_whole_commits_in_order(path):
    assert follow(path, 4, 10**9) >= 3


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_reader_beside_a_live_writer_for_ten_minutes(path):
    newer = follow(path, 600, 10**9)
    print(f"looked at {newer} newer states")
    assert newer > 100


def test_without_a_refresh_nothing_changes_and_views_outlive_it(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        db[b"a"] = b"1"
    before = lsmkit.open(path, read_only=True)
    held = before.snapshot()
    rows = before.items()
    writer = start_writer(path, 20_000)
    writer.wait(60)
    writer.stdout.close()
    assert before[b"a"] == b"1"
    assert before.refresh()
    assert not before.refresh()
    assert before[b"a"] == b"20000"
    assert before.last_seqno == 20_001
    assert held[b"a"] == b"1"
    assert list(held.items()) == [(b"a", b"1")]
    assert next(iter(rows))[0] == b"a"
    assert len(before.events()) > 10
    assert before.stats().counters.puts == 60_001
    held.close()
    before.close()
    with pytest.raises(lsmkit.ClosedError):
        before.refresh()


def test_a_writer_has_nothing_to_refresh(db):
    db[b"a"] = b"1"
    assert db.refresh() is False


def test_a_checkpoint_is_a_database_of_its_own(path, tmp_path):
    copy = tmp_path / "copy"
    told = []
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        for i in range(20_000):
            db[b"%06d" % i] = b"%0100d" % i
        db.wait_idle()
        tables = len(db.tables())
        db.checkpoint(copy, progress=lambda done, total: told.append((done, total)))
        del db[b"000000"]
        db[b"later"] = b"1"
    assert told
    assert all(done <= total for done, total in told)
    links = [file.stat().st_nlink for file in copy.glob("*.table")]
    assert links
    assert len(links) == tables
    with lsmkit.open(copy) as again:
        assert again.count() == 20_000
        assert again[b"000000"] == b"%0100d" % 0
        assert again.options.table_bytes == 64 << 10
        again.verify()


def test_a_checkpoint_on_a_disk_without_links_is_a_copy(path):
    other = Path("/dev/shm")
    if not other.is_dir() or os.stat(other).st_dev == os.stat(Path(path).parent).st_dev:
        pytest.skip("there is no second file system here")
    copy = other / f"lsmkit-checkpoint-{os.getpid()}"
    try:
        with lsmkit.open(path, lsmkit.Options.small()) as db:
            for i in range(5_000):
                db[b"%06d" % i] = b"%0100d" % i
            db.checkpoint(copy)
        with lsmkit.open(copy) as again:
            assert again.count() == 5_000
            again.verify()
    finally:
        lsmkit.destroy(copy)


def test_a_checkpoint_refuses_what_is_there_and_leaves_it_alone(db, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    file = tmp_path / "file"
    file.write_text("mine")
    for target in (full, file, db.path):
        with pytest.raises(lsmkit.InvalidArgument, match="not an empty directory"):
            db.checkpoint(target)
    assert (full / "mine.txt").read_text() == "mine"
    with pytest.raises(lsmkit.IOError) as refused:
        db.checkpoint("/proc/nothing/here")
    assert refused.value.errno in (errno.ENOENT, errno.EACCES, errno.EPERM)
    with pytest.raises(lsmkit.ReadOnlyError), reader_of(db, tmp_path) as reader:
        reader.checkpoint(tmp_path / "other")


def reader_of(db, tmp_path):
    db.checkpoint(tmp_path / "for-reading")
    return lsmkit.open(tmp_path / "for-reading", read_only=True)


def test_a_checkpoint_that_is_interrupted_leaves_nothing(path, tmp_path):
    def stop(done, total):
        raise LookupError("enough")

    with lsmkit.open(path, lsmkit.Options.small()) as db:
        db.update((b"%06d" % i, b"%0100d" % i) for i in range(5_000))
        with pytest.raises(LookupError, match="enough"):
            db.checkpoint(tmp_path / "copy", progress=stop)
        assert not (tmp_path / "copy").exists()
        db[b"on"] = b"it goes"
