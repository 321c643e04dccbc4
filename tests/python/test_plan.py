"""Versions as text, plans explained: what tests, bug reports and notebooks need of the planner."""

import errno
import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsmkit
from lsmkit import InvalidArgument, Options, Version
from lsmkit.testing import MemoryDisk

# Levels of a few kilobytes, sized from the top.
OPTIONS = Options.rocksdb(memtable_bytes=1024, table_bytes=1024, base_bytes=4096)
TREE = """
    L0 #9 ape..zoo weight=250 entries=9 seqnos=31..40
    L0 #8 ape..zoo weight=250 entries=9 seqnos=21..30
    L1 #3 a..c     weight=3000
    L1 #4 d..f     weight=1500
    L2 #1 a..b     weight=900
    L2 #2 e..g     weight=6000
"""


def numbers(*jobs):
    """The numbers of tables #7, #8 ... as frames and plans give them."""
    return tuple(job << 28 for job in jobs)


# -- Versions --------------------------------------------------------------------------------------


def test_a_version_and_its_text_are_the_same_thing():
    version = Version.from_text(TREE)
    assert (
        version.to_text()
        == str(version)
        == "".join(" ".join(line.split()) + "\n" for line in TREE.strip().split("\n"))
    )
    assert Version.from_text(str(version)) == version
    assert pickle.loads(pickle.dumps(version)) == version
    assert len({version, Version.from_text(TREE), Version()}) == 2
    assert version != TREE
    assert (version.table_count, version.run_count, version.weight) == (6, 4, 11900)
    assert repr(version) == "<lsmkit.Version: 6 tables, weight 11.6 KiB: L0 2, L1 2, L2 2>"
    assert repr(Version()) == "<lsmkit.Version: 0 tables, weight 0 B>"
    version.check()


def test_a_version_shows_the_frames_of_a_database(path):
    with lsmkit.open(path, Options.small(), background="inline") as db:
        for number in range(9000):
            db[b"%06d" % (number * 7919 % 6000)] = b"value" * 12
        version = db.version()
        assert Version.from_text(version.to_text()) == version
        assert version.tables().rows() == db.tables().rows()
        assert version.levels(db.options).rows() == db.levels().rows()[1:]
        unscored = version.levels()
        assert unscored.columns == db.levels().columns
        assert unscored.column("target_weight").null_count == len(unscored)
        assert unscored.column("score").null_count == len(unscored)
        before = str(version)
        db.compact_range()
        assert str(version) == before != str(db.version())


@given(
    st.dictionaries(st.binary(max_size=5), st.integers(0, 2**60), min_size=1, max_size=20),
    st.integers(0, 6),
)
def test_versions_of_any_keys_read_back(keys, level):
    """Tables of one key each; the keys of every byte there is."""
    text = "".join(
        f"L{level} run=7 #{number} {key}..{key} weight={weight}\n"
        for number, (key, weight) in enumerate(
            ("".join(f"\\x{byte:02x}" for byte in key), weight)
            for key, weight in sorted(keys.items())
        )
    )
    version = Version.from_text(text)
    assert version.tables().column("smallest_key").to_list() == sorted(keys)
    assert Version.from_text(str(version)) == version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("L1 #1 a..b\nL1 #2 x\n", "line 2 .*'x' is no range of keys"),
        ("\n\nL1 a..b weight=1\n", "line 3 .*'a..b' is no table number"),
        ("L1 #1 a..b wieght=1", "line 1 .*'wieght=1' is no field of a table"),
        ("L1 #1 a..b weight=-1", "line 1 .*'-1' is no number"),
        ("L99 #1 a..b", "line 1 .*too deep a level"),
        ("# a comment", "line 1 .*does not begin with a level"),
        ("L1 #1", "line 1 .*a number and a range"),
        ("L1 #1 b..a", "upside down"),
        ("L1 #1 a..c\nL1 #2 b..d", "tables #1 and #2 overlap"),
        ("L1 #1 a..c\nL2 #1 b..d", "one table number twice"),
        ("L1 #1 a..\\xzz", "line 1 .*is no hex"),
        ("L1 " + "x" * 100_000, "line 1 "),
    ],
)
def test_a_text_that_is_no_version_says_which_line_and_why(text, message):
    with pytest.raises(InvalidArgument, match=message) as caught:
        Version.from_text(text)
    assert len(str(caught.value)) < 300


