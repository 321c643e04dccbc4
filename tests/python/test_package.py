"""The package: what it exports, what importing it loads, and how it is typed."""

import subprocess
import sys
from pathlib import Path

import pytest

import lsmkit

HEAVY = [
    "matplotlib", "rich", "pandas", "polars", "pyarrow", "hypothesis", "pytest", "dask", "optuna",
    "anywidget", "plyvel", "lmdb", "rocksdict", "asyncio", "multiprocessing", "argparse",
]  # fmt: skip


@pytest.mark.parametrize("module", ["lsmkit", "lsmkit.cli"])
def test_importing_loads_nothing_heavy(module, run_python):
    done = run_python(f"import sys, {module}; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    allowed = {"argparse"} if module == "lsmkit.cli" else set()
    assert loaded & set(HEAVY) <= allowed


def test_all_that_is_exported_is_there_and_said_to_be_of_lsmkit():
    assert sorted(lsmkit.__all__) == sorted(set(lsmkit.__all__))
    for name in lsmkit.__all__:
        assert hasattr(lsmkit, name), name
    assert lsmkit.__version__


def test_public_classes_and_functions_have_docstrings():
    for name in lsmkit.__all__:
        thing = getattr(lsmkit, name)
        if isinstance(thing, type) or callable(thing):
            assert thing.__doc__, name
    for kind in (lsmkit.DB, lsmkit.Snapshot, lsmkit.WriteBatch, lsmkit.Frame, lsmkit.TypedDB):
        for name, member in vars(kind).items():
            if callable(member) and not name.startswith("_"):
                assert member.__doc__, f"{kind.__name__}.{name}"


def test_the_types_that_people_see(tmp_path):
    """assert_type holds for what the API gives, by mypy."""
    pytest.importorskip("mypy")
    cases = Path(__file__).with_name("typing_cases.py")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(cases)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
