"""`lsmkit.compat.plyvel` beside plyvel itself: the same calls, the same results and exceptions."""

import bisect
import shutil
import tempfile
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
)

from lsmkit.compat import plyvel as ours

theirs = pytest.importorskip("plyvel", reason="plyvel is in the extra bench")

KEYS = st.sampled_from([b"", b"a", b"a\x00", b"ab", b"b", b"\xff", b"\xff\xff"])
VALUES = st.one_of(st.binary(max_size=5), st.just(b"v" * 300))
PREFIXES = st.sampled_from([b"a", b"aa", b"b", b"\xff", b""])
FLAGS = st.booleans()
BOUNDS = st.fixed_dictionaries(
    {"include_start": FLAGS, "include_stop": FLAGS, "start": st.none() | KEYS},
    optional={
        "reverse": FLAGS,
        "stop": KEYS,
        "include_key": FLAGS,
        "include_value": FLAGS,
        "verify_checksums": FLAGS,
        "fill_cache": FLAGS,
    },
)
ODD = [None, 0, 1.5, "text", "", bytearray(b"a"), [b"a"], True, object]


def outcome(call):
    """What a call gives: its value, or the kind of its exception."""
    try:
        return ("value", call())
    except Exception as error:
        return ("error", kind_of(error))


def kind_of(error):
    for kind in type(error).__mro__:
        if kind.__module__ in ("plyvel._plyvel", "lsmkit.compat.plyvel_errors", "builtins"):
            return kind.__name__
    raise AssertionError(error)


def plain(result):
    return result if type(result[1]).__module__ == "builtins" else ("value", "an object")


@dataclass
class Pair:
    """The same thing on both sides, what it can see, and what its keys begin with."""

    ours: object
    theirs: object
    rows: dict | None = None
    prefix: bytes = b""


@dataclass
class Range:
    """What an iterator must do, told by a sorted list and the number of the gap it stands in."""

    rows: dict
    prefix: bytes
    bounds: dict
    keys: list = field(init=False)
    gap: int = field(init=False)

    def __post_init__(self):
        self.keys = [key for key in sorted(self.rows) if self.holds(key)]
        self.reverse = self.bounds.get("reverse", False)
        self.gap = len(self.keys) if self.reverse else 0

    def holds(self, key):
        bound = self.bounds.get
        if not key.startswith(self.prefix + (bound("prefix") or b"")):
            return False
        start, stop = bound("start"), bound("stop")
        if start is not None:
            start = self.prefix + start
            if key < start or (key == start and not bound("include_start", True)):
                return False
        if stop is not None:
            stop = self.prefix + stop
            if key > stop or (key == stop and not bound("include_stop", False)):
                return False
        return True

    def move(self, forward):
        place = self.gap if forward else self.gap - 1
        if not 0 <= place < len(self.keys):
            return ("error", "StopIteration")
        self.gap = place + forward
        key, bound = self.keys[place], self.bounds.get
        parts = [key[len(self.prefix) :]] * bound("include_key", True)
        parts += [self.rows[key]] * bound("include_value", True)
        return ("value", tuple(parts) if len(parts) == 2 else parts[0] if parts else None)

    def seek(self, target):
        stop = self.bounds.get("stop")
        key = self.prefix + (target if stop is None else min(target, stop))
        self.gap = bisect.bisect_left(self.keys, key)
        return ("value", None)

    def known_error(self, forward, after_seek, answer, theirs):
        """Whether plyvel 1.5.1 is known to answer otherwise here (see `Iterator`)."""
        stop_iteration = ("error", "StopIteration")
        start = self.bounds.get("start")
        start = self.prefix + (start if start is not None else self.bounds.get("prefix") or b"")
        alone = not forward and self.keys == [start] and theirs == stop_iteration
        excluded = self.bounds.get("start") is not None and start in self.rows
        excluded = excluded and not self.bounds.get("include_start", True)
        return alone or (after_seek and (answer == stop_iteration or (forward and excluded)))


