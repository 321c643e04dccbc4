"""Rung V2 of the validation ladder: our presets beside RocksDB and LevelDB, in lock-step.

They are no part of a wheel: the program `lockstep` among the benchmarks is built with Debian's
libraries, runs both sides and prints a line of JSON for each figure.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator

from lsmkit._errors import InvalidArgument
from lsmkit.validation_check import Check

__all__ = ["PROGRAM_IS_DUE", "SIZES", "checks"]

SIZES: tuple[str, str] = (
    "their own defaults, one seed",
    "all sizings, pickers and workloads, three seeds each",
)
PROGRAM_IS_DUE = (
    "V2 needs RocksDB and LevelDB: build the target lockstep with -DLSMKIT_BENCH=ON and give its "
    "path as lockstep (--lockstep)"
)


def checks(program: str | None, full: bool) -> Iterator[Check]:
    """Write amplification, the level furthest off, tables and picks of each case.

    Parameters
    ----------
    program : str, optional
        The path of `lockstep`.
    full : bool
        All sizings, pickers and workloads, three seeds each; else RocksDB's own defaults, one seed.

    Raises
    ------
    InvalidArgument
        No program, or it does not run to its end.
    """
    if program is None:
        raise InvalidArgument(PROGRAM_IS_DUE)
    cases = ["--matrix", "--seeds", "3"] if full else ["--check"]
    jobs = str(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(prefix="lsmkit-v2-") as directory:
        command = [program, *cases, "--jobs", jobs, "--json", "--dir", directory]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise InvalidArgument(f"--lockstep: {program}: {error.strerror}") from error
    if ended.returncode not in (0, 1) or not ended.stdout:
        told = (ended.stderr.strip() or f"exit code {ended.returncode}").splitlines()[-1]
        raise InvalidArgument(f"--lockstep: {program}: {told}")
    for line in ended.stdout.splitlines():
        yield Check("V2", **json.loads(line))
