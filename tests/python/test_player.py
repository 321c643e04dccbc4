"""The player's data: every state that it holds is one that was, thinned or not, of runs and DBs."""

import html
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import lsmkit
from lsmkit.player.data import NEVER, history_of
from lsmkit.player.encode import encode
from lsmkit.player.module import PARTS, module_text
from lsmkit.player.pack import unpacked
from lsmkit.player.page import page_text
from lsmkit.player.targets import targets_of
from lsmkit.player.thin import thinned
from lsmkit.testing import MemoryDisk

HOSTILE = b"</script><img src=x onerror=\"document.title='owned'\">\x00\xff\\'"


def simulated(**options):
    workload = lsmkit.Workload.overwrites(keys=20_000, times=3)
    return lsmkit.simulate(workload, lsmkit.Options.small(**options))


RUNS = {
    "hybrid": lambda: simulated(),
    "leveled": lambda: simulated(layout="leveled", fanout=4.0),
    "tiered": lambda: simulated(layout="tiered"),
    "lazy_leveled": lambda: simulated(layout="lazy_leveled"),
    "moves": lambda: lsmkit.simulate(
        lsmkit.Workload(
            lsmkit.Phase(keys=lsmkit.workloads.Sequential(), ops=60_000), key_count=60_000
        ),
        lsmkit.Options.small(layout="leveled"),
    ),
    "timed": lambda: lsmkit.simulate(
        lsmkit.Workload.overwrites(keys=10_000, times=2),
        lsmkit.Options.small(layout="leveled"),
        machine=lsmkit.Device(transfer_bytes_per_s=5e6, latency_us=100),
    ),
    "drawn": lambda: lsmkit.simulate(
        lsmkit.Workload.overwrites(keys=20_000, times=3),
        lsmkit.Options.small(layout="leveled"),
        fidelity="drawn",
    ),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request):
    return RUNS[request.param]()


def standing(columns, state):
    """Rows of tables that stand in a state, as (level, number, weight)."""
    rows = np.flatnonzero((columns["table born"] <= state) & (columns["table died"] > state))
    names = ("table level", "table number", "table weight")
    return sorted(zip(*(columns[name][rows].tolist() for name in names), strict=True))


def truly(run, event):
    """The same, by the run's own frame."""
    frame = run.tables(at=event)
    return sorted(
        zip(*(frame[name].tolist() for name in ("level", "number", "weight")), strict=True)
    )


