"""The validation ladder: its checks can fail, its rungs run, and V0 finds no difference."""

import numpy as np
import pytest

from lsmkit import validation
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
    assert len(checks) >= 30
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
    assert len({rung.name for rung in RUNGS}) == len(RUNGS)
    assert all(rung.text for rung in RUNGS)
