"""What can be set when a database is opened: `Options`."""

import dataclasses
import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, TypedDict, Unpack

from lsmkit import _core, presets, rocksdb_options
from lsmkit._errors import InvalidArgument
from lsmkit.rocksdb_options import OptionNote
from lsmkit.sync import Sync

__all__ = ["FromRocksDB", "OptionNote", "Options", "OptionsDict", "Sync"]

Layout = Literal["hybrid", "leveled", "lazy_leveled", "tiered", "fifo"]
Picker = Literal[
    "round_robin",
    "min_overlapping_ratio",
    "oldest_smallest_seq",
    "oldest_largest_seq",
    "compact_pointer",
]
Cut = Literal["aligned", "grandparents", "grid", "plain"]
LevelSizing = Literal["dynamic", "static", "dynamic_without_drain"]


class OptionsDict(TypedDict, total=False):
    """The fields of `Options` as keywords of `lsmkit.open`."""

    sync: Sync
    memtable_bytes: int
    table_bytes: int
    block_bytes: int
    restart_interval: int
    filter_bits_per_key: int
    filter_allocation: Literal["by_level", "uniform"]
    compression: Literal["zstd", "none"]
    compression_levels: tuple[int, ...]
    compression_dictionary_bytes: int
    layout: Layout
    level_count: int
    l0_trigger_runs: int
    l0_merged_runs: int
    base_bytes: int
    fanout: float
    level_sizing: LevelSizing
    picker: Picker
    cut: Cut
    max_parts: int
    pass_through: bool
    multi_level: bool
    max_space_amp: float
    tombstone_gain: float
    max_runs: int
    size_ratio_percent: int
    min_merge_runs: int
    max_merge_runs: int
    fifo_bytes: int
    fifo_ttl_s: int
    stall_timeout_ms: int
    flow: Literal["smooth", "rocksdb"]
    max_memtables: int
    l0_slowdown_runs: int
    l0_stop_runs: int
    soft_pending_bytes: int
    hard_pending_bytes: int
    delayed_bytes_per_s: int
    create: bool
    cache_bytes: int
    memory_bytes: int
    background: Literal["threads", "inline"]
    threads: int
    background_bytes_per_s: int


_EVERY_SECOND = Sync(0, 1000)


