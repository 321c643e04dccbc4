"""What reads look into: as the engine's do, changing no edit, and shown in frames."""

import math

import numpy as np
import pytest

import lsmkit
from lsmkit import choices
from lsmkit.schema import SCHEMAS
from lsmkit.validation import RUNGS

SMALL = lsmkit.Options.small(cache_bytes=256 << 10)


def workload(mix, keys=8000, ops=30_000, chosen=None, **phase):
    load = lsmkit.Phase(name="load", keys=choices.Permuted(), ops=keys)
    run = lsmkit.Phase(mix=mix, keys=chosen or choices.Uniform(), ops=ops, **phase)
    return lsmkit.Workload(load, run, key_count=keys, encoding=choices.Binary(16))


@pytest.fixture(scope="module")
def run():
    mix = {"put": 0.3, "get": 0.6, "scan": 0.1}
    return lsmkit.simulate(workload(mix, absent_share=0.5, scan_entries=20), SMALL)


def edits(run):
    events = run.events()
    names = ("kind", "reason", "removed", "added", "read_weight", "written_weight", "line")
    return [tuple(row[name] for name in names) for row in events.rows()]


def test_v5_finds_what_the_engine_counts():
    rung = next(rung for rung in RUNGS if rung.name == "V5")
    checks = list(rung.checks(False))
    assert len({check.case for check in checks}) >= 8
    assert [check for check in checks if not check.holds] == []
    assert all("gets" in check.note for check in checks)  # else it says what differs
    assert {check.figure for check in checks} == {
        "tables probed", "tables read", "false positives", "cache hit share",
    }  # fmt: skip


def test_counts_are_the_engines_own_to_the_last_one():
    mix = {"put": 0.2, "delete": 0.1, "get": 0.5, "read_modify_write": 0.1, "scan": 0.1}
    told = lsmkit.twin(workload(mix, absent_share=0.3, scan_entries=30), SMALL)
    assert told.agree
    found, due = vars(told.simulated_reads), vars(told.reads)
    for name in set(found) - {"scan_blocks", "runs_sought"}:
        assert found[name] == due[name], name
    assert told.reads.false_positives > 0
    assert 0 < told.reads.cache_hit_ratio < 1


def test_reading_changes_no_edit(monkeypatch):
    # The same puts, of a permutation, with and without gets between them.
    puts = lsmkit.Phase(name="load", keys=choices.Permuted(), ops=8000)
    gets = lsmkit.Phase(name="look", mix="get", keys=choices.Zipf(), ops=20_000)
    with_reads = lsmkit.Workload(puts, gets, puts, gets, key_count=8000)
    without = lsmkit.Workload(puts, puts, key_count=8000)
    assert sum(kind == "compaction" for kind, *_ in edits(lsmkit.simulate(without, SMALL))) > 5
    cached = lsmkit.simulate(with_reads, SMALL.replace(cache_bytes=64 << 10))
    assert edits(cached) == edits(lsmkit.simulate(with_reads, SMALL))
    assert cached.reads.gets == 40_000


def test_reads_add_up(run):
    reads = run.reads
    assert reads.gets == run.ops_by_kind["get"]
    assert reads.scans == run.ops_by_kind["scan"]
    assert reads.scanned_entries == pytest.approx(20 * reads.scans, rel=0.01)
    assert reads.gets_found == pytest.approx(reads.gets / 2, rel=0.05)  # all were loaded
    assert reads.tables_read == reads.tables_probed - reads.filter_negatives
    assert reads.false_positives <= reads.tables_read
    assert 0 < reads.false_positive_rate < 0.05
    assert reads.read_amp == reads.tables_probed / reads.gets
    assert 0 < reads.blocks_per_get < reads.read_amp


def test_reads_by_level_add_up(run):
    levels = run.level_reads()
    assert levels.columns == [spec.name for spec in SCHEMAS["level_reads"]]
    for name in ("tables_probed", "filter_negatives", "false_positives"):
        assert levels[name].sum() == getattr(run.reads, name)
    blocks = levels["cache_hits"].sum() + levels["cache_misses"].sum()
    asked = run.reads.cache_hits + run.reads.cache_misses
    assert blocks == asked - run.reads.scan_blocks


def test_w4_13_read_amplification_is_a_series(run):
    series = run.series()
    amp = np.array(series["read_amp"], dtype=float)
    assert list(series["gets"]) == sorted(series["gets"])
    assert 0 < np.nanmean(amp) <= series["run_count"].max()
    row = run.summary()[0]
    assert row["gets"] == run.reads.gets
    assert row["read_amp"] == run.reads.read_amp
    assert row["cache_hit_ratio"] == run.reads.cache_hit_ratio