def test_sixteen_thousand_tables_are_quick():
    text = "".join(f"L6 #{n + 1} {n:06}a..{n:06}z weight=1000\n" for n in range(16_384))
    begun = time.perf_counter()
    version = Version.from_text(text)
    assert version.to_text() == text
    assert lsmkit.plan(version).plan is None
    assert time.perf_counter() - begun < 2  # 0.1 s on an idle machine


def test_what_is_no_text_is_a_type_error():
    with pytest.raises(TypeError, match="str is due, not bytes"):
        Version.from_text(b"L1 #1 a..b")
    with pytest.raises(TypeError, match="a Version, text or DB is due, not int"):
        lsmkit.plan(7)


# -- Plans -----------------------------------------------------------------------------------------


def test_w4_3_a_plan_says_level_sources_target_and_what_it_beat():
    why = lsmkit.plan(TREE, OPTIONS)
    plan = why.plan
    assert plan is not None
    assert (plan.job, plan.reason, plan.trivial_move) == (10, "level full", False)
    assert plan.inputs == {1: numbers(3), 2: numbers(1)}
    assert plan.table_count == 2
    assert plan.output_level == 2
    assert (plan.smallest_key, plan.largest_key) == (b"a", b"c")
    assert (plan.input_weight, plan.expected_weight) == (3900, 3900)
    assert plan.cut_target_weight == OPTIONS.table_bytes
    assert plan.cut_max_weight <= 2 * OPTIONS.table_bytes
    assert [(other.level, other.why) for other in plan.runners_up] == [
        (0, "it is not due"),
        (2, "it is not due"),
    ]
    assert str(plan).startswith("job 10: level full, score 1.10, keys 'a' to 'c'\n")
    assert repr(plan).startswith("Plan(job=10, reason='level full', ")


def test_w4_6_scores_and_targets_of_every_level_and_the_highest_goes_first():
    why = lsmkit.plan(TREE, OPTIONS)
    assert why.scores == pytest.approx(
        {0: 2 / 4, 1: 4500 / 4096, 2: 6900 / 40960, 3: 0, 4: 0, 5: 0, 6: 0}
    )
    assert why.targets == {level: 4096 * 10 ** (level - 1) for level in range(1, 7)}
    assert why.base_level == 1
    rows = {row["level"]: row for row in why.frame}
    assert [level for level, row in rows.items() if row["due"]] == [1]
    assert [level for level, row in rows.items() if row["chosen"]] == [1]
    assert rows[0]["why"] == "2 runs of 4, 500 B of 4.0 KiB"
    assert rows[1]["why"] == "level full; 404 B above its target"
    assert rows[2]["why"] == "33.3 KiB below its target"
    assert rows[3]["why"] == "it is empty"
    # L0 counts runs or weight, whichever says more.
    heavy = lsmkit.plan("L0 #9 a..z weight=8192 seqnos=1..9", OPTIONS)
    assert heavy.scores[0] == 2


def test_the_tables_that_lost_are_told_with_what_they_would_have_cost():
    why = lsmkit.plan(TREE, OPTIONS)
    assert why.candidates["number"].tolist() == list(numbers(3, 4))
    assert why.candidates["overlap_weight"].tolist() == [900, 6000]
    assert why.candidates["overlap_ratio"].tolist() == [0.3, 4.0]
    assert why.candidates["chosen"].tolist() == [True, False]
    assert why.candidates["why"].tolist() == ["picked", "comes later"]


def test_no_plan_is_explained_as_well():
    why = lsmkit.plan("L1 #3 a..c weight=3000", OPTIONS)
    assert why.plan is None
    assert str(why).startswith("nothing is due\n")
    assert "L1: score 0.73, 1.1 KiB below its target" in str(why)
    assert lsmkit.plan(Version()).plan is None


