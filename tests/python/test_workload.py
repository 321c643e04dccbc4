"""Workloads as values: there and back as text, checked, and the same on both sides of the house."""

import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import InvalidArgument, Phase, Workload, choices, workloads

KINDS = [
    choice
    for base in (choices.Keys, choices.KeyEncoding, choices.Size, choices.Rate)
    for choice in base.__subclasses__()
]


def spelled(kind, default):
    """The line of a choice, all fields by default, as the compiled module spells it."""
    base = kind.__mro__[1]
    field = {
        choices.Keys: "keys",
        choices.KeyEncoding: "encoding",
        choices.Size: "value_bytes",
        choices.Rate: "rate",
    }[base]
    more = " ids=0" if kind is workloads.Trace else ""
    line = f"{field} {kind.kind}{more}\n"
    text = (line if field == "encoding" else "") + "phase run\nmix put=1\n"
    return Workload.from_text(text + (line if field != "encoding" else "")), field


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_defaults_are_those_of_the_engine(kind):
    workload, field = spelled(kind, None)
    found = workload.encoding if field == "encoding" else getattr(workload.phases[0], field)
    assert found == (kind((0,)) if kind is workloads.Trace else kind())


def test_a_phase_left_out_is_the_engines_default():
    phase = Workload.from_text("phase run\nmix put=1\n").phases[0]
    assert phase == Phase(ops=1_000_000)
    head = Workload.from_text("phase run\nmix put=1\n")
    assert (head.key_count, head.seed, head.name) == (1_000_000, 1, "workload")
    assert head.encoding == workloads.Decimal()


sizes = st.one_of(
    st.integers(0, 10_000).map(workloads.Constant),
    st.builds(workloads.UniformSize, least=st.integers(0, 100), most=st.integers(100, 10_000)),
    st.builds(workloads.Lognormal, median=st.floats(1, 1e6), sigma=st.floats(0, 5)),
)
keys = st.one_of(
    st.sampled_from(
        [workloads.Uniform(), workloads.Sequential(), workloads.Queue(), workloads.Window()]
    ),
    st.builds(workloads.Zipf, theta=st.floats(0, 5), scattered=st.booleans()),
    st.builds(workloads.Trace, ids=st.lists(st.integers(0, 99), min_size=1).map(tuple)),
)
rates = st.one_of(
    st.just(workloads.ClosedLoop()),
    st.floats(1e-3, 1e9).map(workloads.ConstantRate),
    st.builds(workloads.Sine, mean_per_s=st.floats(10, 1e6), amplitude_per_s=st.floats(0, 10)),
)
phases = st.builds(
    Phase,
    name=st.text(min_size=1, max_size=20),
    mix=st.dictionaries(
        st.sampled_from(["put", "get", "delete", "scan", "insert"]),
        st.floats(0.001, 1e9),
        min_size=1,
    ).map(lambda mix: {**mix, "put": 1.0}),
    keys=keys,
    value_bytes=sizes,
    compressed_share=st.floats(0, 1),
    batch_ops=st.integers(1, 1000),
    rate=rates,
    rate_in_bytes=st.booleans(),
    ops=st.integers(1, 10**15),
)


@given(st.lists(phases, min_size=1, max_size=3), st.integers(0, 2**64 - 1), st.text(max_size=20))
def test_w4_2_a_workload_and_its_text_are_the_same_thing(some, seed, name):
    workload = Workload(*some, key_count=1000, seed=seed, name=name)
    again = Workload.from_text(workload.to_text())
    assert again == workload
    assert again.to_text() == workload.to_text()
    assert pickle.loads(pickle.dumps(workload)) == workload
    assert hash(again) == hash(workload)


@pytest.mark.parametrize(
    "workload",
    [
        *(workloads.ycsb(letter, keys=100, ops=1000) for letter in "abcdef"),
        workloads.db_bench("overwrite", num=100),
        workloads.mixgraph("prefix_dist", keys=1000, ops=100),
        workloads.queues(queue_count=2, backlog=10, ops=100),
        workloads.time_series(series_count=5, points_per_s=10, ttl_s=60, duration_s=100),
        workloads.bursts(keys=100, base_bytes_per_s=1e6, duration_s=30),
        Workload.overwrites(keys=100, times=2.5, chosen=workloads.Zipf(theta=0.8)),
    ],
    ids=lambda workload: workload.name,
)
def test_named_workloads_are_plain_values(workload):
    assert Workload.from_text(str(workload)) == workload
    assert workload.name in repr(workload)
    assert workload.with_seed(7).seed == 7
    assert workload.with_seed(7).phases == workload.phases


def test_a_trace_and_bytes_in_a_prefix_survive():
    workload = Workload(
        Phase(keys=workloads.Trace((5, 0, 5)), ops=3),
        key_count=6,
        encoding=workloads.Composite(prefix=b"\xff\x00", group_count=3),
    )
    again = Workload.from_text(workload.to_text())
    assert again.phases[0].keys.ids == (5, 0, 5)
    assert again.encoding.prefix == b"\xff\x00"