class Lockstep(RuleBasedStateMachine):
    """Every call is made on both; the answers must be equal."""

    views = Bundle("views")
    batches = Bundle("batches")
    iterators = Bundle("iterators")
    raws = Bundle("raws")

    @initialize(target=views)
    def open(self):
        self.folder = tempfile.mkdtemp()
        self.rows = {}
        self.db = Pair(*self.opened(create_if_missing=True), self.rows)
        return self.db

    def opened(self, **options):
        return (
            ours.DB(f"{self.folder}/ours", **options),
            theirs.DB(f"{self.folder}/theirs", **options),
        )

    def teardown(self):
        if hasattr(self, "folder"):
            self.db.ours.close()
            self.db.theirs.close()
            shutil.rmtree(self.folder)

    def both(self, pair, call):
        """Make a call on both sides, compare the answers and give back ours."""
        answer = outcome(lambda: call(pair.ours))
        expected = outcome(lambda: call(pair.theirs))
        assert plain(answer) == plain(expected)
        return answer

    def made(self, pair, call):
        """The pair of what a call makes, or nothing if it raises."""
        mine, its = outcome(lambda: call(pair.ours)), outcome(lambda: call(pair.theirs))
        assert mine[0] == its[0], (mine, its)
        if mine[0] == "error":
            assert mine == its
            return None
        return Pair(mine[1], its[1], prefix=pair.prefix)

    @property
    def is_open(self):
        return not self.db.ours.closed

    @rule(key=KEYS, value=VALUES, view=views, sync=FLAGS)
    def put(self, key, value, view, sync):
        if not hasattr(view.ours, "put"):
            return
        if self.both(view, lambda side: side.put(key, value, sync=sync))[0] == "value":
            self.rows[view.prefix + key] = value

    @rule(key=KEYS, view=views)
    def delete(self, key, view):
        if not hasattr(view.ours, "delete"):
            return
        if self.both(view, lambda side: side.delete(key))[0] == "value":
            self.rows.pop(view.prefix + key, None)

    @rule(key=KEYS, view=views, default=st.none() | st.integers(), check=FLAGS)
    def get(self, key, view, default, check):
        self.both(view, lambda side: side.get(key, default, verify_checksums=check))
        self.both(view, lambda side: side.get(key, default=default, fill_cache=check))

    @rule(target=views, view=views, prefix=PREFIXES)
    def prefixed(self, view, prefix):
        if not hasattr(view.ours, "prefixed_db"):
            return multiple()
        pair = self.made(view, lambda side: side.prefixed_db(prefix))
        pair.prefix, pair.rows = view.prefix + prefix, self.rows
        return pair

    @rule(target=views, view=views)
    def snapshot(self, view):
        if not hasattr(view.ours, "snapshot"):
            return multiple()
        pair = self.made(view, lambda side: side.snapshot())
        if pair is None:
            return multiple()
        pair.rows = dict(self.rows)
        return pair

    @rule(view=views, released=FLAGS)
    def end_a_snapshot(self, view, released):
        if hasattr(view.ours, "release"):
            self.both(view, lambda side: side.release() if released else side.close())

    @rule(target=batches, view=views, transaction=FLAGS, sync=FLAGS)
    def batch(self, view, transaction, sync):
        if not hasattr(view.ours, "write_batch"):
            return multiple()
        pair = self.made(view, lambda side: side.write_batch(transaction=transaction, sync=sync))
        if pair is None:
            return multiple()
        pair.rows = []  # what it holds
        return pair

    @rule(batch=batches, key=KEYS, value=st.none() | VALUES)
    def collect(self, batch, key, value):
        if value is None:
            answer = self.both(batch, lambda side: side.delete(key))
        else:
            answer = self.both(batch, lambda side: side.put(key, value))
        if answer[0] == "value":
            batch.rows.append((batch.prefix + key, value))
        self.both(batch, lambda side: side.approximate_size())

    @rule(batch=batches, other=batches)
    def append(self, batch, other):
        mine = outcome(lambda: batch.ours.append(other.ours))
        assert mine == outcome(lambda: batch.theirs.append(other.theirs))
        if mine[0] == "value":
            batch.rows += list(other.rows)
        self.both(batch, lambda side: side.approximate_size())

    @rule(batch=batches)
    def write(self, batch):
        if self.both(batch, lambda side: side.write())[0] == "value":
            self.apply(batch)

    @rule(batch=batches, fails=FLAGS, transaction=FLAGS, view=views)
    def write_as_a_block(self, batch, fails, transaction, view):
        def block(side):
            with side:
                side.put(b"in the block", b"")
                if fails:
                    raise ZeroDivisionError

        self.both(batch, block)
        if self.is_open:
            self.rows.clear()
            self.rows.update(self.db.theirs)
            batch.rows.clear()
            self.check_rows()

    @rule(batch=batches)
    def clear(self, batch):
        if self.both(batch, lambda side: side.clear())[0] == "value":
            batch.rows.clear()

    def apply(self, batch):
        for key, value in batch.rows:
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value

    def check_rows(self):
        if self.is_open:
            assert dict(self.db.ours) == dict(self.db.theirs) == self.rows

    @rule(target=iterators, view=views, bounds=BOUNDS, prefix=st.none() | PREFIXES)
    def iterator(self, view, bounds, prefix):
        if prefix is not None:
            bounds = {**bounds, "prefix": prefix}
        pair = self.made(view, lambda side: side.iterator(**bounds))
        if pair is None:
            return multiple()
        return Walk(pair, Range(dict(view.rows), view.prefix, bounds))

    @rule(
        walk=iterators,
        moves=st.lists(
            st.one_of(
                st.sampled_from(["next", "prev", "seek_to_start", "seek_to_stop", "iter"]), KEYS
            ),
            max_size=8,
        ),
    )
    def walk(self, walk, moves):
        for move in moves:
            walk.make(move)

    @rule(target=raws, view=views)
    def raw(self, view):
        if not hasattr(view.ours, "raw_iterator") or not hasattr(view.theirs, "raw_iterator"):
            return multiple()
        return self.made(view, lambda side: side.raw_iterator()) or multiple()

    @rule(
        raw=raws,
        moves=st.lists(
            st.one_of(st.sampled_from(["next", "prev", "seek_to_first", "seek_to_last"]), KEYS),
            max_size=8,
        ),
    )
    def move(self, raw, moves):
        for move in moves:
            if isinstance(move, bytes):
                self.both(raw, lambda side, move=move: side.seek(move))
            else:
                self.both(raw, lambda side, move=move: getattr(side, move)())
            for look in ("valid", "key", "value", "item"):
                self.both(raw, lambda side, look=look: getattr(side, look)())

    @rule(raw=consumes(raws))
    def close_a_cursor(self, raw):
        with raw.ours, raw.theirs:
            pass
        for verb in ("valid", "next", "close"):
            self.both(raw, lambda side, verb=verb: getattr(side, verb)())

    @rule(view=views, odd=st.sampled_from(ODD), good=KEYS)
    def odd_arguments(self, view, odd, good):
        if outcome(lambda: view.ours.get(good))[0] == "error":
            return  # which of two errors comes first is nobody's business
        calls = [
            lambda side: side.get(odd),
            lambda side: side.get(good, verify_checksums=odd),
            lambda side: side.get(good, None, None),
            lambda side: side.put(odd, b""),
            lambda side: side.put(good, odd) if odd is not bytearray else None,
            lambda side: side.put(good, b"", sync=odd if odd is not True else 1),
            lambda side: side.delete(odd),
            lambda side: side.write_batch(transaction=odd if odd is not True else 1),
            lambda side: side.iterator(start=odd) and None,
            lambda side: side.iterator(prefix=odd) and None,
            lambda side: side.iterator(include_stop=odd, reverse=odd) and None,
            lambda side: side.iterator(nonsense=odd),
            lambda side: next(side.iterator(start=b"x")).seek(odd),
        ]
        for call in calls:
            self.both(view, call)
        self.rows.pop(view.prefix + good, None)
        if self.is_open:
            self.rows.clear()
            self.rows.update(self.db.theirs)

    @rule()
    def compact(self):
        self.both(self.db, lambda side: side.compact_range())

    @rule()
    def close(self):
        self.both(self.db, lambda side: side.close())
        assert self.both(self.db, lambda side: side.closed) == ("value", True)

    @rule(target=views)
    def reopen(self):
        self.db.ours.close()
        self.db.theirs.close()
        assert outcome(lambda: self.opened(error_if_exists=True)) == ("error", "Error")
        self.db = Pair(*self.opened(), self.rows)
        for side in (ours, theirs):
            with pytest.raises(side.IOError):  # held already
                side.DB(f"{self.folder}/{'ours' if side is ours else 'theirs'}")
        self.check_rows()
        return self.db


