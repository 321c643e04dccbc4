"""`lsmkit import leveldb|rocksdb|lmdb`: every record, bounded memory, resumable."""

import json
import os
import signal
import subprocess
import sys

import pytest

import lsmkit
import lsmkit.testing
from lsmkit import other_stores
from lsmkit.other_stores import MARKER_KEY, import_store

ROWS = {b"%05d" % number: b"value %d" % number * 3 for number in range(25_000)}
ROWS |= {b"": b"empty", b"\x00": b"", b"\xff" * 9: b"\x00\xff" * 50}


def make(kind, path, rows):
    """A store of another kind with these rows."""
    if kind == "leveldb":
        plyvel = pytest.importorskip("plyvel", reason="plyvel is in the extra bench")
        with plyvel.DB(path, create_if_missing=True) as db, db.write_batch() as batch:
            for item in rows.items():
                batch.put(*item)
    elif kind == "rocksdb":
        rocksdict = pytest.importorskip("rocksdict", reason="rocksdict is in the extra bench")
        db = rocksdict.Rdict(path, rocksdict.Options(raw_mode=True))
        batch = rocksdict.WriteBatch(raw_mode=True)
        for item in rows.items():
            batch.put(*item)
        db.write(batch)
        db.close()
    else:
        lmdb = pytest.importorskip("lmdb", reason="lmdb is in the extra bench")
        with lmdb.open(path, map_size=1 << 28) as env, env.begin(write=True) as tx:
            for item in rows.items():
                if item[0]:  # LMDB has no empty keys
                    tx.put(*item)
    return {key: value for key, value in rows.items() if key or kind != "lmdb"}


@pytest.fixture(params=["leveldb", "rocksdb", "lmdb"])
def kind(request):
    return request.param


@pytest.fixture
def source(tmp_path):
    return str(tmp_path / "source")


def test_every_record_comes_over(kind, source, path, run):
    expected = make(kind, source, ROWS)
    code, out, err = run("import", kind, source, path)
    assert (code, out) == (0, f"{len(expected):,} records stored\n"), err
    with lsmkit.open(path) as db:
        assert dict(db) == expected
    code, out, _ = run("import", kind, source, path, "--json")  # again: the same
    assert json.loads(out) == {"rows": len(expected), "resumed_after": None}
    with lsmkit.open(path) as db:
        assert dict(db) == expected


class Stop(Exception):
    pass


def stop(done, total):
    raise Stop


def test_what_was_ended_goes_on_after_the_last_key(kind, source, path):
    expected = make(kind, source, ROWS)
    steps, total = 0, 0
    with lsmkit.open(path) as db:
        db[b"mine"] = b"stays"
        while True:
            try:
                imported = import_store(kind, source, db, progress=stop)
            except Stop:
                steps += 1
                assert MARKER_KEY in db
                total = len(db) - 2
                assert total == steps * other_stores.ROWS_PER_BATCH
            else:
                break
        assert steps == 2
        assert imported.rows == len(expected) - total
        assert imported.resumed_after == sorted(expected)[total - 1]
        assert dict(db) == {**expected, b"mine": b"stays"}


def test_another_source_is_refused_while_one_is_unfinished(kind, source, path, run, tmp_path):
    make(kind, source, ROWS)
    other = str(tmp_path / "other")
    make(kind, other, {b"other": b""})
    with lsmkit.open(path) as db, pytest.raises(Stop):
        import_store(kind, source, db, progress=stop)
    code, out, err = run("import", kind, other, path)
    assert (code, out) == (1, "")
    assert "unfinished" in err
    assert source in err
    assert run("import", kind, source, path)[0] == 0
    assert run("import", kind, other, path)[0] == 0


def test_progress_shows_itself_or_is_no_progress(source, kind, path, capsys):
    expected = make(kind, source, ROWS)
    with lsmkit.open(path) as db:
        with pytest.raises(TypeError, match="progress"):
            import_store(kind, source, db, progress=7)
        assert len(db) == 0
        assert import_store(kind, source, db, progress=True).rows == len(expected)
    assert f"importing from {kind}" in capsys.readouterr().err


