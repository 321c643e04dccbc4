"""put, get, delete, [], in: what they take, what they say, what they leave behind."""

import array
import copy
import inspect
import pickle
import sys
import tracemalloc

import numpy as np
import pytest

from lsmkit import _core
from lsmkit._errors import InvalidArgument

KEY = b"key"


def test_what_was_put_is_got_until_it_is_deleted(core_db):
    core_db.put(KEY, b"1")
    assert core_db.get(KEY) == b"1"
    assert core_db[KEY] == b"1"
    assert KEY in core_db
    core_db[KEY] = b"2"
    assert core_db[KEY] == b"2"
    core_db.delete(KEY)
    assert core_db.get(KEY) is None
    assert KEY not in core_db


def test_an_absent_key_gives_the_default(core_db):
    marker = object()
    assert core_db.get(KEY) is None
    assert core_db.get(KEY, marker) is marker
    assert core_db.get(KEY, default=marker) is marker


def test_brackets_raise_key_error_with_the_key(core_db):
    for key in (KEY, bytearray(KEY), (memoryview(KEY))):
        with pytest.raises(KeyError) as caught:
            core_db[key]
        assert caught.value.args == (key,)
        with pytest.raises(KeyError) as caught:
            del core_db[key]
        assert caught.value.args == (key,)
    core_db.delete(KEY)  # but delete takes an absent key


def test_empty_keys_and_values_are_keys_and_values(core_db):
    core_db.put(b"", b"")
    assert b"" in core_db
    assert core_db[b""] == b""


BUFFERS = [
    b"abcdefgh",
    bytearray(b"abcdefgh"),
    memoryview(b"abcdefgh"),
    memoryview(bytearray(b"__abcdefgh__"))[2:-2],
    array.array("B", b"abcdefgh"),
    array.array("H", b"abcdefgh"),
    np.frombuffer(b"abcdefgh", dtype=np.uint8),
    np.frombuffer(b"abcdefgh", dtype=np.uint32).reshape(1, 2),
]


@pytest.mark.parametrize("buffer", BUFFERS, ids=lambda b: type(b).__name__)
def test_any_contiguous_buffer_is_a_key_and_a_value(core_db, buffer):
    core_db.put(buffer, buffer)
    assert core_db[b"abcdefgh"] == b"abcdefgh"
    assert core_db[buffer] == b"abcdefgh"
    assert buffer in core_db
    assert type(core_db.get(buffer)) is bytes
    del core_db[buffer]
    assert list(core_db.iterator()) == []


def test_a_buffer_with_gaps_is_refused(core_db):
    with pytest.raises(BufferError):
        core_db.put(memoryview(b"abcdefgh")[::2], b"")
    with pytest.raises(ValueError, match="contiguous"):
        core_db.put(b"", np.zeros((4, 4))[:, 1])


def test_a_str_is_told_to_encode_itself(core_db):
    batch = _core.WriteBatch()
    snapshot = core_db.snapshot()
    cursor = core_db.cursor()
    for call in (
        lambda: core_db.put("k", b""),
        lambda: core_db.get("k"),
        lambda: core_db["k"],
        lambda: "k" in core_db,
        lambda: core_db.delete("k"),
        lambda: core_db.iterator(start="k"),
        lambda: core_db.iterator(prefix="k"),
        lambda: snapshot.get("k"),
        lambda: cursor.seek("k"),
        lambda: batch.delete("k"),
    ):
        with pytest.raises(TypeError, match=r"key\.encode\(\).*db\.typed\(key=str\)"):
            call()
    for call in (lambda: core_db.put(b"k", "v"), lambda: batch.put(b"k", "v")):
        with pytest.raises(TypeError, match=r"value\.encode\(\).*db\.typed\(value=str\)"):
            call()


@pytest.mark.parametrize("wrong", [None, 1, 1.5, [b"k"], slice(1, 2)])
def test_what_is_no_buffer_is_named(core_db, wrong):
    with pytest.raises(TypeError, match=f"a key is bytes .* not {type(wrong).__name__}"):
        core_db.get(wrong)
    with pytest.raises(TypeError, match=f"a value is bytes .* not {type(wrong).__name__}"):
        core_db.put(KEY, wrong)


