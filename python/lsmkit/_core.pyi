# What the compiled module offers to the Python package. The package owns the public API: it
# subclasses DB, turns the dicts below into frames and dataclasses, and re-exports the rest.
#
# For all calls:
# - A `Buffer` is any C-contiguous object with the buffer protocol (bytes, bytearray, memoryview,
#   NumPy array of any dtype: its bytes). `str` raises TypeError whose text says `.encode()` and
#   `db.typed(...)`. Values and keys come back as `bytes`.
# - Errors are the classes of lsmkit._errors. A call on a closed handle, or on its children, raises
#   ClosedError; in a forked child every call raises ForkedError.
# - Point calls (get, put, delete, in, []) keep the GIL while the answer is in memory and there is
#   room in the log; otherwise the GIL is released and the call waits. Everything under "Long calls"
#   releases the GIL, lets signal handlers run every 20 ms (Ctrl-C works) and tells `progress(done,
#   total)`; whatever the handler or `progress` raises ends the call and is raised by it. The engine
#   is consistent and usable afterwards.
# - A DB may be used from any thread. A Cursor, Iterator or WriteBatch belongs to one thread at a
#   time; use by a second thread while a call is running raises lsmkit.Error, and does no harm.
# - A child (Snapshot, Cursor, Iterator) keeps its DB object alive. Closing the DB makes children
#   raise ClosedError; dropping them afterwards, in any order, is fine. DBs that are still open when
#   the interpreter exits are closed by an atexit handler.
#
# A "column dict" maps column names to lists of equal length, one item per row.

import os
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeAlias, TypeVar, final, overload

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer, disjoint_base

_T = TypeVar("_T")
_Array: TypeAlias = npt.NDArray[Any]
_Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Progress: TypeAlias = Callable[[int, int], object] | None
_Columns: TypeAlias = dict[str, list[Any]]
# By name: dtype, values, offsets, valid of an lsmkit.column.Column.
_Offsets: TypeAlias = npt.NDArray[np.int64] | None
_Valid: TypeAlias = npt.NDArray[np.bool_] | None
_ColumnParts: TypeAlias = dict[str, tuple[str, npt.NDArray[Any], _Offsets, _Valid]]
# (version, job, history_floor, pinned_seqnos, now_us, damaged, busy) -> (inputs, output_level,
# move, drop, new_run) or None: ChosenTables of cpp/planner/plan_chosen.h, by number. Asked by
# the thread whose call flushes, which raises what it raises; put, delete and write keep its text as
# the background's error.
_Ask: TypeAlias = Callable[
    [Version, int, int, list[int], int, list[int], list[int]],
    tuple[Sequence[int], int, bool, bool, bool] | None,
]

# -- Handles -------------------------------------------------------------------------------------

