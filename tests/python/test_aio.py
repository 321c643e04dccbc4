"""`lsmkit.aio`: the same database for asyncio; cancelling, errors, closing, several loops."""

import asyncio
import threading
import time

import pytest

import lsmkit
from lsmkit import aio

SMALL = lsmkit.Options.small()


def fill(db, count=3000):
    db.update((b"key%05d" % number, b"value%d" % number) for number in range(count))


def test_a_day_in_the_life(path):
    async def main():
        async with lsmkit.aio.open(path) as db:
            await db.put(b"a", b"1", sync=True)
            await db.put(b"b", b"2")
            assert await db.get(b"a") == b"1"
            assert await db.get(b"x") is None
            assert await db.get(b"x", 7) == 7
            assert await db.get_all([b"b", b"x", b"a"]) == [b"2", None, b"1"]
            assert await db.contains(b"a")
            assert not await db.contains(b"x")
            await db.delete(b"a")
            assert await db.first() == await db.last() == (b"b", b"2")
            assert await db.floor(b"c") == (b"b", b"2")
            assert await db.ceiling(b"c") is None
            await db.update({b"c": b"3", b"d": b"4"})
            assert [key async for key in db] == [b"b", b"c", b"d"]
            rows = db.iterator(prefix=b"c", reverse=True)
            assert [row async for row in rows] == [(b"c", b"3")]
            assert await db.count(b"c") == 2
            await db.sync()
            assert db.durable_seqno == db.last_seqno == (await db.stats()).last_seqno
            assert await db.verify() >= 0
            assert (await db.levels()).columns
            assert (await db.events()).columns
            assert (await db.tables()).columns
            assert str(await db.why())
            assert await db.call(lambda db, key: db[key], b"d") == b"4"
        assert db.closed
        with lsmkit.open(path) as plain:
            assert dict(plain) == {b"b": b"2", b"c": b"3", b"d": b"4"}

    asyncio.run(main())


def test_it_can_be_awaited_too(path):
    async def main():
        db = await aio.open(path, workers=1)
        moment = await db.snapshot()
        await db.put(b"a", b"1")
        assert await moment.get(b"a") is None
        assert await moment.count() == 0
        await moment.close()
        await moment.close()
        await db.close()
        await db.close()
        assert moment.closed

    asyncio.run(main())


def test_batches_are_written_whole_or_not_at_all(path):
    async def main():
        async with aio.open(path) as db:
            async with db.write_batch(sync=True) as batch:
                batch[b"a"] = b"1"
                batch.put(b"b", b"2")
                batch.delete(b"a")
                assert len(batch) == 3
            assert [row async for row in db.iterator()] == [(b"b", b"2")]
            with pytest.raises(ZeroDivisionError):
                async with db.write_batch() as batch:
                    batch[b"c"] = b"3"
                    1 / 0
            assert not await db.contains(b"c")
            plain = db.db.write_batch()
            plain.put(b"d", b"4")
            await db.write(plain, sync=True)
            assert await db.get(b"d") == b"4"

    asyncio.run(main())


def test_errors_are_those_of_the_database(path):
    async def main():
        with pytest.raises(lsmkit.InvalidArgument, match="workers"):
            aio.open(path, workers=0)
        with pytest.raises(TypeError, match="memtable_bytes"):
            await aio.open(path, memtable_byte=1)
        with pytest.raises(lsmkit.InvalidArgument):
            await aio.open(path, create=False)
        async with aio.open(path) as db:
            with pytest.raises(TypeError, match="encode"):
                await db.put("a", b"1")
            with pytest.raises(TypeError):
                async for _ in db.iterator(prefix="a"):
                    pass
            with pytest.raises(lsmkit.InvalidArgument):
                db.iterator(chunk_rows=0)
            with pytest.raises(RuntimeError, match="StopIteration"):
                await db.call(lambda db: next(iter(())))  # a future could not carry it
        for call in (db.get(b"a"), db.put(b"a", b""), db.flush(), db.call(len), db.stats()):
            with pytest.raises(lsmkit.ClosedError):
                await call
        async with aio.open(path, read_only=True) as reader:
            with pytest.raises(lsmkit.ReadOnlyError):
                await reader.put(b"a", b"")
            assert await reader.refresh() is False

    asyncio.run(main())


@pytest.mark.parametrize("chunk", [{}, {"chunk_rows": 7}, {"chunk_bytes": 100}])
def test_iterators_read_in_bounded_chunks_and_see_one_moment(path, chunk):
    async def main():
        async with aio.open(path, SMALL) as db:
            await db.call(fill)
            seen = []
            rows = db.iterator(**chunk)
            async for key, value in rows:
                if not seen:
                    await db.put(b"key99999", b"late")
                assert value == b"value%d" % len(seen)
                seen.append(key)
            assert len(seen) == 3000
            sizes = [len(rows) async for rows in db.iterator(**chunk).chunks()]
            assert sum(sizes) == 3001
            assert max(sizes) == {"chunk_rows": 7, "chunk_bytes": 8}.get(*chunk or [0], 1000)

    asyncio.run(main())


def test_an_iterator_that_is_left_early_lets_go(path):
    async def main():
        async with aio.open(path, SMALL) as db:
            await db.call(fill)
            async with db.iterator(chunk_rows=10) as rows:
                assert (await anext(rows))[0] == b"key00000"
            assert [row async for row in rows] == []
            async with db.snapshot() as moment:
                await db.put(b"key00000", b"new")
                assert await anext(moment.iterator()) == (b"key00000", b"value0")
                assert await anext(db.iterator(snapshot=moment)) == (b"key00000", b"value0")

    asyncio.run(main())


