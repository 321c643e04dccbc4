"""The layered store against the published algorithm, written down a second time.

Written from its description alone (Neon, pageserver/compaction: `compact_tiered`,
`identify_level`, `retile_deltas`, `cover_with_images` and the simulator's flushes), by brute force
and for reading: every layer keeps its records, depth is counted key by key. Hundreds of small
histories must come to the same layers, in the same order, and to the same reads.
"""

import itertools
import random
from dataclasses import dataclass, field

import numpy as np
import pytest

from lsmkit import layered
from lsmkit.layered import Options

MIN, MAX = 0, 2**64 - 1
PAGE_SZ = 8192


@dataclass(eq=False)
class Layer:
    image: bool
    keys: tuple[int, int]
    lsns: tuple[int, int]
    size: int
    records: list[tuple[int, int, int]] = field(default_factory=list)  # key, lsn, length
    died: bool = False

    def shape(self):
        return ("image" if self.image else "delta", *self.keys, *self.lsns, self.size, self.died)

    def single_key(self):
        return self.keys[1] - self.keys[0] == 1


class Timeline:
    """Ingests, flushes and compacts; `all` is every layer ever made, in order."""

    def __init__(self, target, fanout):
        self.target, self.fanout = target, fanout
        self.used = set()
        self.buffer = []
        self.end_lsn = self.flushed_lsn = 0
        self.flushes = 0  # since the last compaction
        self.all = []
        self.levels_compacted = 0

    def live(self):
        return [layer for layer in self.all if not layer.died]

    def ingest(self, key, length):
        self.used.add(key)
        self.buffer.append((key, self.end_lsn, length))
        self.end_lsn += length
        if self.end_lsn - self.flushed_lsn > self.target:
            self.flush()
            if self.flushes >= self.fanout:
                self.compact()

    def flush(self):
        if not self.buffer:
            return
        lsns = (self.flushed_lsn, self.end_lsn)
        size = sum(length for _, _, length in self.buffer)
        self.all.append(Layer(False, (MIN, MAX), lsns, size, sorted(self.buffer)))
        self.buffer, self.flushed_lsn = [], self.end_lsn
        self.flushes += 1

    def compact(self):
        self.flushes = 0
        height, end = self.target, self.flushed_lsn
        while True:
            found = identify_level(self.live(), end, height + height * 3 // 4)
            if found is None or depth(found[1]) < self.fanout:
                return
            begin, level = found
            self.levels_compacted += 1
            deltas = [layer for layer in level if not layer.image]
            if len(self.used) * PAGE_SZ < sum(delta.size for delta in deltas):
                self.cover_with_images(end)
            else:
                self.retile(deltas, (begin, end))
            height *= max(self.fanout, 2)

    def cover_with_images(self, lsn):
        keys, pages = sorted(self.used), max(self.target // PAGE_SZ, 1)
        start = MIN
        while keys:
            fits = 4 * len(keys) <= 5 * pages
            taken, keys = (keys, []) if fits else (keys[:pages], keys[pages:])
            stop = MAX if fits else taken[-1] + 1
            self.all.append(Layer(True, (start, stop), (lsn, lsn), len(taken) * PAGE_SZ))
            start = stop

    def retile(self, deltas, lsns):
        records = sorted(record for delta in deltas for record in delta.records)
        made = []

        def create(keys, between):
            inside = [r for r in records if keys[0] <= r[0] < keys[1]]
            inside = [r for r in inside if between[0] <= r[1] < between[1]]
            size = 2 + sum(length for _, _, length in inside)
            made.append(Layer(False, keys, between, size, inside))

        window = []  # of (key, size): not in a job yet

        def drain(more):
            """Cut the shortest front that has the target as long as five quarters are there."""
            while window:
                left = sum(size for _, size in window)
                count, front = 0, 0
                while count < len(window) and front < self.target:
                    front += window[count][1]
                    count += 1
                if left < self.target * 5 // 4:
                    if more:
                        return
                    count = len(window)
                elif more and count == len(window):
                    return  # the next key decides whether it is the last
                create((window[0][0], window[count - 1][0] + 1), lsns)
                del window[:count]

        for key in sorted({key for key, _, _ in records}):
            own = [r for r in records if r[0] == key]
            size = sum(length for _, _, length in own)
            if size <= self.target:
                window.append((key, size))
                drain(more=True)
                continue
            drain(more=False)
            cuts, part = [lsns[0]], 0
            for _, lsn, length in own:
                if part + length > self.target:
                    cuts.append(lsn)
                    part = 0
                part += length
            cuts.append(lsns[1])
            for between in itertools.pairwise(cuts):
                create((key, key + 1), between)
        drain(more=False)
        self.all += made
        for delta in deltas:
            delta.died = True

    def read(self, key, lsn):
        """Layers visited from the top down to an image, those with a record, records, bytes."""
        below = [x for x in self.live() if x.keys[0] <= key < x.keys[1]]
        images = [x.lsns[0] for x in below if x.image and x.lsns[0] <= lsn]
        start = max(images, default=0)
        deltas = [x for x in below if not x.image and x.lsns[0] < lsn and x.lsns[1] > start]
        needed = [[r for r in x.records if r[0] == key and start <= r[1] < lsn] for x in deltas]
        records = [r for some in needed for r in some]
        return (
            len(deltas) + bool(images),
            sum(1 for some in needed if some),
            len(records),
            sum(length for _, _, length in records) + PAGE_SZ * bool(images),
        )


def identify_level(layers, end_lsn, max_height):
    """The LSN at which the level begins and its layers; None: there is none."""
    below = sorted((x for x in layers if x.lsns[1] <= end_lsn), key=lambda x: x.lsns[1])
    candidate = best = end_lsn
    considered, accepted = [], []
    while below:
        layer = below.pop()
        if not layer.image:
            if layer.lsns[1] <= candidate:
                best, accepted = layer.lsns[1], list(considered)
                candidate = layer.lsns[0]
            if layer.lsns[1] - layer.lsns[0] > max_height:
                break
            candidate = min(candidate, layer.lsns[0])
        considered.append(layer)
    else:
        best, accepted = candidate, considered
    return None if best == end_lsn else (best, accepted)


def depth(level):
    """Over all keys the most deltas above the highest image; deltas of one key do not count."""
    most = 0
    for key in {layer.keys[0] for layer in level}:
        here = [x for x in level if x.keys[0] <= key < x.keys[1]]
        top = max((x.lsns[0] for x in here if x.image), default=-1)
        deltas = [x for x in here if not x.image and not x.single_key()]
        most = max(most, sum(1 for x in deltas if x.lsns[1] > top))
    return most


def drawn_history(rng):
    """Sizes, and what is done: a record, a flush or a compaction."""
    target = rng.choice([PAGE_SZ, PAGE_SZ + rng.randrange(40_000)])
    pages = rng.choice([1 + rng.randrange(8), 1 + rng.randrange(200)])
    apart = rng.choice([1, 1, 1 + rng.randrange(1_000)])
    most = rng.choice([target, target // 2, target // 8, 2_000, 500])
    equal, hot = rng.random() < 0.4, rng.choice([0, 0.3, 0.9])
    steps = []
    left = target * rng.randrange(4, 70)
    while left > 0 and len(steps) < 2_500:
        page = apart * (0 if rng.random() < hot else rng.randrange(pages))
        steps.append((page, most if equal else rng.randrange(1, most + 1)))
        left -= steps[-1][1]
        if rng.random() < 0.004:
            steps.append(rng.choice(["flush", "compact"]))
    declared = pages * rng.randrange(2) if apart == 1 else 0
    return target, rng.randrange(2, 6), declared, steps


def both(target, fanout, declared, steps):
    """The history in the store, whose invariants are checked, and by the book."""
    store = layered.Store(Options(target_bytes=target, fanout=fanout), checks=True)
    book = Timeline(target, fanout)
    if declared:
        store.use_pages(0, declared)
        book.used |= set(range(declared))
    waiting = []

    def write():
        if waiting:
            store.ingest(*(np.array(column) for column in zip(*waiting, strict=True)))
            waiting.clear()

    for step in steps:
        if isinstance(step, tuple):
            waiting.append(step)
            book.ingest(*step)
            continue
        write()
        getattr(store, step)()
        getattr(book, step)()
    write()
    store.flush()
    book.flush()
    return store, book


def shapes_of(run):
    names = ("kind", "begin_key", "end_key", "begin_lsn", "end_lsn", "file_bytes")
    rows = sorted(run.layers(all=True).rows(), key=lambda row: row["number"])
    return [(*(row[name] for name in names), row["died"] is not None) for row in rows]


@pytest.mark.parametrize("seed", range(10))
def test_layers_and_reads_are_those_of_the_published_algorithm(seed):
    rng = random.Random(seed)
    seen = dict.fromkeys(("images", "many images", "by lsn", "retiled", "third level", "reads"), 0)
    for trial in range(30):
        store, book = both(*drawn_history(rng))
        shapes = shapes_of(store.result(tip_reads=0))
        assert shapes == [layer.shape() for layer in book.all], f"trial {trial}"
        keys = sorted(book.used)
        for _ in range(20):
            key = rng.choice(keys) + rng.choice([0, 0, 0, 1])
            lsn = rng.randrange(book.flushed_lsn + 1)
            read = store.read(key, lsn)
            found = (read.layers_opened, read.layers_holding, read.records, read.bytes)
            assert found == book.read(key, lsn), f"trial {trial}: page {key} at {lsn}"
            seen["reads"] += read.records > 0
        images = [layer for layer in book.all if layer.image]
        seen["images"] += len(images) > 0
        seen["many images"] += any(layer.keys[0] > MIN for layer in images)
        seen["by lsn"] += any(layer.single_key() and not layer.image for layer in book.all)
        seen["retiled"] += any(layer.died for layer in book.all)
        tall = book.target * book.fanout * 1.75
        seen["third level"] += any(x.lsns[1] - x.lsns[0] > tall for x in book.all if not x.image)
    # The histories went through what this is about.
    assert min(seen.values()) >= 3, seen
