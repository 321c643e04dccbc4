"""Records as lines of text: JSON lines, CSV and TSV, written and read back without loss.

=======  ================================================================================
jsonl    ``{"key": "a", "value": "b"}`` a line; `key_hex`, `value_hex` where it is no UTF-8
csv      a head line ``key,value``; bytes that are no printable UTF-8 as ``\\xff``, ``\\n`` ...
tsv      key, tab, value; escaped alike
=======  ================================================================================
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from lsmkit._errors import InvalidArgument
from lsmkit.text import escape, shorten, unescape

__all__ = ["FORMATS", "format_of", "read", "to_json", "write"]

FORMATS = ("jsonl", "csv", "tsv")

Record = tuple[bytes, bytes]


def format_of(file: Path | None) -> str:
    """The format that a file's name tells, else "jsonl"."""
    suffix = file.suffix[1:] if file is not None else ""
    return suffix if suffix in FORMATS else "jsonl"


def write(records: Iterable[Record], out: TextIO, form: str) -> int:
    """Write records as text and return how many."""
    count = 0
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("key", "value"))
    for count, (key, value) in enumerate(records, start=1):  # noqa: B007
        if form == "jsonl":
            out.write(json.dumps(to_json(key=key, value=value), ensure_ascii=False) + "\n")
        elif form == "csv":
            writer.writerow((escape(key), escape(value)))
        else:
            out.write(f"{escape(key)}\t{escape(value)}\n")
    return count


def read(lines: Iterable[str], form: str) -> Iterator[Record]:
    """The records of text that `write` has written. Empty lines are passed over.

    Raises
    ------
    InvalidArgument
        A line is none, with its number.
    """
    parse = {"jsonl": _from_json_line, "csv": _from_csv_line, "tsv": _from_tsv_line}[form]
    for number, line in enumerate(lines, start=1):
        if form == "csv" and number == 1 and line.strip() == "key,value":
            continue
        text = line.rstrip("\r\n")
        if not text or (form == "jsonl" and text.isspace()):
            continue
        try:
            yield parse(text)
        except (ValueError, TypeError, KeyError, csv.Error) as error:
            raise InvalidArgument(
                f"line {number} is no record in {form}: {shorten(line.rstrip(), 60)!r} ({error})"
            ) from error


def to_json(**fields: bytes) -> dict[str, str]:
    """Named bytes as JSON can hold them: text, or hexadecimal under `name_hex`."""
    out = {}
    for name, data in fields.items():
        try:
            out[name] = data.decode()
        except UnicodeDecodeError:
            out[f"{name}_hex"] = data.hex()
    return out


def _from_json_line(line: str) -> Record:
    values = json.loads(line)
    if not isinstance(values, dict):
        raise TypeError("an object with key and value is due")
    return _from_json(values, "key"), _from_json(values, "value")


def _from_json(values: dict[str, Any], name: str) -> bytes:
    for field, encode in ((name, str.encode), (f"{name}_hex", bytes.fromhex)):
        if field in values:
            if not isinstance(values[field], str):
                raise TypeError(f"{field} is due as a string, not {json.dumps(values[field])}")
            return encode(values[field])
    raise ValueError(f"no {name}")


def _from_csv_line(line: str) -> Record:
    (row,) = csv.reader([line], strict=True)
    key, value = row
    return unescape(key), unescape(value)


def _from_tsv_line(line: str) -> Record:
    key, value = line.split("\t")
    return unescape(key), unescape(value)