@disjoint_base
class DB:
    # Made to be subclassed. __init__ opens; a second __init__ on the same object raises
    # InvalidArgument. `options` (all of them, by name) replaces what is stored in the directory;
    # `overrides` then replaces single ones. Names and texts are those of `default_options()`.
    # Opening a directory twice in one process gives a second handle on the same engine.
    def __init__(
        self,
        path: _Path,
        *,
        options: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        read_only: bool = False,
        disk: MemoryDisk | ThrottledDisk | None = None,
        planner: _Ask | None = None,
    ) -> None: ...
    @overload
    def get(self, key: Buffer, /) -> bytes | None: ...
    @overload
    def get(self, key: Buffer, /, default: _T) -> bytes | _T: ...
    def put(self, key: Buffer, value: Buffer, /, *, sync: bool = False) -> None: ...
    def delete(self, key: Buffer, /, *, sync: bool = False) -> None: ...  # absent keys are fine
    def __getitem__(self, key: Buffer, /) -> bytes: ...  # KeyError(key) if absent
    def __setitem__(self, key: Buffer, value: Buffer, /) -> None: ...
    def __delitem__(self, key: Buffer, /) -> None: ...  # reads first; KeyError(key) if absent
    def __contains__(self, key: Buffer, /) -> bool: ...
    # Writes the whole batch under one seqno, or nothing. The batch is kept and may be written
    # again.
    def write(self, batch: WriteBatch, /, *, sync: bool = False) -> None: ...
    def snapshot(self) -> Snapshot: ...
    # Bounds are intersected with `prefix`. Both see the moment of the call (or of `snapshot`),
    # whatever is written later.
    def cursor(
        self,
        *,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: Buffer | None = None,
        snapshot: Snapshot | None = None,
    ) -> Cursor: ...
    # Yields (key, value), or only one of them. Both flags False raise InvalidArgument.
    def iterator(
        self,
        *,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: Buffer | None = None,
        reverse: bool = False,
        include_key: bool = True,
        include_value: bool = True,
        snapshot: Snapshot | None = None,
    ) -> Iterator: ...
    # Flushes, then ends this handle; idempotent. Releases the GIL. Calls of other threads that are
    # under way end normally or with ClosedError. No __enter__/__exit__/__len__/__iter__ here: the
    # subclass has them.
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...  # also True before __init__ has succeeded; never raises
    @property
    def path(self) -> str: ...  # as given; works on a closed handle
    @property
    def read_only(self) -> bool: ...
    @property
    def last_seqno(self) -> int: ...  # of the newest commit; 0: none yet
    @property
    def durable_seqno(self) -> int: ...  # everything up to here survives a power loss

@final
class Snapshot:
    # What the database showed at one moment. Made by DB.snapshot().
    @overload
    def get(self, key: Buffer, /) -> bytes | None: ...
    @overload
    def get(self, key: Buffer, /, default: _T) -> bytes | _T: ...
    def __getitem__(self, key: Buffer, /) -> bytes: ...
    def __contains__(self, key: Buffer, /) -> bool: ...
    def cursor(
        self,
        *,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: Buffer | None = None,
    ) -> Cursor: ...
    def iterator(
        self,
        *,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: Buffer | None = None,
        reverse: bool = False,
        include_key: bool = True,
        include_value: bool = True,
    ) -> Iterator: ...
    def close(self) -> None: ...  # gives up the pin; idempotent
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def db(self) -> DB: ...
    @property
    def seqno(self) -> int: ...  # everything up to here is seen

@final
class Cursor:
    # Stands on an entry, or nowhere (as it does when new). Moving past either end leaves it
    # nowhere. next, prev, key, value, item and seqno of a cursor that stands nowhere raise
    # InvalidArgument.
    def valid(self) -> bool: ...
    def seek(self, key: Buffer, /) -> None: ...  # the first key >= key
    def seek_for_prev(self, key: Buffer, /) -> None: ...  # the last key <= key
    def seek_to_first(self) -> None: ...
    def seek_to_last(self) -> None: ...
    def next(self) -> None: ...
    def prev(self) -> None: ...
    def key(self) -> bytes: ...
    def value(self) -> bytes: ...
    def item(self) -> tuple[bytes, bytes]: ...
    def seqno(self) -> int: ...
    def close(self) -> None: ...  # gives up what it pins; idempotent

@final
class Iterator:
    # A Python iterator over a range, once. Rows are fetched ahead in small blocks with the GIL
    # released. After an error it is exhausted.
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...  # bytes, or tuple[bytes, bytes]
    def close(self) -> None: ...  # gives up what it pins; idempotent; iteration then ends

@final
class WriteBatch:
    # Copies keys and values in. Keys and values that are too large raise InvalidArgument here.
    def __init__(self) -> None: ...
    def put(self, key: Buffer, value: Buffer, /) -> None: ...
    def delete(self, key: Buffer, /) -> None: ...
    def clear(self) -> None: ...
    def __len__(self) -> int: ...  # operations, in order of the calls
    def approximate_size(self) -> int: ...  # bytes it will take in the log