@dataclass
class Walk:
    """An iterator on both sides, and what it must do."""

    pair: Pair
    range: Range
    after_seek: bool = False

    def make(self, move):
        mine = outcome(lambda: act(self.pair.ours, move))
        expected = self.expected(move) if mine != ("error", "RuntimeError") else mine
        if self.pair.theirs is not None:
            its = outcome(lambda: act(self.pair.theirs, move))
            if mine != its:
                forward = (move == "next") != self.range.reverse
                assert self.range.known_error(forward, self.after_seek, mine, its), (mine, its)
                self.pair.theirs = None  # no longer at the same place
        assert mine == expected
        self.after_seek = isinstance(move, bytes)

    def expected(self, move):
        if isinstance(move, bytes):
            return self.range.seek(move)
        if move in ("next", "prev"):
            return self.range.move((move == "next") != self.range.reverse)
        if move != "iter":
            self.range.gap = 0 if move == "seek_to_start" else len(self.range.keys)
        return ("value", None)


def act(iterator, move):
    if isinstance(move, bytes):
        return iterator.seek(move)
    if move == "iter":
        assert iter(iterator) is iterator
        return None
    return next(iterator) if move == "next" else getattr(iterator, move)()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walks")
    with (
        ours.DB(str(folder / "ours"), create_if_missing=True) as mine,
        theirs.DB(str(folder / "theirs"), create_if_missing=True) as its,
    ):
        yield mine, its


MOVES = st.one_of(st.sampled_from(["next", "prev", "seek_to_start", "seek_to_stop"]), KEYS)


@given(
    keys=st.sets(KEYS, min_size=3),
    db_prefix=st.none() | PREFIXES,
    prefix=st.none() | PREFIXES,
    bounds=BOUNDS,
    moves=st.lists(MOVES, min_size=3, max_size=20),
)
@settings(max_examples=400)
def test_every_walk(pair, keys, db_prefix, prefix, bounds, moves):
    if prefix is not None:
        bounds = {name: bound for name, bound in bounds.items() if name not in ("start", "stop")}
        bounds["prefix"] = prefix
    for side in pair:
        for key in side.iterator(include_value=False):
            side.delete(key)
        for key in keys:
            side.put(key, b"=" + key)
    views = pair if db_prefix is None else [side.prefixed_db(db_prefix) for side in pair]
    walk = Walk(
        Pair(*(view.iterator(**bounds) for view in views)),
        Range({key: b"=" + key for key in keys}, db_prefix or b"", bounds),
    )
    for move in moves:
        walk.make(move)


TestLockstep = Lockstep.TestCase
TestLockstep.settings = settings(max_examples=50, stateful_step_count=40)
