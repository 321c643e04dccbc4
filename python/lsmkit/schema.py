"""The frames that look inside a tree: each column's unit, type, nullability, meaning and sources.

The same frames come from an open database, from a simulation and from another engine's log, so that
one picture can show all of them; `sources` says who fills a column.
"""

from dataclasses import replace

from lsmkit.column_spec import ColumnSpec
from lsmkit.column_spec import byte_count as _bytes
from lsmkit.column_spec import count as _count
from lsmkit.column_spec import flag as _flag
from lsmkit.column_spec import microseconds as _us
from lsmkit.column_spec import number as _id
from lsmkit.column_spec import ratio as _ratio
from lsmkit.column_spec import text as _text
from lsmkit.column_spec import weight as _weight
from lsmkit.schema_layered import LAYERED

__all__ = ["SCHEMAS", "ColumnSpec"]


def _db(spec: ColumnSpec) -> ColumnSpec:
    """Filled by a database alone."""
    return replace(spec, nullable=True, sources=("db",))


def _run(spec: ColumnSpec) -> ColumnSpec:
    """Filled by a simulation alone, which knows what every key holds."""
    return replace(spec, nullable=True, sources=("run",))


def _told(spec: ColumnSpec) -> ColumnSpec:
    """Known to databases and simulations always, to a log of RocksDB not always."""
    return replace(spec, nullable=True, gaps=True)


def _ours(spec: ColumnSpec) -> ColumnSpec:
    """Filled by databases and simulations; no log of RocksDB tells of it."""
    return replace(spec, sources=("db", "run"))


_LEVEL = ColumnSpec("level", "i32", "", "0 is the newest")
_SEQNOS = (
    _id("smallest_seqno", "oldest commit in it", True),
    _id("largest_seqno", "newest commit in it", True),
)
_KEYS = (
    _ours(ColumnSpec("smallest_key", "bytes", "", "its first key; null: not modelled", True)),
    _ours(ColumnSpec("largest_key", "bytes", "", "its last key; null: not modelled", True)),
)
_FILE_BYTES = _bytes("file_bytes", "stored; null: files are not modelled", True)
_WRITTEN = (
    _ratio(
        "write_amp",
        "file bytes written by flush and compaction / bytes of keys and values put",
        True,
    ),
    _ratio("write_amp_weight", "the same in weights, whatever the codec", True),
)