def test_a_damaged_table_blocks_and_is_named():
    tree = Version.from_text(TREE)
    for damaged in (["#3"], [numbers(3)[0]], tree.tables()["number"][2:3]):
        why = lsmkit.plan(tree, OPTIONS, damaged=damaged)
        assert why.plan is not None
        assert why.plan.inputs == {1: numbers(4), 2: numbers(2)}
        assert why.candidates["why"].tolist() == ["table #3 is damaged", "picked"]
    why = lsmkit.plan(tree, OPTIONS, damaged=["#3", "#2"])
    assert why.plan is None
    assert str(why).startswith("nothing can run now\n")
    assert why.frame.filter(level=1)[0]["why"] == "due, but table #3 is damaged"
    assert why.bounds == ("2 damaged tables and what lies above stay: #3 #2",)


def test_jobs_in_flight_are_not_weighed_and_keep_others_away():
    first = lsmkit.plan(TREE, OPTIONS).plan
    assert first is not None
    why = lsmkit.plan(TREE, OPTIONS, in_flight=[first])
    assert why.plan is None
    assert why.scores[1] == 1500 / 4096
    assert why.frame.filter(level=1)[0]["busy_weight"] == 3000
    assert why.bounds == ("job 10 compacts 2 tables into L2, keys 'a' to 'c'",)
    full = lsmkit.plan(TREE, OPTIONS.replace(base_bytes=1024), in_flight=[first])
    assert full.plan is not None
    assert full.plan.job == 11


def test_slots_and_disk_space_bound_what_runs():
    tree = "L1 #3 a..c weight=9000 file_bytes=700\nL2 #1 a..c weight=1 file_bytes=50"
    assert lsmkit.plan(tree, OPTIONS, free_slots=0).bounds == ("no background slot is free",)
    assert lsmkit.plan(tree, OPTIONS, free_bytes=750).plan is not None
    why = lsmkit.plan(tree, OPTIONS, free_bytes=749)
    assert why.plan is None
    assert why.bounds == ("it may take 750 bytes of disk, and 749 are free",)


def test_a_pin_keeps_a_tombstone_from_being_worth_a_merge():
    tree = "L1 #3 a..c weight=9000 entries=9 tombstones=3 seqnos=5..9"
    free = lsmkit.plan(tree, OPTIONS).plan
    pinned = lsmkit.plan(tree, OPTIONS, pinned_seqnos=[4]).plan
    young = lsmkit.plan(tree, OPTIONS, history_floor=4).plan
    assert free is not None
    assert pinned is not None
    assert young is not None
    assert not free.trivial_move  # merged, so that what was deleted goes
    assert pinned.trivial_move  # nothing could go yet
    assert young.trivial_move


def test_arguments_out_of_range_are_named():
    for keyword in ("free_slots", "free_bytes", "history_floor"):
        with pytest.raises(InvalidArgument, match=f"{keyword}: -1 found"):
            lsmkit.plan(TREE, OPTIONS, **{keyword: -1})
        with pytest.raises(TypeError, match=f"{keyword}: int is due, not str"):
            lsmkit.plan(TREE, OPTIONS, **{keyword: "1"})
    with pytest.raises(InvalidArgument, match="damaged: -1 found"):
        lsmkit.plan(TREE, OPTIONS, damaged=[-1])
    with pytest.raises(InvalidArgument, match="'seven' is no table number"):
        lsmkit.plan(TREE, OPTIONS, damaged=["seven"])
    assert lsmkit.plan(TREE, OPTIONS, pinned_seqnos=np.array([3], np.uint64)).plan is not None


# -- After a plan ----------------------------------------------------------------------------------


def test_a_trivial_move_is_exact():
    tree = Version.from_text("L1 #3 a..c weight=3000\nL1 #4 d..f weight=1500\nL2 #2 e..g weight=1")
    plan = lsmkit.plan(tree, OPTIONS).plan
    assert plan is not None
    assert plan.trivial_move
    assert str(tree.after(plan)) == (
        "L1 #4 d..f weight=1500\nL2 #3 a..c weight=3000\nL2 #2 e..g weight=1\n"
    )
    with pytest.raises(InvalidArgument, match="job 5 writes no tables"):
        tree.after(plan, outputs=["a..c weight=1"])
    with pytest.raises(InvalidArgument, match=r"removes table #3, which is not there"):
        tree.after(plan).after(plan)


