"""The options that a log lists at its head, as RocksDB's and as ours."""

import re
from dataclasses import dataclass, field, replace

from lsmkit._errors import InvalidArgument
from lsmkit.options import Options
from lsmkit.rocksdb_options import OptionNote

__all__ = ["OptionDump"]

_FAMILY = re.compile(r"-+ Options for column family \[(.{0,200})\]:")
_OPTION = re.compile(r"Options\.([A-Za-z0-9_.]{1,120})\s*(?:\[(\d{1,2})\])?\s*: ?(.{0,2000})")
_TABLE_OPTION = re.compile(r"\s*([A-Za-z0-9_]{1,80}) ?: ?(.{0,500})")
_MOST = 4096  # names of one family; a release has some 150
# Where the dump spells otherwise than an OPTIONS file does.
_CODECS = {
    "NoCompression": "kNoCompression",
    "Snappy": "kSnappyCompression",
    "Zlib": "kZlibCompression",
    "BZip2": "kBZip2Compression",
    "LZ4": "kLZ4Compression",
    "LZ4HC": "kLZ4HCCompression",
    "Xpress": "kXpressCompression",
    "ZSTD": "kZSTD",
    "ZSTDNotFinal": "kZSTDNotFinalCompression",
    "Disabled": "kDisableCompressionOption",
}
# Old releases print the numbers.
_NUMBERED = {
    "compaction_style": (
        "kCompactionStyleLevel",
        "kCompactionStyleUniversal",
        "kCompactionStyleFIFO",
        "kCompactionStyleNone",
    ),
    "compaction_pri": (
        "kByCompensatedSize",
        "kOldestLargestSeqFirst",
        "kOldestSmallestSeqFirst",
        "kMinOverlappingRatio",
        "kRoundRobin",
    ),
}
_UNIVERSAL = "compaction_options_universal."
_FIFO = "compaction_options_fifo."
# What a line of OPTIONS is made of; the rest of the dump is of no use for ours.
_OF_DB = ("max_background_jobs", "create_if_missing", "delayed_write_rate")
_OF_FAMILY = (
    "write_buffer_size", "target_file_size_base", "max_bytes_for_level_base",
    "max_bytes_for_level_multiplier", "max_compaction_bytes", "num_levels",
    "level0_file_num_compaction_trigger", "level_compaction_dynamic_level_bytes",
    "compaction_pri", "compaction_style", "max_write_buffer_number",
    "level0_slowdown_writes_trigger", "level0_stop_writes_trigger",
    "soft_pending_compaction_bytes_limit", "hard_pending_compaction_bytes_limit", "ttl",
    "merge_operator", "comparator", "compaction_filter", "compaction_filter_factory",
)  # fmt: skip
_OF_TABLE = ("block_size", "block_restart_interval", "filter_policy")


@dataclass
class OptionDump:
    """Options by column family; "" has those of the database. Later ones replace earlier ones."""

    families: dict[str, dict[str, str]] = field(default_factory=lambda: {"": {}})
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    release: str = ""
    _family: str = ""

    def begin(self, release: str) -> None:
        """The head of a log: the database's options come next."""
        self.release, self._family = release, ""

    def take(self, text: str, line: int) -> None:
        """A line ``Options.name: value``, or the title of a column family's."""
        if title := _FAMILY.match(text):
            self._family = title[1]
            self.families.setdefault(self._family, {})
            return
        found = _OPTION.match(text)
        if found is None:
            return
        name, value = found[1], found[3].strip()
        if found[2] is not None:  # compression[0] ... one line per level
            before = self.families[self._family].get(f"{name}_per_level", "")
            parts = before.split(":")[: int(found[2])] if before else []
            name, value = f"{name}_per_level", ":".join([*parts, value])
        self._put(name, value, line)

    def take_table(self, text: str, line: int) -> None:
        """A line of the table factory's."""
        if found := _TABLE_OPTION.match(text):
            self._put(f"table_factory.{found[1]}", found[2].strip(), line)

    def _put(self, name: str, value: str, line: int) -> None:
        values = self.families[self._family]
        if name in values or len(values) < _MOST:
            values[name] = value
            self.lines[self._family, name] = line

    def options(self, family: str) -> tuple[Options | None, tuple[OptionNote, ...], str]:
        """Ours, as near as can be; notes on what is not the same; why there are none."""
        if family not in self.families or not self.families[family]:
            return None, (), f"the log does not list the options of column family {family!r}"
        try:
            options, notes = Options.from_rocksdb(self._as_file(family), column_family=family)
            cache = self.families[family].get("table_factory.capacity", "")
            if re.fullmatch(r"[1-9]\d{0,14}", cache):  # which an OPTIONS file does not have
                room = options.memory_bytes + int(cache)
                options = options.replace(cache_bytes=int(cache), memory_bytes=room)
                notes = tuple(note for note in notes if note.name != "block_cache")
        except InvalidArgument as error:
            return None, (), str(error)
        return options, tuple(self._placed(note, family) for note in notes), ""

    def values(self, family: str) -> dict[str, str]:
        """As the log has them: the database's and the family's."""
        return {**self.families[""], **self.families.get(family, {})}

    def _placed(self, note: OptionNote, family: str) -> OptionNote:
        """With the line of the log instead of the made-up file's."""
        for name in (note.name, f"table_factory.{note.name}"):
            for where in (family, ""):
                if (where, name) in self.lines:
                    return replace(note, line=self.lines[where, name])
        return replace(note, line=0)

    def _as_file(self, family: str) -> str:
        """The text of an OPTIONS file that says the same."""
        of_db, own = self.families[""], self.families[family]
        title = _escaped(family)
        parts = ["[Version]", f"  rocksdb_version={self.release or '5.0.0'}", "[DBOptions]"]
        parts += [f"  {name}={_escaped(of_db[name])}" for name in _OF_DB if name in of_db]
        parts.append(f'[CFOptions "{title}"]')
        parts += [f"  {name}={_value(name, own[name])}" for name in _OF_FAMILY if name in own]
        parts += self._compression(own)
        for group in (_UNIVERSAL, _FIFO):
            inner = [f"{n[len(group) :]}={v}" for n, v in own.items() if n.startswith(group)]
            if inner:
                parts.append(f"  {group[:-1]}={{{_escaped(';'.join(inner))};}}")
        parts.append(f'[TableOptions/BlockBasedTable "{title}"]')
        for name in _OF_TABLE:
            value = own.get(f"table_factory.{name}")
            if value is not None:
                parts.append(f"  {name}={_escaped(value)}")
        return "\n".join(parts) + "\n"

    def _compression(self, own: dict[str, str]) -> list[str]:
        names = [name for name in ("compression", "bottommost_compression") if name in own]
        parts = [f"  {name}={_CODECS.get(own[name], own[name])}" for name in names]
        if "compression_per_level" in own:
            codecs = own["compression_per_level"].split(":")
            parts.append(f"  compression_per_level={':'.join(_CODECS.get(c, c) for c in codecs)}")
        level = own.get("compression_opts.level")
        if level is not None:
            parts.append(f"  compression_opts={{level={_escaped(level)};}}")
        return parts


def _value(name: str, text: str) -> str:
    """In the words of an OPTIONS file."""
    names = _NUMBERED.get(name, ())
    if text.isdigit() and len(text) == 1 and int(text) < len(names):
        return names[int(text)]
    return "nullptr" if text in ("None", "(nil)", "0x0", "nullptr") else _escaped(text)


def _escaped(text: str) -> str:
    return re.sub(r"([\\#:\r\n])", lambda m: "\\" + {"\r": "r", "\n": "n"}.get(m[1], m[1]), text)
