"""Filters: what they spare a get, and how the bits are shared out by level."""

import random

import lsmkit


def wrong_guesses_and_bytes(path, allocation):
    """How often 20,000 absent keys got past a filter, and the size of the tables."""
    options = lsmkit.Options.small(
        filter_allocation=allocation,
        background="inline",
        memtable_bytes=16 << 10,
        table_bytes=16 << 10,
        base_bytes=64 << 10,
        layout="leveled",
        fanout=4,
    )
    rng = random.Random(3)
    with lsmkit.open(path, options) as db:
        for i in range(60_000):
            db[b"%08d" % (2 * rng.randrange(10**7))] = b"%050d" % i
        before = db.stats()
        for _ in range(20_000):
            db.get(b"%08d" % (2 * rng.randrange(10**7) + 1))
        after = db.stats()
        assert sum(bool(level["level"]) and level["weight"] > 0 for level in db.levels()) >= 4
        probed = after.tables_probed - before.tables_probed
        spared = after.filter_negatives - before.filter_negatives
        return probed - spared, sum(table["file_bytes"] for table in db.tables())


def test_bits_by_level_let_fewer_absent_keys_through_in_the_same_space(tmp_path):
    by_level, by_level_bytes = wrong_guesses_and_bytes(tmp_path / "a", "by_level")
    uniform, uniform_bytes = wrong_guesses_and_bytes(tmp_path / "b", "uniform")
    assert 0 < by_level < 0.7 * uniform
    assert by_level_bytes < 1.02 * uniform_bytes
