"""From RocksDB's options to ours, with a note on all that has no counterpart: `from_rocksdb`."""

import os
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from lsmkit import rocksdb_file
from lsmkit._errors import InvalidArgument
from lsmkit.presets import l0_limits
from lsmkit.rocksdb_defaults import DEFAULTS
from lsmkit.rocksdb_file import OptionsFile, Statement

__all__ = ["OptionNote", "translate"]

_PICKERS = {
    "kMinOverlappingRatio": "min_overlapping_ratio",
    "kRoundRobin": "round_robin",
    "kOldestSmallestSeqFirst": "oldest_smallest_seq",
    "kOldestLargestSeqFirst": "oldest_largest_seq",
    "kByCompensatedSize": "min_overlapping_ratio",
}
_STYLES = {
    "kCompactionStyleLevel": "leveled",
    "kCompactionStyleUniversal": "tiered",
    "kCompactionStyleFIFO": "fifo",
    "kCompactionStyleNone": "leveled",
}
# The zstd level that is nearest in speed; zstd's own level is an option of its own.
_ZSTD_LEVELS = {
    "kNoCompression": 0,
    "kSnappyCompression": 1,
    "kLZ4Compression": 1,
    "kXpressCompression": 3,
    "kZlibCompression": 6,
    "kLZ4HCCompression": 6,
    "kBZip2Compression": 9,
}
_ZSTD = ("kZSTD", "kZSTDNotFinalCompression")
_DEFAULT_LEVEL = 32767  # what RocksDB writes for "the codec's own default", which is 3 for zstd
_NO_BOUND = (1 << 32) - 1
_LONGEST_TTL_S = 10_000 * 365 * 86_400
_SUFFIXES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
# Why something that changes what is stored can't be had.
_REASONS = {
    "merge_operator": "merge operators are not there yet",
    "comparator": "keys are in bytewise order; lsmkit.keys encodes others",
    "compaction_filter": "what is stored goes only when it is superseded or deleted",
    "compaction_filter_factory": "what is stored goes only when it is superseded or deleted",
    "enable_blob_files": "values are stored beside their keys",
    "ttl": "old tables are not rewritten for their age",
    "periodic_compaction_seconds": "old tables are not rewritten for their age",
    "target_file_size_multiplier": "tables of all levels have one target",
    "max_bytes_for_level_multiplier_additional": "all levels have one fanout",
    "use_fsync": "every sync makes data and size durable",
}


@dataclass(frozen=True)
class OptionNote:
    """What became of an option of RocksDB that could not be taken as it is.

    Attributes
    ----------
    line : int
        Of the file; 0: the file does not have it.
    section, name, value : str
        As they stand there.
    taken : bool
        Something like it was set; else it is ignored.
    note : str
        What was done instead, or why nothing was.
    """

    line: int
    section: str
    name: str
    value: str
    taken: bool
    note: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.name}={self.value[:60]}: {self.note}"


class Translation(NamedTuple):
    """Fields of Options, and the notes."""

    fields: dict[str, Any]
    notes: tuple[OptionNote, ...]


def translate(source: str | os.PathLike[str], column_family: str) -> Translation:
    """Read a file of RocksDB; `Options.from_rocksdb` says what it takes and raises."""
    file = rocksdb_file.read(source)
    if column_family not in file.column_families:
        found = ", ".join(repr(name) for name in file.column_families) or "none"
        raise InvalidArgument(
            f"{file.where} has no column family {column_family!r}; there are {found[:200]}"
        )
    return _Translator(file, column_family).translation()


