"""What people do wrong, and what they are told: each with its error and the words that help."""

import errno
import os
import subprocess
import sys

import pytest

import lsmkit

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        yield db


def test_empty_keys_and_values_are_as_good_as_any(db, path):
    db[b""] = b""
    db[b"\0"] = b"x"
    db.flush()
    assert db[b""] == b""
    assert db.first() == (b"", b"")
    assert list(db) == [b"", b"\0"]
    db.close()
    with lsmkit.open(path) as again:
        assert again.pop(b"") == b""
        assert list(again) == [b"\0"]


def test_the_longest_key_is_taken_and_one_byte_more_is_not(db):
    longest = b"k" * (64 * KIB - 1)
    db[longest] = b"v"
    db.flush()
    assert db[longest] == b"v"
    too_long = longest + b"k"
    for call in (
        lambda: db.put(too_long, b""),
        lambda: db.delete(too_long),
        lambda: db.write_batch().put(too_long, b""),
    ):
        with pytest.raises(lsmkit.InvalidArgument, match="65536 bytes is above the limit of 65535"):
            call()
    assert db.get(too_long) is None  # it can't be there
    assert too_long not in db
    assert list(db) == [longest]


def test_a_value_of_a_mebibyte_comes_back_from_memory_and_from_disk(db):
    value = os.urandom(MIB)
    db[b"k"] = value
    assert db[b"k"] == value
    db.flush()
    assert db[b"k"] == value
    assert list(db.values()) == [value]


def test_a_value_beyond_a_gibibyte_is_refused_before_anything_is_written(db):
    value = bytes(GIB + 1)  # zeros that the system has not yet touched
    seqno = db.last_seqno
    for call in (lambda: db.put(b"k", value), lambda: db.write_batch().put(b"k", value)):
        with pytest.raises(lsmkit.InvalidArgument, match=r"1,?073,?741,?82"):
            call()
    assert db.last_seqno == seqno
    assert b"k" not in db


@pytest.mark.parametrize(
    "key", ["k", 1, None, 1.5, [1], {}, object()], ids=lambda k: type(k).__name__
)
def test_a_key_or_value_that_is_no_buffer_is_a_type_error(db, key):
    calls = [
        lambda: db.put(key, b""), lambda: db.put(b"", key), lambda: db.get(key), lambda: db[key],
        lambda: key in db, lambda: db.delete(key), lambda: db.write_batch().put(key, b""),
        lambda: db.floor(key) if key is not None else db.get(key),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=r"bytes|buffer"):
            call()
    assert len(db) == 0