def test_op_counts():
    assert Workload.overwrites(keys=100, times=2).op_count() == 300
    assert Workload(Phase(seconds=2)).op_count() == 2_000_000  # a microsecond each
    assert Workload(Phase(bytes=1000)).op_count() is None


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Phase(), "0 of ops, bytes and seconds"),
        (lambda: Phase(ops=1, seconds=1), "2 of ops, bytes and seconds"),
        (lambda: Workload(), "there is none"),
        (lambda: Workload(Phase(ops=1), key_count=0), "key_count"),
        (lambda: Workload(Phase(ops=1), seed=-1), "seed"),
        (lambda: Workload(Phase(ops=1, mix={"push": 1})), "push"),
        (lambda: Workload(Phase(ops=1, mix={"put=1 get": 1})), "no kind of operation"),
        (lambda: Workload(Phase(ops=1, mix={})), "no operation has a weight"),
        (lambda: Workload(Phase(ops=1, value_bytes=-1)), "value_bytes"),
        (lambda: Workload(Phase(ops=1, keys=workloads.Zipf(theta=9))), "theta"),
        (lambda: Workload(Phase(ops=1, rate=float("nan"))), "nan"),
        (lambda: Workload(Phase(ops=1, compressed_share=2)), "compressed_share"),
        (lambda: Workload.from_text("phase run\nmix put=1\nkeys zip\n"), "zip"),
        (lambda: workloads.ycsb("z", keys=1, ops=1), "a b c d e f"),
        (lambda: workloads.ycsb("", keys=1, ops=1), "a b c d e f"),
        (lambda: workloads.db_bench("fillall", num=1), "fillall"),
    ],
)
def test_bad_workloads_are_refused_with_a_reason(make, told):
    with pytest.raises(InvalidArgument, match=told):
        make()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Workload("load"), "phases are due"),
        (lambda: Workload(Phase(ops=1, keys="zipf")), "kinds of Keys"),
        (lambda: Workload(Phase(ops=1, keys=workloads.Pareto())), "kinds of Keys"),
        (lambda: Workload(Phase(ops="many")), "a number is due"),
        (lambda: Workload(Phase(ops=1), name=5), "name: str is due"),
        (lambda: Workload.from_text(b""), "str is due"),
    ],
)
def test_values_of_another_type_are_refused(make, told):
    with pytest.raises(TypeError, match=told):
        make()


def test_workloads_cannot_be_changed():
    workload = Workload.overwrites(keys=10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        workload.seed = 2
    with pytest.raises(TypeError):
        workload.phases[0].mix["get"] = 1


# -- On an open database ---------------------------------------------------------------------------


def test_w4_2_the_same_workload_drives_an_engine(path):
    workload = workloads.ycsb("a", keys=500, ops=2000)
    told = []
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        driven = lsmkit.drive(db, workload, progress=lambda done, total: told.append(total))
        assert len(db) == 500
        assert db.stats().counters.puts == 500 + driven.ops_by_kind["put"] - 500
        again = lsmkit.drive(db, workloads.ycsb("e", keys=500, ops=50))
    assert driven.ops == 2500
    assert driven.ops_by_kind["put"] + driven.ops_by_kind["get"] == 2500
    assert driven.found == driven.ops_by_kind["get"]
    assert again.scanned > 500
    assert told[0] == 2500


def test_a_simulation_and_an_engine_put_the_same(path):
    workload = workloads.mixgraph("all_dist", keys=500, ops=3000)
    workload = Workload(
        workload.phases[0],
        dataclasses.replace(workload.phases[1], rate=workloads.ClosedLoop()),
        key_count=500,
        encoding=workload.encoding,
    )
    run = lsmkit.simulate(workload, lsmkit.Options.small())
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        lsmkit.drive(db, workload)
        counted = db.stats().counters
    for name in ("puts", "deletes", "user_weight", "user_key_bytes", "user_value_bytes"):
        assert getattr(counted, name) == getattr(run.counters, name), name


def test_a_drive_ends_when_progress_raises(path):
    def stop(done, total):
        raise RuntimeError("enough")

    with lsmkit.open(path, lsmkit.Options.small()) as db:
        with pytest.raises(RuntimeError, match="enough"):
            lsmkit.drive(db, Workload.overwrites(keys=100), progress=stop)
        db[b"k"] = b"still works"


def test_a_drive_refuses_what_it_cannot_do(path):
    with lsmkit.open(path) as db:
        with pytest.raises(TypeError, match="a Workload is due"):
            lsmkit.drive(db, "overwrites")
        series = workloads.time_series(series_count=5, points_per_s=10, ttl_s=60, duration_s=100)
        with pytest.raises(InvalidArgument, match="ttl_s"):
            lsmkit.drive(db, series)
