"""What a simulation begins with when that is no empty tree: a database as it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lsmkit import _core
from lsmkit.options import Options
from lsmkit.workload import Workload

if TYPE_CHECKING:
    from lsmkit.db import DB, Path

__all__ = ["Start", "database_start"]

_Progress: TypeAlias = Callable[[int, int], object] | None


@dataclass(frozen=True)
class Start:
    """What was read, the options that it was written with, and what had to be assumed."""

    core: _core.Start
    options: Options
    assumptions: tuple[str, ...]


def database_start(db: "DB | Path", workload: Workload, progress: _Progress) -> Start:
    """Every record of a database, and the keys of a workload.

    An open one is read as it stands at this moment; a path is opened read-only for it.
    """
    from lsmkit.db import DB, open

    if not isinstance(workload, Workload):
        raise TypeError(f"workload: a Workload is due, not {type(workload).__name__}")
    if isinstance(db, DB):
        return _read(db, workload, progress)
    with open(db, read_only=True) as looked_at:
        return _read(looked_at, workload, progress)


def _read(db: "DB", workload: Workload, progress: _Progress) -> Start:
    core = _core.Start(db, workload.to_text(), progress=progress)
    return Start(core, db.options, tuple(core.assumptions))
