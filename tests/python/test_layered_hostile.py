"""The layered store given what it cannot take: it says what was wrong, and goes on."""

import _thread
import doctest
import importlib
import re
import threading

import numpy as np
import pytest

from lsmkit import InvalidArgument, Workload, layered
from lsmkit.layered import Options, suites, workloads

TINY = Options(target_bytes=1 << 16)
FEW = workloads.uniform(records=100, pages=10)


@pytest.fixture
def store():
    """10 records of 100 bytes, flushed."""
    made = layered.Store(TINY)
    made.ingest(np.arange(10), 100)
    made.flush()
    return made


@pytest.mark.parametrize(
    "name", ["layered", "layered.store", "layered.options", "layered.suites", "layered.workloads"]
)
def test_the_examples_in_docstrings_are_true(name):
    module = importlib.import_module(f"lsmkit.{name}")
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda s, x: s.read(x), "page"),
        (lambda s, x: s.read(0, x), "lsn"),
        (lambda s, x: s.use_pages(x, 5), "begin"),
        (lambda s, x: s.use_pages(5, x), "end"),
        (lambda s, x: s.branch(x), "lsn"),
        (lambda s, x: s.lease(x, 1), "lsn"),
        (lambda s, x: s.release(x), "number"),
        (lambda s, x: s.result(tip_reads=x), "tip_reads"),
        (lambda s, x: layered.Store(TINY, seed=x), "seed"),
        (lambda s, x: layered.Store(TINY, sample_every_bytes=x), "sample_every_bytes"),
        (lambda s, x: layered.Store(TINY, reads_per_sample=x), "reads_per_sample"),
        (lambda s, x: layered.simulate(FEW, TINY, seed=x), "seed"),
        (lambda s, x: layered.simulate(FEW, TINY, tip_reads=x), "tip_reads"),
    ],
)
def test_numbers_that_cannot_be_are_named(store, call, argument):
    before = store.result().figures()
    for far in (-1, 1 << 64, 1 << 200, np.int64(-5)):
        with pytest.raises(InvalidArgument, match=rf"^{argument}: .* is due$"):
            call(store, far)
    for no_number in ("x", 1.5, [], "</script>"):
        with pytest.raises(TypeError, match=rf"^{argument}: int is due, not "):
            call(store, no_number)
    assert store.result().figures() == before


def test_numpys_numbers_are_numbers(store):
    store.use_pages(np.int32(3), np.uint64(50))
    assert store.read(np.int64(3), np.uint32(1_000)).records == 1
    store.release(store.branch(np.int16(500)))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), -1e308])
def test_leases_that_cannot_be_are_refused(store, seconds):
    with pytest.raises(InvalidArgument, match="lease must be for more than 0 seconds"):
        store.lease(0, seconds)


def test_a_lease_is_for_a_number_of_seconds(store):
    with pytest.raises(TypeError, match="seconds: a number is due, not str"):
        store.lease(0, "soon")
    store.release(store.lease(0, 1e308))


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, -float("inf")])
def test_a_history_that_is_no_time_is_refused(seconds):
    with pytest.raises(InvalidArgument, match="history_s"):
        Options(history_s=seconds)


def test_a_read_is_at_what_is_flushed_and_readable(store):
    store.ingest([1], 100)
    for above in (1_001, 1 << 63):
        with pytest.raises(InvalidArgument, match="up to what it has flushed"):
            store.read(1, above)
        with pytest.raises(InvalidArgument, match="up to what it has flushed"):
            store.branch(above)
    assert store.read(1, 0).layers_opened == 0
    assert store.read((1 << 64) - 1).records == 0


def test_as_many_pages_as_there_can_be_do_no_harm():
    """2^40 pages, and records on a few: what is done goes with the records."""
    for options in (TINY, Options.improved(target_bytes=1 << 16)):
        store = layered.Store(options, checks=True)
        store.use_pages(0, 1 << 40)
        store.ingest(np.random.default_rng(1).integers(0, 1 << 32, 5_000), 1_000)
        row = store.result().figures()
        assert row["page_count"] == 1 << 40
        assert row["image_count"] == 0
        assert row["delta_count"] > 0
        with pytest.raises(InvalidArgument, match=r"below 2\^40"):
            store.use_pages(5, (1 << 40) + 1)


