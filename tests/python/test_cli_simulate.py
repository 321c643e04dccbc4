"""The commands simulate, twin and validate: for people, for programs, and how they refuse."""

import json
import re
import sys

import pytest

import lsmkit
from lsmkit import suites
from lsmkit.validation import Check, Rung


def parsed(output):
    return [json.loads(line) for line in output.splitlines()]


def test_w4_10_simulate_prints_levels_and_summary(run):
    asked = ("simulate", "overwrites", "--keys", "5_000", "--preset", "small")
    code, out, _ = run(*asked)
    assert code == 0
    assert "5,000 keys, 25,000 operations" in out
    assert "settled_write_amp" in out
    code, out, _ = run(*asked, "--json", "--set", "layout=leveled", "--seed", "9", "--ops", "15000")
    told = parsed(out)[0]
    assert (code, told["seed"], told["ops"]) == (0, 9, 20_000)
    assert told["summary"]["puts"] == 20_000
    assert told["summary"]["file_bytes"] > 0
    assert told["window"]["overwritten"]
    assert told["levels"][0]["name"] == "memtable"


def test_w4_12_twin_counts_edits(run):
    code, out, _ = run("twin", "ycsb:a", "--keys", "1000", "--preset", "small")
    assert code == 0
    assert "edits, all the same" in out
    code, out, _ = run("twin", "ycsb:f", "--keys", "1000", "--preset", "small", "--json")
    told = parsed(out)[0]
    assert told["difference"] == ""
    assert sum(told["edits_by_reason"].values()) == told["edits"] > 5


def test_simulate_takes_a_file(run, tmp_path):
    file = tmp_path / "mine.workload"
    file.write_text("name mine\nkey_count 50\nphase run\nmix put=1\nend unit=ops after=70\n")
    code, out, _ = run("simulate", file)
    assert code == 0
    assert "mine: 50 keys, 70 operations" in out


@pytest.mark.parametrize(
    "wrong",
    [
        ("no_such_workload",),
        ("ycsb:q",),
        ("overwrites", "--keys", "0"),
        ("overwrites", "--set", "layout"),
        ("overwrites", "--set", "layuot=leveled"),
        ("overwrites", "--set", "layout=flat"),
        ("overwrites", "--seed", "-1"),
    ],
)
def test_simulate_refuses_what_makes_no_sense(run, wrong):
    code, out, err = run("simulate", *wrong)
    assert code == 2
    assert out == ""
    assert err


def test_validate_lists_every_case_and_says_what_is_off(run, monkeypatch, tmp_path):
    def checks(full):
        assert not full
        yield Check("V9", "good", "write amplification", 9.9, 10, 0.03, note="well")
        yield Check("V9", "bad", "write amplification", 12, 10, 0.03)

    rung = Rung("V9", "this beside that", checks, lambda full: 2, ("ten keys", "many"))
    monkeypatch.setattr(sys.modules["lsmkit.validate"], "rungs", lambda lockstep=None: (rung,))
    code, out, _ = run("validate")
    assert code == 1
    assert re.search(r"good .* 9.9 .* 10 .* 1.0 % .* yes", out)
    assert re.search(r"bad .* 12 .* 10 .* 20.0 % .* no", out)
    assert re.search(r"V9 .* this beside that .* 2 .* 1 .* 20.0 % .* 3.0 %", out)
    code, out, _ = run("validate", "--format", "markdown")
    assert code == 1
    assert "| good | write amplification | 9.9 | 10 | 1.0 % | 3.0 % | yes | well |" in out
    assert re.search(
        r"\| V9 \| this beside that \| [-0-9]{10} \| 2 \| 1 \| 20.0 % \| 3.0 % \|", out
    )
    assert "Ten keys. Measured on " in out
    page = tmp_path / "page.md"
    assert run("validate", "--page", page)[0] == 1
    assert "| good | write amplification |" in page.read_text()
    code, out, _ = run("validate", "--json")
    told = parsed(out)
    assert code == 1
    assert [row["holds"] for row in told] == [True, False]
    assert told[0]["note"] == "well"
    assert run("validate", "V7")[0] == 2


def test_simulate_tells_of_time(run):
    asked = ("simulate", "overwrites", "--keys", "3000", "--preset", "small", "--device", "gp3")
    code, out, _ = run(*asked, "--rate", "50000")
    assert code == 0
    assert re.search(r"writes +15,000 ", out)
    assert "in use" in out
    code, out, _ = run(*asked, "--json")
    assert parsed(out)[0]["timing"]["accepted_ops"] == 15_000
    assert run("simulate", "overwrites", "--device", "floppy")[0] == 1


def test_simulate_takes_segments(run):
    code, out, _ = run(
        "simulate", "overwrites", "--keys", "20000", "--fidelity", "segment", "--json"
    )
    assert code == 0
    assert parsed(out)[0]["fidelity"] == "segment"


def test_the_suite_is_one_table(run, monkeypatch):
    small = lsmkit.Options.small()
    monkeypatch.setattr(suites, "default_configs", lambda: {"hybrid": small})
    workload = lsmkit.Workload.overwrites(keys=2_000)
    monkeypatch.setattr(suites, "default_workloads", lambda keys: {f"{keys} keys": workload})
    code, out, _ = run("simulate", "--suite", "--keys", "2000")
    assert code == 0
    assert re.search(r"2000 keys +hybrid +gp3 .*±", out)
    assert (
        "| 2000 keys | hybrid | 500 MB/s |"
        in run("simulate", "--suite", "--keys", "2000", "--format", "markdown")[1]
    )
    assert run("simulate", "--suite", "--keys", "2000", "--format", "csv")[1].count("\n") == 3
    told = parsed(run("simulate", "--suite", "--keys", "2000", "--json")[1])[0]
    assert [row["machine"] for row in told] == ["gp3", "500 MB/s"]
    assert run("simulate", "overwrites", "--suite")[0] == 2
    assert run("simulate")[0] == 2
