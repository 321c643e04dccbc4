"""Ways to use views, snapshots and batches that once failed, or went wrong in silence."""

import pytest

import lsmkit
from lsmkit import sorted_mapping

VIEWS = {
    "DB": lambda db: db,
    "PrefixedDB": lambda db: db.prefixed_db(b"p"),
    "TypedDB": lambda db: db.typed(key=bytes, value=bytes),
}


@pytest.fixture
def db(path):
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        yield db


@pytest.fixture(params=VIEWS)
def view(request, db):
    return VIEWS[request.param](db)


def test_a_snapshot_was_refused_by_the_database_that_made_it(db, view):
    db[b"k"] = b"old"
    with view.snapshot() as snapshot:
        db[b"k"] = b"new"
        assert list(db.iterator(snapshot=snapshot)) == [(b"k", b"old")]
        assert list(db.iterator(snapshot=snapshot, include_key=False, reverse=True)) == [b"old"]
        cursor = db.cursor(snapshot=snapshot, prefix=b"k")
        cursor.seek_to_first()
        assert cursor.value() == b"old"
    with pytest.raises(lsmkit.ClosedError):
        db.iterator(snapshot=snapshot)
    for call in (db.iterator, db.cursor):
        with pytest.raises(TypeError, match="must be a Snapshot or None, not int"):
            call(snapshot=3)


def test_a_snapshot_of_a_view_is_taken_by_its_iterators(view):
    view[b"k"] = b"old"
    with view.snapshot() as snapshot:
        view[b"k"] = b"new"
        assert list(view.iterator(snapshot=snapshot)) == [(b"k", b"old")]


def test_a_batch_was_refused_by_the_database_that_made_it(db, view):
    batch = view.write_batch()
    batch.put(b"k", b"v")
    db.write(batch)
    assert view[b"k"] == b"v"
    assert len(batch) == 1  # it is kept, and may be written again
    with pytest.raises(TypeError):
        db.write({b"k": b"v"})


def test_a_batch_that_is_to_be_durable_is_so_however_it_is_written(path):
    with lsmkit.open(path, sync=lsmkit.Sync.none) as db:
        batch = db.write_batch(sync=True)
        batch.put(b"k", b"v")
        db.write(batch)
        assert db.durable_seqno == db.last_seqno


def test_default_as_a_keyword_worked_on_the_database_alone(view):
    view[b"k"] = b"v"
    with view.snapshot() as snapshot:
        for mapping in (view, snapshot):
            assert mapping.get(b"k", default=7) == b"v"
            assert mapping.get(b"absent", default=7) == mapping.get(b"absent", 7) == 7
            assert mapping.get(b"absent") is None


def test_a_put_after_the_with_block_of_a_batch_was_taken_and_never_written(db, view):
    with view.write_batch() as batch:
        batch.put(b"k", b"v")
    with pytest.raises(ZeroDivisionError), view.write_batch() as dropped:
        dropped.put(b"m", b"v")
        raise ZeroDivisionError
    for ended in (batch, dropped):
        for call in (
            lambda ended=ended: ended.put(b"n", b"v"),
            lambda ended=ended: ended.delete(b"k"),
            lambda ended=ended: ended.__setitem__(b"n", b"v"),
            lambda ended=ended: ended.__delitem__(b"k"),
            ended.__enter__,
        ):
            with pytest.raises(lsmkit.InvalidArgument, match="has ended: take a new"):
                call()
        ended.write()  # it holds nothing
    assert dict(view) == {b"k": b"v"}


def test_a_batch_that_was_entered_twice_wrote_a_half(view):
    with view.write_batch() as batch:
        batch.put(b"k", b"v")
        with pytest.raises(lsmkit.InvalidArgument, match="in a with block already"), batch:
            pass
        assert not view
        batch.put(b"m", b"v")
    assert list(view) == [b"k", b"m"]


def test_a_batch_whose_block_could_not_write_it_may_be_written_later(db, monkeypatch):
    def full(*arguments, **options):
        raise lsmkit.IOError(28, "full")

    batch = db.write_batch()
    with monkeypatch.context() as patch:
        patch.setattr(lsmkit.DB, "write", full)
        with pytest.raises(lsmkit.IOError), batch:
            batch.put(b"k", b"v")
    batch.write()
    assert db[b"k"] == b"v"


def test_control_c_in_an_update_did_not_say_how_far_it_came(db, monkeypatch):
    monkeypatch.setattr(sorted_mapping, "CHUNK_BYTES", 1)

    def rows():
        for number in range(3):
            yield b"%d" % number, b""
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        db.update(rows())
    assert caught.value.rows_written == len(db) == 3


@pytest.mark.parametrize("method", ["floor", "ceiling"])
def test_the_neighbour_of_no_key_was_an_end(db, view, method):
    view[b"k"] = b"v"
    with view.snapshot() as snapshot:
        for mapping in (view, snapshot, db.typed(key=bytes, value=bytes)):
            with pytest.raises(TypeError, match=rf"{method}\(None\): a key is due"):
                getattr(mapping, method)(None)


@pytest.mark.parametrize("prefix", [5, [1, 2], None, 1.5, "p"], ids=lambda p: type(p).__name__)
def test_a_prefix_of_five_was_five_nul_bytes(db, prefix):
    with pytest.raises(TypeError) as of_a_key:
        db.get(prefix)
    for call in (
        lambda: db.prefixed_db(prefix),
        lambda: db.prefixed_db(b"p").prefixed_db(prefix),
        lambda: db.prefixed_db(b"p").get(prefix),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == str(of_a_key.value)


def test_a_prefix_is_any_buffer_that_a_key_is(db):
    db[b"pk"] = b"v"
    for prefix in (b"p", bytearray(b"p"), memoryview(b"p")):
        assert db.prefixed_db(prefix)[memoryview(b"k")] == b"v"
    with pytest.raises(TypeError, match="C-contiguous"):
        db.prefixed_db(memoryview(b"pkpk")[::2])


def test_or_and_assign_was_no_update(view):
    same = view
    view |= {b"a": b"1"}
    view |= [(b"b", b"2")]
    assert view is same
    assert dict(view) == {b"a": b"1", b"b": b"2"}