def test_wrong_arguments_are_type_errors(db):
    calls = [
        lambda: db.put(b"k"), lambda: db.put(b"k", b"v", True), lambda: db.get(),
        lambda: db.get(b"k", b"d", 1), lambda: db.put(b"k", b"v", sink=True),
        lambda: db.iterator(begin=b"k"), lambda: db.iterator(b"k"), lambda: lsmkit.open(),
        lambda: lsmkit.open(3.5), lambda: lsmkit.destroy(None),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_a_directory_that_is_a_file(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for path in (file, file / "below"):
        with pytest.raises(lsmkit.IOError, match=str(file)) as caught:
            lsmkit.open(path)
        assert caught.value.errno == errno.ENOTDIR
    assert file.read_text() == "mine"


def test_no_database_there(tmp_path):
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(lsmkit.Error, match="absent") as caught:
            lsmkit.open(tmp_path / "absent", **options)
        assert isinstance(caught.value, lsmkit.InvalidArgument | lsmkit.IOError)
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_directory_is_left_as_it_is(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(lsmkit.InvalidArgument, match=r"letter\.txt"):
        lsmkit.open(tmp_path)
    with pytest.raises(lsmkit.InvalidArgument):
        lsmkit.open(tmp_path, read_only=True)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    assert (tmp_path / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (["letter.txt"], {}),
        (["CURRENT", "IDENTITY", "LOCK", "MANIFEST-000001"], {}),  # a RocksDB's
        (["MANIFEST"], {}),
        ([], {"create": False}),
        ([], {"fanout": -1.0}),
    ],
)
def test_a_refused_open_leaves_no_trace(names, options, tmp_path):
    """No LOCK that was not there, and nothing written into one that was."""
    for name in names:
        (tmp_path / name).write_text("" if name == "LOCK" else "theirs, and longer than a header")
    before = {
        file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()
    }
    with pytest.raises(lsmkit.Error):
        lsmkit.open(tmp_path, **options)
    after = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()}
    assert before == after


def test_destroy_leaves_strangers_files_alone(path):
    lsmkit.open(path).close()
    letter = os.path.join(path, "letter.txt")
    with open(letter, "w") as file:
        file.write("dear")
    with lsmkit.open(path), pytest.raises(lsmkit.LockedError, match="close it there"):
        lsmkit.destroy(path)
    lsmkit.destroy(path)
    assert os.listdir(path) == ["letter.txt"]
    os.remove(letter)


def test_a_newer_format_is_not_supported_and_says_which(path):
    with lsmkit.open(path) as db:
        db[b"k"] = b"v"
    manifest = os.path.join(path, "MANIFEST")
    with open(manifest, "r+b") as file:
        header = bytearray(file.read(64))
        header[8:12] = (99).to_bytes(4, "little")  # the format's version: see log/FORMAT.md
        header[60:64] = _crc32c(header[:60]).to_bytes(4, "little")
        file.seek(0)
        file.write(header)
    for read_only in (False, True):
        with pytest.raises(lsmkit.NotSupported, match="99"):
            lsmkit.open(path, read_only=read_only)


def test_damage_names_file_and_offset(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        db.update((b"%05d" % number, b"value") for number in range(1000))
    (table,) = [name for name in os.listdir(path) if name.endswith(".table")]
    file = os.path.join(path, table)
    with open(file, "r+b") as out:
        out.seek(200)
        byte = out.read(1)
        out.seek(200)
        out.write(bytes([byte[0] ^ 1]))
    with lsmkit.open(path) as db:
        for call in (db.verify, lambda: db[b"00000"], lambda: list(db)):
            with pytest.raises(lsmkit.CorruptionError, match=table) as caught:
                call()
            assert caught.value.file == file
            assert 0 <= caught.value.offset <= 200
            assert table in str(caught.value)


def test_two_processes_get_one_database_and_an_explanation(path, run_python):
    with lsmkit.open(path) as db:
        db[b"k"] = b"v"
        db.sync()
        done = run_python(
            """
            import sys, lsmkit
            try:
                lsmkit.open(sys.argv[1])
            except lsmkit.LockedError as error:
                print(error.path, error.pid)
                print(error)
            """,
            path,
        )
    assert done.stderr == ""
    first, text = done.stdout.split("\n", 1)
    assert first == f"{path} {os.getpid()}"
    assert path in text
    assert str(os.getpid()) in text
    with lsmkit.open(path) as db:
        assert db[b"k"] == b"v"


def test_a_read_only_database_says_so(path):
    lsmkit.open(path).close()
    with lsmkit.open(path, read_only=True) as db:
        assert db.read_only
        batch = db.write_batch()
        batch.put(b"k", b"v")
        for call in (
            lambda: db.put(b"k", b"v"), lambda: db.delete(b"k"), batch.write, db.flush,
            db.compact_range, lambda: db.update({b"k": b"v"}),
        ):  # fmt: skip
            with pytest.raises(lsmkit.ReadOnlyError):
                call()


def test_no_permission(tmp_path):
    """As another user: root may do anything."""
    script = """
import errno, os, sys, lsmkit
lsmkit.open(sys.argv[1] + "/db").close()
os.chmod(sys.argv[1] + "/db", 0o500)
os.chmod(sys.argv[1], 0o555)
if os.getuid() == 0:
    os.chmod(os.path.dirname(sys.argv[1]), 0o755)
    os.setgid(65534); os.setuid(65534)
for path, options in ((sys.argv[1] + "/new", {}), (sys.argv[1] + "/db", {})):
    try:
        lsmkit.open(path, **options)
    except lsmkit.IOError as error:
        print(errno.errorcode[error.errno], error)
"""
    folder = tmp_path / "of-another"
    folder.mkdir()
    for parent in [tmp_path, *tmp_path.parents][:3]:
        if os.getuid() == 0 and str(parent).startswith(str(tmp_path.parents[1])):
            os.chmod(parent, 0o755)
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )
    os.chmod(folder, 0o700)
    os.chmod(folder / "db", 0o700)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line, name in zip(lines, ("new", "db"), strict=True):
        assert line.startswith("EACCES")
        assert str(folder / name) in line


def test_a_full_disk_is_told_to_the_write_and_nothing_acknowledged_is_lost(path, run_python):
    """A limit on the size of files stands for the disk: no mount is needed."""
    done = run_python(
        f"""
        import errno, resource, signal, sys, lsmkit
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with lsmkit.open(sys.argv[1]) as db:
            resource.setrlimit(resource.RLIMIT_FSIZE, ({8 * MIB}, resource.RLIM_INFINITY))
            stored = 0
            try:
                while stored < 10_000:
                    db.put(b"%06d" % stored, bytes(9000))
                    stored += 1
            except lsmkit.IOError as error:
                print(stored, errno.errorcode[error.errno])
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            db.put(b"later", b"there is room")
        """,
        path,
    )
    assert done.returncode == 0, done.stderr
    stored, code = done.stdout.split()
    assert code in ("EFBIG", "ENOSPC")
    with lsmkit.open(path) as db:
        assert list(db)[: int(stored)] == [b"%06d" % number for number in range(int(stored))]
        assert db[b"later"] == b"there is room"


def test_a_full_disk_heals_when_there_is_room(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no permission to mount a small file system")
    try:
        ballast = mount / "ballast"
        with lsmkit.open(mount / "db", lsmkit.Options.small(), background="inline") as db:
            ballast.write_bytes(bytes(MIB))
            stored = 0
            with pytest.raises(lsmkit.IOError) as caught:
                while stored < 10_000:
                    db[b"%06d" % stored] = os.urandom(4000)
                    stored += 1
            assert caught.value.errno == errno.ENOSPC
            assert 0 < stored < 10_000
            assert len(db) >= stored
            ballast.unlink()
            db[b"later"] = b"there is room"
            assert db[b"later"] == b"there is room"
        with lsmkit.open(mount / "db") as db:
            assert set(db) >= {b"%06d" % number for number in range(stored)} | {b"later"}
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_the_checksum_of_this_file_is_the_real_one():
    assert _crc32c(b"123456789") == 0xE3069283


def test_limits_are_those_that_are_published():
    assert lsmkit.MAX_KEY_BYTES == 64 * KIB - 1
    assert lsmkit.MAX_VALUE_BYTES == GIB
    assert lsmkit.MAX_BATCH_BYTES == 2 * GIB
