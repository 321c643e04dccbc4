"""The commands sweep and tune: what they ask of the functions, what they print, how they refuse."""

import csv
import io
import json

import pytest

import lsmkit

SMALL = ("--keys", "2000", "--preset", "small")


def rows_of(output):
    return json.loads(output)


def test_w4_11_sweep_prints_what_the_function_gives(run):
    vary = ("--vary", "layout=hybrid,leveled", "--vary", "fanout=4,8")
    code, out, _ = run("sweep", "overwrites", "ycsb:a", *SMALL, *vary, "--seeds", "2", "--json")
    assert code == 0
    told = rows_of(out)
    small = lsmkit.Options.small()
    configs = {
        f"layout {layout}, fanout {fanout}": small.replace(layout=layout, fanout=fanout)
        for layout in ("hybrid", "leveled")
        for fanout in (4.0, 8.0)
    }
    workloads = {
        "overwrites": lsmkit.Workload.overwrites(keys=2000, times=4),
        "ycsb:a": lsmkit.workloads.ycsb("a", keys=2000, ops=8000),
    }
    due = lsmkit.sweep(configs, workloads, seeds=2).rows()
    assert len(told) == 16
    for row, expected in zip(told, due, strict=True):
        for name in ("wall_us", "worker"):
            del row[name], expected[name]
    assert told == due


def test_a_table_shows_what_people_compare(run):
    code, out, _ = run("sweep", "overwrites", *SMALL, "--set", "fanout=8")
    assert code == 0
    assert "1 simulation, exact" in out
    assert "small, fanout=8" in out
    assert "settled_write_amp" in out
    assert "put_p99_us" not in out
    devices = ("--device", "gp3", "--device", "hdd")
    code, out, _ = run("sweep", "overwrites", *SMALL, *devices, "--format", "markdown")
    assert code == 0
    assert "| small | overwrites | gp3 | 1 | " in out
    assert "| small | overwrites | hdd | 1 | " in out
    assert "put_p99_us" in out
    out = run("sweep", "overwrites", *SMALL, "--format", "csv")[1]
    (row,) = csv.DictReader(io.StringIO(out))
    assert list(row) == list(lsmkit.sweep(lsmkit.Options.small(), lsmkit.Workload.overwrites(
        keys=100)).columns)  # fmt: skip
    assert float(row["settled_write_amp"]) > 1


def test_configurations_come_from_a_file(run, tmp_path):
    file = tmp_path / "configs.toml"
    file.write_text(
        '[flat]\nlayout = "tiered"\nl0_trigger_runs = 4\n'
        '["two levels"]\ncompression_levels = [1, 3]\npass_through = false\n'
    )
    asked = ("sweep", "overwrites", *SMALL, "--configs", file, "--json")
    told = rows_of(run(*asked)[1])
    assert [row["config"] for row in told] == ["flat", "two levels"]
    of_file = lsmkit.Options.small(compression_levels=(1, 3), pass_through=False)
    due = lsmkit.sweep(of_file, lsmkit.Workload.overwrites(keys=2000, times=4))
    assert told[1]["key"] == due["key"][0]
    told = rows_of(run(*asked, "--vary", "fanout=4,8")[1])
    assert [row["config"] for row in told] == [
        "flat, fanout 4.0", "flat, fanout 8.0", "two levels, fanout 4.0", "two levels, fanout 8.0",
    ]  # fmt: skip


def test_rows_are_kept_and_not_made_again(run, tmp_path):
    pytest.importorskip("pyarrow")
    out = tmp_path / "rows.parquet"
    asked = ("sweep", "overwrites", *SMALL, "--out", out, "--json")
    first = rows_of(run(*asked, "--vary", "fanout=4")[1])
    both = rows_of(run(*asked, "--vary", "fanout=4,8")[1])
    assert both[0] == first[0]  # as long as it took then, too
    anew = rows_of(run(*asked, "--vary", "fanout=4,8", "--anew")[1])
    assert anew[0]["wall_us"] != both[0]["wall_us"]


def test_processes_make_the_same_rows(run):
    asked = ("sweep", "overwrites", *SMALL, "--vary", "fanout=4,6,8", "--json")
    here, there = (rows_of(run(*asked, "--jobs", jobs)[1]) for jobs in ("1", "2"))
    assert {row["worker"] for row in here}.isdisjoint({row["worker"] for row in there})
    for row in [*here, *there]:
        del row["wall_us"], row["worker"]
    assert here == there