def test_fewer_bits_let_more_pass_and_a_larger_cache_holds_more():
    gets = workload({"put": 0.1, "get": 0.9}, absent_share=1.0)
    some, few = (
        lsmkit.simulate(gets, SMALL.replace(filter_bits_per_key=bits)).reads for bits in (10, 4)
    )
    assert few.false_positive_rate > 3 * some.false_positive_rate
    assert few.tables_probed == some.tables_probed
    hits = workload({"put": 0.1, "get": 0.9})
    small, large = (
        lsmkit.simulate(hits, SMALL.replace(cache_bytes=size)).reads.cache_hit_ratio
        for size in (128 << 10, 512 << 10)
    )
    assert small < large


def test_without_reads_there_is_nothing_to_tell():
    run = lsmkit.simulate(lsmkit.Workload.overwrites(keys=2000, times=2), SMALL)
    assert run.reads.gets == 0
    assert math.isnan(run.reads.read_amp)
    assert run.summary()[0]["read_amp"] is None
    assert len(run.level_reads()) == 0


def test_a_long_stretch_of_reads_can_be_interrupted():
    def stop(ops, total):
        if ops > 20_000:
            raise KeyboardInterrupt

    gets = lsmkit.Phase(mix="get", keys=choices.Uniform(), ops=10_000_000)
    load = lsmkit.Phase(name="load", keys=choices.Permuted(), ops=5000)
    simulation = lsmkit.Simulation(lsmkit.Workload(load, gets, key_count=5000), SMALL)
    with pytest.raises(KeyboardInterrupt):
        simulation.run(progress=stop)
    assert 0 < simulation.result().reads.gets < 5_000_000


def test_in_time_a_get_reads_what_the_cache_misses():
    hot = workload({"put": 0.5, "get": 0.5}, ops=40_000, rate=2000)
    small, large, fixed = (
        lsmkit.simulate(hot, SMALL.replace(cache_bytes=size), machine=machine)
        for size, machine in (
            (64 << 10, lsmkit.Machine()),
            (8 << 20, lsmkit.Machine()),
            (8 << 20, lsmkit.Machine(blocks_per_get=1)),
        )
    )
    assert small.reads.gets == large.reads.gets == small.ops_by_kind["get"]
    assert small.timing.reads.mean_us > large.timing.reads.mean_us
    assert fixed.timing.reads.mean_us > large.timing.reads.mean_us


@pytest.mark.parametrize("chosen", [choices.Uniform(), choices.Zipf()])
def test_segments_expect_what_the_exact_simulation_finds(chosen):
    both = workload({"put": 0.3, "get": 0.7}, keys=60_000, ops=150_000, chosen=chosen)
    options = lsmkit.Options.small(
        memtable_bytes=256 << 10, table_bytes=128 << 10, base_bytes=1 << 20, cache_bytes=2 << 20
    )
    exact = lsmkit.simulate(both, options).reads
    run = lsmkit.simulate(both, options, fidelity="segment")
    assert run.reads.gets == pytest.approx(exact.gets, rel=0.01)
    assert run.reads.read_amp == pytest.approx(exact.read_amp, rel=0.03)
    assert run.reads.blocks_per_get == pytest.approx(exact.blocks_per_get, rel=0.03)
    assert run.reads.cache_hit_ratio == pytest.approx(exact.cache_hit_ratio, abs=0.03)
    assert run.level_reads()["tables_probed"].sum() == pytest.approx(
        run.reads.tables_probed, abs=len(run.level_reads())
    )


def test_what_segments_cannot_follow_they_say():
    in_turns = workload({"put": 0.5, "get": 0.5}, chosen=choices.Permuted())
    run = lsmkit.simulate(in_turns, SMALL, fidelity="segment")
    assert run.reads is None
    assert run.summary()[0]["read_amp"] is None
    assert lsmkit.simulate(in_turns, SMALL).reads.gets > 0


def test_reads_change_no_edit_of_segments():
    puts = lsmkit.Phase(name="load", keys=choices.Uniform(), ops=40_000)
    gets = lsmkit.Phase(name="look", mix="get", keys=choices.Uniform(), ops=20_000)
    with_reads = lsmkit.Workload(puts, gets, puts, key_count=20_000)
    small, large = (
        lsmkit.simulate(with_reads, SMALL.replace(cache_bytes=size), fidelity="segment")
        for size in (64 << 10, 8 << 20)
    )
    without = lsmkit.Workload(puts, puts, key_count=20_000)
    assert edits(small) == edits(large)
    assert [e[4:6] for e in edits(small)] == [
        e[4:6] for e in edits(lsmkit.simulate(without, SMALL, fidelity="segment"))
    ]
    assert small.reads.cache_hit_ratio < large.reads.cache_hit_ratio