@dataclass(frozen=True, kw_only=True, repr=False)
class Options:
    """How a database is laid out and run.

    Options are stored in the directory: a later `open(path)` uses the stored ones, `open(path,
    options)` replaces them all, and keywords replace one each. `create`, `cache_bytes`,
    `memory_bytes`, `background`, `threads` and `background_bytes_per_s` belong to one open and are
    not stored. Sizes that steer (`memtable_bytes`, `table_bytes`, `base_bytes`) count weight: key +
    value + 8 bytes per record, before compression.

    Attributes
    ----------
    sync : Sync
        What a power loss may take. Stricter modes wait for the disk. RocksDB: `WriteOptions.sync`.
    memtable_bytes : int
        Weight at which a memtable is sealed and flushed. Larger ones mean fewer, larger flushes,
        more memory and a longer replay after a crash. RocksDB: `write_buffer_size`, 64 MiB.
    table_bytes : int
        Target weight of a table. Smaller ones make compactions finer and directories longer.
        RocksDB: `target_file_size_base`, 64 MiB.
    block_bytes : int
        Target size of a data block before compression, what one uncached get reads. Larger ones
        compress better. RocksDB: `block_size`, 4 KiB.
    restart_interval : int
        Entries between full keys in a data block. Larger ones save space and cost comparisons.
        RocksDB: `block_restart_interval`, 16.
    filter_bits_per_key : int
        Bits per key of the Bloom filters, on average over the tree; 10 let about 1 % of absent
        keys through, 0 means no filters. RocksDB: `filter_policy`, none.
    filter_allocation : {"by_level", "uniform"}
        Who gets the filter bits: smaller levels more of them, so that all runs together let the
        fewest absent keys through (Monkey, Dayan et al. 2017), or all levels the same. RocksDB has
        the latter.
    compression : {"zstd", "none"}
        Codec of data blocks. RocksDB: `compression`, Snappy.
    compression_levels : tuple of int
        zstd's level (-7 to 22; higher ones are smaller and slower to write) for each level of the
        tree from L0 on, 0 for uncompressed; deeper levels take the last one. The default leaves L0
        and L1 raw. RocksDB: `compression_per_level`, `CompressionOptions::level`.
    compression_dictionary_bytes : int
        Of a zstd dictionary that each compressed table trains on its first blocks and carries; 0:
        none. Pays for small blocks of similar records, costs some milliseconds and the dictionary
        itself per table: 16 KiB is a good size. RocksDB: `CompressionOptions::max_dict_bytes`, 0.
    layout : {"hybrid", "leveled", "lazy_leveled", "tiered", "fifo"}
        How sorted runs are arranged. "leveled": L0 goes to the base level at `l0_trigger_runs`, and
        each level below is one run. "hybrid": L0 is tiered, and levels below are few and leveled,
        so that a fifth to a third less is written than by "leveled", for half a run more to read.
        "lazy_leveled": every level but the last gathers `l0_trigger_runs` runs, which go down as
        one (Dayan and Idreos 2018). "tiered": whole runs that are neighbours in age are merged,
        which writes least and takes most space (RocksDB's universal style). "fifo": nothing is
        merged, and the oldest tables are dropped with what is in them. RocksDB:
        `compaction_style`, leveled.
    level_count : int
        Levels, L0 included. RocksDB: `num_levels`, 7.
    l0_trigger_runs : int
        Runs in L0 that make a compaction due ("tiered": in all of the tree; "lazy_leveled": in
        each level). More of them write less and read slower.
        RocksDB: `level0_file_num_compaction_trigger`, 4.
    l0_merged_runs : int
        Hybrid only: `l0_trigger_runs` flushes are merged into one run of L0, and at so many of
        these all of L0 goes to the base level.
    base_bytes : int
        Target weight of the base level, the one that L0 is merged into; "hybrid" with dynamic
        levels finds its own. RocksDB: `max_bytes_for_level_base`, 256 MiB.
    fanout : float
        Weight ratio of neighbouring levels. Larger ones mean fewer levels and more rewriting in
        each. RocksDB: `max_bytes_for_level_multiplier`, 10.
    level_sizing : {"dynamic", "static", "dynamic_without_drain"}
        Level targets worked back from the last level (about 1.1 times the data's space), or down
        from the base. When data shrinks, "dynamic" empties levels that are no longer called for, as
        RocksDB does from 8.3 on; "dynamic_without_drain" keeps them, as RocksDB did before (but
        "hybrid" drains either way). RocksDB: `level_compaction_dynamic_level_bytes`, true.
    picker : {"round_robin", "min_overlapping_ratio", ...}
        Which table of a full level goes first: the next in key order with as many after it as bring
        the level below its target, the cheapest, the one whose oldest record is the oldest
        ("oldest_smallest_seq"), the one whose newest is ("oldest_largest_seq"), or one at a time in
        key order as LevelDB takes them ("compact_pointer"). RocksDB: `compaction_pri`,
        kMinOverlappingRatio.
    cut : {"aligned", "grandparents", "grid", "plain"}
        Where tables end. "aligned": at boundaries of the next level, for less rewriting with tables
        between half and twice their target (RocksDB: `level_compaction_dynamic_file_size`, true).
        "grandparents": at the target, and where a stretch meets ten targets of the next level
        (LevelDB). "grid": where tables of the deepest level begin, at up to half more than the
        target, so that levels share bounds.
        "plain": at the target alone.
    max_parts : int
        A heavy compaction is split into at most so many parts, which run side by side on up to
        `threads` threads and give the tables that one thread would. RocksDB:
        `max_subcompactions`, 1.
    pass_through : bool
        Tables whose keys no other input of a merge comes between stay as they are: clustered,
        sequential and hot-range writes are spared much rewriting. RocksDB has no such thing.
    multi_level : bool
        A job of a leveled or hybrid tree may take two levels into a third in one merge where that
        writes less. It weighs up to 100 tables. Pebble has such jobs, RocksDB has not.
    max_space_amp : float
        Weight in the tree over that of its oldest run, at most: what is above it is compacted until
        that holds again. 0: the layout's own, 3 for "tiered", no bound for others. RocksDB:
        `max_size_amplification_percent`, 200.
    tombstone_gain : float
        "leveled" and "hybrid": when no level is due, tombstones are carried down if what they hide
        weighs at least this share of what is rewritten for it, so that space comes back after
        deletes. 0: they wait for their level's turn, as in RocksDB, which weighs tables with many
        tombstones more instead.
    max_runs : int
        Tiered only: with more runs than these, the newest are merged whatever they weigh. 0:
        `l0_trigger_runs`. RocksDB: `CompactionOptionsUniversal::max_read_amp`, -1.
    size_ratio_percent : int
        Tiered only: a run is merged with the newer ones before it if it weighs at most this much
        more than they do together. RocksDB: `CompactionOptionsUniversal::size_ratio`, 1.
    min_merge_runs : int
        Tiered only: at least so many runs are merged at once. RocksDB: `min_merge_width`, 2.
    max_merge_runs : int
        Tiered only: at most so many; 0: no bound. RocksDB: `max_merge_width`, no bound.
    fifo_bytes : int
        Fifo only: weight above which the oldest tables are dropped. RocksDB:
        `CompactionOptionsFIFO::max_table_files_size`, 1 GiB.
    fifo_ttl_s : int
        Fifo only: age in seconds at which tables are dropped, as far as writes make the planner
        look; 0: none. RocksDB: `ttl`.
    stall_timeout_ms : int
        How long a write waits for room, in milliseconds, before `StallTimeout`. RocksDB waits for
        ever.
    flow : {"smooth", "rocksdb"}
        How writers are slowed down when the disk cannot follow. "smooth": many pauses of well below
        a millisecond, more the fuller memory and L0 are, so that writes settle at what the disk
        sustains. "rocksdb": full speed until a limit, then RocksDB's delays and stops; the next six
        belong to it. With background="inline" nothing waits.
    max_memtables : int
        Sealed memtables, not flushed yet, at which writes stop. RocksDB:
        `max_write_buffer_number`, 2.
    l0_slowdown_runs : int
        Runs in L0 from which writes are delayed. RocksDB: `level0_slowdown_writes_trigger`, 20.
    l0_stop_runs : int
        Runs in L0 at which writes stop. RocksDB: `level0_stop_writes_trigger`, 36.
    soft_pending_bytes : int
        Weight that compaction still has to rewrite from which writes are delayed; 0: no such limit.
        RocksDB: `soft_pending_compaction_bytes_limit`, 64 GiB.
    hard_pending_bytes : int
        Weight that compaction still has to rewrite at which writes stop; 0: no such limit. RocksDB:
        `hard_pending_compaction_bytes_limit`, 256 GiB.
    delayed_bytes_per_s : int
        Bytes per second at which a delay begins; it goes down to 16 KiB. RocksDB:
        `delayed_write_rate`, 16 MiB.
    create : bool
        Make the database if there is none. RocksDB: `create_if_missing`, false.
    cache_bytes : int
        Size of the block cache. RocksDB: `block_cache`, 32 MiB.
    memory_bytes : int
        Bound on memtables, cache and buffers together, in bytes allocated. RocksDB:
        `WriteBufferManager`, none.
    background : {"threads", "inline"}
        Flush and compact on threads, or within the write that makes them due: deterministic.
    threads : int
        Background threads. RocksDB: `max_background_jobs`, 2. While compactions wait for the disk
        or for `background_bytes_per_s` more than they compute, few of them run side by side,
        except with flow="rocksdb".
    background_bytes_per_s : int
        Bytes per second that flushes and compactions write together, from 64 KiB on; 0: as many as
        the disk takes. Flushes go first. Leaves the disk to others, and makes writers wait sooner.
        Ignored with background="inline". RocksDB: `rate_limiter`, none.
    """

    sync: Sync = _EVERY_SECOND
    memtable_bytes: int = 64 << 20
    table_bytes: int = 64 << 20
    block_bytes: int = 4096
    restart_interval: int = 16
    filter_bits_per_key: int = 10
    filter_allocation: Literal["by_level", "uniform"] = "by_level"
    compression: Literal["zstd", "none"] = "zstd"
    compression_levels: tuple[int, ...] = (0, 0, 1)
    compression_dictionary_bytes: int = 0
    layout: Layout = "hybrid"
    level_count: int = 7
    l0_trigger_runs: int = 4
    l0_merged_runs: int = 4
    base_bytes: int = 256 << 20
    fanout: float = 7.0
    level_sizing: LevelSizing = "dynamic"
    picker: Picker = "round_robin"
    cut: Cut = "aligned"
    max_parts: int = 1
    pass_through: bool = True
    multi_level: bool = True
    max_space_amp: float = 0.0
    tombstone_gain: float = 0.25
    max_runs: int = 0
    size_ratio_percent: int = 1
    min_merge_runs: int = 2
    max_merge_runs: int = 0
    fifo_bytes: int = 1 << 30
    fifo_ttl_s: int = 0
    stall_timeout_ms: int = 30_000
    flow: Literal["smooth", "rocksdb"] = "smooth"
    max_memtables: int = 2
    l0_slowdown_runs: int = 20
    l0_stop_runs: int = 36
    soft_pending_bytes: int = 64 << 30
    hard_pending_bytes: int = 256 << 30
    delayed_bytes_per_s: int = 16 << 20
    create: bool = True
    cache_bytes: int = 64 << 20
    memory_bytes: int = 512 << 20
    background: Literal["threads", "inline"] = "threads"
    threads: int = 2
    background_bytes_per_s: int = 0

    def __new__(cls, *positional: object, **keywords: object) -> Self:
        # Before the generated __init__ says less about an unknown name.
        check_option_names(keywords, "Options()")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        _core.normalize_options(option_texts(vars(self)))

    @classmethod
    def small(cls, **overrides: Unpack[OptionsDict]) -> "Options":
        """Kilobytes instead of megabytes, so that a little data grows a tree with levels.

        For notebooks, demonstrations and tests; slower than the defaults on real data.
        """
        return Options(**(presets.SMALL | overrides))

    @classmethod
    def rocksdb(cls, **overrides: Unpack[OptionsDict]) -> "Options":
        """Compaction as RocksDB 7.8 does it by default: levels, picks and cuts of tables.

        Beside RocksDB itself, the same keys in lock-step, these rules write within 1 % as much and
        choose the same tables (`cpp/bench/lockstep --matrix`). Weight is counted, not file bytes,
        so a table of the same size holds a little less. Releases from 8.4 on size levels
        dynamically: `level_sizing="dynamic"`.

        Writes are delayed and stopped as by RocksDB, too (`flow="rocksdb"`), though not with
        background="inline". `l0_slowdown_runs` and `l0_stop_runs` go up with an `l0_trigger_runs`
        that lies above them.
        """
        return Options(**presets.rocksdb(overrides))

    @classmethod
    def leveldb(cls, **overrides: Unpack[OptionsDict]) -> "Options":
        """The shape of a LevelDB 1.23 with its default options: sizes, levels, picks.

        4 MiB memtables, 2 MiB tables, L0 at 4 runs, 10 MiB in L1 and ten times as much in each
        level below, one table at a time by its compact pointer, no filters. Not LevelDB's: blocks
        of every level are compressed by zstd at level 1, for there is no Snappy here, and flushes
        go to L0 even where nothing below overlaps. Weight is counted, not file bytes.
        """
        return Options(**(presets.LEVELDB | overrides))

    @classmethod
    def from_rocksdb(
        cls,
        source: str | os.PathLike[str],
        *,
        column_family: str = "default",
        **overrides: Unpack[OptionsDict],
    ) -> "FromRocksDB":
        """Options as near as can be to those of a RocksDB database, and what could not be taken.

        >>> options, notes = Options.from_rocksdb("a-rocksdb/")     # doctest: +SKIP
        >>> for note in notes:                                      # doctest: +SKIP
        ...     print(note)
        line 105: merge_operator=StringAppend: ignored: merge operators are not there yet

        Parameters
        ----------
        source : str or PathLike
            A RocksDB directory, of which the newest OPTIONS file is read; such a file; or its text,
            if it has more than one line. What it does not say is RocksDB's default of its release.
        column_family : str
            Whose options are taken.
        **overrides
            Fields of `Options`, which replace one each.

        Returns
        -------
        FromRocksDB
            A pair, `options` and `notes`. `notes` has an `OptionNote` for each option that was
            ignored or only approximated, in the order of the file. Options at RocksDB's default
            that have no counterpart here are left out.

        Raises
        ------
        InvalidArgument
            It is no such file, or a value can't be: naming the line. No such column family.
        OSError
            It can't be read.
        """
        translated, notes = rocksdb_options.translate(source, column_family)
        fields: dict[str, Any] = {**translated, **overrides}
        return FromRocksDB(Options(**fields), notes)

    def replace(self, **changes: Unpack[OptionsDict]) -> "Options":
        """The same options, but for `changes`."""
        check_option_names(changes, "replace()")
        return dataclasses.replace(self, **changes)

    def diff(self, other: "Options | None" = None) -> dict[str, Any]:
        """This one's values where they differ from `other`'s (default: the defaults), by name."""
        base = other if other is not None else Options()
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != getattr(base, field.name)
        }

    def __repr__(self) -> str:
        """Only what differs from the defaults; evaluates to an equal value."""
        return f"Options({', '.join(f'{name}={value!r}' for name, value in self.diff().items())})"


