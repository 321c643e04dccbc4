"""The benchmark as a program: its table, and that it refuses what it does not know."""

import subprocess
import sys

from lsmkit.bench import __main__ as bench


def run_bench(*arguments, cwd):
    command = [sys.executable, "-m", "lsmkit.bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=100)


def test_every_workload_has_a_row(tmp_path):
    done = run_bench("--count", "2000", "--rounds", "1", "--only", "lsmkit", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()[2:]
    assert [row[:26].strip() for row in rows] == list(bench.WORKLOADS)
    assert all(float(row.split()[-1]) > 0 for row in rows)
    assert list(tmp_path.iterdir()) == []  # it cleans up


def test_an_unknown_store_is_named(tmp_path):
    done = run_bench("--only", "lsmkit,berkeley", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown store 'berkeley'; known are lsmkit, rocksdict, plyvel" in done.stderr