# -- Long calls ----------------------------------------------------------------------------------

def flush(db: DB, *, progress: _Progress = None) -> None: ...
def compact_range(
    db: DB,
    start: Buffer | None = None,
    stop: Buffer | None = None,  # inclusive
    *,
    progress: _Progress = None,
) -> None: ...
def wait_idle(db: DB, *, progress: _Progress = None) -> None: ...  # until no compaction is due
def verify(db: DB, *, progress: _Progress = None) -> int: ...  # entries read; or CorruptionError
def refresh(db: DB) -> bool: ...  # read-only: on to what the directory holds now; whether newer
def checkpoint(db: DB, path: _Path, *, progress: _Progress = None) -> None: ...
def count(
    db: DB,
    *,
    start: Buffer | None = None,
    stop: Buffer | None = None,
    include_start: bool = True,
    include_stop: bool = False,
    prefix: Buffer | None = None,
    snapshot: Snapshot | None = None,
    progress: _Progress = None,  # (keys so far, 0)
) -> int: ...  # keys in the range; reads them all

# Weight in tables / weight of the newest visible record of each key, which it reads. NaN if there
# is none. Of use after a flush.
def space_amp(db: DB, *, progress: _Progress = None) -> float: ...

# Releases the GIL, but no signal is looked at until the system's sync returns.
def sync(db: DB) -> None: ...

# -- Looking inside ------------------------------------------------------------------------------

# Table file bytes of [start, stop).
def approximate_size(db: DB, start: Buffer, stop: Buffer) -> int: ...

# One moment of the whole tree: {"base_level": int, "memtables": columns, "levels": columns,
# "runs": columns, "tables": columns}.
#   memtables, newest first: sealed weight entry_count allocated_bytes smallest_seqno largest_seqno
#   levels, all, from 0: level run_count table_count weight file_bytes entry_count tombstone_count
#       target_weight (0: no target) score
#   runs, newest first within a level: level run run_index table_count weight file_bytes entry_count
#       tombstone_count smallest_seqno largest_seqno smallest_key largest_key
#   tables, in key order within a run: level run run_index number id job smallest_key largest_key
#       smallest_seqno largest_seqno weight file_bytes key_bytes value_bytes entry_count
#       tombstone_count range_tombstone_count created_us codec ("none", "zstd")
# `run` is the run's id, `run_index` 0 for the newest of its level.
def tree(db: DB) -> dict[str, Any]: ...

# The fields of EngineStats (cpp/db/db.h), flat, and the figures of cpp/trace/amplification.h
# (write_amp write_amp_weight write_amp_over_flush log_amp compression_ratio; NaN if nothing was
# put). Two are dicts: "memory" (memtable_bytes cache_bytes job_bytes pinned_bytes) and "counters"
# (since the database was created: user_key_bytes user_value_bytes user_weight puts deletes
# log_bytes flush_count flush_file_bytes flush_weight compaction_count compaction_read_file_bytes
# compaction_written_file_bytes compaction_read_weight compaction_written_weight
# compaction_dropped_entries trivial_move_count stall_us).
def stats(db: DB) -> dict[str, Any]: ...

# Events as a log held them at one moment, oldest first. In arrays: columns(), of the frame
# "events", and numbers(), the first of them; lives() and moments(), of the frames "all_tables" and
# "series", as far as events tell. rows() has a dict per event: kind number time_us wall_us job
# reason score input_level output_level removed added read_bytes written_bytes read_weight
# written_weight in_entries out_entries dropped_entries duration_us last_seqno counters text line.
# `kind` and `reason` are names (cpp/trace/event.h, cpp/version/version_edit.h). `removed` and
# `added` are lists of dicts: number level run smallest_key largest_key smallest_seqno largest_seqno
# weight file_bytes entry_count tombstone_count. `counters` is a dict as in stats(), or None. `line`
# says it all in one line for people.
class HeldEvents:
    def __init__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __len__(self) -> int: ...
    def numbers(self) -> npt.NDArray[np.uint64]: ...
    def columns(self) -> _ColumnParts: ...
    def rows(self) -> list[dict[str, Any]]: ...
    def lives(self) -> _ColumnParts: ...
    def moments(self) -> _ColumnParts: ...