def test_wrong_numbers_and_names_of_arguments_raise_type_error(core_db):
    for call in (
        lambda: core_db.get(),
        lambda: core_db.get(KEY, 1, 2),
        lambda: core_db.get(KEY, 1, default=2),
        lambda: core_db.get(KEY, fallback=2),
        lambda: core_db.put(KEY),
        lambda: core_db.put(KEY, b"", b""),
        lambda: core_db.put(KEY, b"", snyc=True),
        lambda: core_db.delete(),
        lambda: core_db.write(KEY),
        lambda: core_db.iterator(KEY),
        lambda: core_db.iterator(begin=KEY),
        lambda: core_db.snapshot().iterator(snapshot=None),
    ):
        with pytest.raises(TypeError):
            call()


def test_the_largest_key_fits_and_one_byte_more_is_refused(core_db):
    core_db.put(b"k" * _core.MAX_KEY_BYTES, b"")
    with pytest.raises(InvalidArgument, match=r"65,?536"):
        core_db.put(b"k" * (_core.MAX_KEY_BYTES + 1), b"")


def test_large_values_come_back_whole(core_db):
    value = bytes(range(256)) * (4 << 12)  # 4 MiB
    core_db.put(KEY, value, sync=True)
    assert core_db[KEY] == value


def test_a_value_above_the_limit_is_refused_before_it_is_read(core_db):
    too_large = np.zeros(_core.MAX_VALUE_BYTES + 1, dtype=np.uint8)  # untouched, so no memory
    with pytest.raises(InvalidArgument, match=r"1,?073,?741,?825"):
        core_db.put(KEY, memoryview(too_large).toreadonly())


def test_a_subclass_has_the_verbs_and_may_replace_them(path):
    class Shouting(_core.DB):
        def get(self, key, default=None):
            value = super().get(key, default)
            return value.upper() if value else value

    db = Shouting(path)
    db[KEY] = b"quiet"
    assert db.get(KEY) == b"QUIET"
    assert db[KEY] == b"quiet"
    db.close()


def test_help_shows_real_signatures():
    assert str(inspect.signature(_core.DB.put)) == "(self, key, value, /, *, sync=False)"
    assert str(inspect.signature(_core.DB.get)) == "(self, key, /, default=None)"
    assert "reverse=False" in str(inspect.signature(_core.DB.iterator))


def test_a_database_cannot_be_pickled_or_copied(core_db):
    for thing in (core_db, core_db.snapshot(), core_db.iterator(), _core.WriteBatch()):
        for call in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot pickle"):
                call(thing)


def test_calls_keep_no_reference_to_what_they_were_given(core_db):
    key, value, default = bytearray(b"some key"), bytearray(b"some value"), object()
    before = [sys.getrefcount(x) for x in (key, value, default)]
    for sync in (False, True):
        for _ in range(50):
            core_db.put(key, value, sync=sync)
            core_db.get(key, default)
            core_db.get(b"absent", default)
            core_db.delete(key, sync=sync)
            with pytest.raises(KeyError):
                core_db[key]
            with pytest.raises(TypeError):
                core_db.put(key, default)
    assert [sys.getrefcount(x) for x in (key, value, default)] == before
    key.append(0)  # raises BufferError if a view of it were still held
    value.append(0)


def test_calls_leak_no_memory(core_db):
    core_db.put(KEY, b"v" * 1000)

    def work():
        for _ in range(2000):
            core_db.get(KEY)
            core_db.get(bytearray(KEY), None)
            for row in core_db.iterator():
                del row
            core_db.snapshot().get(KEY)
            core_db.cursor().seek(KEY)

    work()
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        work()
        grown = tracemalloc.take_snapshot().compare_to(before, "filename")
    finally:
        tracemalloc.stop()
    assert sum(s.size_diff for s in grown if "tracemalloc" not in str(s.traceback)) < 20_000
