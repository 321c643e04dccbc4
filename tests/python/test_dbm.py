"""`lsmkit.dbm`: what the standard library's `dbm` does, and shelves on it."""

import dbm.dumb
import pickle
import shelve
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit

PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["set", "del", "get", "in", "setdefault", "pop"]),
        st.one_of(st.binary(min_size=1, max_size=3), st.text("aä\U0001f40d", max_size=2)),
        st.one_of(st.binary(max_size=4), st.text(max_size=4)),
    ),
    max_size=30,
)


@given(steps=PAIRS)
def test_it_answers_as_dbm_dumb_does(steps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dbm")
    with (
        lsmkit.dbm.open(folder / "ours", "n") as ours,
        dbm.dumb.open(str(folder / "theirs"), "n") as theirs,
    ):
        for verb, key, value in steps:
            assert outcome(ours, verb, key, value) == outcome(theirs, verb, key, value)
        assert len(ours) == len(theirs)
        assert sorted(ours.keys()) == sorted(raw(key) for key in theirs)


def raw(data):
    return data.encode() if isinstance(data, str) else data


def outcome(db, verb, key, value):
    actions = {
        "set": lambda: db.__setitem__(key, value),
        "del": lambda: db.__delitem__(key),
        "get": lambda: db.get(key, value),
        "in": lambda: key in db,
        "setdefault": lambda: raw(db.setdefault(key, value)),
        "pop": lambda: raw(db.pop(key, value)),
    }
    try:
        return actions[verb]()
    except KeyError:
        return KeyError


def test_the_flags(path):
    with pytest.raises(lsmkit.dbm.error):
        lsmkit.dbm.open(path)
    with pytest.raises(lsmkit.dbm.error):
        lsmkit.dbm.open(path, "w")
    with pytest.raises(ValueError, match="'x'"):
        lsmkit.dbm.open(path, "x")
    with lsmkit.dbm.open(path, "c") as db:
        db["key"] = "värde"
    with lsmkit.dbm.open(path, "w") as db:
        db[b"more"] = bytearray(b"\x00")
    with lsmkit.dbm.open(path) as db:
        assert db["key"] == "värde".encode()
        assert db.keys() == [b"key", b"more"]
        assert bool(db)
        db.sync()
        for write in (lambda: db.__setitem__("a", "b"), lambda: db.__delitem__("key"), db.clear):
            with pytest.raises(lsmkit.dbm.error) as caught:
                write()
            assert isinstance(caught.value.__cause__, lsmkit.ReadOnlyError)
    with lsmkit.dbm.open(path, "n") as db:
        assert len(db) == 0
        assert not db


def test_new_deletes_nothing_that_is_not_ours(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(lsmkit.dbm.error):
        lsmkit.dbm.open(tmp_path, "n")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    lsmkit.dbm.open(tmp_path / "empty", "n").close()


def test_walks_see_deletes_and_never_repeat(path):
    with lsmkit.dbm.open(path, "c") as db:
        assert db.firstkey() is None
        db.update({"c": "3", "a": "1", "b": "2"})
        walked, key = [], db.firstkey()
        while key is not None:
            walked.append(key)
            del db[key]
            key = db.nextkey(key)
        assert walked == [b"a", b"b", b"c"]
        assert len(db) == 0


def test_reorganize_gives_space_back(path):
    with lsmkit.dbm.open(path, "c") as db:
        for number in range(2000):
            db[str(number)] = bytes(500)
        db.clear()
        db.reorganize()
        assert db.db.stats().table_count == 0


def test_a_closed_one_says_so(path):
    db = lsmkit.dbm.open(path, "c")
    db.close()
    db.close()
    for call in (lambda: db["a"], lambda: db.get("a"), lambda: len(db), lambda: list(db), db.sync):
        with pytest.raises(lsmkit.dbm.error, match="closed"):
            call()


def test_whichdb(tmp_path):
    assert lsmkit.dbm.whichdb(tmp_path / "absent") is None
    assert lsmkit.dbm.whichdb(tmp_path) == ""
    lsmkit.dbm.open(tmp_path / "db", "c").close()
    assert lsmkit.dbm.whichdb(tmp_path / "db") == "lsmkit.dbm"


def test_a_shelf(path):
    with shelve.Shelf(lsmkit.dbm.open(path, "c")) as shelf:
        shelf["now"] = moment = datetime(2026, 1, 1, tzinfo=UTC)
        shelf["ünï"] = {"deep": [1, 2.5, None]}
        assert shelf["now"] == moment
        assert list(shelf) == ["now", "ünï"]
        assert len(shelf) == 2
        del shelf["now"]
        with pytest.raises(KeyError):
            shelf["now"]
        with pytest.raises((pickle.PicklingError, AttributeError)):
            shelf["lambda"] = lambda: None
        shelf.sync()
    with shelve.Shelf(lsmkit.dbm.open(path)) as shelf:
        assert dict(shelf) == {"ünï": {"deep": [1, 2.5, None]}}


def test_a_shelf_with_writeback(path):
    with shelve.Shelf(lsmkit.dbm.open(path, "c"), writeback=True) as shelf:
        shelf["list"] = [1]
        shelf["list"].append(2)
        shelf.sync()
        shelf["list"].append(3)
    with shelve.Shelf(lsmkit.dbm.open(path)) as shelf:
        assert shelf["list"] == [1, 2, 3]
