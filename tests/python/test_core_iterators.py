"""Iterators and cursors against a sorted list."""

import itertools
import random

import pytest

from lsmkit import _core
from lsmkit._errors import Error, InvalidArgument

ROWS = {k: b"value of " + k for k in (b"", b"a", b"aa", b"ab", b"b", b"b\xff", b"c", b"\xff\xff")}
BOUNDS = (None, b"", b"a", b"ab", b"b\x00", b"c", b"d")
PREFIXES = (None, b"", b"a", b"b", b"b\xff", b"\xff", b"x")


def select(rows, start, stop, include_start, include_stop, prefix, reverse):
    """The rows that a call means, by its own words."""
    chosen = []
    for key in sorted(rows):
        if start is not None and (key < start or (key == start and not include_start)):
            continue
        if stop is not None and (key > stop or (key == stop and not include_stop)):
            continue
        if prefix is not None and not key.startswith(prefix):
            continue
        chosen.append((key, rows[key]))
    return chosen[::-1] if reverse else chosen


@pytest.fixture
def filled(core_db):
    for key, value in ROWS.items():
        core_db.put(key, b"older value")
        core_db.put(key, value)
    core_db.put(b"gone", b"")
    core_db.delete(b"gone")
    return core_db


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("flushed", [False, True], ids=["memtable", "table"])
def test_every_range_gives_what_a_sorted_list_gives(filled, prefix, flushed):
    if flushed:
        _core.flush(filled)
    flags = itertools.product((False, True), repeat=3)
    for start, stop, (with_start, with_stop, reverse) in itertools.product(BOUNDS, BOUNDS, flags):
        wanted = select(ROWS, start, stop, with_start, with_stop, prefix, reverse)
        bounds = {
            "start": start,
            "stop": stop,
            "include_start": with_start,
            "include_stop": with_stop,
            "prefix": prefix,
        }
        assert list(filled.iterator(reverse=reverse, **bounds)) == wanted, (bounds, reverse)
        assert _core.count(filled, **bounds) == len(wanted)


def test_keys_or_values_alone(filled):
    rows = sorted(ROWS.items())
    assert list(filled.iterator(include_value=False)) == [k for k, _ in rows]
    assert list(filled.iterator(include_key=False)) == [v for _, v in rows]
    with pytest.raises(InvalidArgument, match="include_key"):
        filled.iterator(include_key=False, include_value=False)


def test_blocks_of_rows_join_without_a_seam(core_db):
    rows = {b"%06d" % i: b"v%d" % i for i in range(3000)}
    batch = _core.WriteBatch()
    for key, value in rows.items():
        batch.put(key, value)
    core_db.write(batch)
    assert list(core_db.iterator()) == sorted(rows.items())
    assert list(core_db.iterator(reverse=True)) == sorted(rows.items(), reverse=True)


def test_huge_values_among_small_ones(core_db):
    rows = {b"%03d" % i: b"x" * (200_000 if i % 7 == 3 else i) for i in range(60)}
    for key, value in rows.items():
        core_db.put(key, value)
    assert list(core_db.iterator()) == sorted(rows.items())
    assert list(core_db.iterator(reverse=True)) == sorted(rows.items(), reverse=True)


def test_an_iterator_sees_the_moment_it_was_made(core_db):
    core_db.put(b"a", b"1")
    rows = core_db.iterator()
    core_db.put(b"b", b"2")
    core_db.delete(b"a")
    assert list(rows) == [(b"a", b"1")]
    assert list(core_db.iterator()) == [(b"b", b"2")]


def test_an_iterator_ends_once_and_for_all(filled):
    rows = filled.iterator()
    assert iter(rows) is rows
    assert len(list(rows)) == len(ROWS)
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(rows)
    closed = filled.iterator()
    next(closed)
    closed.close()
    closed.close()
    assert list(closed) == []


