"""A database against a dict: Hypothesis tries what people would not think of.

`LSMKIT_HYPOTHESIS=full` takes at least 20,000 steps; without it there are some hundreds.
"""

import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

import lsmkit
from lsmkit import Options, Sync

FULL = os.environ.get("LSMKIT_HYPOTHESIS") == "full"
FULL_EXAMPLES, FULL_STEPS = 600, 50  # more than 20,000 steps, as examples end early
QUICK_EXAMPLES, QUICK_STEPS = 12, 40

# Few enough keys that they meet again; long ones, and such as differ in their last byte alone.
KEYS = st.one_of(
    st.binary(max_size=2),
    st.integers(0, 40).map(lambda number: b"key%02d" % number),
    st.sampled_from([b"", b"\x00", b"\xff" * 9, b"long" * 400, b"long" * 400 + b"\x00"]),
)
VALUES = st.one_of(
    st.binary(max_size=8),
    st.integers(0, 9000).map(lambda size: b"v" * size),  # a few fill a memtable
)
SYNCS = [Sync.always, Sync.none, Sync.every(3), Sync.interval(5), Sync.hybrid(4, 5)]
BACKGROUNDS = ["threads", "inline"]
BOUNDS = st.none() | KEYS

steps_taken = 0


class DatabaseMachine(RuleBasedStateMachine):
    snapshots = Bundle("snapshots")
    iterators = Bundle("iterators")

    @initialize(sync=st.sampled_from(SYNCS), background=st.sampled_from(BACKGROUNDS))
    def open(self, sync, background):
        self.path = tempfile.mkdtemp(prefix="lsmkit-model-")
        self.model = {}
        self.db = lsmkit.open(
            self.path,
            Options.small(memtable_bytes=4096, table_bytes=4096, base_bytes=16384, block_bytes=256),
            sync=sync,
            background=background,
        )

    def teardown(self):
        if hasattr(self, "db"):
            self.db.close()
            shutil.rmtree(self.path)

    # -- Writing

    @rule(key=KEYS, value=VALUES, sync=st.booleans())
    def put(self, key, value, sync):
        self.db.put(key, value, sync=sync)
        self.model[key] = value
        if sync:
            assert self.db.durable_seqno == self.db.last_seqno

    @rule(items=st.lists(st.tuples(KEYS, VALUES), max_size=30))
    def update(self, items):
        self.db.update(items)
        self.model.update(items)

    @rule(key=KEYS)
    def delete(self, key):
        self.db.delete(key)
        self.model.pop(key, None)

    @rule(key=KEYS)
    def pop(self, key):
        assert self.db.pop(key, None) == self.model.pop(key, None)

    @rule(last=st.booleans())
    @precondition(lambda self: self.model)
    def popitem(self, last):
        key = max(self.model) if last else min(self.model)
        assert self.db.popitem(last=last) == (key, self.model.pop(key))

    @rule(changes=st.lists(st.tuples(KEYS, st.none() | VALUES), max_size=12), fail=st.booleans())
    def batch(self, changes, fail):
        before = self.db.last_seqno
        try:
            with self.db.write_batch() as batch:
                for key, value in changes:
                    if value is None:
                        batch.delete(key)
                    else:
                        batch.put(key, value)
                if fail:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert self.db.last_seqno == before
            return
        assert self.db.last_seqno == before + bool(changes)
        for key, value in changes:
            if value is None:
                self.model.pop(key, None)
            else:
                self.model[key] = value

    # -- Reading

    @rule(key=KEYS)
    def get(self, key):
        assert self.db.get(key) == self.model.get(key)
        assert (key in self.db) == (key in self.model)

    @rule(key=KEYS)
    def neighbours(self, key):
        below = [k for k in self.model if k <= key]
        above = [k for k in self.model if k >= key]
        assert self.db.floor(key) == ((max(below), self.model[max(below)]) if below else None)
        assert self.db.ceiling(key) == ((min(above), self.model[min(above)]) if above else None)

    @rule(
        start=BOUNDS, stop=BOUNDS, prefix=st.none() | st.binary(max_size=1),
        include_start=st.booleans(), include_stop=st.booleans(), reverse=st.booleans(),
    )  # fmt: skip
    def scan(self, **bounds):
        assert list(self.db.iterator(**bounds)) == in_range(self.model, **bounds)

    @rule()
    def whole(self):
        assert list(self.db.items()) == sorted(self.model.items())
        assert list(reversed(self.db)) == sorted(self.model, reverse=True)
        assert len(self.db) == len(self.model)
        assert bool(self.db) == bool(self.model)

    # -- What is held across writes

    @rule(target=snapshots)
    def take_snapshot(self):
        return self.db.snapshot(), dict(self.model)

    @rule(snapshot=snapshots, key=KEYS)
    def read_snapshot(self, snapshot, key):
        held, then = snapshot
        if held.closed:
            return
        assert held.get(key) == then.get(key)
        assert list(held.items()) == sorted(then.items())

    @rule(snapshot=consumes(snapshots))
    def close_snapshot(self, snapshot):
        snapshot[0].close()

    @rule(target=iterators, reverse=st.booleans())
    def begin_iterator(self, reverse):
        return self.db.iterator(reverse=reverse), in_range(self.model, reverse=reverse)

    @rule(target=iterators, iterator=consumes(iterators), rows=st.integers(1, 9))
    def step_iterator(self, iterator, rows):
        held, due = iterator
        try:
            for _ in range(rows):
                assert next(held, None) == (due.pop(0) if due else None)
        except lsmkit.ClosedError:
            return multiple()  # of a database that has been closed since
        return held, due

    # -- The life of the tree

    @rule()
    def flush(self):
        self.db.flush()
        assert self.db.levels()[0]["entry_count"] in (0, None)

    @rule(start=BOUNDS, stop=BOUNDS)
    def compact_range(self, start, stop):
        self.db.compact_range(start, stop)

    @rule()
    def sync(self):
        self.db.sync()
        assert self.db.durable_seqno == self.db.last_seqno

    @rule()
    def verify(self):
        self.db.verify()

    @rule(
        sync=st.sampled_from(SYNCS),
        background=st.sampled_from(BACKGROUNDS),
        read_only=st.booleans(),
    )
    def reopen(self, sync, background, read_only):
        seqno = self.db.last_seqno
        self.db.close()
        if read_only:
            with lsmkit.open(self.path, read_only=True) as db:
                assert list(db.items()) == sorted(self.model.items())
        self.db = lsmkit.open(self.path, sync=sync, background=background)
        assert self.db.last_seqno == seqno
        self.whole()

    @rule()
    def second_handle(self):
        with lsmkit.open(self.path, threads=2, background=self.db.options.background) as twin:
            assert list(twin) == sorted(self.model)

    @invariant()
    def count_steps(self):
        global steps_taken
        steps_taken += 1


def in_range(
    model, start=None, stop=None, include_start=True, include_stop=False, prefix=None, reverse=False
):
    rows = [
        (key, value)
        for key, value in sorted(model.items())
        if (start is None or key > start or (include_start and key == start))
        and (stop is None or key < stop or (include_stop and key == stop))
        and (prefix is None or key.startswith(prefix))
    ]
    return rows[::-1] if reverse else rows


DatabaseMachine.TestCase.settings = settings(
    max_examples=FULL_EXAMPLES if FULL else QUICK_EXAMPLES,
    stateful_step_count=FULL_STEPS if FULL else QUICK_STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestAgainstADict(DatabaseMachine.TestCase):
    @pytest.mark.timeout(3600 if FULL else 120)
    def runTest(self):
        super().runTest()
        print(f"{steps_taken:,} steps, no difference")