def test_a_sample_may_follow_every_record():
    """A sample after every record (what they take is in tests/cpp/layered_read_costs.cc)."""
    store = layered.Store(TINY, sample_every_bytes=1, reads_per_sample=5)
    store.ingest(np.zeros(20_000, int), 10)
    figures = store.result().figures()
    # From the record on that fills the first layer.
    assert figures["history_reads"] == (20_000 - 6_553) * 5


@pytest.mark.parametrize("fidelity", ["records", "slices"])
def test_ctrl_c_ends_a_run_that_reads_more_than_it_writes(fidelity):
    """It would go on for days."""
    workload = workloads.uniform(records=20_000_000, pages=10_000, record_bytes=100)
    began = threading.Event()
    threading.Thread(target=lambda: began.wait() and _thread.interrupt_main()).start()
    with pytest.raises(KeyboardInterrupt):
        layered.simulate(
            workload, TINY, fidelity=fidelity, sample_every_bytes=1,
            progress=lambda done, total: began.set(),
        )  # fmt: skip


def test_workloads_by_name_refuse_what_cannot_be():
    with pytest.raises(InvalidArgument, match="moves: -1"):
        workloads.moving_hotspot(moves=-1)
    for times in (0, -1, 10**9):
        with pytest.raises(InvalidArgument, match=f"times: {times} cannot be; it is from 1"):
            workloads.bursts(times=times)
    for scale in (float("nan"), float("inf"), 1e300, -1):
        with pytest.raises(InvalidArgument, match=f"scale: {re.escape(str(scale))}"):
            suites.default_workloads(scale)


def test_a_suite_is_refused_before_it_begins(tmp_path):
    begun = []
    progress = lambda *at: begun.append(at)  # noqa: E731
    with pytest.raises(InvalidArgument, match="there is no directory"):
        layered.suite({"few": FEW}, out=tmp_path / "none" / "x.md", progress=progress)
    with pytest.raises(TypeError, match="workloads: a dict by name is due, not list"):
        layered.suite([FEW], progress=progress)
    with pytest.raises(TypeError, match=r"workloads\['few'\]: Workload is due, not str"):
        layered.suite({"few": "uniform"}, progress=progress)
    with pytest.raises(TypeError, match=r"options\['none'\]: Options is due, not NoneType"):
        layered.suite({"few": FEW}, options={"none": None}, progress=progress)
    assert not begun


def test_names_from_strangers_are_text():
    name = "</script><img src=x onerror=alert(1)>|\n"
    workload = Workload(*FEW.phases, key_count=10, name=name)
    run = layered.simulate(workload, TINY)
    assert "</script><img" not in run.to_html()
    text = suites.to_text(layered.suite({name: workload}, options={"a|b": TINY}), "markdown")
    assert len(text.splitlines()) == 3
    head, rule, row = (line.count("|") - line.count("\\|") for line in text.splitlines())
    assert head == rule == row


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--suite", "--fidelity", "slices"], 2, "--suite has its own"),
        (["--suite", "--checks"], 2, "--suite has its own"),
        (["--suite", "--seed", "3"], 2, "--suite has its own"),
        (["--suite", "--out", "/none/x.md"], 1, "there is no directory /none"),
        (["simulate", "zipf", "--out", "x.md"], 2, "are of --suite"),
        (["simulate", "zipf", "--markdown"], 2, "are of --suite"),
        (["simulate", "zipf", "--html", "/none/x.html"], 1, "there is no directory /none"),
        (["simulate", "zipf", "--seed", "-1"], 2, "'-1' is no seed"),
        (["simulate", "zipf", "--seed", str(1 << 64)], 2, "is no seed"),
        (["simulate", "zipf", "--records", "0"], 2, "'0' is no count"),
        (["simulate", "zipf", "--set", "history_s=nan"], 1, "history_s"),
        (["simulate", "zipf", "--set", "fanout"], 1, "fanout: int is due"),
    ],
)
def test_what_the_command_would_not_do_it_refuses(run, arguments, code, said):
    """At once: each of the runs would take long."""
    found, out, err = run("layered", *arguments)
    assert (found, out) == (code, "")
    assert said in err


def test_a_file_that_is_no_workload_is_named(run, tmp_path):
    given = tmp_path / "binary"
    given.write_bytes(b"\xff\xfe\x00")
    code, _, err = run("layered", "simulate", str(given))
    assert (code, err) == (1, f"lsmkit: {given} is no workload's text: it is not UTF-8\n")
