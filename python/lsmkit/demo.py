"""`lsmkit demo`: a database of real text, loaded, changed, reopened and looked into.

The text is one that every machine has: the running Python's standard library. A key is
`module:000042`, its value that line of the module's source.
"""

import random
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import lsmkit
from lsmkit.terminal import bytes_text, progress, rate_text, table

__all__ = ["run", "standard_library"]

_CHECKED_KEYS = 20_000
_BATCH_LINES = 500


def standard_library() -> Iterator[tuple[bytes, bytes]]:
    """The lines of all modules of the standard library, as keys and values, in key order."""
    root = Path(sysconfig.get_paths()["stdlib"])
    modules = (
        path
        for path in root.rglob("*.py")
        if not {"site-packages", "dist-packages", "test", "tests"} & set(path.parts)
    )
    for path in sorted(modules):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        try:
            text = path.read_bytes()
        except OSError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{name}:{number:06}".encode(), line


@dataclass
class _Timed:
    """How long how many operations took."""

    operations: dict[str, tuple[int, float]] = field(default_factory=dict)

    def add(self, name: str, count: int, seconds: float) -> None:
        before = self.operations.get(name, (0, 0.0))
        self.operations[name] = (before[0] + count, before[1] + seconds)


def run(path: str | Path, *, scale: float = 1.0, seed: int = 1) -> dict[str, float]:
    """Run the demo on a new database at `path` and print what it shows.

    Parameters
    ----------
    path : str or Path
        The database's directory; it is kept. An earlier demo's is made anew.
    scale : float
        Share of the standard library's lines to load, up to 1.
    seed : int
        Of the lines that are overwritten, deleted and read.

    Returns
    -------
    dict of str to float
        The figures printed: `write_amp`, `space_amp`, `compression_ratio`, `put_us`, `get_us`,
        `scan_us` and so on.
    """
    path = Path(path)
    _remove_earlier_demo(path)
    lines = list(standard_library())
    lines = lines[: max(1, int(len(lines) * min(scale, 1.0)))]
    print(
        f"lsmkit {lsmkit.__version__}: loading the standard library of Python "
        f"{sys.version.split()[0]} ({len(lines):,} lines) into {path}\n"
        "with Options.small(): memtables and tables of kilobytes, so that a small database has "
        "many levels.\n"
    )
    timed = _Timed()
    chooser = random.Random(seed)
    model = dict(lines)
    with lsmkit.open(path, lsmkit.Options.small()) as db:
        _load(db, lines, timed)
        _change(db, model, chooser, timed)
    with lsmkit.open(path) as db:
        checked = _check(db, model, chooser, timed)
        figures = _report(db, timed)
    print(
        f"Reopened, and checked against a dict: {checked:,} keys read one by one, and all "
        f"{len(model):,} in order, are as they must be.\n"
    )
    print(
        "The database is kept. Try next:\n"
        f"  lsmkit levels {path}\n"
        f"  lsmkit scan {path} --prefix json.decoder: --limit 10\n"
        f"  lsmkit log {path} --tail 20"
    )
    return figures


def _remove_earlier_demo(path: Path) -> None:
    if not path.exists():
        return
    try:
        with lsmkit.open(path, read_only=True):
            pass
    except lsmkit.InvalidArgument:
        return  # Empty, or a stranger's: the open below says which.
    lsmkit.destroy(path)


def _load(db: lsmkit.DB, lines: list[tuple[bytes, bytes]], timed: _Timed) -> None:
    began = time.perf_counter()
    with progress("loading") as show:
        for done, (key, value) in enumerate(lines):
            db.put(key, value)
            if done % 4096 == 0:
                show(done, len(lines))
    timed.add("put", len(lines), time.perf_counter() - began)