# Also those of earlier opens that are still kept.
def events(db: DB) -> HeldEvents: ...

# -- Workloads and simulations --------------------------------------------------------------------

# Workloads are text (cpp/workload/workload_text.cc). Checked, every field spelled out; or
# InvalidArgument naming the line, or the phase and the field.
def workload_text(text: str) -> str: ...
def workload_op_count(text: str) -> int: ...  # 0: that depends
def workload_record_bytes(text: str) -> tuple[int, float]: ...  # of a key; of a value, on average
def workload_key_shares(text: str) -> list[tuple[float, float]]: ...  # of the last phase
def ycsb(letter: str, key_count: int, ops: int) -> str: ...
def db_bench(name: str, num: int) -> str: ...
def mixgraph(variant: str, key_count: int, ops: int) -> str: ...
def queues(queue_count: int, backlog: int, ops: int) -> str: ...
def time_series(series_count: int, points_per_s: float, ttl_s: float, duration_s: float) -> str: ...
def bursts(key_count: int, base_bytes_per_s: float, duration_s: float) -> str: ...

# What a simulation begins with; the first that is given it takes it.
class Start:
    def __init__(self, db: DB, workload: str, *, progress: _Progress = None) -> None: ...
    @staticmethod
    def tables_of(db: DB) -> Start: ...
    @staticmethod
    def manifest_of(path: _Path) -> Start: ...
    @property
    def options(self) -> dict[str, str]: ...
    @property
    def assumptions(self) -> list[str]: ...

# `fidelity`: "exact" or "segment"; `filled`: segments start with a full tree; `machine`: None in
# lock-step, else fields of cpp/sim/timed_options.h and cpp/timing/device.h by name, "device" a
# profile, "log" and "overload" ("wait", "stop").
# state(): done now_us ops ops_by_kind last_seqno memtable_weight memtable_entries live_weight
# live_keys merged_records counters window timed reads, the last four dicts: cpp/trace/run_log.h and
# read_counts.h; timed None in lock-step, reads where they are not modelled. events(): but
# the first so many, whatever is kept of them. series(): a Moment a row but for the first so many,
# of the counters user_bytes user_weight flush_weight compaction_written_weight stall_us, and of its
# reads. samples(): a TimedSample a row, the first not after `since_us` if there is one; none in
# lock-step. Belongs to one thread at a time.
class Simulation:
    def __init__(
        self,
        workload: str,
        options: Mapping[str, str],
        *,
        fidelity: str,
        filled: bool,
        machine: Mapping[str, object] | None,
        keep_events: bool,
        planner: _Ask | None,
        start: Start | None = None,
        drawn: Mapping[str, object] | None = None,
    ) -> None: ...
    def run(self, *, until_us: int | None = None, progress: _Progress = None) -> None: ...
    def step(self, *, progress: _Progress = None) -> bool: ...
    def flush(self) -> None: ...
    def set_rate(self, per_s: float) -> None: ...
    def set_device(self, machine: Mapping[str, object]) -> None: ...  # of it, what is the device's
    def check(self) -> None: ...
    def state(self) -> dict[str, Any]: ...
    def version(self) -> Version: ...
    def event_count(self) -> int: ...
    def events(self, *, since: int = 0) -> HeldEvents: ...
    def series(self, *, since: int = 0) -> _Columns: ...
    def samples(self, *, since_us: float = 0.0) -> _Columns: ...
    def level_reads(self) -> _Columns: ...  # LevelReadCounts (cpp/trace/read_counts.h) a row

