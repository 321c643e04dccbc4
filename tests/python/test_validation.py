"""The validation ladder: its checks can fail, its rungs run, and V0 finds no difference."""

import json

import numpy as np
import pytest

import lsmkit
from lsmkit import validation, validation_segments
from lsmkit.validation import RUNGS, Check, rank_agreement


def test_a_check_is_held_against_its_bound():
    assert Check("V9", "c", "f", 10.29, 10, 0.03).holds
    assert not Check("V9", "c", "f", 10.31, 10, 0.03).holds
    assert not Check("V9", "c", "f", 9.69, 10, 0.03).holds
    absolute = Check("V9", "c", "f", 0.5, 0.1, 0.3, relative=False)
    assert absolute.error == pytest.approx(0.4)
    assert not absolute.holds


def test_rank_agreement():
    assert rank_agreement([1, 2, 3], [10, 20, 30]) == 1
    assert rank_agreement([1, 2, 3], [3, 2, 1]) == -1
    assert rank_agreement([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(4 / 6)
    rng = np.random.default_rng(1)
    assert abs(rank_agreement(list(rng.random(300)), list(rng.random(300)))) < 0.1


def test_w4_12_v0_finds_no_difference_in_any_case():
    rung = next(rung for rung in RUNGS if rung.name == "V0")
    checks = list(rung.checks(False))
    assert len(checks) == rung.case_count(False) >= 30
    assert [check.note for check in checks if not check.holds] == []
    assert all("compactions" in check.note for check in checks)
    assert len({check.case for check in checks}) == len(checks)


def test_v0_would_find_one(monkeypatch):
    def differing(workload, options):
        told = real(workload, options)
        return type(told)(**{**vars(told), "difference": "edit 1: kind flush, simulated none"})

    real = validation.twin
    monkeypatch.setattr(validation, "twin", differing)
    rung = next(rung for rung in RUNGS if rung.name == "V0")
    first = next(rung.checks(False))
    assert not first.holds
    assert "edit 1" in first.note


def test_rungs_have_names_of_their_own():
    names = [rung.name for rung in validation.rungs()]
    assert names[:7] == ["V0", "V1", "V2", "V3", "FILES", "V4", "V5"]
    assert len(set(names)) == len(names) == len(RUNGS) + 1
    assert all(rung.text for rung in validation.rungs())


def v2(program):
    return next(rung for rung in validation.rungs(program) if rung.name == "V2")


def test_v2_reads_what_its_program_prints(tmp_path):
    program = tmp_path / "lockstep"
    figure = {"case": "leveldb", "figure": "tables", "found": 11, "due": 10, "bound": 0.05}
    lines = [json.dumps(each) for each in (figure, figure | {"found": 10.1})]
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    program.chmod(0o755)
    bad, good = v2(str(program)).checks(False)
    assert (bad.case, bad.error, bad.holds) == ("leveldb", pytest.approx(0.1), False)
    assert good.holds


def test_v2_says_what_it_needs(tmp_path):
    with pytest.raises(lsmkit.InvalidArgument, match="build the target lockstep"):
        list(v2(None).checks(False))
    with pytest.raises(lsmkit.InvalidArgument, match="No such file"):
        list(v2(str(tmp_path / "none")).checks(False))
    failing = tmp_path / "failing"
    failing.write_text("#!/bin/sh\necho no case takes part >&2\nexit 2\n")
    failing.chmod(0o755)
    with pytest.raises(lsmkit.InvalidArgument, match="no case takes part"):
        list(v2(str(failing)).checks(False))


def test_v1_has_all_workloads_on_all_layouts():
    some = list(validation_segments.cases(100_000, 1, full=False))
    whole = list(validation_segments.cases(100_000, 1, full=True))
    assert len(whole) == 14 * 9
    assert {(name, layout) for name, layout, *_ in some} < {
        (name, layout) for name, layout, *_ in whole
    }
    assert {name for name, *_ in some} == {name for name, *_ in whole}
    assert {layout for _, layout, *_ in some} == {layout for _, layout, *_ in whole}
