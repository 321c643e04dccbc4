"""The documentation builds, warnings are errors, and every public name is in it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lsmkit

ROOT = Path(__file__).parents[2]

pytest.importorskip("mkdocstrings_handlers.python", reason="mkdocstrings is in the extra docs")


def build(root, target):
    command = [sys.executable, str(root / "docs" / "build"), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("docs")
    done = build(ROOT, target)
    assert done.returncode == 0, done.stderr
    return {page: page.read_text() for page in target.rglob("*.html")}


def test_every_public_name_has_its_place(site):
    ids = {name for text in site.values() for name in re.findall(r'id="([\w.]+)"', text)}
    missing = [
        name
        for name in lsmkit.__all__
        if not {name, f"lsmkit.{name}", f"lsmkit.{name}.{name}"} & ids
    ]
    assert missing == []
    assert {"lsmkit.DB.iterator", "lsmkit.aio.AsyncDB.get", "lsmkit.compat.plyvel.DB"} <= ids


def test_the_pages_lead_to_each_other(site):
    start = next(text for page, text in site.items() if page.parent.name.startswith("docs"))
    for title in ("Database", "Errors", "Coming from other stores", "Validation"):
        assert title in start


@pytest.mark.parametrize(
    ("file", "was", "becomes"),
    [
        ("python/lsmkit/cost.py", "    Parameters\n", "    Parameters\n    ----------\n    x\n"),
        ("python/lsmkit/db.py", "    read_only : bool\n", "    reads_only : bool\n"),
        ("docs/index.md", "(errors.md)", "(mistakes.md)"),
    ],
)
def test_what_is_wrong_stops_the_build(file, was, becomes, tmp_path):
    for folder in ("docs", "python"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    text = (tmp_path / file).read_text()
    assert was in text
    (tmp_path / file).write_text(text.replace(was, becomes))
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "warnings are errors" in done.stderr