# Of the layered store: fields of LayeredOptions (cpp/layered/layer_planner.h) by name.
def layered_options() -> dict[str, Any]: ...
def check_layered_options(options: Mapping[str, object]) -> None: ...
def layered_levels(layers: _Columns, end_lsn: int, options: Mapping[str, object]) -> _Columns: ...

class LayeredStore:
    def __init__(
        self,
        options: Mapping[str, object],
        *,
        workload: str,
        sliced: bool,
        checks: bool,
        seed: int,
        sample_every_bytes: int,
        reads_per_sample: int,
        most_events: int,
        branch_every_bytes: int,
        branch_living_bytes: int,
    ) -> None: ...
    def use_pages(self, begin: int, end: int) -> None: ...
    def drop_pages(self, begin: int, end: int) -> None: ...
    def ingest(self, pages: object, bytes: object, *, progress: _Progress = None) -> None: ...
    def run(self, *, progress: _Progress = None) -> None: ...
    def flush(self) -> None: ...
    def compact(self, *, progress: _Progress = None) -> bool: ...
    def collect(self) -> None: ...
    def pin(self, lsn: int, seconds: float | None) -> int: ...
    def unpin(self, number: int) -> None: ...
    def read(self, page: int, lsn: int | None) -> dict[str, Any]: ...
    def tip_reads(self, reads: int) -> dict[str, Any]: ...
    def branch_reads(self) -> dict[str, Any]: ...
    def branch_count(self) -> int: ...
    def history_reads(self) -> dict[str, Any]: ...
    def state(self) -> dict[str, Any]: ...
    def layers(self) -> _Columns: ...
    def events(self) -> _Columns: ...
    def moments(self) -> _Columns: ...
    def samples(self) -> list[tuple[int, int, dict[str, Any]]]: ...

def device_profiles() -> dict[str, dict[str, Any]]: ...  # fields of Device by name

# The fields of TwinReport (cpp/twin/twin.h), ops, events and series of the simulation, and reads
# and simulated_reads as state()["reads"].
def twin(
    workload: str,
    options: Mapping[str, str],
    *,
    before: str | None = None,
    progress: _Progress = None,
) -> dict[str, Any]: ...

# ops ops_by_kind found scanned late_us
def drive(db: DB, workload: str, *, progress: _Progress = None) -> dict[str, Any]: ...

# created replayed_records replayed_log_bytes dropped_log_bytes torn_tail deleted_files
def open_report(db: DB) -> dict[str, Any]: ...
def typed_codec(db: DB) -> str | None: ...
def set_typed_codec(db: DB, name: str) -> None: ...  # stored; another name than the stored raises

# -- The planner, as a function ------------------------------------------------------------------

# Tables by run and level, immutable.
class Version:
    def __init__(self, text: str = "") -> None: ...  # InvalidArgument naming the line
    def to_text(self) -> str: ...
    def check(self) -> None: ...  # SystemError naming the invariant that is broken
    def levels(self, options: Mapping[str, str] | None = None) -> _Columns: ...  # as in tree()
    def tables(self) -> _Columns: ...  # as in tree()
    def after(self, plan: Plan, outputs: Sequence[str]) -> Version: ...  # tables as text
    @property
    def weight(self) -> int: ...
    @property
    def file_bytes(self) -> int: ...
    @property
    def entry_count(self) -> int: ...
    @property
    def table_count(self) -> int: ...
    @property
    def run_count(self) -> int: ...

# fields(): job reason score trivial_move drop inputs output_level output_run smallest_key
# largest_key input_weight input_file_bytes expected_weight cut_target_weight cut_max_weight
# cut_max_overlap_weight cut_key runners_up text. `inputs` is a list of (level, run, table numbers),
# `runners_up` of (level, score, why). Made by plan() and why() alone.
class Plan:
    def __init__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def fields(self) -> dict[str, Any]: ...

