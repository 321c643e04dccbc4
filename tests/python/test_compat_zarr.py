"""`lsmkit.compat.zarr`: zarr's own tests of a store, and arrays on it."""

import asyncio
import functools
import inspect
import pickle

import numpy as np
import pytest

import lsmkit

zarr = pytest.importorskip("zarr", minversion="3.0", reason="zarr is in the extra test")
from zarr.core.buffer import cpu, default_buffer_prototype  # noqa: E402
from zarr.testing.store import StoreTests  # noqa: E402

from lsmkit.compat.zarr import LsmStore  # noqa: E402


def in_a_loop(test):
    """An async test as a plain one: each runs in a loop of its own."""

    @functools.wraps(test)
    def run(*args, **named):
        asyncio.run(test(*args, **named))

    return run


class TestLsmStore(StoreTests):
    store_cls = LsmStore
    buffer_cls = cpu.Buffer

    @pytest.fixture
    def store_kwargs(self, path):
        lsmkit.open(path).close()  # for those that only read
        return {"path": path}

    @pytest.fixture
    def store(self, open_kwargs):
        store = asyncio.run(self.store_cls.open(**open_kwargs))
        yield store
        store.close()

    @pytest.fixture
    def store_not_open(self, store_kwargs):
        store = self.store_cls(**store_kwargs)
        yield store
        store.close()

    async def set(self, store, key, value):
        with lsmkit.open(store._handle.path) as db:
            db[key.encode()] = value.to_bytes()

    async def get(self, store, key):
        with lsmkit.open(store._handle.path) as db:
            return self.buffer_cls.from_bytes(db[key.encode()])

    def test_store_repr(self, store, path):
        assert repr(store) == f"LsmStore({path!r}, read_only=False)"

    def test_store_supports_writes(self, store):
        assert store.supports_writes

    def test_store_supports_listing(self, store):
        assert store.supports_listing


for _name, _test in inspect.getmembers(StoreTests, inspect.iscoroutinefunction):
    if _name.startswith("test_"):
        setattr(TestLsmStore, _name, in_a_loop(_test))


def test_an_array_is_written_and_read_again(path):
    data = np.arange(12_345).reshape(-1, 15) * 1.5
    store = LsmStore(path)
    group = zarr.create_group(store)
    array = group.create_array("heights", shape=data.shape, chunks=(100, 15), dtype=data.dtype)
    array[:] = data
    array.attrs["unit"] = "m"
    store.close()
    with LsmStore(path, read_only=True) as reader:
        again = zarr.open_group(reader, mode="r")["heights"]
        assert np.array_equal(again[:], data)
        assert again.attrs["unit"] == "m"
        with pytest.raises(ValueError, match="read-only"):
            again[:] = 0
        assert asyncio.run(names(reader, "")) == ["heights", "zarr.json"]
        assert asyncio.run(names(reader, "heights/c")) == sorted(map(str, range(9)))


def test_reading_and_writing_side_by_side(path):
    writer = LsmStore(path)
    array = zarr.create_array(writer, shape=10, chunks=2, dtype="i4")
    reader = zarr.open_array(writer, mode="r")  # by with_read_only
    array[:] = 7
    assert reader[:].tolist() == [7] * 10
    reader.store.close()
    array[:2] = 8
    assert array[:].tolist() == [8] * 2 + [7] * 8
    writer.close()
    again = zarr.open_array(pickle.loads(pickle.dumps(writer)))
    assert again[:].tolist() == [8] * 2 + [7] * 8
    again.store.close()


def test_many_at_once_on_a_store_that_is_not_open_yet(path):
    async def main():
        store = LsmStore(path)
        value = cpu.Buffer.from_bytes(b"v")
        await asyncio.gather(*(store.set(str(number), value) for number in range(50)))
        assert len([key async for key in store.list()]) == 50
        store.close()
        assert store._handle.db.closed

    asyncio.run(main())


async def names(store, folder):
    return [name async for name in store.list_dir(folder)]


def test_a_folder_is_listed_without_reading_what_lies_below(path):
    async def main():
        store = await LsmStore.open(path)
        for number in range(3000):
            await store.set(f"a/{number}", cpu.Buffer.from_bytes(b""))
        for name in ("a", "a!", "b/c", "a0"):
            await store.set(name, cpu.Buffer.from_bytes(b""))
        assert await names(store, "") == ["a", "a!", "a0", "b"]
        assert len([name async for name in store.list_prefix("a/")]) == 3000
        assert await store.get("none", default_buffer_prototype()) is None
        store.close()

    asyncio.run(main())
