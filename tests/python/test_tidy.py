"""The house is tidy: what can be checked by reading the sources alone."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CPP = sorted((ROOT / "cpp").rglob("*.cc")) + sorted((ROOT / "cpp").rglob("*.h"))
CPP_TESTS = [
    path
    for folder in ("cpp", "fuzz")
    for ending in ("*.cc", "*.h")
    for path in sorted((ROOT / "tests" / folder).rglob(ending))
]
PYTHON = [
    path
    for folder in ("python", "tests", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
PLAYER = sorted((ROOT / "python" / "lsmkit" / "player").glob("*.js")) + sorted(
    (ROOT / "python" / "lsmkit" / "player").glob("*.css")
)
MOST_LINES = 520


def name_of(path):
    return str(path.relative_to(ROOT))


def lines_of(path):
    return path.read_text().splitlines()


def places(paths, pattern, keep=lambda line: True):
    """Return `file:line` of every line that matches."""
    found = re.compile(pattern)
    return [
        f"{name_of(path)}:{number}"
        for path in paths
        for number, line in enumerate(lines_of(path), 1)
        if found.search(line) and keep(line)
    ]


def test_there_is_something_to_check():
    assert len(CPP) > 100
    assert len(CPP_TESTS) > 30
    assert len(PYTHON) > 50
    assert len(PLAYER) > 10


@pytest.mark.parametrize("path", CPP + CPP_TESTS, ids=name_of)
def test_a_c_plus_plus_file_says_what_it_is_for_and_has_one_idea(path):
    lines = lines_of(path)
    header = path.with_suffix(".h")
    told = path.suffix == ".cc" and header.exists() and lines_of(header)[0].startswith("// ")
    assert lines[0].startswith("// ") or told or path.name == "test_main.cc"
    assert len(lines) <= MOST_LINES
    if path.suffix == ".h":
        assert "#pragma once" in lines


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_python_file_says_what_it_is_for_and_has_one_idea(path):
    lines = lines_of(path)
    if path.name not in ("conftest.py", "typing_cases.py"):
        assert lines[0].startswith('"""') or lines[0].startswith("#!")
    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("path", PLAYER, ids=name_of)
def test_a_file_of_the_player_says_what_it_is_for_and_has_one_idea(path):
    lines = lines_of(path)
    assert lines[0].startswith(("// ", "/* "))
    assert len(lines) <= MOST_LINES
    assert places([path], "^.{101}") == []
    assert places([path], r"TODO|FIXME|console\.log|\beval\b|innerHTML") == []


def test_lines_are_no_longer_than_they_may_be():
    assert places(CPP + CPP_TESTS, "^.{101}") == []


def test_no_friends_no_relative_includes_no_namespace_but_ours():
    assert places(CPP, r"^\s*friend ") == []
    assert places(CPP + CPP_TESTS, r'#include "\.\./') == []
    assert places(CPP, r"^using namespace std") == []


def test_nothing_is_left_lying_about():
    assert places(CPP + CPP_TESTS, r"TODO|FIXME") == []
    assert places([p for p in PYTHON if p.name != "test_tidy.py"], r"TODO|FIXME") == []
    assert places(CPP, r"\bprintf\(|std::cout|std::cerr", lambda line: "snprintf" not in line) == [
        place
        for place in places(CPP, r"\bprintf\(|std::cout|std::cerr")
        if place.startswith("cpp/bench/")
    ]


def test_every_sync_says_which_crash_it_is_there_for():
    """In the floors above the file system: a comment in the five lines before it."""
    silent = []
    for path in CPP:
        if path.suffix != ".cc" or path.parent.name in ("vfs", "bench", "bindings"):
            continue
        lines = lines_of(path)
        for number, line in enumerate(lines):
            if (
                not re.search(r"(->|\.)sync(_dir)?\(", line)
                or "wal_->" in line
                or "engine()." in line
            ):
                continue
            before = lines[max(0, number - 5) : number]
            if not any(re.match(r"\s*//", earlier) for earlier in before):
                silent.append(f"{name_of(path)}:{number + 1}")
    assert silent == []


def test_floors_include_only_floors_below_them():
    """The build refuses it, too; this says it in a second."""
    uses = {}
    for line in lines_of(ROOT / "CMakeLists.txt"):
        if found := re.match(
            r"lsmkit_floor\((\w+)(?:\s+USES ([\w ]+?))?(?:\s+(?:LINKS|HIDES|REPRODUCIBLE).*)?\)",
            line,
        ):
            uses[found[1]] = set((found[2] or "").split())
    for floor in uses:  # what is used by what is used
        uses[floor] |= {deep for used in uses[floor] for deep in uses[used]}
    assert len(uses) >= 13
    for path in CPP:
        floor = path.parent.name
        if floor not in uses:
            continue
        for included in re.findall(r'#include "lsmkit/(\w+)/', path.read_text()):
            assert included == floor or included in uses[floor], name_of(path)


def test_nothing_that_is_built_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("no git checkout")
    files = listed.stdout.split()
    assert [f for f in files if f.startswith("build/") or f.endswith((".so", ".pyc", ".o"))] == []