SCHEMAS: dict[str, tuple[ColumnSpec, ...]] = {
    # One row per memtable, newest first, then one per level.
    "levels": (
        _text("name", '"memtable", "sealed memtable", or "L0", "L1" ...'),
        ColumnSpec("level", "i32", "", "0 is the newest; null for a memtable", True),
        _count("run_count", "sorted runs: what a get may have to look into", True),
        _count("table_count", "tables", True),
        _told(_weight("weight", "of its records, before compression")),
        _bytes("file_bytes", "stored; null for a memtable", True),
        _told(_count("entry_count", "records, tombstones included")),
        _count("tombstone_count", "deletes among them; null for a memtable", True),
        _ours(_weight("target_weight", "beyond which it is compacted; null: no target", True)),
        _ours(_ratio("score", "how due it is: 1 and above is", True)),
    ),
    # One row per table, in key order within a run, newest run first within a level.
    "tables": (
        _LEVEL,
        _id("run", "id of its sorted run"),
        _id("run_index", "0 is the newest run of the level", True),
        _id("number", "its file's number"),
        _ours(_id("id", "random, for its life", True)),
        _id("job", "flush or compaction that wrote it", True),
        *_KEYS,
        *_SEQNOS,
        _told(_weight("weight", "of its records, before compression")),
        _FILE_BYTES,
        _bytes("key_bytes", "of all keys", True),
        _bytes("value_bytes", "of all values", True),
        _told(_count("entry_count", "records, tombstones included")),
        _told(_count("tombstone_count", "deletes among them")),
        _us("created_us", "wall time, since 1970", True),
        _text("codec", '"none" or "zstd"', True),
    ),
    # One row per level: what the planner made of it.
    "verdicts": (
        _LEVEL,
        _count("run_count", "sorted runs"),
        _count("table_count", "tables"),
        _weight("weight", "of its records"),
        _weight("busy_weight", "of it, being compacted"),
        _weight("target_weight", "beyond which it is compacted; null: no target", True),
        _ratio("score", "how due it is: runs and weight against trigger and target"),
        _ratio("priority", "decides who goes first, and is due from 1 on"),
        _flag("due", "whether it is"),
        _flag("chosen", "its tables go down, or would if something did not postpone it"),
        _text("why", "it is chosen, or not, or how far it is from being due"),
    ),
    # One row per table that the picker looked at, in the order in which it prefers them.
    "candidates": (
        _LEVEL,
        _id("number", "its file's number"),
        *_KEYS,
        _weight("weight", "of its records"),
        _weight("overlap_weight", "of the tables that it meets in the next level"),
        _ratio("overlap_ratio", "overlap_weight / weight: what moving it costs", True),
        _flag("chosen", "whether the plan takes it"),
        _text("why", "it is picked, taken along, blocked, or comes later"),
    ),
    # As tables, for all that the events tell of.
    "all_tables": (
        _LEVEL,
        _id("run", "id of its sorted run"),
        _id("number", "its file's number"),
        *_KEYS,
        *_SEQNOS,
        _told(_weight("weight", "of its records, before compression")),
        _FILE_BYTES,
        _told(_count("entry_count", "records, tombstones included")),
        _told(_count("tombstone_count", "deletes among them")),
        _id("born", "event that put it there; null: before the first that is kept", True),
        _id("died", "event that took it away; null: it stands", True),
    ),
    # One row per event, oldest first.
    "events": (
        _id("number", "counts the database's events"),
        _text("kind", "open, flush, compaction, trivial move, stall begins ..."),
        _us("time_us", "of a clock that never goes back"),
        _us("wall_us", "wall time, since 1970"),
        _id("job", "0: none"),
        _text("reason", "why: flush, l0_to_base, level_full ..."),
        _told(_ratio("score", "of the level, when it was picked")),
        ColumnSpec("input_level", "i32", "", "the topmost"),
        ColumnSpec("output_level", "i32", "", "where its outputs stand"),
        ColumnSpec("removed", "list[u64]", "", "numbers of the tables that it took away"),
        ColumnSpec("added", "list[u64]", "", "numbers of the tables that it put there"),
        _bytes("read_bytes", "file bytes read", True),
        _bytes("written_bytes", "file bytes written", True),
        _told(_weight("read_weight", "of the records read")),
        _told(_weight("written_weight", "of the records written")),
        _told(_count("in_entries", "records read")),
        _told(_count("out_entries", "records written")),
        _told(_count("dropped_entries", "superseded records and tombstones left out")),
        _us("duration_us", "how long it took"),
        _told(_id("last_seqno", "newest commit then")),
        _text("text", "in words: why, or what went wrong"),
        _text("line", "all of it in one line"),
    ),
    # One row per event that changed the tree. Counters run since the database was made.
    "series": (
        _id("event", "number of the event"),
        _us("time_us", "of a clock that never goes back"),
        _us("wall_us", "wall time, since 1970"),
        _told(_id("last_seqno", "newest commit then")),
        _count("table_count", "tables that stand"),
        _count("run_count", "sorted runs: what a get may have to look into"),
        _count("l0_run_count", "those of them in L0"),
        _told(_weight("weight", "of all tables")),
        _run(_weight("live_weight", "of the newest record of each key")),
        _run(_ratio("space_amp", "weight / live weight")),
        _run(_count("gets", "so far")),
        _run(_ratio("read_amp", "tables probed per get since the event before")),
        _run(_ratio("false_positive_rate", "of filters, since the event before")),
        _run(_ratio("cache_hit_ratio", "blocks found / asked for, since the event before")),
        _bytes("file_bytes", "of all tables", True),
        _bytes("user_bytes", "keys and values put or deleted so far", True),
        _bytes("written_bytes", "file bytes written by flush and compaction so far", True),
        *_WRITTEN,
        _us("stall_us", "that writes have waited so far", True),
    ),
    # One row.
    "summary": (
        _told(_id("last_seqno", "newest commit")),
        _count("level_count", "levels that hold tables"),
        _count("run_count", "sorted runs: what a get may have to look into"),
        _count("table_count", "tables", True),
        _told(_count("entry_count", "records in tables, tombstones included")),
        _told(_weight("weight", "of all tables")),
        _run(_weight("live_weight", "of the newest record of each key")),
        _bytes("file_bytes", "of all tables", True),
        _db(_bytes("memtable_bytes", "allocated for memtables")),
        _ratio("compression_ratio", "file bytes / bytes of keys and values stored", True),
        _told(_count("puts", "since the database was made")),
        _told(_count("deletes", "since the database was made")),
        _told(_bytes("user_bytes", "keys and values put or deleted")),
        _db(_bytes("log_bytes", "written to logs")),
        _count("flush_count", "memtables written out"),
        _bytes("flush_bytes", "file bytes written by flush", True),
        _count("compaction_count", "merges", True),
        _bytes("compaction_read_bytes", "file bytes read by compaction", True),
        _bytes("compaction_written_bytes", "file bytes written by compaction", True),
        _count("trivial_move_count", "tables moved a level down as they are", True),
        _count("dropped_count", "superseded records and tombstones left out by compaction", True),
        *_WRITTEN,
        _ratio(
            "write_amp_over_flush", "file bytes written / by flush alone: RocksDB's figure", True
        ),
        _db(_ratio("log_amp", "log bytes / bytes of keys and values put")),
        _ours(_count("gets", "since the open", True)),
        _ours(_ratio("read_amp", "tables probed per get since the open", True)),
        _run(_ratio("blocks_per_get", "data blocks asked for by a get")),
        _ours(_ratio("false_positive_rate", "tables read in vain / probed that had nothing", True)),
        _ours(_ratio("cache_hit_ratio", "blocks found in the cache since the open", True)),
        _run(_ratio("settled_write_amp", "write_amp_weight, since all was written over once")),
        _run(_ratio("mean_space_amp", "weight / live weight, on average since then")),
        _run(_ratio("peak_space_amp", "the most of it")),
        _run(_ratio("mean_run_count", "sorted runs, on average since then")),
        _told(_us("stall_us", "that writes have waited")),
    ),
    # One row per workload, configuration and machine: means over seeds.
    "suite": (
        _text("workload", "its name"),
        _text("config", "its name"),
        _text("machine", "its name"),
        _count("seeds", "runs that this is the mean of"),
        _text("error", "why it could not be simulated; null: it was", True),
        *(
            replace(spec, sources=("suite",))
            for name, unit, meaning in (
                ("settled_write_amp", "ratio", "weight written / put, settled"),
                ("mean_space_amp", "ratio", "weight / live weight, settled"),
                ("peak_space_amp", "ratio", "the most of it"),
                ("mean_run_count", "count", "sorted runs, settled"),
                ("bytes_per_s", "", "keys and values put"),
                ("stall_share", "ratio", "time that writes have waited / all"),
                ("device_utilisation", "ratio", "0 to 1"),
                ("put_p50_us", "us", "half of what a put took"),
                ("put_p99_us", "us", "99 % of it"),
                ("put_p999_us", "us", "99.9 % of it"),
            )
            for spec in (
                ColumnSpec(name, "f64", unit, meaning, True),
                ColumnSpec(f"{name}_ci", "f64", unit, "half its 95 % confidence interval", True),
            )
        ),
    ),
    # One row per level: what gets looked into.
    "level_reads": tuple(
        replace(spec, sources=("run",))
        for spec in (
            _LEVEL,
            _count("tables_probed", "whose key range held the key"),
            _count("filter_negatives", "of them, that a filter spared the get"),
            _count("false_positives", "of them, that were read in vain"),
            _count("answers", "values and tombstones that ended a get"),
            _count("cache_hits", "data blocks found in the cache"),
            _count("cache_misses", "data blocks read"),
            _ratio("false_positive_rate", "read in vain / probed that had nothing", True),
            _ratio("cache_hit_ratio", "blocks found / asked for", True),
        )
    ),
    # One row per configuration that was looked at, the simulated ones first.
    "tuning": tuple(
        replace(spec, sources=("tune",))
        for spec in (
            _text("config", "the options that were searched"),
            _flag("simulated", "false: the figures are the formula's"),
            _ratio("write_amp", "weight written / put"),
            _ratio("space_amp", "weight in the tree / live weight"),
            _ratio("runs", "sorted runs"),
            ColumnSpec("cost_per_month", "f64", "", "by the prices given", True),
            _ratio("expected_write_amp", "by formula, as if all keys were written alike"),
            _ratio("expected_space_amp", "by formula"),
            _ratio("expected_runs", "by formula"),
        )
    ),
    # One row per figure of a validation's cases.
    "validation": tuple(
        replace(spec, sources=("validate",))
        for spec in (
            _text("rung", "of the ladder: V0 to V6, FILES"),
            _text("case", "what was compared"),
            _text("figure", "of it"),
            ColumnSpec("found", "f64", "", "simulated, or by formula"),
            ColumnSpec("due", "f64", "", "of what it stands for"),
            ColumnSpec("error", "f64", "", "how far off: a share of what is due, or a difference"),
            ColumnSpec("bound", "f64", "", "what the error may be"),
            _flag("relative", "the error is a share"),
            _flag("holds", "the error is within the bound"),
            _text("note", "what else there is to say"),
        )
    ),
    # One row per moment of a simulation in time.
    "timeline": tuple(
        replace(spec, sources=("run",))
        for spec in (
            _us("time_us", "virtual"),
            ColumnSpec("offered_per_s", "f64", "", "operations, or bytes, as the phase's rate"),
            _count("accepted_ops", "done so far"),
            _bytes("accepted_bytes", "of keys and values put so far"),
            ColumnSpec("dropped_work", "u64", "", "by a phase's capacity so far"),
            _count("waiting_ops", "in line"),
            ColumnSpec("waiting_bytes", "u64", "bytes", "in line"),
            _us("oldest_wait_us", "of who is first in line"),
            ColumnSpec("delay_us_per_kib", "f64", "", "that flow control asks for"),
            _flag("stopped", "writes stand"),
            _text("cause", "of delay or stop"),
            _us("stall_us", "that writes have waited so far"),
            _weight("memtable_weight", "of the one that is written"),
            _count("sealed_memtables", "waiting to be flushed, or being flushed"),
            _count("l0_run_count", "sorted runs in L0"),
            _count("run_count", "sorted runs"),
            _weight("weight", "of all tables"),
            _weight("debt_weight", "that compaction has to rewrite"),
            _count("job_count", "flushes and compactions that run"),
            _bytes("device_read_bytes", "so far"),
            _bytes("device_written_bytes", "so far"),
            _ratio("device_utilisation", "now, 0 to 1"),
            ColumnSpec("cores_used", "f64", "", "now"),
        )
    ),
    # One row per level, and what they come to, of compaction stats as RocksDB has them.
    "rocksdb_stats": (
        _us("wall_us", "when they were told, since 1970; null: now", True),
        _text("column_family", "whose", True),
        _text("name", '"L0" ..., "Sum" over all, "Int" since the last, or a priority: "Low" ...'),
        _count("table_count", "tables", True),
        _count("busy_table_count", "of them, being compacted", True),
        _bytes("file_bytes", "stored", True),
        _ratio("score", "how due the level is", True),
        _bytes("read_bytes", "by compactions into the level: the next two together", True),
        _bytes("input_read_bytes", "of them, from other levels (Rn)", True),
        _bytes("output_level_read_bytes", "of them, from the level itself (Rnp1)", True),
        _bytes("written_bytes", "by flushes and compactions into the level", True),
        ColumnSpec("new_bytes", "i64", "bytes", "written - read from the level itself", True),
        _bytes("moved_bytes", "of tables that came down as they are", True),
        _ratio("write_amp", "written / read from other levels; L0, Sum: / flushed", True),
        ColumnSpec("read_bytes_per_s", "f64", "", "while jobs ran", True),
        ColumnSpec("written_bytes_per_s", "f64", "", "while jobs ran", True),
        _us("duration_us", "that flushes and compactions into the level took", True),
        _us("cpu_us", "of it, of a core, merging", True),
        _count("job_count", "flushes and compactions", True),
        ColumnSpec("mean_duration_us", "f64", "us", "of them", True),
        _count("in_entries", "records that compactions read", True),
        _count("dropped_entries", "of them, left out", True),
    ),
    # One row per time in which a log of RocksDB says that writes had to wait.
    "rocksdb_stalls": tuple(
        replace(spec, sources=("rocksdb",))
        for spec in (
            _us("wall_us", "when it was said first, since 1970"),
            _us("end_wall_us", "of the next change without a warning; null: none", True),
            _text("kind", '"slowdown" or "stop"'),
            _text("cause", '"memtables", "l0_runs", "debt" ...'),
            _id("value", "memtables, tables or bytes that are too many", True),
            _bytes("rate_bytes_per_s", "at which writes may go on", True),
            _count("warnings", "how often it was said"),
            _text("text", "the first time"),
        )
    ),
    # One row per configuration, workload and seed.
    "sweep": tuple(
        replace(spec, sources=("sweep",))
        for spec in (
            _text("config", "its name"),
            _text("workload", "its name"),
            _text("machine", "its name; null: in lock-step, as all that follows of time", True),
            ColumnSpec("seed", "u64", "", "of the workload's draws"),
            _text("fidelity", "how contents were modelled"),
            _text("error", "why it could not be simulated; null: it was", True),
            _count("ops", "operations, reads too", True),
            _ratio("settled_write_amp", "weight written / put, since all was written over", True),
            _ratio("write_amp_weight", "the same from the beginning", True),
            _ratio("mean_space_amp", "weight / live weight, on average since then", True),
            _ratio("peak_space_amp", "the most of it", True),
            _ratio("mean_run_count", "sorted runs, on average since then", True),
            _ratio("peak_run_count", "the most of them", True),
            ColumnSpec("overwritten", "bool", "", "false: never, and measured from half-way", True),
            _count("level_count", "levels that hold tables at the end", True),
            _count("run_count", "sorted runs at the end", True),
            _count("table_count", "tables at the end", True),
            _weight("weight", "of all tables at the end", True),
            _weight("live_weight", "of the newest record of each key at the end", True),
            ColumnSpec("mean_level_weight", "list[u64]", "weight", "by level, from L0 on", True),
            _count("puts", "values put", True),
            _count("deletes", "keys deleted", True),
            _bytes("user_bytes", "keys and values put or deleted", True),
            _count("flush_count", "memtables written out", True),
            _count("compaction_count", "merges", True),
            _count("trivial_move_count", "tables moved a level down as they are", True),
            _count("dropped_count", "superseded records and tombstones left out", True),
            _us("stall_us", "that writes have waited", True),
            ColumnSpec("seconds", "f64", "", "virtual, from begin to end", True),
            ColumnSpec("bytes_per_s", "f64", "", "keys and values put", True),
            _ratio("stall_share", "time that writes have waited / all", True),
            _ratio("device_utilisation", "on average, 0 to 1", True),
            *(
                ColumnSpec(f"put_{name}_us", "f64", "us", f"{text} of what a put took", True)
                for name, text in (
                    ("p50", "half"),
                    ("p99", "99 %"),
                    ("p999", "99.9 %"),
                    ("max", "the longest"),
                )
            ),
            ColumnSpec("waiting_bytes", "u64", "bytes", "in line at the end", True),
            _text("why_ended", "the run", True),
            _us("wall_us", "that it took to simulate"),
            _text("worker", "who did it"),
            _text("build", "of lsmkit"),
            _text("key", "digest of options, workload, seed and build"),
        )
    ),
    **LAYERED,
}