# {"plan": Plan or None, "base_level": int, "levels": columns, "candidates": columns,
# "bounds": list[str], "text": str}, the columns those of cpp/planner/explanation.h.
def plan(
    version: Version,
    options: Mapping[str, str],
    *,
    in_flight: Sequence[Plan],
    damaged: Sequence[int],
    pinned_seqnos: Sequence[int],
    free_slots: int,
    free_bytes: int | None,
    history_floor: int | None,
    now_us: int,
    planner: _Ask | None = None,
) -> dict[str, Any]: ...

# write_amp space_amp runs level_write_amp level_weight, as cpp/planner/closed_form.h has them;
# `keys`: how many are equally likely, and how likely each is.
def expected_cost(
    options: Mapping[str, str], keys: Sequence[tuple[float, float]], record_weight: int
) -> dict[str, Any]: ...
def table_number(text: str) -> int: ...  # of "#7" or "#7.0.1"
def version(db: DB) -> Version: ...  # as it stands

# "next" as plan() gives it, and the rest of BackgroundReport (cpp/db/db.h), flat.
def why(db: DB) -> dict[str, Any]: ...

# -- The crash kit (lsmkit.testing says what each does) --------------------------------------------

DAMAGES: tuple[str, ...]
DISK_OPERATIONS: tuple[str, ...]

class MemoryDisk:
    def __init__(self) -> None: ...
    def operation_count(self) -> int: ...
    def crashed(self, after: int, damage: str, seed: int) -> MemoryDisk: ...
    def killed(self, after: int) -> MemoryDisk: ...
    def forget_history(self) -> None: ...
    def fail(
        self, operation: str | None, at: int, times: int | None, code: int, effect: str
    ) -> None: ...
    def heal(self) -> None: ...
    def call_count(self) -> int: ...
    def failure_count(self) -> int: ...
    def limit(self, bytes: int, /) -> None: ...
    def names(self, directory: str, /) -> list[str]: ...
    def read(self, path: str, /) -> bytes: ...
    def write(self, path: str, bytes: bytes, /) -> None: ...

class ThrottledDisk:
    def __init__(
        self,
        *,
        read_bytes_per_s: float,
        write_bytes_per_s: float,
        transfer_bytes_per_s: float,
        requests_per_s: float,
        latency_us: float,
        request_bytes: int,
    ) -> None: ...
    def passed_bytes(self) -> int: ...

# -- Options, as text by name --------------------------------------------------------------------

# Numbers are decimal, booleans "true"/"false", sync "always", "every(n)", "interval(ms)",
# "hybrid(n, ms)" or "none".
def options(db: DB) -> dict[str, str]: ...  # what is in force
def default_options() -> dict[str, str]: ...
def stored_option_names() -> frozenset[str]: ...  # the others belong to one open

# Defaults with `options` on top, in the spelling of `options(db)`. Raises InvalidArgument naming
# the option, what was wrong and what would do.
def normalize_options(options: Mapping[str, str]) -> dict[str, str]: ...

# -- The rest ------------------------------------------------------------------------------------

# Deletes every file of a closed database that is ours by name and header, and the directory if
# nothing else is in it. LockedError if it is open elsewhere.
def destroy(path: _Path) -> None: ...

# The smallest key above every key that starts with `prefix`; None if there is none.
def prefix_end(prefix: Buffer) -> bytes | None: ...

# Shows a file of a database part by part, in order of offsets: show(offset, bytes, part, text).
# The kind is told by the file's magic. Damage is a part of its own, and the walk goes on where it
# can. What `show` raises ends the call. InvalidArgument for a file that is none of ours.
def dump_file(path: _Path, show: Callable[[int, int, str, str], object], /) -> str: ...

# {"version": str, "compiler": str, "build_type": str, "pybind11": str,
#  "zstd": {"source": "system" | "runtime" | "off", "version": str | None},
#  "cpu": {feature: bool}}
def build_info() -> dict[str, Any]: ...