def test_fifo_drops_the_oldest_tables_by_weight_and_by_age():
    tree = Version.from_text(
        "L0 #3 a..c weight=3000 seqnos=7..9 created_us=9000000\n"
        "L0 #2 a..c weight=3000 seqnos=4..6 created_us=5000000\n"
        "L0 #1 a..c weight=3000 seqnos=1..3 created_us=1000000"
    )
    options = OPTIONS.replace(layout="fifo", fifo_bytes=8000)
    plan = lsmkit.plan(tree, options).plan
    assert plan is not None
    assert plan.drop
    assert not plan.rewrites
    assert plan.inputs == {0: numbers(1)}
    assert tree.after(plan).table_count == 2
    aged = options.replace(fifo_bytes=1 << 20, fifo_ttl_s=3)
    assert lsmkit.plan(tree, aged).plan is None  # no time was said
    plan = lsmkit.plan(tree, aged, now_us=8_000_000).plan
    assert plan is not None
    assert (plan.reason, plan.inputs) == ("fifo age", {0: numbers(2, 1)})


@pytest.mark.parametrize("layout", ["leveled", "hybrid", "lazy_leveled", "tiered", "fifo"])
def test_every_layout_explains_itself_until_nothing_is_due(layout):
    """The tree grows by a flush at a time; whatever is planned is carried out and told."""
    options = OPTIONS.replace(layout=layout, l0_trigger_runs=3, fifo_bytes=9000)
    tree = Version()
    planned = 0
    for flush in range(1, 60):
        seqnos = f"seqnos={10 * flush}..{10 * flush + 9}"
        grown = f"{tree}L0 #{1000 * flush} a..z weight=1000 {seqnos}\n"
        tree = Version.from_text("\n".join(sorted(grown.splitlines())))
        for _ in range(20):
            why = lsmkit.plan(tree, options)
            assert all(row["why"] for row in why.frame)
            if why.plan is None:
                assert str(why).startswith("nothing is due\n")
                break
            planned += 1
            assert any(row["chosen"] for row in why.frame)
            outputs = None
            if why.plan.rewrites:
                outputs = [f"a..z weight={why.plan.input_weight} seqnos=1..{10 * flush + 9}"]
            if outputs and why.plan.output_level == 0:
                newest = max(why.plan.inputs[0])
                rows = [row for row in tree.tables() if row["number"] in why.plan.inputs[0]]
                low = min(row["smallest_seqno"] for row in rows)
                high = max(row["largest_seqno"] for row in rows)
                assert newest
                outputs = [f"a..z weight={why.plan.input_weight} seqnos={low}..{high}"]
            tree = tree.after(why.plan, outputs)
        else:
            pytest.fail(f"{layout}: 20 plans in a row\n{why}")
        tree.check()
    assert planned > 10


def test_a_merge_takes_what_it_wrote_as_lines_or_as_a_version():
    tree = Version.from_text(TREE)
    plan = lsmkit.plan(tree, OPTIONS).plan
    assert plan is not None
    rest = "".join(line + "\n" for line in str(tree).splitlines() if line.split()[1] not in "#1#3")
    lines = ["a..b weight=1900", "c..c weight=2000"]
    after = tree.after(plan, lines)
    assert after == Version.from_text(rest + "L2 #10 a..b weight=1900\nL2 #10.0.1 c..c weight=2000")
    after.check()
    written = "L2 #10 a..b weight=1900\nL2 #10.0.1 c..c weight=2000\n"
    assert tree.after(plan, written) == after
    assert tree.after(plan, Version.from_text(written)) == after
    assert tree.after(plan, ()) == Version.from_text(rest)  # all was dropped
    with pytest.raises(InvalidArgument, match="job 10 rewrites 2 tables: say what it wrote"):
        tree.after(plan)
    with pytest.raises(InvalidArgument, match="names L3; job 10 writes to L2"):
        tree.after(plan, ["L3 a..b weight=1"])
    with pytest.raises(InvalidArgument, match="overlap"):
        tree.after(plan, ["a..z weight=1"])


def test_the_cursor_of_the_round_robin_moves_on_in_the_text():
    options = OPTIONS.replace(picker="round_robin")
    tree = Version.from_text("L1 #3 a..c weight=3000\nL1 #4 d..f weight=3000\nL2 #2 a..g weight=1")
    plan = lsmkit.plan(tree, options).plan
    assert plan is not None
    after = tree.after(plan, ["a..g weight=6001"])
    assert "L1 cursor=a" in str(after)  # both went, so the next round begins
    assert Version.from_text(str(after)) == after


