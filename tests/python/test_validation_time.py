"""Rung V4 in small: both sides are measured alike, and it is run only when it is asked for."""

import sys

import numpy as np
import pytest

from lsmkit import Machine
from lsmkit.cli import main
from lsmkit.validation import RUNGS, Check, Rung
from lsmkit.validation_time import DEVICES, Timed, l0_error, timed_cases, timed_pair


def test_there_are_enough_cases_and_each_is_another():
    cases = [case for case, *_ in timed_cases(1)]
    assert len(cases) == len(set(cases)) >= 12
    assert {device.name for _, device, *_ in timed_cases(1)} == {each.name for each in DEVICES}


def test_what_a_device_can_take_is_taken_by_both_without_a_stall():
    _, device, workload, options = next(timed_cases(2))
    engine, simulated = timed_pair(device, workload, options, Machine())
    assert engine.bytes_per_s == pytest.approx(0.6e6, rel=0.05)
    assert simulated.bytes_per_s == pytest.approx(0.6e6, rel=0.01)
    assert engine.stall_share < 0.05
    assert simulated.stall_share == 0
    assert len(engine.l0_us) > 10
    assert 0 < engine.l0_us[0] < engine.l0_us[-1] <= engine.end_us * 1.05


def test_l0_is_compared_over_the_time_that_both_ran():
    def timed(times, runs, end):
        return Timed(1, 0, np.array(times, float), np.array(runs, float), end)

    engine = timed([0, 50], [2, 4], 100)
    assert l0_error(engine, engine) == (pytest.approx(3, abs=0.01), 0)
    shorter = timed([0], [2], 50)
    assert l0_error(engine, shorter)[1] == pytest.approx(0, abs=0.01)
    other = timed([0, 50], [1, 7], 100)
    assert l0_error(engine, other)[1] == pytest.approx(2, abs=0.01)


def test_a_long_rung_is_run_by_name_or_in_full(monkeypatch, capsys):
    def rung(name, is_long):
        def checks(full):
            return iter([Check(name, "c", "f", 1, 1, 0)])

        return Rung(name, "", checks, lambda full: 1, ("small", "large"), is_long=is_long)

    both = (rung("V0", False), rung("V4", True))
    monkeypatch.setattr(sys.modules["lsmkit.validate"], "rungs", lambda lockstep=None: both)
    for arguments, names in (([], {"V0"}), (["V4"], {"V4"}), (["--full"], {"V0", "V4"})):
        assert main(["validate", *arguments, "--json"]) == 0
        out = capsys.readouterr().out
        assert {name for name in ("V0", "V4") if f'"{name}"' in out} == names
    assert any(each.is_long for each in RUNGS)