class Gate:
    """Holds a thread until it is opened."""

    def __init__(self):
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, *_):
        self.entered.set()
        assert self.opened.wait(60)


def test_a_wait_for_rows_that_is_cancelled_loses_none(path):
    async def main():
        async with aio.open(path, workers=1) as db:
            await db.call(fill, 100)
            rows = db.iterator(chunk_rows=10)
            found = [await anext(rows) for _ in range(10)]
            gate = Gate()
            busy = asyncio.ensure_future(db.call(gate))
            waiting = asyncio.ensure_future(anext(rows))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            gate.opened.set()
            await busy
            found += [row async for row in rows]
            assert [key for key, _ in found] == [b"key%05d" % number for number in range(100)]

    asyncio.run(main())


def test_a_call_that_is_cancelled_before_its_turn_does_nothing(path):
    async def main():
        async with aio.open(path, workers=1) as db:
            gate = Gate()
            busy = asyncio.ensure_future(db.call(gate))
            tasks = [
                asyncio.ensure_future(call) for call in (db.put(b"a", b"1"), db.flush(), db.count())
            ]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            gate.opened.set()
            await busy
            assert await db.get(b"a") is None

    asyncio.run(main())


def test_cancelling_interrupts_a_long_call_which_is_then_over(path):
    async def main():
        async with aio.open(path, SMALL, workers=1) as db:
            begun = asyncio.Event()
            taken = [0]

            def endless():
                while True:
                    yield b"%d" % taken[0], b""
                    taken[0] += 1

            task = asyncio.ensure_future(db.update(endless(), progress=lambda *_: begun.set()))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            last = taken[0]
            await db.put(b"a", b"1")  # by the only thread, so that one has left it
            assert taken[0] == last
            assert await db.get(b"a") == b"1"
            assert await db.verify() >= 0

    asyncio.run(main())


def test_a_timeout_ends_a_compaction_and_the_database_goes_on(path):
    async def main():
        async with aio.open(path, SMALL) as db:
            await db.call(fill, 60_000)
            told = []

            async def compact():
                await db.compact_range(
                    progress=lambda *figures: told.append(figures) or task.cancel()
                )

            task = asyncio.ensure_future(compact())
            with pytest.raises(asyncio.CancelledError):
                await task
            assert told
            await db.compact_range()
            assert await db.count() == 60_000
            assert await db.verify() >= 60_000

    asyncio.run(main())


def test_progress_is_called_in_the_loop_and_what_it_raises_ends_the_call(path):
    async def main():
        async with aio.open(path, SMALL) as db:
            here = threading.get_ident()
            seen = []
            source = ((b"%d" % number, b"v") for number in range(5000))
            await db.update(source, progress=lambda *_: seen.append(threading.get_ident()))
            assert set(seen) == {here}

            def refuse(done, total):
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await db.update(((b"%d" % n, b"v") for n in range(10**9)), progress=refuse)
            assert await db.get(b"7") == b"v"

    asyncio.run(main())


def test_closing_while_others_wait(path):
    async def main():
        db = await aio.open(path, SMALL, workers=2)
        await db.call(fill)
        gates = [Gate(), Gate()]
        busy = [asyncio.ensure_future(db.call(gate)) for gate in gates]
        queued = asyncio.ensure_future(db.get(b"key00000"))
        rows = db.iterator()
        await asyncio.sleep(0)
        await db.close()  # though every thread is busy
        for gate in gates:
            gate.opened.set()
        await asyncio.gather(*busy)
        with pytest.raises(lsmkit.ClosedError):
            await queued
        with pytest.raises(lsmkit.ClosedError):
            await anext(rows)
        await asyncio.gather(db.close(), db.close())
        with lsmkit.open(path) as plain:
            assert len(plain) == 3000

    asyncio.run(main())


def test_an_open_that_is_cancelled_leaves_no_handle(path, monkeypatch):
    gate, handles, real = Gate(), [], lsmkit.open

    def slow(*args, **named):
        gate()
        handles.append(real(*args, **named))
        return handles[0]

    async def main():
        monkeypatch.setattr(lsmkit, "open", slow)
        task = asyncio.ensure_future(_opened(path))
        while not gate.entered.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.opened.set()

    asyncio.run(main())
    until = time.monotonic() + 60
    while not (handles and handles[0].closed) and time.monotonic() < until:
        time.sleep(0.001)
    assert handles[0].closed


async def _opened(path):
    return await aio.open(path)


def test_one_database_in_several_loops(path):
    """Each in a thread of its own, as in programs that have a loop per thread."""
    shared = asyncio.run(_opened(path))

    async def work(name):
        await asyncio.gather(*(shared.put(b"%s%03d" % (name, n), name) for n in range(200)))
        assert await shared.count(prefix=name) == 200
        assert [value async for value in shared.iterator(prefix=name, include_key=False)] == (
            [name] * 200
        )

    failures = []

    def run(name):
        try:
            asyncio.run(work(name))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    asyncio.run(shared.close())
    assert shared.closed


def test_the_loop_goes_on_while_a_call_waits(path):
    async def main():
        async with aio.open(path) as db:
            gate = Gate()
            task = asyncio.ensure_future(db.call(gate))
            for number in range(100):
                await db.put(b"%d" % number, b"")
                assert await db.contains(b"%d" % number)
            assert not task.done()
            gate.opened.set()
            await task

    asyncio.run(main())
