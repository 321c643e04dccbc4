"""What a simulation begins with when that is no empty tree: a database as it stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsmkit import _core
from lsmkit.options import Options, options_from_texts
from lsmkit.progress import Progress, shown
from lsmkit.workload import Workload

if TYPE_CHECKING:
    from lsmkit.db import DB, Path

__all__ = ["Start", "database_start", "manifest_start"]


@dataclass(frozen=True)
class Start:
    """What was read, the options that it was written with, and what had to be assumed."""

    core: _core.Start
    options: Options
    assumptions: tuple[str, ...]


def database_start(db: "DB | Path", workload: Workload, fidelity: str, progress: Progress) -> Start:
    """Every record of a database and the keys of a workload, or its tables alone.

    An open one is taken as it stands at this moment; a path is opened read-only for it.
    """
    from lsmkit.db import DB, open

    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    if isinstance(db, DB):
        return _read(db, workload, fidelity, progress)
    with open(db, read_only=True) as looked_at:
        return _read(looked_at, workload, fidelity, progress)


def manifest_start(path: "Path") -> Start:
    """The tables that a directory's MANIFEST names; nothing else is read."""
    return _start(_core.Start.manifest_of(path))


def _read(db: "DB", workload: Workload, fidelity: str, progress: Progress) -> Start:
    if fidelity == "segment":
        return _start(_core.Start.tables_of(db))
    with shown(progress, "reading the database") as tell:
        return _start(_core.Start(db, workload.to_text(), progress=tell))


def _start(core: _core.Start) -> Start:
    return Start(core, options_from_texts(core.options), tuple(core.assumptions))
