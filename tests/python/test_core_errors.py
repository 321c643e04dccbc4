"""What goes wrong arrives as the right class, with what belongs to it, and travels."""

import copy
import errno
import os
import pickle
import subprocess
import sys

import pytest

from lsmkit import _core, _errors

ALSO = {
    "IOError": OSError,
    "InvalidArgument": ValueError,
    "ClosedError": RuntimeError,
}

EXAMPLES = [
    _errors.Error("something"),
    _errors.IOError(errno.ENOSPC, "cannot write /d/x: no room", "/d/x"),
    _errors.LockedError("/d is in use", "/d", 42),
    _errors.CorruptionError("/d/x is damaged", "/d/x", 4096),
    *(
        getattr(_errors, name)("sentence")
        for name in _errors.__all__
        if name not in ("Error", "IOError", "LockedError", "CorruptionError")
    ),
]


@pytest.mark.parametrize("name", _errors.__all__)
def test_every_error_is_an_error_of_ours_and_what_python_calls_it(name):
    kind = getattr(_errors, name)
    assert issubclass(kind, _errors.Error)
    assert issubclass(kind, ALSO.get(name, Exception))
    assert kind.__module__ == "lsmkit"


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_every_error_pickles_and_copies_with_what_it_carries(error):
    twins = [copy.copy(error), copy.deepcopy(error)]
    twins += [pickle.loads(pickle.dumps(error, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        for name in ("errno", "strerror", "filename", "path", "pid", "file", "offset"):
            assert getattr(twin, name, None) == getattr(error, name, None)


def test_a_file_in_the_way_is_an_io_error_with_errno_and_name(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(_errors.Error) as caught:
        _core.DB(str(file / "below"))
    assert isinstance(caught.value, OSError)
    assert caught.value.errno == errno.ENOTDIR
    assert caught.value.filename.startswith(str(file))
    assert str(file) in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_no_permission_is_an_io_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(_errors.IOError) as caught:
        _core.DB(str(tmp_path / "db"))
    assert caught.value.errno == errno.EACCES
    tmp_path.chmod(0o700)


def test_a_path_may_be_text_bytes_or_a_path(tmp_path):
    for path in (tmp_path / "a", str(tmp_path / "b"), os.fsencode(tmp_path / "c\udcff")):
        with_one_row = _core.DB(path)
        with_one_row.put(b"k", b"v")
        assert with_one_row.path == os.fsdecode(path)
        with_one_row.close()
        assert os.path.isdir(path)
        _core.destroy(path)
        assert not os.path.exists(path)
    for wrong in (7, None, "nul\0inside"):
        with pytest.raises((TypeError, ValueError)):
            _core.DB(wrong)


def test_another_process_is_named_with_its_pid(path):
    db = _core.DB(path)
    script = (
        "import sys\n"
        "from lsmkit import _core, _errors\n"
        "try: _core.DB(sys.argv[1])\n"
        "except _errors.LockedError as e: print(e.path == sys.argv[1], e.pid, e, sep='|')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=False
    )
    same_path, pid, text = done.stdout.strip().split("|")
    assert same_path == "True"
    assert int(pid) in (os.getpid(), 0)
    assert "read_only" in text
    db.close()


def test_a_second_open_here_is_a_second_handle(path):
    one, two = _core.DB(path), _core.DB(path)
    one.put(b"k", b"v")
    assert two[b"k"] == b"v"
    one.close()
    assert two[b"k"] == b"v"
    two.close()
    with pytest.raises(_errors.InvalidArgument, match="cache_bytes"):
        one, two = _core.DB(path), _core.DB(path, overrides={"cache_bytes": "1048576"})
    one.close()


def test_damage_names_the_file_and_the_offset(path):
    db = _core.DB(path)
    for i in range(5000):
        db.put(b"%05d" % i, os.urandom(100))
    _core.flush(db)
    db.close()
    table = max((os.path.join(path, f) for f in os.listdir(path)), key=os.path.getsize)
    with open(table, "r+b") as file:
        file.seek(os.path.getsize(table) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    db = _core.DB(path)
    with pytest.raises(_errors.CorruptionError) as caught:
        _core.verify(db)
    assert caught.value.file == table
    assert 0 < caught.value.offset <= os.path.getsize(table)
    seen = 0
    with pytest.raises(_errors.CorruptionError):
        for _ in db.iterator():
            seen += 1
    assert 0 < seen < 5000  # what stands before the damage was given first
    db.close()


def test_a_read_only_database_refuses_writes(path):
    with pytest.raises(_errors.Error):
        _core.DB(path, read_only=True)
    db = _core.DB(path)
    db.put(b"k", b"v")
    db.close()
    db = _core.DB(path, read_only=True)
    assert db.read_only
    assert db[b"k"] == b"v"
    for call in (lambda: db.put(b"k", b""), lambda: db.delete(b"k"), lambda: _core.flush(db)):
        with pytest.raises(_errors.ReadOnlyError, match="read_only"):
            call()
    db.close()


def test_options_are_checked_by_name_and_value(path):
    for options in ({"no_such_option": "1"}, {"memtable_bytes": "many"}, {"layout": "heap"}):
        name = next(iter(options))
        for call in (
            lambda o=options: _core.normalize_options(o),
            lambda o=options: _core.DB(path, overrides=o),
            lambda o=options: _core.DB(path, options=o),
        ):
            with pytest.raises(_errors.InvalidArgument, match=name):
                call()
    for wrong in (7, {"memtable_bytes": 7}, {7: "memtable_bytes"}):
        with pytest.raises(TypeError, match="option"):
            _core.DB(path, overrides=wrong)
    _core.DB(path).close()  # what failed before stands in nobody's way
