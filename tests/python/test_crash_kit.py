"""The crash kit from Python: a disk in memory that loses power, fills up and fails. (W3.5, W3.8)"""

import errno
import random
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import lsmkit
from lsmkit import Sync
from lsmkit.testing import DAMAGES, DISK_OPERATIONS, MemoryDisk

Model = dict[bytes, bytes]

# Deterministic, and small enough to flush and compact all the time.
TINY = {
    "background": "inline",
    "memtable_bytes": 2 << 10,
    "table_bytes": 2 << 10,
    "base_bytes": 4 << 10,
    "block_bytes": 256,
    "cache_bytes": 64 << 10,
    "memory_bytes": 8 << 20,
}


class Recorded:
    """A database on a memory disk, and what it should show after every commit."""

    def __init__(self, sync: Sync) -> None:
        self.disk = MemoryDisk()
        self.sync = sync
        self.states: list[Model] = [{}]  # by seqno
        self.durable: list[tuple[int, int, int]] = []  # operations, durable and last seqno then
        self.open()

    def open(self) -> None:
        self.db = self.disk.open(sync=self.sync, **TINY)
        self.note()

    def put(self, key: bytes, value: bytes) -> None:
        self.db.put(key, value)
        self.states.append({**self.states[-1], key: value})
        self.note()

    def delete(self, key: bytes) -> None:
        self.db.delete(key)
        self.states.append({k: v for k, v in self.states[-1].items() if k != key})
        self.note()

    def note(self) -> None:
        at = (self.disk.operation_count, self.db.durable_seqno, self.db.last_seqno)
        self.durable.append(at)

    def known_after(self, operations: int) -> tuple[int, int]:
        """What was durable, and what was acknowledged, after so many operations."""
        known = [(durable, last) for at, durable, last in self.durable if at <= operations]
        return known[-1] if known else (0, 0)


def some_writes(recorded: Recorded) -> None:
    chance = random.Random(7)
    for i in range(60):
        key = b"k%d" % chance.randrange(25)
        if chance.random() < 0.2:
            recorded.delete(key)
        else:
            recorded.put(key, b"%d" % i * 40)


@pytest.mark.parametrize("sync", [Sync.always, Sync.every(3), Sync.none])
def test_every_crash_leaves_a_prefix_with_all_that_was_durable(sync: Sync) -> None:
    recorded = Recorded(sync)
    some_writes(recorded)
    images = 0
    for after, damage, disk in recorded.disk.crashes(step=5):
        durable, acknowledged = recorded.known_after(after)
        due = acknowledged if damage == "process kill" else durable
        with disk.open(sync=sync, **TINY) as db:
            assert due <= db.last_seqno < len(recorded.states), (after, damage)
            assert dict(db) == recorded.states[db.last_seqno], (after, damage)
            db.put(b"goes", b"on")
        images += 1
    assert images > 100


def test_the_same_seed_gives_the_same_crash() -> None:
    recorded = Recorded(Sync.none)
    some_writes(recorded)
    after = recorded.disk.operation_count - 3
    first, again = (recorded.disk.crashed(after, "pages", seed=4) for _ in range(2))
    assert first.names() == again.names()
    for name in first.names():
        assert first.read(f"/db/{name}") == again.read(f"/db/{name}")


def test_a_killed_process_loses_nothing_but_a_power_loss_after_it_may() -> None:
    recorded = Recorded(Sync.none)
    recorded.put(b"key", b"value")
    killed = recorded.disk.killed()
    assert killed.operation_count == recorded.disk.operation_count
    with killed.open(sync=Sync.none, **TINY) as db:
        assert dict(db) == {b"key": b"value"}
    with recorded.disk.killed().crashed().open(sync=Sync.none, **TINY) as db:
        assert dict(db) == {}