class FromRocksDB(NamedTuple):
    """What `Options.from_rocksdb` gives."""

    options: Options
    notes: tuple[OptionNote, ...]


def check_option_names(names: Iterable[str], where: str) -> None:
    """Raises TypeError naming the nearest matches if one of `names` is no option."""
    known = list(Options.__dataclass_fields__)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
            hint = (
                f"; did you mean {' or '.join(near)}?"
                if near
                else f"; there are {', '.join(known)}"
            )
            raise TypeError(f"{where} got an unknown option {name[:60]!r}{hint}")


def option_texts(options: Mapping[str, object]) -> dict[str, str]:
    """The spelling that the engine takes, by name. Raises TypeError for a value of a wrong type."""
    texts = {}
    for name, value in options.items():
        due = type(getattr(Options, name))
        if not _fits(value, due):
            found = f"{type(value).__name__}: {_cut(value)}"
            wanted = "a tuple of int" if due is tuple else due.__name__
            raise TypeError(f"option {name}: {wanted} is due, not {found}")
        texts[name] = _text(value)
    return texts


def _fits(value: object, due: type) -> bool:
    if due is tuple:
        return isinstance(value, tuple) and all(_fits(item, int) for item in value)
    if isinstance(value, bool):
        return due is bool
    return isinstance(value, (int, float) if due is float else due)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _int_tuple(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


_PARSERS: dict[type, Callable[[str], Any]] = {
    bool: "true".__eq__,
    int: int,
    float: float,
    str: str,
    tuple: _int_tuple,
    Sync: Sync.parse,
}


def options_from_texts(texts: Mapping[str, str]) -> Options:
    """The opposite of `option_texts`, for all options."""
    fields = dataclasses.fields(Options)
    return Options(**{f.name: _PARSERS[type(f.default)](texts[f.name]) for f in fields})


def option_from_text(name: str, text: str) -> Any:
    """One option's value from its spelling. Raises InvalidArgument if it is none of its type."""
    kind = type(getattr(Options, name))
    if kind is bool and text not in ("true", "false"):
        raise InvalidArgument(f"{name}: true or false is due, not {_cut(text)}")
    try:
        return _PARSERS[kind](text)
    except InvalidArgument as error:
        raise InvalidArgument(f"{name}: {error}") from None
    except ValueError:
        due = {int: "a whole number", float: "a number", tuple: "whole numbers, 1,2,3,"}[kind]
        raise InvalidArgument(f"{name}: {due} is due, not {_cut(text)}") from None


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
