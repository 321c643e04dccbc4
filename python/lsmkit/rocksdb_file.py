"""Reads RocksDB's OPTIONS file: sections of `name=value` lines, with comments and escapes.

Its rules are those of RocksDB's `options_parser.cc`: `#` begins a comment unless it is escaped, a
section is `[Title "argument"]`, a statement stands on one line, `\\` escapes.
"""

import os
import re
from dataclasses import dataclass, field

from lsmkit._errors import InvalidArgument

__all__ = ["OptionsFile", "Statement", "read"]

MAX_BYTES = 1 << 20  # RocksDB's own take about 10 KB per column family
_SECTION = re.compile(r'\[\s*([\w/]+)\s*(?:"(.*)")?\s*\]')
_ESCAPED = {"n": "\n", "r": "\r"}


@dataclass(frozen=True)
class Statement:
    """One line.

    Attributes
    ----------
    line : int
        Its number.
    section : str
        "DBOptions", "CFOptions", "TableOptions/BlockBasedTable" ...
    name, value : str
    """

    line: int
    section: str
    name: str
    value: str


@dataclass
class OptionsFile:
    """What a file says, by section and column family ("" where there is none), then by name."""

    where: str
    sections: dict[tuple[str, str], dict[str, Statement]] = field(default_factory=dict)

    @property
    def column_families(self) -> list[str]:
        """In the order of the file."""
        return [argument for title, argument in self.sections if title == "CFOptions"]

    def release(self) -> tuple[int, int]:
        """Which RocksDB wrote it; (0, 0) if it does not say."""
        statement = self.sections.get(("Version", ""), {}).get("rocksdb_version")
        if statement is None:
            return (0, 0)
        found = re.match(r"(\d{1,6})\.(\d{1,6})", statement.value)
        if not found:
            raise self.refuse(statement.line, f"{statement.value[:40]!r} is no release of RocksDB")
        return int(found[1]), int(found[2])

    def refuse(self, line: int, what: str) -> InvalidArgument:
        """The error that names the place."""
        return InvalidArgument(f"{self.where}, line {line}: {what}")


def read(source: str | os.PathLike[str]) -> OptionsFile:
    """The file at a path, the newest one of a RocksDB directory, or text of more than one line."""
    if isinstance(source, str) and "\n" in source:
        return _parsed(source, "RocksDB options")
    path = os.fspath(source)
    if os.path.isdir(path):
        path = os.path.join(path, _newest(path))
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    return _parsed(data.decode("utf-8", "backslashreplace"), path)


def _newest(directory: str) -> str:
    found = [re.fullmatch(r"OPTIONS-(\d+)", name) for name in os.listdir(directory)]
    numbered = [(int(match[1]), match[0]) for match in found if match]
    if not numbered:
        raise InvalidArgument(f"{directory} holds no OPTIONS file of RocksDB")
    return max(numbered)[1]


def _parsed(text: str, where: str) -> OptionsFile:
    if len(text) > MAX_BYTES:
        raise InvalidArgument(
            f"{where} is no options file of RocksDB: more than {MAX_BYTES:,} bytes found, some ten "
            "thousand are due"
        )
    file = OptionsFile(where)
    title = argument = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = _without_comment(raw).strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            title, argument = _section(file, number, line)
            continue
        name, equals, value = line.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name:
            raise file.refuse(number, f"name=value or [section] is due, not {line[:60]!r}")
        if not title:
            raise file.refuse(number, f"{name[:60]!r} stands before the first section")
        statements = file.sections[title, argument]
        if name in statements:
            raise file.refuse(
                number, f"{name[:60]!r} stands in line {statements[name].line} already"
            )
        statements[name] = Statement(number, title, name, _unescaped(value))
    if not file.sections:
        raise InvalidArgument(f"{where} is no options file of RocksDB: it has no [section]")
    return file


def _section(file: OptionsFile, number: int, line: str) -> tuple[str, str]:
    found = _SECTION.fullmatch(line)
    if not found:
        raise file.refuse(number, f'[Title] or [Title "name"] is due, not {line[:60]!r}')
    key = (found[1], _unescaped(found[2] or ""))
    if key in file.sections:
        raise file.refuse(number, f"the section {line[:60]} stands above already")
    file.sections[key] = {}
    return key


def _without_comment(line: str) -> str:
    """A `#` begins a comment unless a backslash stands before it."""
    return re.split(r"(?<!\\)#", line, maxsplit=1)[0]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), text)