def test_what_cannot_be_simulated_is_exit_code_1_and_the_rest_is_told(run, tmp_path):
    file = tmp_path / "expiring.workload"
    file.write_text(lsmkit.Workload(lsmkit.Phase(ops=10, ttl_s=5), name="expiring").to_text())
    code, out, err = run("sweep", "overwrites", file, *SMALL)
    assert code == 1
    assert "2 simulations" in out
    assert "ttl_s" in err
    assert err.count("lsmkit: ") == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("no_such_workload",), "is no workload"),
        (("overwrites", "overwrites"), "named twice"),
        (("overwrites", "--vary", "layuot=leveled"), "did you mean layout"),
        (("overwrites", "--vary", "layout"), "OPTION=VALUE is due"),
        (("overwrites", "--vary", "layout=flat,leveled"), "flat"),
        (("overwrites", "--vary", "fanout=4,many"), "a number is due"),
        (("overwrites", "--vary", "fanout=4,4.0"), "named twice"),
        (("overwrites", "--vary", "compression_levels=1,2"), "--configs"),
        (("overwrites", "--vary", "pass_through=yes"), "true or false"),
        (("overwrites", "--configs", "none.toml"), "No such file"),
        (("overwrites", "--seed", "3", "--seeds", "3"), "--seed is one"),
        (("overwrites", "--anew"), "--out"),
        (("overwrites", "--jobs", "0"), "1 or more"),
    ],
)
def test_sweep_refuses_what_makes_no_sense(run, wrong, told):
    code, out, err = run("sweep", *wrong)
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fanout = 4", "a table for each"),
        ("", "a table for each"),
        ("[a", "configs.toml"),
        ("[a]\nlayuot = 'flat'", "did you mean layout"),
        ("[a]\nlayout = 3", "[a]"),
        ("[a]\nfanout = {}", "a number is due"),
    ],
)
def test_a_file_of_configurations_is_refused_with_its_name(run, tmp_path, text, told):
    file = tmp_path / "configs.toml"
    file.write_text(text)
    code, _, err = run("sweep", "overwrites", "--configs", file)
    assert code == 2
    assert told in err
    assert "configs.toml" in err


def test_modes_of_sync_have_commas_of_their_own(run):
    asked = ("sweep", "overwrites", *SMALL, "--vary", "sync=none,hybrid(10, 100),always", "--json")
    told = rows_of(run(*asked)[1])
    assert [row["config"] for row in told] == ["sync none", "sync hybrid(10, 100)", "sync always"]


def test_w4_11_tune_prints_the_best_and_how_to_ask_for_it(run):
    asked = ("overwrites", "--keys", "20000", "--preset", "small")
    limited = ("--limit", "space_amp=1.3", "--search", "layout=leveled,hybrid", "--finalists", "2")
    code, out, _ = run("tune", *asked, *limited)
    assert code == 0
    tuning = lsmkit.tune(
        lsmkit.Workload.overwrites(keys=20_000, times=4),
        limits={"space_amp": 1.3},
        search={"layout": ("leveled", "hybrid")},
        base=lsmkit.Options.small(),
        finalists=2,
    )
    assert tuning.text in out
    arguments = out.splitlines()[-1].removeprefix("As arguments: ").split()
    again = json.loads(run("simulate", *asked[:3], *arguments, "--json")[1])
    due = lsmkit.simulate(lsmkit.Workload.overwrites(keys=20_000, times=4), tuning.options)
    assert again["summary"]["write_amp_weight"] == due.summary()[0]["write_amp_weight"]
    told = json.loads(run("tune", *asked, *limited, "--json")[1])
    assert lsmkit.Options.small(**told["options"]) == tuning.options
    assert told["limits"] == {"space_amp": 1.3}
    assert len(told["configurations"]) == len(tuning.frame)


def test_tune_reckons_money_by_its_prices(run):
    asked = ("tune", "overwrites", "--keys", "20000", "--preset", "small", "--finalists", "1")
    prices = ("--price-storage-gib", "0.08", "--price-throughput-mib-s", "0.04")
    code, out, _ = run(*asked, *prices, "--rate-user-mib-s", "40", "--minimize", "cost_per_month")
    assert code == 0
    assert "a month" in out
    code, _, err = run(*asked, *prices, "--minimize", "cost_per_month")
    assert code == 2
    assert "--rate-user-mib-s" in err


@pytest.mark.parametrize(
    ("wrong", "code", "told"),
    [
        ((), 2, "WORKLOAD"),
        (("overwrites", "--limit", "space=1.2"), 2, "space_amp"),
        (("overwrites", "--limit", "space_amp=much"), 2, "no number"),
        (("overwrites", "--search", "fanuot=4"), 2, "fanout"),
        (("overwrites", "--search", "layout=flat"), 1, "flat"),
        (("overwrites", "--limit", "space_amp=0.5"), 1, "raise a limit"),
    ],
)
def test_tune_refuses_what_makes_no_sense(run, wrong, code, told):
    found, out, err = run("tune", *wrong)
    assert (found, out) == (code, "")
    assert told in err
