"""`lsmkit.compat.mapper` beside the mapper of fsspec, call by call."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit.compat.mapper import Mapper

NAMES = st.sampled_from(["a/b", "a/c/d", "a/c/e", "b", "ä/ö"])
CONTENTS = st.one_of(st.binary(max_size=4), st.builds(bytearray, st.binary(max_size=4)))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), NAMES, CONTENTS),
        st.tuples(st.sampled_from(["get", "del", "in", "pop", "pop default"]), NAMES),
        st.tuples(st.just("setitems"), st.dictionaries(NAMES, CONTENTS)),
        st.tuples(
            st.just("getitems"), st.lists(NAMES, min_size=1), st.sampled_from(["omit", "raise"])
        ),
        st.tuples(st.just("clear")),
    ),
    max_size=20,
)


def outcome(mapper, verb, *args):
    calls = {
        "set": lambda: mapper.__setitem__(*args),
        "get": lambda: bytes(mapper[args[0]]),
        "del": lambda: mapper.__delitem__(*args),
        "in": lambda: args[0] in mapper,
        "pop": lambda: mapper.pop(*args),
        "pop default": lambda: mapper.pop(args[0], b"none"),
        "setitems": lambda: mapper.setitems(*args),
        "getitems": lambda: mapper.getitems(*args),
        "clear": mapper.clear,
    }
    try:
        return calls[verb]()
    except KeyError:
        return KeyError


@given(steps=STEPS)
def test_it_answers_as_fsspecs_mapper_does(steps, tmp_path_factory):
    fsspec = pytest.importorskip("fsspec", reason="fsspec comes with zarr's extra remote")
    theirs = fsspec.get_mapper("memory://mapper")
    theirs.clear()
    with Mapper(tmp_path_factory.mktemp("mapper") / "db", root="below/here") as ours:
        for step in steps:
            assert outcome(ours, *step) == outcome(theirs, *step), step
        assert sorted(ours) == sorted(theirs)
        assert len(ours) == len(theirs)
        assert sorted(ours.items()) == sorted(theirs.items())


def test_roots_keep_to_themselves(path):
    with lsmkit.open(path) as db:
        one, other, whole = Mapper(db, "a"), Mapper(db, "/ab/"), Mapper(db)
        one["x"], other["x"] = b"1", np.arange(4, dtype="u1")[::2]
        assert dict(whole) == {"a/x": b"1", "ab/x": b"\x00\x02"}
        one.clear()
        assert list(whole) == ["ab/x"]
        assert one.getitems(["x"], on_error="omit") == {}
        (error,) = one.getitems(["x"], on_error="return").values()
        assert isinstance(error, KeyError)
        other.delitems(["x", "y"])
        assert len(whole) == 0
        assert repr(one) == f"Mapper({path!r}, 'a')"


def test_what_cannot_be_is_refused(path):
    with Mapper(path) as mapper:
        for call in (
            lambda: mapper[b"a"],
            lambda: mapper.__setitem__("a", "text"),
            lambda: mapper.setitems({"b": b"", "a": None}),
        ):
            with pytest.raises(TypeError):
                call()
        with pytest.raises(ValueError, match="on_error"):
            mapper.getitems([], on_error="ignore")
        assert b"a" not in mapper
        assert len(mapper) == 0
    with pytest.raises(lsmkit.ClosedError):
        mapper["a"]