def test_a_snapshot_gives_its_moment_to_all_ways_of_reading(core_db):
    core_db.put(b"a", b"1")
    with core_db.snapshot() as past:
        core_db.put(b"a", b"2")
        core_db.put(b"b", b"2")
        assert past.seqno == core_db.last_seqno - 2
        assert past.db is core_db
        assert (past[b"a"], past.get(b"b"), past.get(b"b", 7)) == (b"1", None, 7)
        assert b"a" in past
        assert b"b" not in past
        with pytest.raises(KeyError):
            past[b"b"]
        now = [(b"a", b"1")]
        assert list(past.iterator()) == now
        assert list(core_db.iterator(snapshot=past)) == now
        assert _core.count(core_db, snapshot=past) == 1
        for cursor in (past.cursor(), core_db.cursor(snapshot=past)):
            cursor.seek_to_last()
            assert cursor.item() == now[0]


def test_a_snapshot_of_another_database_is_refused(core_db, tmp_path):
    other = _core.DB(str(tmp_path / "other"))
    with pytest.raises(InvalidArgument, match="another DB"):
        core_db.iterator(snapshot=other.snapshot())
    with pytest.raises(TypeError, match="Snapshot or None"):
        core_db.cursor(snapshot=7)
    other.close()


def test_children_are_made_by_their_parents_only():
    for kind in (_core.Snapshot, _core.Cursor, _core.Iterator):
        with pytest.raises(TypeError, match="cannot create"):
            kind()


def test_a_cursor_walks_as_an_index_into_a_sorted_list_does(filled):
    keys = sorted(ROWS)
    cursor, at, draw = filled.cursor(), None, random.Random(7)
    for _ in range(2000):
        move = draw.choice(("first", "last", "seek", "seek_for_prev", "next", "prev"))
        target = draw.choice(BOUNDS[1:])
        if move == "first":
            cursor.seek_to_first()
            at = 0
        elif move == "last":
            cursor.seek_to_last()
            at = len(keys) - 1
        elif move == "seek":
            cursor.seek(target)
            at = next((i for i, k in enumerate(keys) if k >= target), None)
        elif move == "seek_for_prev":
            cursor.seek_for_prev(target)
            at = max((i for i, k in enumerate(keys) if k <= target), default=None)
        elif at is not None:
            (cursor.next if move == "next" else cursor.prev)()
            at += 1 if move == "next" else -1
            at = at if 0 <= at < len(keys) else None
        assert cursor.valid() == (at is not None)
        if at is not None:
            assert cursor.key() == keys[at]
            assert cursor.item() == (keys[at], ROWS[keys[at]])
            assert cursor.value() == ROWS[keys[at]]


def test_a_cursor_that_stands_nowhere_says_so(filled):
    cursor = filled.cursor()
    assert not cursor.valid()
    for call in (cursor.key, cursor.value, cursor.item, cursor.seqno, cursor.next, cursor.prev):
        with pytest.raises(InvalidArgument, match="seek first"):
            call()


def test_a_cursor_knows_the_commit_of_its_entry(core_db):
    core_db.put(b"a", b"")
    core_db.put(b"b", b"")
    cursor = core_db.cursor()
    cursor.seek(b"b")
    assert cursor.seqno() == core_db.last_seqno


def test_a_batch_is_written_whole_in_order_under_one_seqno(core_db):
    core_db.put(b"b", b"old")
    before = core_db.last_seqno
    batch = _core.WriteBatch()
    assert len(batch) == 0
    batch.put(b"a", bytearray(b"1"))
    batch.put(b"a", memoryview(b"2"))
    batch.delete(b"b")
    assert len(batch) == 3
    assert batch.approximate_size() > 0
    core_db.write(batch, sync=True)
    assert core_db.last_seqno == before + 1
    assert list(core_db.iterator()) == [(b"a", b"2")]
    batch.clear()
    assert len(batch) == 0
    core_db.write(batch)
    assert list(core_db.iterator()) == [(b"a", b"2")]


def test_two_threads_at_one_iterator_do_no_harm(core_db):
    import threading

    rows = [b"%05d" % i for i in range(20_000)]
    batch = _core.WriteBatch()
    for key in rows:
        batch.put(key, b"")
    core_db.write(batch)
    shared, seen = core_db.iterator(include_value=False), []

    def take():
        while True:
            try:
                seen.append(next(shared))
            except StopIteration:
                return
            except Error:  # the other one's turn
                continue

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == rows