class _Translator:
    """Takes statements out one by one; what is left over at the end has no counterpart."""

    def __init__(self, file: OptionsFile, column_family: str) -> None:
        self.file = file
        self.fields: dict[str, Any] = {}
        self.notes: list[OptionNote] = []
        self.left: dict[str, Statement] = {}
        for key in (("DBOptions", ""), ("CFOptions", column_family)):
            self._expand(file.sections.get(key, {}))
        self.tables = [
            title
            for title, family in file.sections
            if title.startswith("TableOptions/") and family == column_family
        ]
        for title in self.tables:
            self._expand(file.sections[title, column_family])

    def _expand(self, statements: dict[str, Statement]) -> None:
        """Nested values, `{a=1;b=2;}`, part by part, and old ones of compression, `-14:3:0:0`."""
        for name, statement in statements.items():
            value = statement.value
            parts: list[tuple[str, str]] = []
            if value.startswith("{") and value.endswith("}") and "{" not in value[1:]:
                pairs = (part.partition("=") for part in value[1:-1].split(";") if part.strip())
                parts = [(part.strip(), text.strip()) for part, _, text in pairs]
            elif name.endswith("compression_opts") and ":" in value:
                names = ("window_bits", "level", "strategy", "max_dict_bytes")
                parts = list(zip(names, value.split(":"), strict=False))
            for part, text in parts:
                inner = Statement(statement.line, statement.section, f"{name}.{part}", text)
                self.left[inner.name] = inner
            if not parts:
                self.left[name] = statement

    # -- One option after the other ----------------------------------------------------------------

    def translation(self) -> Translation:
        self._weights()
        self._levels()
        self._compression()
        self._table()
        self._process()
        self._flow()
        for statement in self.left.values():
            self._ignore(statement)
        notes = sorted(self.notes, key=lambda note: (note.line == 0, note.line))
        return Translation(self.fields, tuple(notes))

    def _weights(self) -> None:
        self._number("write_buffer_size", "memtable_bytes", 64 << 20, 1 << 10, 1 << 40)
        self._number("target_file_size_base", "table_bytes", 64 << 20, 1 << 10, 1 << 40)
        self._number("max_bytes_for_level_base", "base_bytes", 256 << 20, 1 << 10, 1 << 40)
        fanout = self._take("max_bytes_for_level_multiplier")
        self.fields["fanout"] = self._within(fanout, self._float(fanout, 10.0), 2.0, 1000.0)
        limit = self._take("max_compaction_bytes")
        ours = 25 * self.fields["table_bytes"]
        if limit and self._int(limit, 0) not in (0, ours):
            self._note(limit, f"a job is bounded at 25 tables, {ours}")

    def _levels(self) -> None:
        self._number("num_levels", "level_count", 7, 2, 16)
        self._number("level0_file_num_compaction_trigger", "l0_trigger_runs", 4, 1, 100_000)
        dynamic = self._take("level_compaction_dynamic_level_bytes")
        default = self.file.release() >= (8, 4)
        # Levels that are no longer called for are drained from 8.3 on.
        by_release = "dynamic" if self.file.release() >= (8, 3) else "dynamic_without_drain"
        self.fields["level_sizing"] = by_release if self._bool(dynamic, default) else "static"
        aligned = self._take("level_compaction_dynamic_file_size")
        self.fields["cut"] = "aligned" if self._bool(aligned, True) else "plain"
        self.fields["tombstone_gain"] = 0.0
        self.fields["pass_through"] = False
        self.fields["multi_level"] = False

        picker = self._take("compaction_pri")
        self.fields["picker"] = self._choice(picker, _PICKERS, "kMinOverlappingRatio")
        if picker and picker.value == "kByCompensatedSize":
            self._note(picker, "picker='min_overlapping_ratio'; there is none by size", taken=True)
        style = self._take("compaction_style")
        self.fields["layout"] = self._choice(style, _STYLES, "kCompactionStyleLevel")
        if style and style.value == "kCompactionStyleNone":
            self._note(style, "layout='leveled'; compactions can't be switched off")
        if self.fields["layout"] == "tiered":
            self._tiered()
        if self.fields["layout"] == "fifo":
            self._fifo()

    def _tiered(self) -> None:
        options = "compaction_options_universal"
        self._number(f"{options}.size_ratio", "size_ratio_percent", 1, 0, 1000)
        self._number(f"{options}.min_merge_width", "min_merge_runs", 2, 2, 1000)
        amplification = self._take(f"{options}.max_size_amplification_percent")
        percent = self._within(amplification, self._int(amplification, 200), 1, 100_000)
        self.fields["max_space_amp"] = 1 + percent / 100
        widest = self._take(f"{options}.max_merge_width")
        width = self._int(widest, _NO_BOUND)
        self.fields["max_merge_runs"] = (
            0 if width >= _NO_BOUND else max(self.fields["min_merge_runs"], width)
        )
        most = self._take(f"{options}.max_read_amp")
        runs = self._int(most, -1)
        self.fields["max_runs"] = max(0, runs)
        if most and runs == 0:
            self._note(most, "max_runs=0, which means l0_trigger_runs", taken=True)

    def _fifo(self) -> None:
        options = "compaction_options_fifo"
        self._number(f"{options}.max_table_files_size", "fifo_bytes", 1 << 30, 1 << 10, 1 << 40)
        age = self._take("ttl")
        seconds = self._int(age, 0)
        self.fields["fifo_ttl_s"] = seconds if 0 <= seconds <= _LONGEST_TTL_S else 0
        merging = self._take(f"{options}.allow_compaction")
        if merging and self._bool(merging, False):
            self._note(merging, "ignored: fifo merges nothing")

    def _compression(self) -> None:
        level = self._take("compression_opts.level")
        number = self._int(level, _DEFAULT_LEVEL)
        zstd = 3 if number == _DEFAULT_LEVEL else self._within(level, number, -7, 22)
        codec = self._take("compression")
        by_level = self._take("compression_per_level")
        names = by_level.value.split(":") if by_level and by_level.value else []
        chosen = by_level if names else codec
        names = names or [codec.value if codec else "kSnappyCompression"]
        bottom = self._take("bottommost_compression")
        count = self.fields["level_count"]
        names = [names[min(n, len(names) - 1)] for n in range(count)]
        levels = [self._zstd_level(chosen, name, zstd) for name in names]
        if bottom and bottom.value != "kDisableCompressionOption":
            levels[-1] = self._zstd_level(bottom, bottom.value, zstd)
            names[-1] = bottom.value
        self.fields["compression"] = "zstd" if any(levels) else "none"
        if any(levels):
            while len(levels) > 1 and levels[-1] == levels[-2]:
                levels.pop()
            self.fields["compression_levels"] = tuple(levels)
        others = sorted({name for name in names if name not in ("kNoCompression", *_ZSTD)})
        for statement in (chosen, bottom):
            used = [name for name in others if statement and name in statement.value]
            if statement and used:
                near = ", ".join(f"{name} as zstd {_ZSTD_LEVELS[name]}" for name in used)
                self._note(statement, near, taken=True)
        dictionary = self._take("compression_opts.max_dict_bytes")
        size = self._within(dictionary, self._int(dictionary, 0), 0, 1 << 20)
        self.fields["compression_dictionary_bytes"] = size

    def _zstd_level(self, statement: Statement | None, name: str, zstd: int) -> int:
        if name in _ZSTD:
            return zstd or 3
        if name not in _ZSTD_LEVELS:
            line = statement.line if statement else 0
            raise self.file.refuse(line, f"{name[:40]!r} is no codec of RocksDB")
        return _ZSTD_LEVELS[name]

    def _table(self) -> None:
        factory = self._take("table_factory")
        if factory and factory.value != "BlockBasedTable":
            self._note(factory, "tables are made of blocks")
        self._number("block_size", "block_bytes", 4096, 64, 16 << 20)
        self._number("block_restart_interval", "restart_interval", 16, 1, 1024)
        self.fields["filter_allocation"] = "uniform"
        self.fields["filter_bits_per_key"] = 0
        policy = self._take("filter_policy")
        if policy and policy.value not in ("nullptr", ""):
            found = re.search(r"filter\w*:(\d{1,4}(?:\.\d{1,9})?)", policy.value, re.IGNORECASE)
            bits = float(found[1]) if found else 10.0
            self.fields["filter_bits_per_key"] = self._within(policy, round(bits), 0, 64)
            if not found:
                self._note(policy, "its bits per key are not in the file: 10 taken", taken=True)
            elif not policy.value.startswith("bloom") and "Bloom" not in policy.value:
                self._note(policy, f"a blocked Bloom filter of {round(bits)} bits", taken=True)
            elif bits != round(bits):
                self._note(policy, f"{round(bits)} bits per key", taken=True)
        note = "its size is not in the file: cache_bytes is left as it is"
        section = self.tables[0] if self.tables else "TableOptions"
        self.notes.append(OptionNote(0, section, "block_cache", "?", False, note))

    def _process(self) -> None:
        self._number("max_background_jobs", "threads", 2, 1, 64)
        create = self._take("create_if_missing")
        self.fields["create"] = self._bool(create, False)
        self._number("max_write_buffer_number", "max_memtables", 2, 2, 64)
        # Room for as many memtables as RocksDB may keep and the one that is written, beside the
        # cache and jobs' buffers.
        room = (self.fields["max_memtables"] + 1) * self.fields["memtable_bytes"] + (128 << 20)
        self.fields["memory_bytes"] = max(512 << 20, room)

    def _flow(self) -> None:
        self.fields["flow"] = "rocksdb"
        slowdown = self._take("level0_slowdown_writes_trigger")
        stop = self._take("level0_stop_writes_trigger")
        limits = self._int(slowdown, 20), self._int(stop, 36)
        trigger = self.fields["l0_trigger_runs"]
        for statement, name, runs in zip(
            (slowdown, stop),
            ("l0_slowdown_runs", "l0_stop_runs"),
            l0_limits(trigger, *limits),
            strict=True,
        ):
            self.fields[name] = min(runs, 1_000_000)
            if statement and self._int(statement, 0) != self.fields[name]:
                self._note(statement, f"{name}={self.fields[name]}", taken=True)
        for kind, default in (("soft", 64 << 30), ("hard", 256 << 30)):
            name = f"{kind}_pending_compaction_bytes_limit"
            self._number(name, f"{kind}_pending_bytes", default, 0, 1 << 62)
        rate = self._take("delayed_write_rate")  # 0: as if it was not set
        number = self._int(rate, 0) or 16 << 20
        self.fields["delayed_bytes_per_s"] = self._within(rate, number, 1, 1 << 40)

    # -- Values ------------------------------------------------------------------------------------

    def _take(self, name: str) -> Statement | None:
        return self.left.pop(name, None)

    def _number(self, name: str, ours: str, default: int, low: int, high: int) -> None:
        statement = self._take(name)
        number = self._int(statement, default)
        self.fields[ours] = self._within(statement, number, low, high)

    def _within(self, statement: Statement | None, number: Any, low: Any, high: Any) -> Any:
        bounded = min(max(number, low), high)
        if statement and bounded != number:
            self._note(statement, f"{bounded} taken, which is as far as it goes", taken=True)
        return bounded

    def _int(self, statement: Statement | None, default: int) -> int:
        if statement is None:
            return default
        found = re.fullmatch(r"(-?\d{1,20})([kmgt]?)", statement.value, re.IGNORECASE)
        if not found:
            raise self._wrong(statement, "a whole number")
        return int(found[1]) * _SUFFIXES[found[2].lower()]

    def _float(self, statement: Statement | None, default: float) -> float:
        if statement is None:
            return default
        if not re.fullmatch(r"-?\d{1,20}(\.\d{1,20})?", statement.value):
            raise self._wrong(statement, "a number")
        return float(statement.value)

    def _bool(self, statement: Statement | None, default: bool) -> bool:
        if statement is None:
            return default
        if statement.value not in ("true", "false", "1", "0"):
            raise self._wrong(statement, "true or false")
        return statement.value in ("true", "1")

    def _choice(self, statement: Statement | None, choices: dict[str, str], default: str) -> str:
        if statement is None:
            return choices[default]
        if statement.value not in choices:
            raise self._wrong(statement, f"one of {', '.join(choices)}")
        return choices[statement.value]

    def _wrong(self, statement: Statement, due: str) -> InvalidArgument:
        found = f"{statement.name}={statement.value[:40]!r}"
        return self.file.refuse(statement.line, f"{found}: {due} is due")

    # -- Notes -------------------------------------------------------------------------------------

    def _note(self, statement: Statement, note: str, *, taken: bool = False) -> None:
        self.notes.append(
            OptionNote(
                statement.line, statement.section, statement.name, statement.value, taken, note
            )
        )

    def _ignore(self, statement: Statement) -> None:
        known = DEFAULTS.get(statement.section, {})
        if _is_default(statement.value, known.get(statement.name)):
            return
        if statement.name == "comparator" and statement.value == "leveldb.BytewiseComparator":
            return
        whole = statement.name.partition(".")[0]
        reason = _REASONS.get(whole)
        if reason is None:
            strange = statement.name not in known and whole not in known
            reason = "neither RocksDB 7.8 nor 9.8 has it" if strange else "there is no such option"
        self._note(statement, f"ignored: {reason}")


def _is_default(value: str, defaults: tuple[str, ...] | None) -> bool:
    """Whether a value asks for nothing; lists of ones are as long as there are levels."""
    if defaults is None:
        return False
    return value in defaults or (set(defaults[0]) == {"1", ":"} and set(value) <= {"1", ":"})
