"""Closed forms: what they say, and how near that is to an engine that runs."""

import random

import pytest

import lsmkit
from lsmkit import InvalidArgument, Options, expected_cost

SHAPE = Options.small(
    memtable_bytes=8 << 10,
    table_bytes=8 << 10,
    l0_merged_runs=2,
    background="inline",
    sync=lsmkit.Sync.none,
)


def test_levels_and_figures_agree():
    cost = expected_cost(keys=1_000_000_000)
    assert sum(cost.level_write_amp) == pytest.approx(cost.write_amp)
    assert sum(cost.level_weight) == pytest.approx(cost.space_amp * 1_000_000_000 * 124)
    assert cost.level_weight[6] == pytest.approx(1_000_000_000 * 124)
    assert 4 < cost.write_amp < 12
    assert 1 < cost.space_amp < 1.3


def test_an_engine_writes_what_the_formula_says(path):
    keys, rounds = 6_000, 4
    draw = random.Random(1)
    with lsmkit.open(path, SHAPE) as db:
        for n in draw.sample(range(keys), keys):
            db.put(b"%016d" % n, b"v" * 40)
        for _ in range(2 * keys):
            db.put(b"%016d" % draw.randrange(keys), b"v" * 40)
        before = db.stats()
        for _ in range(rounds * keys):
            db.put(b"%016d" % draw.randrange(keys), b"v" * 40)
        after = db.stats()
    written = sum(
        getattr(after.counters, name) - getattr(before.counters, name)
        for name in ("flush_weight", "compaction_written_weight")
    )
    cost = expected_cost(SHAPE, keys=keys, key_bytes=16, value_bytes=40)
    assert cost.write_amp == pytest.approx(written / (rounds * keys * 64), rel=0.06)


@pytest.mark.parametrize(
    ("options", "numbers", "words"),
    [
        (Options(layout="fifo"), {"keys": 1000}, "fifo"),
        (Options(), {"keys": 0}, "keys from 1"),
        (Options(), {"keys": 1 << 62}, "keys from 1"),
        (Options.rocksdb(), {"keys": 1000}, "would hold all"),
    ],
)
def test_what_the_formulas_do_not_know_is_refused(options, numbers, words):
    with pytest.raises(InvalidArgument, match=words):
        expected_cost(options, **numbers)


def test_a_negative_number_is_refused():
    with pytest.raises((InvalidArgument, TypeError, OverflowError)):
        expected_cost(keys=-1)
