"""The examples run, and every block of code in the README does what it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lsmkit import cli

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
# Commands of the README that the checks run as stages of their own: installing, and all the tests.
STAGES = ("apt-get install", "python3 -m venv", ".venv/bin/pip install", ".venv/bin/pytest")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_shows_something(example, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 4
    assert "assert" in example.read_text(encoding="utf-8")


def test_there_are_three_examples():
    assert len(EXAMPLES) >= 3


def test_the_readme_has_code_of_every_kind():
    assert {language for language, _ in BLOCKS} == {"python", "console", "text"}


def test_the_python_of_the_readme_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for language, code in BLOCKS:
        if language == "python":
            exec(compile(code, "README.md", "exec"), names)
            shown = capsys.readouterr().out.splitlines()
            for due in re.findall(r"# -> (.*)", code):
                assert due in shown, due


def test_the_commands_of_the_readme_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ran = 0
    for language, text in BLOCKS:
        for line in text.splitlines() if language == "console" else ():
            assert line.startswith("$ "), line
            for command in line[2:].partition("  #")[0].split(" && "):
                if command.strip().startswith(STAGES):
                    continue
                words = shlex.split(command)
                assert Path(words[0]).name == "lsmkit", command
                scale = ["--scale", "0.02"] if words[1] == "demo" else []
                assert cli.main([*words[1:], *scale]) == 0, command
                ran += 1
    assert ran >= 1


def test_the_files_that_the_readme_points_to_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
    for target in re.findall(r"`((?:cpp|python|tests|examples|docs)/[\w./]+)`", README):
        assert (ROOT / target).exists(), target
