"""`lsmkit.validate`: what it runs, what it tells, and the page that it writes."""

import sys
from pathlib import Path

import pytest

import lsmkit
from lsmkit import InvalidArgument, validation
from lsmkit.validation import RUNGS, Check, Rung

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def rung(name, *checks, is_long=False):
    def run(full):
        assert not full
        yield from (Check(name, *check) for check in checks)

    return Rung(name, "this beside | that", run, lambda full: 2, ("ten keys", "many"), is_long)


GOOD = ("good", "write amplification", 9.9, 10, 0.03)
BAD = ("bad", "write amplification", 12, 10, 0.03)


@pytest.fixture
def two_rungs(monkeypatch):
    both = (rung("V0", GOOD, BAD), rung("V4", GOOD, is_long=True))
    module = sys.modules["lsmkit.validate"]  # lsmkit.validate is the function
    monkeypatch.setattr(module, "rungs", lambda lockstep=None: both)


def test_w4_12_each_case_is_told_with_its_error(two_rungs):
    told = []
    found = lsmkit.validate(progress=lambda *at: told.append(at))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert found.frame["holds"].tolist() == [True, False]
    assert found.frame["error"].tolist() == pytest.approx([0.01, 0.2])
    assert not found.holds
    assert "20.0 %" in str(found)
    assert "V0: bad: write amplification 12, due 10" in str(found)
    assert "this beside | that" in found._repr_html_()
    assert lsmkit.validate("v4").holds


def test_wrong_names_are_told_before_anything_is_run(two_rungs):
    with pytest.raises(InvalidArgument, match="'V7' is no rung; there are V0, V4"):
        lsmkit.validate(["V0", "V7"])


def test_v2_without_its_program_is_told_before_anything_is_run(monkeypatch):
    module = sys.modules["lsmkit.validate"]
    monkeypatch.setattr(module, "_measure", lambda *of: pytest.fail("something was run"))
    with pytest.raises(InvalidArgument, match="build the target lockstep"):
        lsmkit.validate(["V0", "V2"])


def test_more_cases_in_full():
    for each in RUNGS:
        assert each.case_count(True) >= each.case_count(False) > 1


def test_a_page_keeps_what_was_not_run(two_rungs, tmp_path):
    page = tmp_path / "page.md"
    first = lsmkit.validate("V4", page=page)
    assert page.read_text() == first.to_markdown()
    old = page.read_text().replace(first.measured[0].when, "2020-02-02")
    page.write_text(old)
    second = lsmkit.validate("V0", page=page)
    text = page.read_text()
    assert text == second.to_markdown(old)
    assert text.index("### V0: ") < text.index("### V4: ")
    assert text.split("### V4: ")[1] == old.split("### V4: ")[1]
    assert "| V4 | this beside \\| that | 2020-02-02 | 1 | 1 | 1.0 % | 3.0 % |" in text
    assert "Ten keys. Measured on 2020-02-02" in text
    assert "| bad | write amplification | 12 | 10 | 20.0 % | 3.0 % | no |  |" in text
    lsmkit.validate("V0", page=page)
    assert page.read_text().count("### V0: ") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize("text", ["# Notes\n", "\xff", "# A\n\n### V0: a\n"])
def test_a_file_that_is_no_page_is_left_alone(text, two_rungs, tmp_path, monkeypatch):
    page = tmp_path / "notes.md"
    page.write_text(text, encoding="latin-1")
    module = sys.modules["lsmkit.validate"]
    monkeypatch.setattr(module, "_measure", lambda *of: pytest.fail("something was run"))
    with pytest.raises(InvalidArgument, match=r"notes\.md is something else"):
        lsmkit.validate("V0", page=page)
    assert page.read_text(encoding="latin-1") == text
    with pytest.raises(InvalidArgument, match="no directory"):
        lsmkit.validate("V0", page=tmp_path / "none" / "page.md")


def test_rungs_that_were_done_stand_in_the_page_after_an_interrupt(two_rungs, tmp_path):
    page = tmp_path / "page.md"

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lsmkit.validate(["V0", "V4"], page=page, progress=stop)
    assert "### V0: " in page.read_text()
    assert "### V4: " not in page.read_text()


def test_our_page_is_one_that_the_command_goes_on_with():
    """docs/validation.md has all rungs, and nothing in it is lost when it is written again."""
    text = PAGE.read_text()
    none = lsmkit.Validation(())
    assert none.to_markdown(text) == text
    for each in validation.rungs():
        assert f"\n### {each.name}: " in text
        assert f"\n| {each.name} | " in text
