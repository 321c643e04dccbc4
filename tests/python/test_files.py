"""Modelled files: figures of a run that only files tell, and how far they are from real ones."""

import pytest

import lsmkit
from lsmkit import choices, validation_files

SMALL = lsmkit.Options.small(layout="leveled", background="inline")
WORKLOAD = lsmkit.Workload.overwrites(keys=5_000, times=4)


@pytest.mark.parametrize("fidelity", ["exact", "segment"])
def test_a_run_tells_of_its_files(fidelity):
    run = lsmkit.simulate(WORKLOAD, SMALL, fidelity=fidelity)
    summary, counted = run.summary()[0], run.counters
    written = counted.flush_file_bytes + counted.compaction_written_file_bytes
    assert summary["write_amp"] == pytest.approx(written / summary["user_bytes"])
    assert summary["flush_bytes"] == counted.flush_file_bytes
    assert (
        summary["file_bytes"]
        == sum(run.tables()["file_bytes"])
        == sum(run.levels()["file_bytes"][1:])
    )
    assert 0.3 < summary["compression_ratio"] < 1.2
    assert run.series()["file_bytes"][-1] == summary["file_bytes"]
    assert run.series()["write_amp"][-1] == pytest.approx(
        run.series()["written_bytes"][-1] / run.series()["user_bytes"][-1]
    )
    assert sum(run.events()["written_bytes"]) == written
    assert run.window.write_amp > 1


def test_files_decide_nothing():
    def edits(**options):
        events = lsmkit.simulate(WORKLOAD, SMALL.replace(**options)).events()
        return [list(events[name]) for name in ("kind", "job", "read_weight", "written_weight")]

    first = edits(compression="none")
    assert first == edits(compression="zstd", compression_levels=(3,))
    assert first == edits(block_bytes=16384, restart_interval=4)


def test_compression_and_filters_show_in_the_files_alone():
    def bytes_of(share=0.5, **options):
        load = lsmkit.Phase(keys=choices.Permuted(), compressed_share=share, ops=5_000)
        workload = lsmkit.Workload(load, key_count=5_000)
        return lsmkit.simulate(workload, SMALL.replace(**options)).summary()[0]["file_bytes"]

    raw = bytes_of(compression="none")
    assert bytes_of(compression="zstd", compression_levels=(1,)) < 0.8 * raw
    assert bytes_of(share=1, compression="zstd", compression_levels=(1,)) > 0.9 * raw
    assert bytes_of(compression="none", filter_bits_per_key=0) < raw


def test_the_rung_of_files_holds():
    checks = list(validation_files.checks(full=False))
    assert len({check.case for check in checks}) >= 8
    for check in checks:
        if check.figure == "write amplification":
            assert check.holds, check
        if check.figure == "worst table off" and check.case.startswith("none"):
            assert check.error < 1e-3, check  # a byte of a random id, of a small table
