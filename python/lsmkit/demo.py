"""The main job on real data: load text, change it, reopen, and check every step against a dict.

The text is one that every machine has: the running Python's standard library. A key is
`module:000042`, its value that line of the module's source. Modules come in random order, as data
does; were they sorted, tables would never overlap, and compaction would have nothing to merge.
"""

import json
import random
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lsmkit

__all__ = ["Demo", "load", "run", "source_lines", "standard_library"]

NOTE_KEY = b"~demo"
"""Sorts after all lines and marks the database as one that the demo may make anew."""

CHECKED_KEYS = 20_000
OVERWRITTEN_SHARE = 1 / 3
DELETED_SHARE = 1 / 10

Line = tuple[bytes, bytes]
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Demo:
    """What a run did. Times are in seconds.

    Attributes
    ----------
    line_count, module_count : int
        What was loaded.
    overwritten_count, deleted_count : int
        What was changed then.
    checked_count : int
        Keys that were read one by one after the reopen and were as the dict has them, absent keys
        included; the whole was scanned and compared as well.
    row_count : int
        Records that are left.
    space_amp : float
        Weight stored / weight of what is visible.
    seconds : dict of str to tuple of (int, float)
        Per operation ("put", "get" ...): how many, and how long they took together.
    """

    line_count: int
    module_count: int
    overwritten_count: int
    deleted_count: int
    checked_count: int
    row_count: int
    space_amp: float
    seconds: dict[str, tuple[int, float]]


def run(
    path: str | Path,
    *,
    scale: float = 1.0,
    seed: int = 0,
    progress: Progress = lambda what, done, total: None,
) -> Demo:
    """Make the demo's database at `path`, which is kept; an earlier demo's is made anew.

    Parameters
    ----------
    path : str or Path
        Its directory.
    scale : float
        Share of the standard library's modules, above 0 and up to 1.
    seed : int
        Of the order of modules, and of the lines that are overwritten, deleted and read.
    progress : callable, optional
        Told what is being done, how far it is, and the total.

    Raises
    ------
    InvalidArgument
        `path` holds something that is no demo's.
    """
    if not 0 < scale <= 1:
        raise lsmkit.InvalidArgument(f"scale {scale}: more than 0 and at most 1 is due")
    make_room(path)
    chooser = random.Random(seed)
    lines = list(standard_library(scale, seed))
    clock = _Clock()
    model = dict(lines)
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        db[NOTE_KEY] = json.dumps({"scale": scale, "seed": seed}).encode()
        with clock.time("put", len(lines)):
            load(db, lines, lambda done: progress("loading", done, len(lines)))
        overwritten, deleted = _change(db, model, chooser, clock, progress)
        db.flush()
        db.wait_idle(progress=lambda done, total: progress("compacting", done, total))
    model[NOTE_KEY] = json.dumps({"scale": scale, "seed": seed}).encode()
    with lsmkit.open(path) as db:
        checked = _check(db, model, chooser, clock)
        space_amp = db.space_amp()
    return Demo(
        line_count=len(lines),
        module_count=len({key.partition(b":")[0] for key, _ in lines}),
        overwritten_count=overwritten,
        deleted_count=deleted,
        checked_count=checked,
        row_count=len(model),
        space_amp=space_amp,
        seconds=clock.seconds,
    )


def standard_library(scale: float = 1.0, seed: int = 0) -> Iterator[Line]:
    """Keys and values of the standard library's source, tests left out, modules in random order."""
    root = Path(sysconfig.get_paths()["stdlib"])
    left_out = {"site-packages", "dist-packages", "test", "tests", "__pycache__"}
    modules = sorted(path for path in root.rglob("*.py") if not left_out & set(path.parts))
    random.Random(seed).shuffle(modules)
    for path in modules[: max(1, round(scale * len(modules)))]:
        yield from source_lines(".".join(path.relative_to(root).with_suffix("").parts), path)


def source_lines(name: str, path: Path) -> Iterator[Line]:
    """The lines of a text file, under `name:000001` and so on.

    A file of a million lines or more gets wider numbers, so that keys sort as its lines do.
    """
    lines = path.read_bytes().splitlines()
    width = max(6, len(str(len(lines))))
    for number, line in enumerate(lines, start=1):
        yield f"{name}:{number:0{width}}".encode("utf-8", "surrogateescape"), line


def load(
    db: lsmkit.DB, lines: Iterable[Line], progress: Callable[[int], object] = lambda done: None
) -> None:
    """Put lines one by one: when the next one is asked for, the one before is acknowledged."""
    for done, (key, value) in enumerate(lines):
        db.put(key, value)
        if done % 1024 == 0:
            progress(done)


def make_room(path: str | Path) -> None:
    """Delete an earlier demo's database, and nothing else."""
    if not Path(path).is_dir() or not any(Path(path).iterdir()):
        return
    with lsmkit.open(path, read_only=True) as db:
        if NOTE_KEY not in db:
            raise lsmkit.InvalidArgument(
                f"{path} holds a database that the demo has not made: name another directory"
            )
    lsmkit.destroy(path)


class _Clock:
    """Adds up how long operations take."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[int, float]] = {}

    @contextmanager
    def time(self, name: str, count: int) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = (count, time.perf_counter() - began)


def _change(
    db: lsmkit.DB,
    model: dict[bytes, bytes],
    chooser: random.Random,
    clock: _Clock,
    progress: Progress,
) -> tuple[int, int]:
    """Overwrites and deletes part of the lines; how many of each."""
    keys = list(model)
    overwritten = chooser.sample(keys, int(len(keys) * OVERWRITTEN_SHARE))
    with clock.time("put in batches of 500", len(overwritten)):
        for begin in range(0, len(overwritten), 500):
            with db.write_batch() as batch:
                for key in overwritten[begin : begin + 500]:
                    model[key] = model[key].upper()
                    batch.put(key, model[key])
            progress("overwriting", begin, len(overwritten))
    deleted = chooser.sample(keys, int(len(keys) * DELETED_SHARE))
    with clock.time("delete", len(deleted)):
        for done, key in enumerate(deleted):
            db.delete(key)
            del model[key]
            if done % 1024 == 0:
                progress("deleting", done, len(deleted))
    return len(overwritten), len(deleted)


def _check(db: lsmkit.DB, model: dict[bytes, bytes], chooser: random.Random, clock: _Clock) -> int:
    """Compares the database with the dict; how many keys it read one by one."""
    keys = chooser.sample(list(model), min(CHECKED_KEYS, len(model)))
    with clock.time("get", len(keys)):
        found = [db.get(key) for key in keys]
    absent = [key + b"?" for key in keys]
    with clock.time("get of an absent key", len(absent)):
        found_absent = [key for key in absent if key in db]
    with clock.time("scan, a row", len(model)):
        rows = list(db.iterator())
    if found != [model[key] for key in keys] or found_absent or rows != sorted(model.items()):
        raise lsmkit.Error(f"{db.path} is not what was written: please report this")
    return len(keys) + len(absent)