MAX_KEY_BYTES: Literal[65535]
MAX_VALUE_BYTES: Literal[1073741824]
MAX_BATCH_BYTES: Literal[2147483648]

# -- Arrays ----------------------------------------------------------------------------------------

# A column of bytes, wherever it lies: pinned, not copied (but `joined`). Offsets are checked when
# they are followed. TypeError for what is no column of bytes.
class Rows:
    def __init__(self, *args: object, **kwargs: object) -> None: ...  # TypeError
    @staticmethod
    def fixed(data: _Array, count: int, width: int, lengths: _Array | None = None) -> Rows: ...
    @staticmethod
    def offsets(data: _Array, offsets: _Array, valid: _Array | None = None) -> Rows: ...
    @staticmethod
    def joined(items: Sequence[Buffer], *, keys: bool) -> Rows: ...
    @staticmethod
    def arrow(schema: object, array: object, *, keys: bool) -> Rows: ...
    def first_null(self) -> int: ...  # len: there is none
    def prefixed(self, prefix: bytes, first: int, count: int) -> Rows: ...  # a copy
    def __len__(self) -> int: ...

# The chunks of an Arrow stream of one column, None at its end.
class ChunkReader:
    def __init__(self, stream: object, *, keys: bool) -> None: ...
    def next(self) -> Rows | None: ...

# Writes, in one commit, as many of `count` rows as weigh `max_bytes`, at least one; says how many.
# Without values the keys are deleted. `progress` is told while the write waits for room.
def write_rows(
    db: DB,
    keys: Rows,
    key: int,
    values: Rows | None,
    value: int,
    count: int,
    *,
    max_bytes: int,
    sync: bool,
    progress: _Progress = None,
) -> int: ...
def add_puts(
    batch: WriteBatch, keys: Rows, key: int, values: Rows, value: int, count: int
) -> None: ...
def add_deletes(batch: WriteBatch, keys: Rows) -> None: ...

# Of the values: offsets (int64), data, and a bit per row that says whether the key is there.
def get_rows(
    db: DB,
    keys: Rows,
    *,
    snapshot: Snapshot | None = None,
    progress: _Progress = None,
    threads: int = 0,
) -> tuple[memoryview, memoryview, memoryview]: ...
def contains_rows(  # a byte per row
    db: DB,
    keys: Rows,
    *,
    snapshot: Snapshot | None = None,
    progress: _Progress = None,
    threads: int = 0,
) -> memoryview: ...
def get_view(db: DB, key: Buffer, *, snapshot: Snapshot | None = None) -> memoryview | None: ...

# Name, format string, nullable, rows, null count, buffers (first bits of validity), children. The
# contents of the buffers are not checked.
_ArrowColumn: TypeAlias = tuple[
    str, str, bool, int, int, Sequence[_Array | None], Sequence["_ArrowColumn"]
]

# Capsules of Arrow's structs, which keep the buffers.
def arrow_schema(column: _ArrowColumn) -> object: ...
def arrow_array(column: _ArrowColumn) -> object: ...
def arrow_batch_stream(column: _ArrowColumn) -> object: ...

class Scanner:
    def __init__(
        self,
        db: DB,
        *,
        start: Buffer | None = None,
        stop: Buffer | None = None,
        include_start: bool = True,
        include_stop: bool = False,
        prefix: Buffer | None = None,
        snapshot: Snapshot | None = None,
        reverse: bool = False,
        limit: int = ...,
        batch_rows: int,
        batch_bytes: int,
        strip_bytes: int = 0,  # taken off the front of each key, of which they are `prefix`'s first
    ) -> None: ...
    # Offsets and data of the keys, then of the values; None: the end.
    def next(self) -> tuple[memoryview, memoryview, memoryview, memoryview] | None: ...

def arrow_stream(scanner: Scanner) -> object: ...  # a capsule of what is left
