"""Look-ups of many keys on several threads: the same as on one. (W3.10)"""

import numpy as np
import pytest

import lsmkit


@pytest.fixture
def db(tmp_path):
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as database:
        yield database


@pytest.mark.parametrize("threads", [None, 1, 2, 3, 8])
def test_many_keys_are_looked_up_on_several_threads(db, threads):
    rng = np.random.default_rng(5)
    keys = [b"%07d" % number for number in rng.integers(0, 200_000, 60_000)]
    values = [key * (number % 4) for number, key in enumerate(keys)]
    db.put_many(keys[:40_000], values[:40_000])
    db.flush()
    db.put_many(keys[40_000:], values[40_000:])
    model = dict(zip(keys, values, strict=True))
    asked = [b"%07d" % number for number in rng.integers(0, 200_000, 150_000)]
    assert db.get_many(asked, threads=threads).to_list() == [model.get(key) for key in asked]
    assert db.contains_many(asked, threads=threads).tolist() == [key in model for key in asked]


def test_a_look_up_on_several_threads_can_be_ended(db):
    keys = np.arange(200_000, dtype=">u8").view("V8")
    db.put_many(keys, keys)

    def enough(done: int, total: int) -> None:
        assert total == len(keys)
        raise StopAsyncIteration(done)

    with pytest.raises(StopAsyncIteration):
        db.get_many(keys, progress=enough)
    assert db.get_many(keys[-3:]).to_list() == [key.tobytes() for key in keys[-3:]]
    with pytest.raises(lsmkit.InvalidArgument, match="threads is 0"):
        db.get_many(keys, threads=0)