# -- Of a database ---------------------------------------------------------------------------------


def test_why_is_the_plan_that_the_database_makes_next(path):
    with lsmkit.open(path, Options.small(), background="inline") as db:
        for number in range(3000):
            db[b"%06d" % number] = b"value" * 12
        why = db.why()
        assert why.plan is None  # inline mode leaves nothing due
        assert lsmkit.plan(db).frame.rows() == why.frame.rows()
        assert str(lsmkit.plan(db)) in str(why)
        assert str(why).endswith("background:\n  nothing waits, nothing fails\n")
        assert repr(why) == str(why).rstrip()
        background = why.background
        assert background is not None
        assert background.compactions == ()
        assert background.sealed_memtables == background.pause_us == background.waiting_writes == 0
        low = lsmkit.plan(db, db.options.replace(l0_trigger_runs=1, layout="leveled"))
        assert low.plan is not None
        assert low.plan.reason == "L0 to base"
        assert set(low.plan.inputs[0]) <= set(db.tables()["number"].tolist())


def test_why_names_failures_that_stand():
    disk = MemoryDisk()
    with disk.open("/db", Options.small()) as db:
        db[b"key"] = b"value"
        disk.fail("close", times=None, error=errno.ENOSPC)  # of tables
        with pytest.raises(lsmkit.IOError):
            db.flush()
        background = db.why().background
        assert background is not None
        assert "No space left" in background.flush_error
        assert background.sealed_memtables == 1
        assert "flushing fails and is tried again: flush: injected: close /db/" in str(db.why())
        assert "1 sealed memtable, 16 B" in str(db.why())
        disk.heal()
        deadline = time.monotonic() + 20
        while db.why().background.flush_error and time.monotonic() < deadline:
            time.sleep(0.02)  # it is tried again by itself
        assert str(db.why()).endswith("background:\n  nothing waits, nothing fails\n")


def test_why_names_the_damaged_table_that_blocks_a_compaction():
    disk = MemoryDisk()
    with disk.open("/db", Options.small(layout="leveled"), background="inline") as db:
        for number in range(800):
            db[b"%06d" % number] = b"value" * 12
        db.flush()
        assert db.tables()["level"].tolist() == [0]
    (name,) = [name for name in disk.names("/db") if name.endswith(".table")]
    data = bytearray(disk.read(f"/db/{name}"))
    data[len(data) // 3] ^= 1
    disk.write(f"/db/{name}", bytes(data))
    with disk.open("/db", cache_bytes=0) as db:
        with pytest.raises(lsmkit.CorruptionError):
            db.compact_range()
        number = db.tables()["number"][0] >> 28
        assert db.why().bounds == (f"1 damaged table and what lies above stay: #{number}",)


def test_why_may_be_asked_by_any_thread_while_workers_run(path):
    failures, seen, stop = [], set(), threading.Event()

    def ask():
        while not stop.is_set():
            try:
                why = db.why()
                assert why.background is not None
                seen.update(job for job, _, _ in why.background.compactions)
                assert "levels (base L" in str(why)
                assert why.frame["level"].tolist() == list(range(len(why.frame)))
            except Exception as error:  # kept for the main thread
                failures.append(error)
                return

    with lsmkit.open(path, Options.small(), threads=3) as db:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(60_000):
            db[b"%06d" % (number * 7919 % 20_000)] = b"value" * 12
        db.wait_idle()
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert seen  # some were caught at work
        assert db.why().plan is None


def test_a_read_only_database_tells_why_too_and_a_closed_one_does_not(path):
    with lsmkit.open(path, Options.small()) as db:
        db[b"a"] = b"b"
    with lsmkit.open(path, read_only=True) as reader:
        assert reader.why().plan is None
        assert reader.version().table_count == 1
    for handle in (db, reader):
        with pytest.raises(lsmkit.ClosedError):
            handle.why()
        with pytest.raises(lsmkit.ClosedError):
            handle.version()


def test_keys_of_strangers_are_safe_in_a_notebook():
    key = "<script>alert(1)</script>"
    why = lsmkit.plan(f"L1 #3 {key}..{key} weight=9000", OPTIONS)
    page = why._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "verdicts" in page
    assert "candidates" in page
