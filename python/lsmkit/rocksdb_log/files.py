"""Which files a log is made of, in order, and their lines, however long or broken they are."""

import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, NamedTuple, cast

from lsmkit._errors import InvalidArgument

__all__ = ["Line", "LogFile", "find", "lines"]

# RocksDB cuts what it writes at 64 KiB, so what is longer is none of its lines.
MAX_LINE_BYTES = 1 << 17
_NAME = re.compile(r"(?P<prefix>.*_)?LOG(?:\.old\.(?P<micros>\d{1,20}))?(?:\.gz)?")
_TELL_EVERY_LINES = 4096


class Line(NamedTuple):
    """A line without its end.

    Attributes
    ----------
    number : int
        From 1.
    data : bytes
        What is beyond `MAX_LINE_BYTES` is left out, and `whole` is False.
    whole : bool
    ended : bool
        False: the file ends within it.
    """

    number: int
    data: bytes
    whole: bool
    ended: bool


@dataclass(frozen=True)
class LogFile:
    """A file, its size in bytes, and how many bytes the files before it have."""

    path: Path
    size_bytes: int
    before_bytes: int


def find(path: str | os.PathLike[str]) -> list[LogFile]:
    """A file, or those of a directory: LOG.old.<micros>, oldest first, and LOG.

    With ``db_log_dir`` the names begin with the database's path, as ``data_mydb_LOG``.

    Raises
    ------
    InvalidArgument
        A directory without logs, or with those of several databases.
    OSError
        It is not there, or can't be read.
    """
    where = Path(path)
    found = _in_directory(where) if where.is_dir() else [where]
    files, before_bytes = [], 0
    for file in found:
        size_bytes = file.stat().st_size
        files.append(LogFile(file, size_bytes, before_bytes))
        before_bytes += size_bytes
    return files


def _in_directory(where: Path) -> list[Path]:
    by_prefix: dict[str, list[tuple[int, Path]]] = {}
    for file in where.iterdir():
        named = _NAME.fullmatch(file.name)
        if named and file.is_file():
            age = int(named["micros"]) if named["micros"] else 1 << 80
            by_prefix.setdefault(named["prefix"] or "", []).append((age, file))
    if not by_prefix:
        raise InvalidArgument(
            f"{where}: no log of RocksDB there; a file LOG is due, or LOG.old.<number>"
        )
    if "" not in by_prefix and len(by_prefix) > 1:
        names = ", ".join(sorted(f"{prefix}LOG" for prefix in by_prefix))
        raise InvalidArgument(
            f"{where}: logs of {len(by_prefix)} databases there; name one file: {names[:200]}"
        )
    chosen = by_prefix[""] if "" in by_prefix else next(iter(by_prefix.values()))
    return [file for _, file in sorted(chosen, key=lambda item: (item[0], item[1].name))]


def lines(file: LogFile, tell: Callable[[int], None]) -> Iterator[Line]:
    """The lines of a file, gzip or not.

    Parameters
    ----------
    file : LogFile
    tell : callable(bytes)
        Told now and then how much of the file is read.

    Raises
    ------
    OSError, EOFError, zlib.error
        It can't be read any further.
    """
    with file.path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if zipped else raw)
        number = 0
        while data := source.readline(MAX_LINE_BYTES):
            number += 1
            if number % _TELL_EVERY_LINES == 0:
                tell(raw.tell())
            whole = data.endswith(b"\n")
            ended = whole or _skip(source, tell, raw)
            whole = whole or len(data) < MAX_LINE_BYTES
            yield Line(number, data.rstrip(b"\r\n"), whole, ended)
    tell(file.size_bytes)


def _skip(source: IO[bytes], tell: Callable[[int], None], raw: BufferedReader) -> bool:
    """To the end of a line. Whether it has one."""
    while rest := source.readline(MAX_LINE_BYTES):
        tell(raw.tell())
        if rest.endswith(b"\n"):
            return True
    return False


BROKEN_FILE = (OSError, EOFError, zlib.error)
"""What `lines` raises for a file that is broken in the middle."""
