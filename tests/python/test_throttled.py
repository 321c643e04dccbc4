"""A disk as slow as a device: engine and simulation meet the same one."""

import time

import pytest

import lsmkit
from lsmkit.testing import ThrottledDisk


def test_writes_and_reads_pass_the_device(tmp_path):
    disk = ThrottledDisk(lsmkit.Device(transfer_bytes_per_s=4e6))
    with disk.open(str(tmp_path / "db"), compression="none") as db:
        begin = time.perf_counter()
        for i in range(1000):
            db[b"%06d" % i] = bytes(1000)
        db.flush()
        took = time.perf_counter() - begin
        assert db[b"000999"] == bytes(1000)
        table_bytes = sum(db.tables()["file_bytes"])
    # The log may be a quarter of a second ahead; the table has passed.
    assert took >= table_bytes / 4e6
    assert disk.passed_bytes >= table_bytes
    with lsmkit.open(tmp_path / "db") as db:
        assert len(db) == 1000


def test_a_sync_takes_as_long_as_a_request(tmp_path):
    disk = ThrottledDisk(lsmkit.Device(latency_us=20_000))
    with disk.open(str(tmp_path / "db")) as db:
        begin = time.perf_counter()
        for i in range(5):
            db.put(b"key", b"%d" % i, sync=True)
        took = time.perf_counter() - begin
    # What sleeps in open() took too long is made good, up to 20 ms (twin/modelled_disk.h).
    assert took >= 0.1 - 0.02


def test_what_is_no_device_is_refused(tmp_path):
    with pytest.raises(TypeError, match="a Device or a name is due"):
        ThrottledDisk(20e6)
    with pytest.raises(lsmkit.InvalidArgument, match="gp3"):
        ThrottledDisk("floppy")
    with pytest.raises(lsmkit.InvalidArgument, match="latency_us"):
        ThrottledDisk(lsmkit.Device(latency_us=-1))
    with pytest.raises(TypeError, match="ThrottledDisk or None"):
        lsmkit.open(tmp_path, disk=3)
    assert ThrottledDisk("gp3").device.name == "gp3"
    assert "0 bytes so far" in repr(ThrottledDisk("hdd"))


def test_stalls_are_what_the_clock_says(tmp_path):
    """Pauses are asked for in pieces, and a sleep takes longer than it should."""
    options = lsmkit.Options.small(
        memtable_bytes=64 << 10, table_bytes=64 << 10, base_bytes=256 << 10, compression="none"
    )
    phase = lsmkit.Phase(value_bytes=400, rate=3e6, rate_in_bytes=True, bytes=3e6)
    workload = lsmkit.Workload(phase, key_count=5000)
    disk = ThrottledDisk(lsmkit.Device(transfer_bytes_per_s=3e6))
    with disk.open(str(tmp_path / "db"), options) as db:
        begin = time.perf_counter()
        lsmkit.drive(db, workload)
        took = time.perf_counter() - begin
        stalled = db.stats().stall_us / 1e6
    assert 0.2 * took < stalled < took