def test_history_that_is_forgotten_cannot_be_crashed() -> None:
    disk = MemoryDisk()
    with disk.open(**TINY) as db:
        db[b"key"] = b"value"
    before = disk.operation_count
    disk.forget_history()
    with disk.crashed(before).open(**TINY) as db:
        assert db[b"key"] == b"value"


# -- Faults ----------------------------------------------------------------------------------------


def count_calls(work: Callable[[MemoryDisk], object]) -> int:
    disk = MemoryDisk()
    work(disk)
    return disk.call_count


def write_and_close(disk: MemoryDisk) -> Model:
    """Put some; what was acknowledged. Ends at the first error of open or close."""
    acknowledged: Model = {}
    try:
        with disk.open(sync=Sync.always, **TINY) as db:
            for i in range(25):
                key, value = b"k%d" % (i % 9), b"%d" % i * 60
                try:
                    db[key] = value
                except lsmkit.Error:
                    # Whether it is there is not known: forget what was.
                    acknowledged.pop(key, None)
                else:
                    acknowledged[key] = value
    except lsmkit.Error:
        pass
    return acknowledged


@pytest.mark.parametrize("effect", ["nothing", "half", "done", "un-synced lost"])
def test_whichever_operation_fails_what_was_acknowledged_is_there(effect: str) -> None:
    failed = 0
    for at in range(1, count_calls(write_and_close) + 1, 2):
        disk = MemoryDisk()
        disk.fail(at=at, effect=effect)
        acknowledged = write_and_close(disk)
        failed += disk.failure_count
        disk.heal()
        with disk.crashed(damage="nothing un-synced").open(sync=Sync.always, **TINY) as db:
            found = dict(db)
        assert {key: found.get(key) for key in acknowledged} == acknowledged, at
    assert failed > 50


def test_faults_name_what_failed() -> None:
    disk = MemoryDisk()
    with disk.open(sync=Sync.always, **TINY) as db:
        disk.fail("sync", error=errno.EIO)
        with pytest.raises(lsmkit.DurabilityError, match="injected: sync /db/"):
            db[b"key"] = b"value"
        assert disk.failure_count == 1
        with pytest.raises(lsmkit.DurabilityError):  # not tried again
            db[b"key"] = b"value"
        with pytest.raises(lsmkit.DurabilityError):
            db.close()
    disk.heal()
    with disk.open() as db:
        assert dict(db) in ({}, {b"key": b"value"})


def test_a_full_disk_heals() -> None:
    disk = MemoryDisk()
    with disk.open(**TINY) as db:
        disk.limit(1)
        with pytest.raises(lsmkit.IOError) as raised:
            for i in range(10_000):
                db[b"%d" % i] = b"x" * 100
        assert raised.value.errno == errno.ENOSPC
        rows = len(db)
        disk.limit(None)
        db[b"more"] = b"room"
        assert len(db) == rows + 1


def test_damage_at_rest_is_found() -> None:
    disk = MemoryDisk()
    with disk.open(**TINY) as db:
        db[b"key"] = b"value" * 30
    table = next(f"/db/{name}" for name in disk.names() if name.endswith(".table"))
    data = bytearray(disk.read(table))
    data[data.index(b"value")] ^= 1
    disk.write(table, bytes(data))
    with (
        disk.open(**TINY) as db,
        pytest.raises(lsmkit.CorruptionError, match="checksum") as raised,
    ):
        db[b"key"]
    assert raised.value.file == table


# -- Handles ---------------------------------------------------------------------------------------


def test_databases_on_different_disks_are_different() -> None:
    one, two = MemoryDisk(), MemoryDisk()
    with one.open() as a, two.open() as b, lsmkit.open("/db", disk=one) as second_handle:
        a[b"key"] = b"value"
        assert b"key" not in b
        assert second_handle[b"key"] == b"value"


def test_a_database_keeps_its_disk() -> None:
    db = MemoryDisk().open(**TINY)
    for i in range(300):
        db[b"%d" % i] = b"x" * 50
    rows = db.iterator()
    next(rows)
    db.checkpoint("/copy")
    db.close()
    del db, rows


