"""The stub and the compiled module say the same."""

import subprocess
import sys

import pytest


def test_stubtest_finds_no_difference():
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "lsmkit._core"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
