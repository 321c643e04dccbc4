"""The layered store: what its frames say of a run is true of it, whatever the workload."""

import _thread
import threading

import numpy as np
import pytest

import lsmkit
from lsmkit import InvalidArgument, NotSupported, Phase, Workload, _core, layered
from lsmkit.choices import Latest
from lsmkit.layered import Options, workloads
from lsmkit.player.encode import encode
from lsmkit.player.pack import unpacked

# A twentieth of the published run: 1 GB over 250 MiB of pages in layers of 12.8 MiB.
SMALL = Options(target_bytes=(256 << 20) // 20)
TINY = Options(target_bytes=1 << 20)


def tiny(name, **more):
    """A workload of 50 MB or less."""
    return workloads.WORKLOADS[name](records=40_000, pages=1_500, **more)


def test_the_published_run_at_a_twentieth_of_its_size():
    """What is cut as often into layers is written, kept and deleted as often: research B and C2.

    The published run has 75 flushes, 18 compactions, 231 layers created, 136 deleted, 3.09 times
    the log written and 1.26 times kept.
    """
    workload = workloads.uniform(records=1_000_000, pages=32_000)
    row = layered.simulate(workload, SMALL).figures()
    assert row["flush_count"] == pytest.approx(75, abs=1)
    assert row["compaction_count"] == pytest.approx(18, abs=1)
    assert row["created_layers"] == pytest.approx(231, abs=3)
    assert row["deleted_layers"] == pytest.approx(136, abs=3)
    assert round(row["write_amp"], 2) == pytest.approx(3.09, abs=0.02)
    assert round(row["storage_to_log"], 2) == 1.26
    assert round(row["tip_layers_opened_mean"], 1) == 6.0


def test_the_published_algorithm_is_blind_to_skew():
    uniform = layered.simulate(workloads.uniform(records=500_000, pages=16_000), SMALL).figures()
    skewed = layered.simulate(workloads.hot_cold(records=500_000, pages=16_000), SMALL).figures()
    for name in ("created_layers", "deleted_layers", "flush_bytes", "image_bytes"):
        assert uniform[name] == skewed[name]
    assert skewed["written_bytes"] == pytest.approx(uniform["written_bytes"], rel=1e-5)


@pytest.mark.parametrize("name", sorted(workloads.WORKLOADS))
@pytest.mark.parametrize("options", [TINY, Options.improved(target_bytes=1 << 20)], ids=["", "all"])
def test_w5_8_created_less_deleted_is_what_lives_under_every_workload(name, options):
    run = layered.simulate(tiny(name), options, checks=True)
    row, layers = run.figures(), run.layers()
    assert row["created_layers"] - row["deleted_layers"] == row["layer_count"] == len(layers)
    assert row["live_bytes"] == layers["file_bytes"].sum()
    assert row["written_bytes"] == row["flush_bytes"] + row["delta_bytes"] + row["image_bytes"]
    assert row["created_layers"] == row["flush_count"] + row["delta_count"] + row["image_count"]
    assert row["flush_bytes"] == row["user_bytes"]
    assert row["live_bytes"] <= row["peak_live_bytes"]
    assert row["flush_count"] > 10
    again = layered.simulate(tiny(name), options)
    assert again.figures() == row
    assert again.events().rows() == run.events().rows()


def test_another_seed_is_another_run():
    runs = [layered.simulate(tiny("zipf"), TINY, seed=seed).figures() for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_frames_agree_with_each_other():
    run = layered.simulate(tiny("uniform"), TINY, sample_every_bytes=4_000_000)
    events, series, every = run.events(), run.series(), run.layers(all=True)
    row = run.figures()
    assert len(every) == row["created_layers"] == sum(map(len, events["created"]))
    assert every.column("died").null_count == row["layer_count"]
    last = series[-1]
    for name in ("user_bytes", "written_bytes", "live_bytes", "layer_count", "write_amp",
                 "storage_to_log", "storage_to_logical"):  # fmt: skip
        assert last[name] == row[name], name
    assert (series["kind"] == "flush").sum() == row["flush_count"]
    assert (series["kind"] == "compaction").sum() == row["level_compaction_count"]
    assert run.layers(at=events[-1]["number"]).rows() == run.layers().rows()
    assert run.levels(at=events[-1]["number"]).rows() == run.levels().rows()
    assert events["number"].tolist() == list(range(1, len(events) + 1))
    assert events["written_bytes"].sum() == row["written_bytes"]
    assert sum(map(len, events["deleted"])) == row["deleted_layers"]
    middle = series[len(series) // 2]
    then = run.layers(at=middle["event"])
    assert len(then) == middle["layer_count"]
    assert then["file_bytes"].sum() == middle["live_bytes"]
    levels = run.levels(at=middle["event"])
    assert levels["file_bytes"].sum() == middle["live_bytes"]
    assert (levels["delta_count"] + levels["image_count"]).sum() == middle["layer_count"]
    reads = run.reads()
    assert reads["at"].tolist() == ["history"] * 10 + ["tip"]
    assert reads["event"][-1] == len(events)
    sampled = [line for line in series if line["records_mean"] is not None]
    assert [line["event"] for line in sampled] == reads["event"][:-1].tolist()
    for name in ("layers_opened_p99", "records_mean", "bytes_max"):
        assert [line[name] for line in sampled] == reads[name][:-1].tolist()
    mean = np.average(reads["records_mean"][:-1], weights=reads["reads"][:-1])
    assert row["records_mean"] == pytest.approx(mean)
    assert series.column("records_mean").null_count == len(series) - 10


def test_w5_10_reads_are_what_the_store_says_one_by_one():
    """Read amplification: layers opened and holding, records and bytes, by page and LSN."""
    rng = np.random.default_rng(1)
    pages = rng.integers(0, 300, 20_000)
    lengths = rng.integers(1, 200, 20_000)
    store = layered.Store(Options(target_bytes=1 << 16), checks=True)
    store.ingest(pages, lengths)
    store.flush()
    ends = np.cumsum(lengths)
    for page in (0, 17, 299):
        for lsn in (int(ends[100]), int(ends[9_999]), int(ends[-1])):
            mine = (pages == page) & (ends <= lsn)
            read = store.read(page, lsn)
            assert read.layers_holding <= read.layers_opened
            if read.image is None:
                assert read.records == mine.sum()
                assert read.bytes == lengths[mine].sum()
            else:
                assert read.records < mine.sum()
                assert read.bytes >= 8192
    run = store.result(tip_reads=500)
    tip = run.reads()[-1]
    every = [store.read(page) for page in range(300)]
    assert tip["layers_opened_max"] <= max(read.layers_opened for read in every)
    assert tip["records_max"] <= max(read.records for read in every)
    assert tip["records_mean"] == pytest.approx(np.mean([r.records for r in every]), rel=0.2)


def test_many_updates_of_one_page():
    """Neon's test_many_updates_for_single_key: no layer comes near twice the target."""
    store = layered.Store(Options(target_bytes=100_000))
    rng = np.random.default_rng(1)
    for _ in range(100):
        store.ingest(np.concatenate([rng.integers(0, 10_000, 100), np.zeros(1000, int)]), 10)
        store.compact()
    layers = store.result().layers()
    assert len(layers) > 0
    assert layers["file_bytes"].max() < 200_000
    assert (layers["end_key"] - layers["begin_key"] == 1).any()


def test_what_is_below_the_horizon_goes_but_for_branches_and_leases():
    """W5.11's other side: no record that is still to be read goes, and the others do."""
    options = TINY.replace(history_bytes=4 << 20, bottom_image_percent=50)
    store = layered.Store(options, checks=True)
    rng = np.random.default_rng(1)
    for at in range(20):
        store.ingest(rng.integers(0, 200, 2_000), 1_000)
        if at == 1:
            pin = store.branch(1_000_000)
    horizon = store.horizon_lsn
    assert 30_000_000 < horizon < 40_000_000
    kept = store.read(7, 1_000_000)
    assert kept.layers_opened > 0
    with pytest.raises(InvalidArgument):
        store.read(7, horizon - 1)
    run = store.result()
    assert "collection" in run.events()["kind"]
    assert run.figures()["collected_layers"] > 0
    assert run.series()["horizon_lsn"][-1] == horizon
    assert (np.diff(run.series()["horizon_lsn"].astype(np.int64)) >= 0).all()
    assert len(lsmkit.Player(run).to_html()) > 1000
    store.release(pin)
    with pytest.raises(InvalidArgument):
        store.read(7, 1_000_000)
    with pytest.raises(InvalidArgument):
        store.release(pin)
    number = store.lease(38_500_000, 0.5)
    store.ingest(np.zeros(9_000, int), 1_000)
    with pytest.raises(InvalidArgument):
        store.release(number)
    all_kept = layered.Store(TINY)
    all_kept.ingest(rng.integers(0, 200, 40_000), 1_000)
    assert run.figures()["live_bytes"] < 0.5 * all_kept.result().figures()["live_bytes"]


def test_w5_6_more_workers_take_less_time_and_do_the_same():
    run = layered.simulate(tiny("uniform"), TINY)
    row = run.figures()
    one, two, four = (row[f"makespan_{n}_s"] for n in (1, 2, 4))
    assert one > two > four >= one / 4
    assert one == pytest.approx(
        (row["written_bytes"] - row["flush_bytes"]) / TINY.worker_bytes_per_s, rel=0.5
    )
    faster = layered.simulate(tiny("uniform"), TINY.replace(worker_bytes_per_s=500e6))
    assert faster.layers().rows() == run.layers().rows()
    assert faster.figures()["makespan_1_s"] < one


def test_w5_7_page_images_in_deltas_spare_replay_and_cost_bytes():
    often = {"sample_every_bytes": 4_000_000}
    none, some = (
        layered.simulate(tiny("hot-cold"), TINY.replace(page_image_records=n), **often)
        for n in (0, 16)
    )
    before, after = none.figures(), some.figures()
    assert after["page_image_bytes"] > before["page_image_bytes"] == 0
    assert after["page_image_bytes"] < after["delta_bytes"]
    assert after["written_bytes"] > before["written_bytes"]
    assert after["records_mean"] < 0.9 * before["records_mean"]


def test_w5_5_what_would_come_out_the_same_is_not_written_and_counted():
    """Pages are added in order, then the newest are updated: what came before stays as it is."""
    load = Phase(name="load", mix="insert", value_bytes=1000, ops=17_000)
    update = Phase(name="update", keys=Latest(theta=3), value_bytes=1000, ops=20_000)
    append = Workload(load, update, key_count=1)
    for fidelity in ("records", "slices"):
        written, kept = (
            layered.simulate(append, TINY.replace(keeps_identical=on), fidelity=fidelity).figures()
            for on in (False, True)
        )
        assert written["identical_count"] == written["identical_bytes"] == 0
        assert kept["identical_count"] > 10
        saved = written["written_bytes"] - kept["written_bytes"]
        assert kept["identical_bytes"] == saved > 0.1 * written["written_bytes"]
        assert kept["identical_count"] == written["delta_count"] - kept["delta_count"]


def test_slices_are_near_the_records_they_stand_for():
    workload = workloads.uniform(records=500_000, pages=16_000)
    exact, sliced = (
        layered.simulate(workload, SMALL, fidelity=fidelity) for fidelity in ("records", "slices")
    )
    assert "by slices" in repr(sliced)
    for name in ("written_bytes", "peak_live_bytes", "created_layers"):
        assert sliced.figures()[name] == pytest.approx(exact.figures()[name], rel=0.02)
    assert len(sliced.layers()) == sliced.figures()["layer_count"]
    assert len(sliced.series()) == len(exact.series())
    assert sliced.figures()["record_count"] is None
    with pytest.raises(NotSupported, match="records and slices"):
        layered.simulate(workload, SMALL, fidelity="exact")


def test_dropped_pages_are_read_below_their_drop_and_left_out_of_images():
    store = layered.Store(TINY, checks=True)
    store.use_pages(0, 100)
    store.ingest(np.arange(100), 100)
    store.drop_pages(10, 100)
    store.ingest(np.arange(50) % 10, 100)
    store.flush()
    assert store.result().figures()["page_count"] == 10
    there, gone = store.read(50, 10_000), store.read(50, 10_001)
    assert (there.in_use, there.records) == (True, 1)
    assert (gone.in_use, gone.records, gone.layers_opened, gone.bytes) == (False, 0, 0, 0)
    store.ingest([50], 70)
    store.flush()
    assert store.read(50) == layered.Read(1, 1, 1, 70, None, True)
    with pytest.raises(InvalidArgument, match="end above"):
        store.drop_pages(5, 5)


def test_a_shrinking_key_space_is_told_by_slices_too():
    workload = workloads.shrinking(records=2_000_000, pages=64_000)
    options = SMALL.replace(target_bytes=4 * SMALL.target_bytes)
    exact, sliced = (
        layered.simulate(
            workload, options, fidelity=fidelity, sample_every_bytes=50_000_000
        ).figures()
        for fidelity in ("records", "slices")
    )
    assert exact["page_count"] == pytest.approx(6_400, rel=0.2)
    assert exact["storage_to_logical"] > 20  # history stays
    for name in (
        "written_bytes", "peak_live_bytes", "created_layers", "layers_opened_mean",
        "records_mean", "bytes_mean",
    ):  # fmt: skip
        assert sliced[name] == pytest.approx(exact[name], rel=0.02), name
    with pytest.raises(InvalidArgument, match="pages_after"):
        workloads.shrinking(pages=10, pages_after=11)


def test_branches_are_read_at_their_lsns_and_hold_what_they_pin():
    workload = workloads.uniform(records=200_000, pages=2_000)
    options = SMALL.replace(history_bytes=10_000_000, bottom_image_percent=50)
    often = {"sample_every_bytes": 5_000_000, "checks": True}
    none, some, all_of_them = (
        layered.simulate(workload, options, branches=branches, **often).figures()
        for branches in (
            None,
            layered.Branches(every_bytes=20_000_000, living_bytes=60_000_000),
            layered.Branches(every_bytes=20_000_000),
        )
    )
    assert (none["branch_count"], none["branch_reads"]) == (0, 0)
    assert none["branch_layers_opened_mean"] is none["branch_bytes_max"] is None
    assert some["branch_count"] == all_of_them["branch_count"] >= 9
    assert none["live_bytes"] < some["live_bytes"] < all_of_them["live_bytes"]
    assert some["layers_opened_mean"] >= 1
    assert 1 <= some["branch_layers_opened_mean"] <= some["branch_layers_opened_p99"]
    with pytest.raises(NotSupported, match=r"branches .* by slices"):
        layered.simulate(workload, fidelity="slices", branches=layered.Branches())
    with pytest.raises(InvalidArgument, match="every_bytes: 0"):
        layered.Branches(every_bytes=0)
    with pytest.raises(TypeError, match="living_bytes: int is due, not float"):
        layered.Branches(living_bytes=1.5)
    with pytest.raises(TypeError, match="Branches are due, not int"):
        layered.simulate(workload, branches=5)


def test_slices_have_a_horizon_too():
    workload = workloads.hot_cold(records=500_000, pages=16_000)
    options = SMALL.replace(history_bytes=100_000_000, bottom_image_percent=100)
    often = {"sample_every_bytes": 20_000_000, "reads_per_sample": 4_000}
    exact, sliced = (
        layered.simulate(workload, options, fidelity=fidelity, checks=True, **often)
        for fidelity in ("records", "slices")
    )
    near, due = sliced.figures(), exact.figures()
    assert due["collected_layers"] == near["collected_layers"] > 10
    for name in ("written_bytes", "peak_live_bytes", "layers_opened_mean", "bytes_mean"):
        assert near[name] == pytest.approx(due[name], rel=0.02), name
    horizons = [run.series()["horizon_lsn"].astype(np.int64) for run in (exact, sliced)]
    assert horizons[0][-1] > 350_000_000
    assert horizons[1][-1] == pytest.approx(horizons[0][-1], rel=0.001)
    assert "collection" in sliced.events()["kind"]


def test_slices_have_page_images_too():
    workload = workloads.hot_cold(records=500_000, pages=16_000)
    options = SMALL.replace(page_image_records=16, page_image_bytes=30_000)
    often = {"sample_every_bytes": 20_000_000, "reads_per_sample": 4_000}
    exact, sliced = (
        layered.simulate(workload, options, fidelity=fidelity, **often).figures()
        for fidelity in ("records", "slices")
    )
    assert sliced["history_reads"] == exact["history_reads"] == 100_000
    assert exact["page_image_bytes"] > 0.05 * exact["delta_bytes"]
    for name in ("page_image_bytes", "written_bytes", "peak_live_bytes", "bytes_mean"):
        assert sliced[name] == pytest.approx(exact[name], rel=0.02), name
    none = layered.simulate(workload, SMALL, fidelity="slices", **often).figures()
    assert sliced["records_mean"] < 0.95 * none["records_mean"]


# -- Errors ----------------------------------------------------------------------------------------


def test_options_are_the_compiled_ones():
    assert vars(Options()) == _core.layered_options()
    assert Options().diff() == {}
    improved = Options.improved()
    assert eval(repr(improved)) == improved
    assert improved.replace(fanout=8).diff(improved) == {"fanout": 8}


def test_wrong_options_are_named():
    with pytest.raises(TypeError, match="did you mean fanout"):
        Options(fan_out=4)
    with pytest.raises(TypeError, match="there are target_bytes, fanout"):
        Options().replace(zzz=1)
    with pytest.raises(TypeError, match="fanout: int is due, not bool"):
        Options(fanout=True)
    with pytest.raises(TypeError, match="partitioned: bool is due, not int: 1"):
        Options(partitioned=1)
    with pytest.raises(InvalidArgument, match="fanout"):
        Options(fanout=1)
    for far in (-1, 1 << 70):
        with pytest.raises(InvalidArgument, match=r"fanout: .* out of range"):
            Options(fanout=far)
    with pytest.raises(InvalidArgument, match="no option nonsense"):
        _core.check_layered_options({"nonsense": 1})


def test_records_that_cannot_be_are_refused():
    store = layered.Store(TINY)
    with pytest.raises(TypeError, match="pages: integers are due, not float64"):
        store.ingest([1.5], 10)
    with pytest.raises(InvalidArgument, match="one per page"):
        store.ingest([1, 2], [10])
    with pytest.raises(InvalidArgument, match="bytes: from -1"):
        store.ingest([1, 2], [10, -1])
    with pytest.raises(InvalidArgument, match="at least one byte"):
        store.ingest([1], 0)
    with pytest.raises(InvalidArgument, match=r"below 2\^32"):
        store.ingest([1 << 32], 10)
    with pytest.raises(InvalidArgument, match="shape"):
        store.ingest([[1]], 10)
    with pytest.raises(InvalidArgument, match="end above"):
        store.use_pages(5, 5)
    store.ingest([], 10)
    with pytest.raises(InvalidArgument, match="what it has flushed"):
        store.read(0, 1)
    with pytest.raises(InvalidArgument, match="no event 1; there is none"):
        store.result().layers(at=1)
    assert store.result().figures()["write_amp"] is None
    assert len(store.result().series()) == 0
    assert "0 records" in repr(store)


def test_workloads_that_cannot_be_are_refused():
    with pytest.raises(NotSupported, match="scans"):
        layered.simulate(Workload(Phase(mix="scan", ops=5), key_count=5))
    dropping = Workload(Phase(mix={"put": 1, "delete": 1}, ops=5), key_count=5)
    with pytest.raises(NotSupported, match=r"phase 'run': deletes .* of a queue or window"):
        layered.simulate(dropping, fidelity="slices")
    with pytest.raises(InvalidArgument, match="at most 268435456 operations"):
        layered.simulate(Workload(Phase(ops=1e12), key_count=5))
    with pytest.raises(TypeError, match="workload: a Workload is due, not str"):
        layered.simulate("uniform")
    with pytest.raises(TypeError, match=r"layered.Options are due, not lsmkit.options.Options"):
        layered.simulate(tiny("uniform"), lsmkit.Options())


def test_what_progress_raises_ends_the_run():
    def stop(done, total):
        assert total == 40_000
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        layered.simulate(tiny("uniform"), TINY, progress=stop)
    store = layered.Store(TINY)
    with pytest.raises(KeyboardInterrupt):
        store.ingest(np.arange(1_000_000), 100, progress=lambda done, total: stop(0, 40_000))
    store.ingest(np.arange(10), 100)  # goes on
    store.flush()
    assert store.result().figures()["record_count"] >= 10


def test_progress_of_a_run_by_slices_ends_at_its_total():
    told = []
    workload = workloads.hot_cold(records=400_000, pages=16_000)
    run = layered.simulate(
        workload, SMALL, fidelity="slices", sample_every_bytes=90_000_000,
        progress=lambda *at: told.append(at),
    )  # fmt: skip
    assert told[0] == (0, 400_000_000)
    assert told[-1] == (400_000_000, 400_000_000)
    assert told == sorted(told)
    reads = run.reads()
    assert reads["at"].tolist() == ["history"] * 4 + ["tip"]
    assert reads["user_bytes"][:-1].tolist() == [90_000_000 * n for n in (1, 2, 3, 4)]
    exact = layered.simulate(workload, SMALL, sample_every_bytes=90_000_000).reads()
    assert reads["event"].tolist() == exact["event"].tolist()
    for name in ("layers_opened_mean", "bytes_mean"):
        assert reads[name].tolist() == pytest.approx(exact[name].tolist(), rel=0.1)


def test_ctrl_c_ends_a_run():
    """It would go on for minutes."""
    workload = workloads.uniform(records=1 << 28, pages=1_000_000, record_bytes=10)
    began = threading.Event()
    threading.Thread(target=lambda: began.wait() and _thread.interrupt_main()).start()
    with pytest.raises(KeyboardInterrupt):
        layered.simulate(workload, progress=lambda done, total: began.set())


# -- Shown -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def played():
    options = Options.improved(target_bytes=1 << 20)
    return layered.simulate(workloads.hot_cold(records=40_000, pages=1_500), options)


def test_the_player_shows_every_state(played):
    header, columns = unpacked(encode(played))
    assert header["rows"] == "layers"
    assert header["steps"] == len(played.events())
    assert header["options"]["partitioned"] == "True"
    for at in (1, 7, len(played.events())):
        there = (columns["table born"] <= at) & (columns["table died"] > at)
        assert sorted(columns["table number"][there]) == sorted(played.layers(at=at)["number"])
    assert columns["figure storage_to_log"][-1] == played.figures()["storage_to_log"]
    page = played.to_html()
    assert "<html" in page
    assert len(page) < 300_000
    assert len(lsmkit.Player(played, played).to_html()) > len(page)