def test_a_read_only_open_and_refresh_beside_the_writer() -> None:
    disk = MemoryDisk()
    with disk.open(**TINY) as db:
        db[b"key"] = b"value"
        with disk.killed().open(read_only=True) as reader:
            assert dict(reader) == {b"key": b"value"}
        operations = disk.operation_count
        db.checkpoint("/copy")
        with disk.open("/copy", read_only=True) as copy:
            assert dict(copy) == {b"key": b"value"}
        assert disk.operation_count > operations


def test_what_cannot_be_is_refused() -> None:
    disk = MemoryDisk()
    with pytest.raises(lsmkit.InvalidArgument, match="damage is one of 'nothing un-synced', "):
        disk.crashed(damage="rust")
    with pytest.raises(lsmkit.InvalidArgument, match="the disk has done 0 operations, not 5"):
        disk.crashed(5)
    with pytest.raises(lsmkit.InvalidArgument, match="operation is one of 'create', "):
        disk.fail("explode")
    with pytest.raises(lsmkit.InvalidArgument, match="effect is one of "):
        disk.fail(effect="boom")
    with pytest.raises(lsmkit.InvalidArgument, match="counts from 1"):
        disk.fail(at=0)
    with pytest.raises(
        TypeError, match="disk must be a MemoryDisk, a ThrottledDisk or None, not str"
    ):
        lsmkit.open("/db", disk="/dev/sda")  # type: ignore[arg-type]
    with pytest.raises(lsmkit.IOError):
        disk.read("/nothing")
    assert "process kill" in DAMAGES
    assert "sync_dir" in DISK_OPERATIONS


# -- Properties ------------------------------------------------------------------------------------

keys = st.binary(min_size=0, max_size=3)
values = st.binary(max_size=300)


class CrashMachine(RuleBasedStateMachine):
    """Writes, closes and crashes in any order; each crash leaves some prefix of the commits."""

    @initialize(sync=st.sampled_from([Sync.always, Sync.every(3), Sync.interval(1000), Sync.none]))
    def begin(self, sync: Sync) -> None:
        self.sync = sync
        self.disk = MemoryDisk()
        self.states: list[Model] = [{}]
        self.db = self.disk.open(sync=sync, **TINY)

    def commit(self, model: Model) -> None:
        self.states.append(model)

    @rule(key=keys, value=values)
    def put(self, key: bytes, value: bytes) -> None:
        self.db[key] = value
        self.commit({**self.states[-1], key: value})

    @rule(key=keys)
    def delete(self, key: bytes) -> None:
        self.db.delete(key)
        self.commit({k: v for k, v in self.states[-1].items() if k != key})

    @rule(rows=st.dictionaries(keys, values, min_size=1, max_size=5))
    def batch(self, rows: Model) -> None:
        with self.db.write_batch() as batch:
            for key, value in rows.items():
                batch.put(key, value)
        self.commit({**self.states[-1], **rows})

    @rule()
    def sync_now(self) -> None:
        self.db.sync()
        assert self.db.durable_seqno == self.db.last_seqno

    @rule()
    def flush(self) -> None:
        self.db.flush()

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.db = self.disk.open(sync=self.sync, **TINY)

    @rule(damage=st.sampled_from(DAMAGES), seed=st.integers(0, 1000))
    def crash(self, damage: str, seed: int) -> None:
        durable, last = self.db.durable_seqno, self.db.last_seqno
        self.disk = self.disk.crashed(damage=damage, seed=seed)
        self.db = self.disk.open(sync=self.sync, **TINY)
        seqno = self.db.last_seqno
        assert durable <= seqno <= last
        assert damage != "process kill" or seqno == last
        del self.states[seqno + 1 :]

    @invariant()
    def shows_the_last_state(self) -> None:
        if hasattr(self, "db"):
            assert dict(self.db) == self.states[-1]

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()


CrashMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestCrashMachine = CrashMachine.TestCase