def sampled(run, count=15):
    numbers = run.events()["number"].tolist()
    return [*numbers[:: max(1, len(numbers) // count)], numbers[-1]]


def test_every_state_is_the_one_that_was(run):
    _, columns = unpacked(encode(run))
    numbers = run.events()["number"].tolist()
    for event in sampled(run):
        assert standing(columns, numbers.index(event) + 1) == truly(run, event)
    assert standing(columns, 0) == []


def test_thinned_states_are_true_and_sums_are_kept(run):
    header, columns = unpacked(encode(run, steps=37))
    numbers = columns["event number"].tolist()
    assert header["events"] == len(run.events())
    assert header["steps"] == len(numbers) == min(37, len(run.events()))
    for step, event in enumerate(numbers, 1):
        if step % 6 == 0 or step == len(numbers):
            assert standing(columns, step) == truly(run, event)
    assert int(columns["event merged"].sum()) == len(run.events())
    for kind in ("flush", "compaction", "trivial move"):
        counted = int(columns[f"event merged {kind}"].sum())
        assert counted == len(run.events().filter(kind=kind))
    written = run.events()["written_weight"].sum()
    assert columns["event written_weight"].sum() == written


def test_a_part_of_the_events_begins_with_what_stood_then(run):
    numbers = run.events()["number"].tolist()
    first, last = numbers[len(numbers) // 3], numbers[2 * len(numbers) // 3]
    _, columns = unpacked(encode(run, start=first, end=last))
    assert standing(columns, 0) == truly(run, numbers[numbers.index(first) - 1])
    assert standing(columns, len(columns["event number"])) == truly(run, last)
    assert (
        columns["event number"].tolist() == numbers[numbers.index(first) : numbers.index(last) + 1]
    )


def test_targets_are_those_of_the_run_at_its_end(run):
    states, targets = targets_of(history_of(run), run.options)
    assert states.tolist() == list(range(len(run.events()) + 1))
    levels = {row["level"]: row for row in run.levels() if row["level"] is not None}
    told = {level: row["target_weight"] or 0 for level, row in levels.items()}
    assert {level: targets[-1][level] for level in told} == told


def test_targets_on_the_way_are_those_of_the_run_at_that_moment():
    workload = lsmkit.Workload.overwrites(keys=20_000, times=1)
    simulation = lsmkit.Simulation(workload, lsmkit.Options.small(layout="leveled", fanout=4.0))
    seen = {}
    while simulation.step():
        now = simulation.result()
        seen[len(now.events())] = {
            row["level"]: row["target_weight"] or 0
            for row in now.levels()
            if row["level"] is not None
        }
    _, targets = targets_of(history_of(simulation.result()), simulation.options)
    assert len(seen) > 50
    for state, told in seen.items():
        assert {level: targets[state][level] for level in told} == told


def test_figures_are_those_of_the_series_as_of_each_event():
    run = RUNS["timed"]()
    _, columns = unpacked(encode(run))
    series = run.series()
    steps = np.searchsorted(columns["event number"], series["event"])
    for name in ("write_amp_weight", "space_amp", "run_count", "user_bytes"):
        assert np.allclose(columns[f"figure {name}"][steps], series[name].astype(float))
    timeline = run.timeline()
    late = columns["event time_us"] >= timeline["time_us"][1]
    first = int(np.argmax(late))
    assert columns["figure debt_weight"][first] == pytest.approx(timeline["debt_weight"][1])
    assert timeline["debt_weight"][1] > 0


def test_read_amplification_over_time_is_among_the_figures():
    """W4.13: tables probed per get, event by event."""
    workload = lsmkit.Workload.overwrites(keys=20_000, times=3, mix={"put": 1, "get": 1})
    run = lsmkit.simulate(workload, lsmkit.Options.small())
    _, columns = unpacked(encode(run))
    series = run.series()
    told = columns["figure read_amp"][np.searchsorted(columns["event number"], series["event"])]
    known = np.ma.filled(series["read_amp"].astype(float), np.nan)
    assert np.allclose(told, known, equal_nan=True)
    assert 1 < np.nanmax(known) < 10


def test_a_database_with_a_bounded_history_is_played_from_what_is_kept():
    with MemoryDisk().open("/db", lsmkit.Options.small(background="inline")) as db:
        for number in range(60_000):
            db[b"key%05d" % (number * 7919 % 20_000)] = b"value" * 9
        header, columns = unpacked(encode(db))
        numbers = db.events()["number"].tolist()
        for event in sampled(db):
            assert standing(columns, numbers.index(event) + 1) == truly(db, event)
        assert header["options"]["layout"] == "hybrid"
        last = db.tables()
        assert {n for _, n, _ in standing(columns, len(numbers))} == set(last["number"].tolist())


def test_a_database_that_is_written_meanwhile_is_played_up_to_some_event(tmp_path):
    stop = threading.Event()

    def write(db):
        number = 0
        while not stop.is_set():
            db[b"key%05d" % (number * 7919 % 20_000)] = b"value" * 9
            number += 1

    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as db:
        for number in range(5000):
            db[b"key%05d" % number] = b"value" * 9
        thread = threading.Thread(target=write, args=(db,))
        thread.start()
        try:
            encoded = {}
            while len(encoded) < 8:  # at as many moments
                data = encode(db)
                encoded[unpacked(data)[0]["events"]] = data
        finally:
            stop.set()
            thread.join()
        series = db.series()
        counts = dict(zip(series["event"].tolist(), series["table_count"].tolist(), strict=True))
    for data in encoded.values():
        _, columns = unpacked(data)
        numbers = columns["event number"].tolist()
        for step, number in enumerate(numbers, 1):
            if number in counts:
                assert len(standing(columns, step)) == counts[number]


def test_tables_older_than_the_first_event_stand_from_the_beginning(tmp_path):
    """After a reopen, events of before may be gone; what stood then has no birth."""
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small(background="inline")) as db:
        for number in range(20_000):
            db[b"key%05d" % number] = b"value" * 9
    for events in (tmp_path / "db").glob("*.events"):
        events.unlink()
    with lsmkit.open(tmp_path / "db", background="inline") as db:
        for number in range(9_000):
            db[b"key%05d" % number] = b"other" * 9
        _, columns = unpacked(encode(db))
        assert len(standing(columns, 0)) > 5
        final = {number for _, number, _ in standing(columns, len(columns["event number"]))}
        assert final == set(db.tables()["number"].tolist())


def test_no_byte_of_a_key_or_a_name_stands_in_the_page(tmp_path):
    """`</script><img onerror=...>` as a key, a path and a workload."""
    with MemoryDisk().open("/db", lsmkit.Options.small()) as db:
        for number in range(30_000):
            db[HOSTILE + b"%05d" % number] = HOSTILE
        db.flush()
        page = db.to_html()
        _, columns = unpacked(encode(db))
        assert HOSTILE[:20] in columns["keys"].tobytes()
    workload = lsmkit.Workload.overwrites(keys=2000, times=1)
    named = lsmkit.Workload(*workload.phases, key_count=2000, name="<img/src=x/onerror=alert(1)>")
    other = lsmkit.simulate(named, lsmkit.Options.small()).to_html()
    for text in (page, other):
        assert "onerror" not in text.replace(html.escape(named.name), "")
        assert "<img" not in text
        assert len(re.findall("</script", text)) == 4
    shown = lsmkit.simulate(named, lsmkit.Options.small()).show()._repr_html_()
    assert shown.count("<") == 2  # the frame's


def test_a_page_fits_where_it_should_and_says_what_does_not():
    workload = lsmkit.Workload.overwrites(keys=20_000, times=20)
    run = lsmkit.simulate(workload, lsmkit.Options.small(layout="leveled", fanout=4.0))
    whole, empty = run.to_html(), len(page_text(b"", title=""))
    for share in (0.9, 0.6, 0.3):
        bound = int(empty + share * (len(whole) - empty))
        small = run.to_html(max_bytes=bound)
        assert 0.7 * bound < len(small) <= bound
    with pytest.raises(lsmkit.InvalidArgument, match="give more, or fewer events"):
        run.to_html(max_bytes=empty + 100)


def test_what_a_cell_stores_beside_the_data_is_small():
    assert len(page_text(b"", title="")) < 40_000


def test_what_can_not_be_played_says_so():
    workload = lsmkit.Workload.overwrites(keys=2000, times=1)
    silent = lsmkit.simulate(workload, lsmkit.Options.small(), keep_events=False)
    with pytest.raises(lsmkit.InvalidArgument, match="keep_events"):
        silent.to_html()
    run = lsmkit.simulate(workload, lsmkit.Options.small())
    with pytest.raises(lsmkit.InvalidArgument, match="kept are 1 to"):
        run.to_html(start=10_000)
    with pytest.raises(lsmkit.InvalidArgument, match="one run or two"):
        lsmkit.Player(run, run, run)
    with pytest.raises(TypeError, match="str"):
        lsmkit.Player("run")


def test_the_module_is_one_text_that_imports_nothing_and_asks_no_network():
    text = module_text()
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert re.findall(r"https?://[^\s\"'`]+", text) == ["http://www.w3.org/2000/svg"]
    assert "innerHTML" not in text
    assert len(PARTS) == len(set(PARTS))


def test_importing_lsmkit_loads_nothing_of_the_servers_or_widgets(run_python):
    done = run_python("import sys, lsmkit; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert not loaded & {"http.server", "anywidget", "traitlets", "socketserver", "webbrowser"}


def test_the_widget_has_the_data_and_a_table_where_no_kernel_is():
    pytest.importorskip("anywidget")
    run = simulated()
    code = "import warnings; warnings.simplefilter('ignore'); import anywidget"
    subprocess.run([sys.executable, "-c", code], check=True)  # it may warn of its own imports
    widget = lsmkit.Player(run).widget()
    bundle = widget._repr_mimebundle_()
    told = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in told
    assert "L6" in told["text/html"]
    size = int.from_bytes(widget.runs[:8], "little")
    _, columns = unpacked(widget.runs[8 : 8 + size])
    assert standing(columns, len(columns["event number"])) == truly(run, sampled(run)[-1])


def test_a_merge_of_steps_keeps_what_never_died():
    history = history_of(simulated())
    thin = thinned(history, 10)
    assert (thin.died == NEVER).sum() == (history.died == NEVER).sum()
    assert thin.steps == 10


def test_a_widget_of_a_tree_too_large_for_a_short_page_falls_back_on_its_picture(monkeypatch):
    pytest.importorskip("anywidget")
    from lsmkit.player import widget

    run = lsmkit.simulate(lsmkit.Workload.overwrites(keys=3000, times=2), lsmkit.Options.small())
    assert "<iframe" in lsmkit.Player(run).widget().fallback
    monkeypatch.setattr(widget, "FALLBACK_BYTES", 20_000)
    assert lsmkit.Player(run).widget().fallback == run._repr_html_()
