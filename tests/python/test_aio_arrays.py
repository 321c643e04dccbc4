"""Arrays through asyncio: the same as without it, in bounded memory, cancelled at any time (W3.10).

Each test runs a loop of its own.
"""

import asyncio
import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsmkit
from lsmkit import aio

SMALL = lsmkit.Options.small()
ROWS = st.lists(st.binary(max_size=8), max_size=30)


@given(rows=ROWS, gone=ROWS, batch_rows=st.integers(1, 9), reverse=st.booleans())
@settings(max_examples=25, deadline=None)
def test_arrays_are_those_of_the_database(rows, gone, batch_rows, reverse, tmp_path_factory):
    values = [key[::-1] for key in rows]
    asked = [*rows[::-2], b"absent", *gone]

    async def main():
        async with aio.open(tmp_path_factory.mktemp("db"), SMALL) as db:
            assert await db.put_many(rows, values) == len(rows)
            async with db.snapshot() as before:
                assert await db.delete_many(gone, atomic=True) == len(gone)
                for view, plain in ((db, db.db), (before, before._source)):
                    found = await view.get_many(asked)
                    assert found.to_list() == [plain.get(key) for key in asked]
                    there = await view.contains_many(asked)
                    assert there.tolist() == [key in plain for key in asked]
                    scan = view.scan(b"\x01", batch_rows=batch_rows, reverse=reverse)
                    batches = [batch async for batch in scan]
                    due = [*plain.iterator(start=b"\x01", reverse=reverse)]
                    keys = [key for batch in batches for key in batch.keys]
                    assert keys == [key for key, _ in due]
                    assert [v for batch in batches for v in batch.values] == [v for _, v in due]
                    assert all(len(batch) <= batch_rows for batch in batches)

    asyncio.run(main())


def numbered(count):
    return np.arange(count, dtype=">u4").view(np.uint8).reshape(count, 4)


def test_a_scan_reads_one_batch_at_a_time_of_one_moment_and_lets_go(path):
    async def main():
        async with aio.open(path) as db:
            await db.put_many(numbered(1000), numbered(1000))
            scan = db.scan(batch_rows=100)
            assert len(await anext(scan)) == 100
            assert db.db.stats().snapshot_count == 1
            assert len(scan._rows) == 0  # nothing is read ahead
            await db.delete_many(numbered(1000))
            assert [len(batch) async for batch in scan] == [100] * 9
            async with db.scan() as left:
                assert [batch async for batch in left] == []
            await db.put_many(numbered(1000), numbered(1000))
            async with db.scan(batch_rows=10) as left:
                await anext(left)
            assert [batch async for batch in left] == []
            del scan
            gc.collect()
            assert db.db.stats().snapshot_count == 0
            with pytest.raises(lsmkit.InvalidArgument, match="batch_rows"):
                await anext(db.scan(batch_rows=0))
            ended = db.scan()
        with pytest.raises(lsmkit.ClosedError):
            await anext(ended)

    asyncio.run(main())


def test_a_wait_for_a_batch_that_is_cancelled_loses_none(path):
    async def main():
        async with aio.open(path, workers=1) as db:
            await db.put_many(numbered(50), numbered(50))
            scan = db.scan(batch_rows=10)
            found = [await anext(scan)]
            for _ in range(3):
                waiting = asyncio.ensure_future(anext(scan))
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            found += [batch async for batch in scan]
            keys = [key for batch in found for key in batch.keys]
            assert keys == [row.tobytes() for row in numbered(50)]

    asyncio.run(main())


@pytest.mark.parametrize("verb", ["put_many", "delete_many", "get_many", "contains_many"])
def test_a_call_that_is_cancelled_is_over_and_says_what_stands(path, verb):
    keys, values = numbered(60_000), np.zeros((60_000, 400), np.uint8)

    async def main():
        async with aio.open(path, SMALL, workers=1) as db:
            if verb != "put_many":
                await db.put_many(keys, values)
            written = []

            async def call():
                columns = (keys, values) if verb == "put_many" else (keys,)
                try:
                    await getattr(db, verb)(*columns, progress=lambda *_: task.cancel())
                except asyncio.CancelledError as error:
                    written.append(getattr(error, "rows_written", 60_000))
                    raise

            task = asyncio.ensure_future(call())
            with pytest.raises(asyncio.CancelledError):
                await task
            count = await db.count()  # by the only thread, so that one has left it
            assert count == {"put_many": written[0], "delete_many": 60_000 - written[0]}.get(
                verb, 60_000
            )
            assert await db.put_many(keys, values) == 60_000
            assert await db.count() == 60_000

    asyncio.run(main())


def test_progress_tells_of_all_rows_and_true_shows_it(path, capsys):
    async def main():
        async with aio.open(path) as db:
            told = []
            keys = numbered(200_000)
            await db.put_many(keys, keys, progress=lambda *figures: told.append(figures))
            assert told[-1] == (200_000, 200_000)
            told.clear()
            await db.get_many(keys, progress=lambda *figures: told.append(figures))
            assert {total for _, total in told} == {200_000}

            def refuse(done, total):
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError) as caught:
                await db.put_many(keys, np.zeros((200_000, 400), np.uint8), progress=refuse)
            assert getattr(caught.value, "rows_written", 200_000) > 0
            with pytest.raises(TypeError, match="progress"):
                await db.count(progress=7)
            assert await db.count(progress=True) == 200_000
            await db.flush(progress=True)

    asyncio.run(main())
    assert "counting" in capsys.readouterr().err


def test_what_is_no_array_is_told_what_would_do(path):
    async def main():
        async with aio.open(path) as db:
            with pytest.raises(TypeError, match="I64"):
                await db.put_many(np.arange(3), np.arange(3))
            with pytest.raises(lsmkit.InvalidArgument, match="2 keys and 1 values") as caught:
                await db.put_many([b"a", b"b"], [b"1"])
            assert await db.count() == 0
            assert not hasattr(caught.value, "rows_written")

    asyncio.run(main())
