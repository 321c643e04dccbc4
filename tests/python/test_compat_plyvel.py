"""`lsmkit.compat.plyvel`: its options, properties and functions, and where it differs by intent."""

import multiprocessing
import os
import threading

import pytest

import lsmkit
from lsmkit.compat import plyvel


@pytest.fixture
def db(path):
    with plyvel.DB(path, create_if_missing=True) as db:
        yield db


def test_the_options_are_taken_over(path):
    with plyvel.DB(
        os.fsencode(path),
        create_if_missing=True,
        paranoid_checks=True,
        write_buffer_size=1 << 20,
        max_open_files=10,
        lru_cache_size=1 << 20,
        block_size=8192,
        block_restart_interval=4,
        max_file_size=3 << 20,
        compression=None,
        bloom_filter_bits=7,
    ) as db:
        options = db.db.options
        assert options.memtable_bytes == 1 << 20
        assert options.cache_bytes == 1 << 20
        assert (options.block_bytes, options.restart_interval) == (8192, 4)
        assert (options.table_bytes, options.filter_bits_per_key) == (3 << 20, 7)
        assert options.compression == "none"
        assert db.name == os.fsencode(path)
    with plyvel.DB(path) as db:
        assert db.db.options.block_bytes == 8192  # stored


@pytest.mark.parametrize("name", ["write_buffer_size", "lru_cache_size", "max_file_size"])
@pytest.mark.parametrize("size", [0, 1, 10**9, 2**39])
def test_any_size_is_brought_within_what_is_possible(path, name, size):
    with plyvel.DB(path, create_if_missing=True, **{name: size}) as db:
        db.put(b"k", b"v")
    with plyvel.DB(path) as db:
        assert db.get(b"k") == b"v"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"block_size": "x"}, TypeError),
        ({"block_size": -1}, OverflowError),
        ({"compression": "zlib"}, ValueError),
        ({"compression": 3}, TypeError),
        ({"comparator": len}, ValueError),
        ({"comparator_name": b"x"}, ValueError),
        ({"comparator": 1, "comparator_name": b"x"}, TypeError),
        ({"comparator": len, "comparator_name": b"x"}, plyvel.NotSupported),
        ({"bloom_bits": 10}, TypeError),
        ({"create_if_missing": 1}, TypeError),
    ],
)
def test_what_cannot_be_is_refused_by_name(path, options, error):
    with pytest.raises(error, match=next(iter(options)).partition("_")[0]):
        plyvel.DB(path, **{"create_if_missing": True, **options})
    assert not os.path.exists(path)


def test_plyvels_errors_are_lsmkits_too(path, db):
    assert issubclass(plyvel.IOError, OSError)
    for name in ("IOError", "CorruptionError", "IteratorInvalidError", "NotSupported"):
        assert issubclass(getattr(plyvel, name), plyvel.Error)
    assert issubclass(plyvel.Error, lsmkit.Error)
    with pytest.raises(plyvel.Error, match="65535"):
        db.put(bytes(65_536), b"")
    with pytest.raises(plyvel.Error, match="65,535"):
        db.write_batch().delete(bytes(65_536))


def test_destroy_and_repair(tmp_path, path, db):
    for function in (plyvel.repair_db, plyvel.destroy_db):
        with pytest.raises(plyvel.IOError, match="open"):
            function(path)
    db.put(b"key", b"value" * 100)
    db.compact_range()
    db.close()
    plyvel.repair_db(path)
    with lsmkit.open(path) as plain:
        plain.compact_range()
        (table,) = plain.tables()
    (name,) = (name for name in os.listdir(path) if f"{table['number']:06}." in name)
    with open(os.path.join(path, name), "r+b") as file:
        file.seek(20)
        file.write(b"damage")
    with pytest.raises(plyvel.CorruptionError):
        plyvel.repair_db(path)
    plyvel.destroy_db(path)
    plyvel.destroy_db(path)
    assert not os.path.exists(path)
    with pytest.raises(plyvel.Error):
        plyvel.repair_db(path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(plyvel.Error):
        plyvel.destroy_db(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def _held(path, ready, go):
    with plyvel.DB(path, create_if_missing=True):
        ready.set()
        go.wait(60)


def test_another_process_is_an_io_error(path):
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    other = context.Process(target=_held, args=(path, ready, go))
    other.start()
    assert ready.wait(60)
    with pytest.raises(plyvel.IOError):
        plyvel.DB(path)
    with pytest.raises(plyvel.IOError):
        plyvel.destroy_db(path)
    go.set()
    other.join()
    plyvel.DB(path).close()


def test_properties_are_those_of_the_tree(db):
    assert db.get_property(b"leveldb.num-files-at-level0") == b"0"
    for number in range(2000):
        db.put(b"%06d" % number, bytes(100))
    db.db.flush()
    counts = [db.get_property(b"leveldb.num-files-at-level%d" % level) for level in range(8)]
    assert counts[7] is None
    assert sum(map(int, counts[:7])) == len(db.db.tables()) == 1
    assert b"'000000' .. '001999'" in db.get_property(b"leveldb.sstables")
    assert int(db.get_property(b"leveldb.approximate-memory-usage")) > 0
    assert b"L0" in db.get_property(b"leveldb.stats")
    assert db.get_property(b"leveldb.nonsense") is None
    whole, half = db.approximate_sizes((b"", b"9"), (b"001000", b"9"))
    assert 0 < half < whole == db.approximate_size(b"", b"9")


def test_three_errors_of_plyvels_iterators_are_not_repeated(db):
    db.put(b"a", b"1")
    db.put(b"b", b"2")
    assert list(db.iterator(start=b"a", stop=b"b", reverse=True)) == [(b"a", b"1")]
    outside = db.iterator(start=b"b")
    outside.seek(b"b")
    with pytest.raises(StopIteration):
        outside.prev()
    excluded = db.iterator(start=b"a", include_start=False)
    excluded.seek(b"a")
    assert next(excluded) == (b"b", b"2")
    # Of a prefixed database, the second would show keys of another prefix, cut off.
    prefixed = db.prefixed_db(b"b").iterator()
    prefixed.seek(b"")
    with pytest.raises(StopIteration):
        prefixed.prev()


def test_iterators_outlive_their_snapshot_and_not_their_database(db):
    db.put(b"a", b"1")
    with db.snapshot() as snapshot:
        rows = snapshot.iterator()
        raw = snapshot.raw_iterator()
    db.put(b"a", b"2")
    assert next(rows) == (b"a", b"1")
    raw.seek_to_first()
    assert raw.item() == (b"a", b"1")
    db.close()
    for call in (rows.__next__, rows.prev, rows.seek_to_start, raw.valid, raw.next):
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_closing_while_other_threads_work_ends_them_with_an_error(path):
    """What plyvel's documents warn of."""
    db = plyvel.DB(path, create_if_missing=True)
    ends = []

    def work():
        try:
            while True:
                with db.write_batch() as batch:
                    batch.put(b"k", b"v")
                list(db.iterator())
        except RuntimeError as error:
            ends.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while db.get(b"k") is None:
        pass
    db.close()
    for thread in threads:
        thread.join()
    assert len(ends) == 4
    assert all("closed" in end for end in ends), ends
