"""Every view of a database behaves as a dict with sorted keys does."""

import copy
import pickle
from bisect import bisect_left, bisect_right
from collections.abc import ItemsView, KeysView, Mapping, MutableMapping, ValuesView

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lsmkit

WORDS = ["", "a", "aa", "ab", "b", "ba", "c", "\u00e9", "\ud7ff", "\U0001f333"]


class Bytes:
    """A whole database."""

    @staticmethod
    def key(word):
        return word.encode()

    @staticmethod
    def view(db):
        return db


class Prefixed(Bytes):
    """A part of one, between neighbours that must not be seen."""

    @staticmethod
    def view(db):
        for neighbour in (b"o", b"ox", b"p", b"pz", b"\xff"):
            db[neighbour] = b"not seen"
        return db.prefixed_db(b"o").prefixed_db(b"z")


class Typed:
    """With keys and values of Python."""

    @staticmethod
    def key(word):
        return (word, len(word))

    @staticmethod
    def view(db):
        return db.typed(key=tuple[str, int], value=bytes)


@pytest.fixture(params=[Bytes, Prefixed, Typed], ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        yield db


@pytest.fixture
def filled(db, kind):
    """A view and the dict that it should equal, in tables, in the memtable, and with tombstones."""
    view = kind.view(db)
    model = {}
    for round_number in range(3):
        for number, word in enumerate(WORDS):
            if (number + round_number) % 3:
                view[kind.key(word)] = model[kind.key(word)] = b"%d" % round_number
            else:
                view.pop(kind.key(word), None)
                model.pop(kind.key(word), None)
        if round_number < 2:
            db.flush()
    return view, dict(sorted(model.items()))


def test_it_is_a_mutable_mapping(filled):
    view, model = filled
    assert isinstance(view, MutableMapping)
    assert isinstance(view.keys(), KeysView)
    assert isinstance(view.values(), ValuesView)
    assert isinstance(view.items(), ItemsView)
    assert dict(view) == model


def test_reading(filled, kind):
    view, model = filled
    for word in [*WORDS, "absent"]:
        key = kind.key(word)
        assert (key in view) == (key in model)
        assert view.get(key) == model.get(key)
        assert view.get(key, 7) == model.get(key, 7)
        if key in model:
            assert view[key] == model[key]
        else:
            with pytest.raises(KeyError) as caught:
                view[key]
            assert caught.value.args == (key,)
    assert len(view) == len(model)
    assert bool(view)


def test_views_are_sorted_both_ways(filled):
    view, model = filled
    assert list(view) == list(view.keys()) == list(model)
    assert list(view.values()) == list(model.values())
    assert list(view.items()) == list(model.items())
    assert list(reversed(view)) == list(reversed(view.keys())) == list(reversed(model))
    assert list(reversed(view.values())) == list(reversed(model.values()))
    assert list(reversed(view.items())) == list(reversed(model.items()))
    assert len(view.keys()) == len(view.items()) == len(view.values()) == len(model)
    assert view.keys() == model.keys()
    assert view.items() == model.items()
    some = next(iter(model.items()))
    assert some in view.items()
    assert (some[0], b"other") not in view.items()
    assert some[1] in view.values()
    assert view.keys() & {some[0]} == {some[0]}


def test_neighbours(filled, kind):
    view, model = filled
    keys = list(model)
    assert view.first() == (keys[0], model[keys[0]])
    assert view.last() == (keys[-1], model[keys[-1]])
    for word in [*WORDS, "absent", "zz"]:
        key = kind.key(word)
        at = bisect_right(keys, key) - 1
        assert view.floor(key) == ((keys[at], model[keys[at]]) if at >= 0 else None)
        at = bisect_left(keys, key)
        assert view.ceiling(key) == ((keys[at], model[keys[at]]) if at < len(keys) else None)


def test_ranges(filled, kind):
    view, model = filled
    bounds = [None, *map(kind.key, [*WORDS, "absent"])]
    for start in bounds:
        for stop in bounds:
            inside = [
                key
                for key in model
                if (start is None or start <= key) and (stop is None or key < stop)
            ]
            assert list(view.iterator(start=start, stop=stop, include_value=False)) == inside
            assert view.count(start, stop) == len(inside)
    start, stop = min(model), max(model)
    got = view.iterator(
        start=start, stop=stop, include_start=False, include_stop=True, reverse=True
    )
    assert list(got) == list(model.items())[:0:-1]
    assert list(view.iterator(include_key=False)) == list(model.values())


def test_an_iterator_sees_the_moment_at_which_it_began(filled):
    view, model = filled
    rows = iter(view.items())
    first = next(rows)
    view.clear()
    assert not view
    assert [first, *rows] == list(model.items())


def test_a_snapshot_is_a_mapping_of_its_moment(filled, kind):
    view, model = filled
    with view.snapshot() as snapshot:
        view.clear()
        view[kind.key("new")] = b"new"
        assert isinstance(snapshot, Mapping)
        assert not isinstance(snapshot, MutableMapping)
        assert list(snapshot.items()) == list(model.items())
        assert snapshot.get(kind.key("new")) is None
        assert kind.key("new") not in snapshot
        assert len(snapshot) == len(model)
        assert snapshot.first() == next(iter(model.items()))
        assert snapshot.floor(kind.key("\U0010ffff")) == list(model.items())[-1]
        assert list(reversed(snapshot)) == list(reversed(model))
        with pytest.raises(KeyError):
            snapshot[kind.key("new")]
    assert snapshot.closed
    with pytest.raises(lsmkit.ClosedError):
        snapshot.get(kind.key("a"))
    assert dict(view) == {kind.key("new"): b"new"}


def test_pop_popitem_setdefault_del(filled, kind):
    view, model = filled
    key = next(iter(model))
    assert view.pop(key) == model.pop(key)
    assert view.pop(key, 3) == 3
    for call in (lambda: view.pop(key), lambda: view.__delitem__(key)):
        with pytest.raises(KeyError) as caught:
            call()
        assert caught.value.args == (key,)
    view.delete(key)  # absent keys are fine here
    assert view.setdefault(key, b"x") == b"x"
    assert view.setdefault(key, b"y") == b"x"
    model[key] = b"x"
    assert view.popitem() == (max(model), model.pop(max(model)))
    assert view.popitem(last=False) == (min(model), model.pop(min(model)))
    del view[max(model)]
    del model[max(model)]
    assert dict(view) == model
    view.clear()
    for call in (view.popitem, lambda: view.popitem(last=False)):
        with pytest.raises(KeyError):
            call()
    assert view.first() is None
    assert view.last() is None
    assert not view
    assert len(view) == 0


def test_update_takes_mappings_pairs_and_what_has_keys(filled, kind):
    view, model = filled

    class HasKeys:
        def keys(self):
            return [kind.key("q")]

        def __getitem__(self, key):
            return b"has keys"

    view.update({kind.key("n"): b"1"})
    view.update([(kind.key("o"), b"2"), (kind.key("n"), b"3")])
    view.update(HasKeys())
    view.update()
    model |= {kind.key("n"): b"3", kind.key("o"): b"2", kind.key("q"): b"has keys"}
    assert dict(view) == model


def test_update_writes_chunks_in_order_and_says_how_far_it_came(db):
    def rows():
        for number in range(20):
            yield b"%02d" % number, bytes(1 << 20)
        yield b"20", "no bytes"

    with pytest.raises(TypeError) as caught:
        db.update(rows())
    assert caught.value.rows_written == len(db)
    assert 0 < len(db) < 20
    assert list(db) == [b"%02d" % number for number in range(len(db))]


def test_a_batch_is_one_commit_or_nothing(filled, kind):
    view, model = filled
    database = view if isinstance(view, lsmkit.DB) else view.db
    before = database.last_seqno
    with view.write_batch() as batch:
        batch.put(kind.key("n"), b"1")
        batch[kind.key("n")] = b"2"
        del batch[next(iter(model))]
        assert len(batch) == 3
        assert batch.approximate_size() > 0
        assert kind.key("n") not in view
    assert database.last_seqno == before + 1
    del model[next(iter(model))]
    model[kind.key("n")] = b"2"
    assert dict(view) == model
    with pytest.raises(ZeroDivisionError), view.write_batch() as batch:
        batch.put(kind.key("m"), b"lost")
        raise ZeroDivisionError
    assert dict(view) == model
    batch = view.write_batch()
    for word in ("m", "o"):
        batch.put(kind.key(word), b"kept")  # a written batch goes on
        batch.write()
        assert view[kind.key(word)] == b"kept"
    seqno = database.last_seqno
    batch.write()  # nothing to write: no commit
    assert database.last_seqno == seqno


def test_it_is_itself_and_no_other(filled, path):
    view, model = filled
    assert view == view
    assert view != model
    assert model != view
    assert {view: 1}[view] == 1
    if isinstance(view, lsmkit.DB):
        with lsmkit.open(path) as twin:
            assert twin != view
            assert dict(twin) == dict(view)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prefix=st.binary(max_size=3), keys=st.lists(st.binary(max_size=4), max_size=12))
