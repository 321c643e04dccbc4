"""lsmkit: a log-structured merge engine for Python, with every part of it in view.

>>> import lsmkit
>>> with lsmkit.open("db") as db:              # doctest: +SKIP
...     db[b"key"] = b"value"
...     db[b"key"]
b'value'

Start at `lsmkit.open` and `lsmkit.DB`; `lsmkit.Options` says what can be set.
"""

import importlib
from typing import TYPE_CHECKING, Any

from lsmkit import codecs, keys, workloads
from lsmkit._core import (  # type: ignore[attr-defined]
    MAX_BATCH_BYTES,
    MAX_KEY_BYTES,
    MAX_VALUE_BYTES,
    Cursor,
    Iterator,
    __version__,
    build_info,
)
from lsmkit._errors import (
    ClosedError,
    ConflictError,
    CorruptionError,
    DurabilityError,
    Error,
    ForkedError,
    HistoryLost,
    InvalidArgument,
    IOError,
    LockedError,
    NotSupported,
    ReadOnlyError,
    StallTimeout,
)
from lsmkit.batch import WriteBatch
from lsmkit.binary_array import BinaryArray
from lsmkit.calibrate import calibrate
from lsmkit.column import Column
from lsmkit.cost import ExpectedCost, expected_cost
from lsmkit.db import DB, destroy, open
from lsmkit.drawn import Drawn
from lsmkit.frame import Frame
from lsmkit.machine import Device, Machine
from lsmkit.options import FromRocksDB, OptionNote, Options, OptionsDict, Sync
from lsmkit.own_planner import Choice, PlanContext, Planner
from lsmkit.planning import Background, Explanation, Plan, RunnerUp, plan
from lsmkit.player import Player
from lsmkit.prefixed import PrefixedDB
from lsmkit.reads import Reads
from lsmkit.rocksdb_log import RocksDBRun, read_rocksdb_log
from lsmkit.run import Run, Timing, Waits, Window
from lsmkit.scan import Scan, ScanBatch
from lsmkit.schema import SCHEMAS, ColumnSpec
from lsmkit.simulate import Simulation, simulate
from lsmkit.snapshot import Snapshot
from lsmkit.stats import Counters, MemoryUse, OpenReport, Stats
from lsmkit.suites import suite
from lsmkit.sweep import sweep
from lsmkit.tune import Prices, Tuning, tune
from lsmkit.twin import Driven, Twin, drive, twin
from lsmkit.typed import TypedDB
from lsmkit.typed_arrays import TypedBatch, TypedScan
from lsmkit.validate import Validation, validate
from lsmkit.version import Version
from lsmkit.workload import Phase, Workload

if TYPE_CHECKING:
    from lsmkit import aio, compat, dbm, layered, plot

_ON_USE = frozenset({"aio", "compat", "dbm", "layered", "plot"})


def __getattr__(name: str) -> Any:
    """Modules that are imported when they are first asked for."""
    if name in _ON_USE:
        return importlib.import_module(f"lsmkit.{name}")
    raise AttributeError(f"module 'lsmkit' has no attribute {name!r}")


__all__ = [
    "DB",
    "MAX_BATCH_BYTES",
    "MAX_KEY_BYTES",
    "MAX_VALUE_BYTES",
    "SCHEMAS",
    "Background",
    "BinaryArray",
    "Choice",
    "ClosedError",
    "Column",
    "ColumnSpec",
    "ConflictError",
    "CorruptionError",
    "Counters",
    "Cursor",
    "Device",
    "Drawn",
    "Driven",
    "DurabilityError",
    "Error",
    "ExpectedCost",
    "Explanation",
    "ForkedError",
    "Frame",
    "FromRocksDB",
    "HistoryLost",
    "IOError",
    "InvalidArgument",
    "Iterator",
    "LockedError",
    "Machine",
    "MemoryUse",
    "NotSupported",
    "OpenReport",
    "OptionNote",
    "Options",
    "OptionsDict",
    "Phase",
    "Plan",
    "PlanContext",
    "Planner",
    "Player",
    "PrefixedDB",
    "Prices",
    "ReadOnlyError",
    "Reads",
    "RocksDBRun",
    "Run",
    "RunnerUp",
    "Scan",
    "ScanBatch",
    "Simulation",
    "Snapshot",
    "StallTimeout",
    "Stats",
    "Sync",
    "Timing",
    "Tuning",
    "Twin",
    "TypedBatch",
    "TypedDB",
    "TypedScan",
    "Validation",
    "Version",
    "Waits",
    "Window",
    "Workload",
    "WriteBatch",
    "__version__",
    "aio",
    "build_info",
    "calibrate",
    "codecs",
    "compat",
    "dbm",
    "destroy",
    "drive",
    "expected_cost",
    "keys",
    "layered",
    "open",
    "plan",
    "plot",
    "read_rocksdb_log",
    "simulate",
    "suite",
    "sweep",
    "tune",
    "twin",
    "validate",
    "workloads",
]
