"""`run`: every store in a process of its own, round after round, in a directory that goes again."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit import Sync
from lsmkit.bench.report import Report, Sample, StoreFacts
from lsmkit.bench.settings import Settings, steps
from lsmkit.bench.stores import installed
from lsmkit.progress import shown

__all__ = ["run", "taking_part"]

Progress = Callable[[int, int, str], object]


def run(
    settings: Settings,
    directory: str | Path = ".",
    *,
    progress: Progress | bool | None = None,
) -> Report:
    """Measure, and delete what was written.

    Parameters
    ----------
    settings : Settings
        What is measured.
    directory : str or Path
        Where a fresh directory is made, and deleted again however the run ends. The disk it lies
        on is the one that is measured.
    progress : callable or True, optional
        Called with (steps done, steps in all, what is being done) between measurements; True:
        shown.

    Raises
    ------
    InvalidArgument
        No store takes part.
    Error
        A store has failed, or has lost what was put into it.
    OSError
        There is no such directory, or it can't be written to.
    """
    names, left_out = taking_part(settings)
    if not names:
        raise lsmkit.InvalidArgument(
            "nothing to measure: "
            + "; ".join(f"{name} is left out ({why})" for name, why in left_out.items())
        )
    if not Path(directory).is_dir():
        raise NotADirectoryError(f"{directory}: no such directory")
    facts: dict[str, StoreFacts] = {}
    samples: list[Sample] = []
    total = settings.rounds * sum(len(steps(settings, name)) for name in names)
    done = 0
    with (
        _told(progress) as tell,
        tempfile.TemporaryDirectory(dir=directory, prefix="lsmkit-bench-") as root,
    ):
        machine = _machine(root)
        for number in range(1, settings.rounds + 1):
            first = (number - 1) % len(names)  # each store in its turn
            for name in names[first:] + names[:first]:
                with tempfile.TemporaryDirectory(dir=root) as path:
                    for line in _lines(settings, name, path):
                        if "at" in line:
                            tell(done, total, f"round {number}, {name}, {line['at']}")
                            done += 1
                        elif "facts" in line:
                            facts[name] = StoreFacts(**line["facts"])
                        else:
                            samples.append(Sample(round=number, store=name, **line["sample"]))
    return Report(
        settings=settings,
        machine=machine,
        stores={name: facts[name] for name in names},
        left_out=left_out,
        samples=samples,
    )


@contextmanager
def _told(progress: Progress | bool | None) -> Iterator[Progress]:
    """Whoever is told, with a text as the third."""
    if callable(progress):
        yield progress
        return
    with shown(progress, "measuring") as tell:
        yield lambda done, total, what: None if tell is None else tell(done, total)


def taking_part(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """The stores that will take part, and why the others will not."""
    left_out: dict[str, str] = {}
    for name in settings.stores:
        if not installed(name):
            left_out[name] = "not installed"
        elif name != "lsmkit" and settings.sync not in (Sync.always, Sync.none):
            left_out[name] = f"it has no sync mode like {settings.sync}"
        elif not steps(settings, name):
            left_out[name] = "only wal and syncmodes are asked for, which measure lsmkit"
    return [name for name in settings.stores if name not in left_out], left_out


def _lines(settings: Settings, name: str, path: str) -> Iterator[dict[str, Any]]:
    """What the worker tells. It is ended with the block, whatever happened."""
    with _worker() as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        job = {"settings": settings.to_json(), "store": name, "directory": path}
        with suppress(BrokenPipeError):  # it has ended already; its exit code tells
            worker.stdin.write(json.dumps(job))
            worker.stdin.close()
        for text in worker.stdout:
            line = json.loads(text)
            if "error" in line:
                raise lsmkit.Error(f"{name}: {line['error']}")
            yield line
        if worker.wait() != 0:
            raise lsmkit.Error(f"{name}: its process ended with {worker.returncode}")


@contextmanager
def _worker() -> Iterator["subprocess.Popen[str]"]:
    # -P and our own path: what lies in the current directory is not taken for a package. A process
    # group of its own: Ctrl-C comes to us alone, and we end the worker.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "lsmkit.bench.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        process_group=0,
    ) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def _machine(path: str) -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "file_system": _file_system(path),
    }


def _file_system(path: str) -> str:
    """Its type, by the mount that the path lies on: a sync on tmpfs costs nothing."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    real = Path(path).resolve()
    held = [fields for fields in mounts if real.is_relative_to(fields[1])]
    return max(held, key=lambda fields: len(fields[1]))[2] if held else "unknown"
