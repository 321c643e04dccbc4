"""Fixtures that all tests of the Python side share."""

import gc
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from lsmkit import _core, cli

# A machine that is busy, or an fsync, is no failure of a test.
settings.register_profile("lsmkit", deadline=None)
settings.load_profile("lsmkit")

# A tree that has levels after a few thousand puts.
SMALL = {
    "memtable_bytes": str(64 << 10),
    "table_bytes": str(64 << 10),
    "base_bytes": str(256 << 10),
    "cache_bytes": str(1 << 20),
    "memory_bytes": str(64 << 20),
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A directory that does not exist yet."""
    return str(tmp_path / "db")


@pytest.fixture
def young_objects() -> Iterator[None]:
    """A collection looks at what the test makes, not at all that other tests have loaded."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def core_db(path: str) -> Iterator[_core.DB]:
    """A new database of the compiled module, with small memtables and tables."""
    db = _core.DB(path, overrides=SMALL)
    yield db
    db.close()


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script in a new interpreter, in tmp_path, and gives back what it printed."""

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(script), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int | str | None, str, str]]:
    """Runs a command in this process and gives (exit code, standard output, standard error)."""

    def run(*arguments: object) -> tuple[int | str | None, str, str]:
        code: int | str | None
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
        out, err = capfd.readouterr()
        return code, out, err

    return run