def _change(
    db: lsmkit.DB, model: dict[bytes, bytes], chooser: random.Random, timed: _Timed
) -> None:
    """Overwrites a third of the lines and deletes a tenth, in batches."""
    keys = list(model)
    changed = chooser.sample(keys, len(keys) // 3)
    removed = chooser.sample(keys, len(keys) // 10)
    began = time.perf_counter()
    with progress("overwriting and deleting") as show:
        for start in range(0, len(changed), _BATCH_LINES):
            with db.write_batch() as batch:
                for key in changed[start : start + _BATCH_LINES]:
                    model[key] = model[key].upper()
                    batch.put(key, model[key])
            show(start, len(changed) + len(removed))
        timed.add("put in batches of 500", len(changed), time.perf_counter() - began)
        for key in removed:
            db.delete(key)
            del model[key]
    db.flush()
    db.wait_idle()


def _check(db: lsmkit.DB, model: dict[bytes, bytes], chooser: random.Random, timed: _Timed) -> int:
    keys = list(model)
    sample = chooser.sample(keys, min(_CHECKED_KEYS, len(keys)))
    began = time.perf_counter()
    wrong = [key for key in sample if db.get(key) != model[key]]
    timed.add("get", len(sample), time.perf_counter() - began)
    absent = [key + b"?" for key in sample]
    began = time.perf_counter()
    wrong += [key for key in absent if key in db]
    timed.add("get of an absent key", len(absent), time.perf_counter() - began)
    began = time.perf_counter()
    rows = list(db.iterator())
    timed.add("scan, per row", len(rows), time.perf_counter() - began)
    if wrong or rows != sorted(model.items()):
        raise lsmkit.Error(f"the database differs from the dict beside it, first at {wrong[:1]}")
    return len(sample) + len(absent)


def _report(db: lsmkit.DB, timed: _Timed) -> dict[str, float]:
    table(
        "Levels",
        ["level", "runs", "tables", "weight", "file bytes", "target", "score"],
        [
            (
                row["name"],
                row["run_count"],
                row["table_count"],
                bytes_text(row["weight"]),
                None if row["file_bytes"] is None else bytes_text(row["file_bytes"]),
                None if row["target_weight"] is None else bytes_text(row["target_weight"]),
                row["score"],
            )
            for row in db.levels()
            if row["weight"]
        ],
    )
    (summary,) = db.summary()
    space_amp = db.space_amp()
    table(
        "Amplification",
        ["what", "figure", "that is"],
        [
            (
                "write",
                summary["write_amp"],
                "file bytes written by flush and compaction / bytes put",
            ),
            (
                "read",
                summary["read_amp"],
                "tables looked into per get (a filter spared the others)",
            ),
            ("space", space_amp, "weight stored / weight of what is visible"),
            ("compression", summary["compression_ratio"], "file bytes / bytes of keys and values"),
        ],
    )
    _report_compactions(db)
    table(
        "Rates on this machine",
        ["operation", "count", "us each", "rate"],
        [
            (name, count, 1e6 * seconds / max(count, 1), rate_text(count, seconds))
            for name, (count, seconds) in timed.operations.items()
        ],
    )
    each = {name: 1e6 * s / max(n, 1) for name, (n, s) in timed.operations.items()}
    return {
        "write_amp": summary["write_amp"],
        "read_amp": summary["read_amp"],
        "space_amp": space_amp,
        "compression_ratio": summary["compression_ratio"],
        "put_us": each["put"],
        "get_us": each["get"],
        "scan_us": each["scan, per row"],
    }


def _report_compactions(db: lsmkit.DB) -> None:
    grouped: dict[str, list[dict[str, object]]] = {}
    for row in db.events():
        if row["kind"] in ("flush", "compaction", "trivial_move"):
            grouped.setdefault(f"{row['kind']}: {row['reason']}", []).append(row)
    table(
        "What ran, and why",
        ["what: why", "times", "read", "written", "records dropped"],
        [
            (
                what,
                len(rows),
                bytes_text(_total(rows, "read_bytes")),
                bytes_text(_total(rows, "written_bytes")),
                _total(rows, "dropped_entries"),
            )
            for what, rows in grouped.items()
        ],
    )
    explained = [row["text"] for row in db.events() if row["kind"] == "compaction" and row["text"]]
    if explained:
        print(f"The last compaction, in its planner's words:\n{_indented(explained[-1])}\n")


def _total(rows: list[dict[str, object]], column: str) -> int:
    return sum(int(str(row[column])) for row in rows)


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())