def test_a_crash_in_the_middle_loses_no_record_and_repeats_none(source, kind):
    expected = make(kind, source, ROWS)
    disk = lsmkit.testing.MemoryDisk()
    with disk.open("/db", lsmkit.Options.small(), background="inline") as db:
        import_store(kind, source, db)
    tried = 0
    step = max(1, disk.operation_count // 6)
    for after, _, crashed in disk.crashes(lsmkit.testing.DAMAGES[:2], step=step):
        with crashed.open("/db", background="inline") as db:
            import_store(kind, source, db)
            assert dict(db) == expected, after
        tried += 1
    assert tried >= 12


def test_memory_is_bounded_by_bytes_too(source, path, monkeypatch):
    make("leveldb", source, {b"%03d" % number: bytes(100_000) for number in range(200)})
    sizes = []
    real = lsmkit.WriteBatch.write

    def write(batch):
        sizes.append(batch.approximate_size())
        real(batch)

    monkeypatch.setattr(lsmkit.WriteBatch, "write", write)
    with lsmkit.open(path) as db:
        import_store("leveldb", source, db)
    assert sum(sizes) > 20_000_000
    assert max(sizes) < other_stores.BYTES_PER_BATCH + 200_000


def test_control_c_ends_it_and_the_next_call_goes_on(source, path, tmp_path):
    expected = make("leveldb", source, ROWS)
    script = tmp_path / "slow.py"
    script.write_text(
        "import os, signal, sys\n"
        "from lsmkit import cli, cli_import, other_stores\n"
        "real = other_stores.import_store\n"
        "def slow(*args, **named):\n"
        "    named['progress'] = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(*args, **named)\n"
        "other_stores.import_store = slow\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    command = [sys.executable, str(script), "import", "leveldb", source, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "what was stored so far stands" in done.stderr
    with lsmkit.open(path) as db:
        assert MARKER_KEY in db
        imported = import_store("leveldb", source, db)
        assert 0 < imported.rows < len(expected)
        assert dict(db) == expected
    assert signal.getsignal(signal.SIGINT)  # this process's own is untouched


def test_parts_with_names(source, path, tmp_path):
    lmdb = pytest.importorskip("lmdb", reason="lmdb is in the extra bench")
    rocksdict = pytest.importorskip("rocksdict", reason="rocksdict is in the extra bench")
    with lmdb.open(source, max_dbs=3) as env:
        people, many = env.open_db(b"people"), env.open_db(b"many", dupsort=True)
        with env.begin(write=True) as tx:
            tx.put(b"ada", b"1", db=people)
            tx.put(b"x", b"1", db=many)
    with lsmkit.open(path) as db:
        with pytest.raises(lsmkit.InvalidArgument, match="many, people"):
            import_store("lmdb", source, db)
        with pytest.raises(lsmkit.InvalidArgument, match="several values per key"):
            import_store("lmdb", source, db, name="many")
        with pytest.raises(lsmkit.Error, match="LMDB"):
            import_store("lmdb", source, db, name="none")
        assert import_store("lmdb", source, db, name="people").rows == 1
        with lmdb.open(source, max_dbs=3) as env, env.begin(write=True) as tx:
            tx.put(b"plain", b"2")
        assert import_store("lmdb", source, db).rows == 1
        assert dict(db) == {b"ada": b"1", b"plain": b"2"}
    rocks = str(tmp_path / "rocks")
    store = rocksdict.Rdict(rocks, rocksdict.Options(raw_mode=True))
    family = store.create_column_family("f", rocksdict.Options(raw_mode=True))
    store[b"in"], family[b"out"] = b"the default", b"of it"
    del family
    store.close()
    with lsmkit.open(tmp_path / "two") as db:
        assert import_store("rocksdb", rocks, db, name="f").rows == 1
        assert dict(db) == {b"out": b"of it"}
        assert import_store("rocksdb", rocks, db).rows == 1
        with pytest.raises(lsmkit.InvalidArgument, match="default, f"):
            import_store("rocksdb", rocks, db, name="g")


def test_what_cannot_be_is_told(kind, source, path, run, tmp_path, monkeypatch):
    code, _, err = run("import", kind, source, path)
    assert code == 1
    assert "is not there" in err
    assert not os.path.exists(path)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "CURRENT").write_text("nonsense")
    (tmp_path / "source" / "data.mdb").write_text("nonsense")
    package = {"leveldb": "plyvel", "rocksdb": "rocksdict", "lmdb": "lmdb"}[kind]
    pytest.importorskip(package, reason=f"{package} is in the extra bench")
    code, out, err = run("import", kind, source, path)
    assert (code, out) == (1, "")
    assert "lsmkit: " in err
    monkeypatch.setitem(sys.modules, package, None)
    code, out, err = run("import", kind, source, path)
    assert (code, out) == (1, "")
    assert f"pip install {package}" in err


@pytest.mark.parametrize(
    "arguments",
    [["x", "y", "z"], ["--name", "n", "dir", "file"], ["--format", "csv", "lmdb", "a", "b"]],
)
def test_a_wrong_command_line(arguments, run):
    code, out, err = run("import", *arguments)
    assert (code, out) == (2, "")
    assert "leveldb|rocksdb|lmdb SOURCE DIR" in err


def test_keys_that_are_too_long_are_named(source, path):
    make("leveldb", source, {b"a": b"1", b"k" * 70_000: b""})
    with lsmkit.open(path) as db:
        with pytest.raises(lsmkit.InvalidArgument, match=r"kkkk.*0 records were stored"):
            import_store("leveldb", source, db)
        assert len(db) == 0