def test_a_prefixed_database_is_the_part_of_the_keys_with_the_prefix(db, prefix, keys):
    db.clear()
    db.update((key, b"") for key in keys)
    part = db.prefixed_db(prefix)
    assert list(part) == sorted({k[len(prefix) :] for k in keys if k.startswith(prefix)})
    assert [prefix + key for key in part] == list(db.iterator(prefix=prefix, include_value=False))
    part.clear()
    assert list(db) == sorted({key for key in keys if not key.startswith(prefix)})


def test_len_counts_once_per_commit(db, monkeypatch):
    db.update((b"%d" % number, b"") for number in range(10))
    assert len(db) == 10
    monkeypatch.setattr(lsmkit.DB, "count", lambda self: pytest.fail("counted again"))
    assert len(db) == 10
    monkeypatch.undo()
    db[b"x"] = b""
    assert len(db) == 11


@pytest.mark.parametrize("travel", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_database_does_not_travel_and_says_what_does(db, travel):
    with pytest.raises(TypeError, match=r"send its path and call lsmkit\.open"):
        travel(db)


def test_a_context_manager_closes_and_closed_things_say_so(path):
    with lsmkit.open(path) as db:
        db[b"k"] = b"v"
        batch = db.write_batch()
        batch[b"k"] = b"w"
        snapshot = db.snapshot()
        rows = db.iterator()
        part = db.prefixed_db(b"x")
    assert db.closed
    assert snapshot.closed
    calls = [
        lambda: db.get(b"k"), lambda: db.put(b"k", b"v"), lambda: db[b"k"], lambda: b"k" in db,
        lambda: len(db), lambda: list(db), db.first, db.levels, db.stats, db.flush, db.sync,
        db.snapshot, batch.write, lambda: snapshot[b"k"], lambda: part.get(b"k"),
        lambda: next(rows),  db.verify,
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(lsmkit.ClosedError):
            call()
    db.close()
    assert "closed" in repr(db)
    assert "closed" in db._repr_html_()
    assert "closed" in repr(snapshot)
