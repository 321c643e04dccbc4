"""One line of a log: when it was written, by which thread, and what stands in it.

    2026/11/22-16:26:50.278878 140339432122048 (Original Log Time 2026/11/22-16:26:50.278836) [WARN]
    [db/column_family.cc:987] [default] Stopping writes because we have 2 immutable memtables ...

All of it stands in one line. The second time, of lines that were written later than they came to
be, the severity and the place in the source are not always there; the thread is decimal in new
releases and hexadecimal in old ones. Times are local; events have their own in UTC.
"""

import calendar
import json
import math
import re
from typing import Any, NamedTuple

__all__ = ["BrokenEvent", "Entry", "event_of", "integer", "parse"]

_HEAD = re.compile(
    rb"(\d{4}/\d\d/\d\d-\d\d:\d\d):(\d\d)\.(\d{6}) ([0-9a-fA-F]{1,20}) "
    rb"(?:\(Original Log Time (\d{4}/\d\d/\d\d-\d\d:\d\d):(\d\d)\.(\d{6})\) )?"
    rb"(?:\[(DEBUG|INFO|WARN|ERROR|FATAL|HEADER)\] )?"
    rb"(?:\[[^\]\s]{1,200}\.(?:cc|h):\d{1,6}\] ?)?"
)
# RocksDB escapes nothing, so a string ends where the next name begins.
_FIELD = re.compile(
    rb'"([A-Za-z0-9_.]{1,64})": (?:"(.{0,200}?)"(?=, "|[}\]])'
    rb"|\[([0-9, ]*)\]|(-?[0-9][0-9.e+-]{0,30}))"
)
_LEFT = re.compile(rb'[{}, ]|"[a-z_]{1,40}": (?=[{])')
_MAX_DIGITS = 20
_MAX_BROKEN_BYTES = 1 << 16  # where RocksDB cuts a line off
_minutes: dict[bytes, int | None] = {}


class Entry(NamedTuple):
    """A line that begins as lines of a log do.

    Attributes
    ----------
    local_us : int
        When it came to be, microseconds since 1970 as if local time was UTC.
    written_us : int
        When it was written.
    thread : bytes
    severity : bytes
        WARN, ERROR ..., or empty.
    text : bytes
        What follows.
    """

    local_us: int
    written_us: int
    thread: bytes
    severity: bytes
    text: bytes


class BrokenEvent(ValueError):
    """An EVENT_LOG_v1 line that is no JSON, and is cut off or damaged.

    Attributes
    ----------
    fields : dict
        What could be read of it.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__("broken JSON")
        self.fields = fields


def parse(data: bytes) -> Entry | None:
    """None: it begins otherwise, as lines of tables and of garbage do."""
    head = _HEAD.match(data)
    if head is None:
        return None
    written_us = _local_us(head[1], head[2], head[3])
    local_us = _local_us(head[5], head[6], head[7]) if head[5] else written_us
    if written_us is None or local_us is None:
        return None
    return Entry(local_us, written_us, head[4], head[8] or b"", data[head.end() :])


def _local_us(minute: bytes, second: bytes, micros: bytes) -> int | None:
    if minute not in _minutes:
        if len(_minutes) > 4096:
            _minutes.clear()
        _minutes[minute] = _epoch_s(minute)
    base = _minutes[minute]
    return None if base is None else (base + int(second)) * 1_000_000 + int(micros)


def _epoch_s(minute: bytes) -> int | None:
    year, month, day = int(minute[:4]), int(minute[5:7]), int(minute[8:10])
    hour, minutes = int(minute[11:13]), int(minute[14:16])
    if not (year >= 1970 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minutes < 60):
        return None
    return calendar.timegm((year, month, day, hour, minutes, 0))


def event_of(text: bytes) -> dict[str, Any]:
    """The JSON object behind EVENT_LOG_v1, or what would be one with its quotes escaped.

    Raises
    ------
    BrokenEvent
        It is no such; what could be read stands in `fields`.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        fields, whole = _fields(text)
        if not whole:
            raise BrokenEvent(fields) from None
        return fields
    if not isinstance(found, dict):
        raise BrokenEvent({})
    return found


def _fields(text: bytes) -> tuple[dict[str, Any], bool]:
    """By name, nested ones too, of those that come twice the first; whether that is all of it."""
    fields: dict[str, Any] = {}
    text = text[:_MAX_BROKEN_BYTES]
    for match in _FIELD.finditer(text):
        name, string, array, number = match.groups()
        value: Any = None
        if string is not None:
            value = string.decode("utf-8", "replace")
        elif array is not None:
            items = array.replace(b",", b" ").split()
            value = [int(item) for item in items if len(item) <= _MAX_DIGITS]
        else:
            value = _number(number)
        fields.setdefault(name.decode(), value)
    whole = text.rstrip().endswith(b"}") and not _LEFT.sub(b"", _FIELD.sub(b"", text))
    return fields, whole


def _number(text: bytes) -> float | int | None:
    if text.lstrip(b"-").isdigit():
        return int(text) if len(text) <= _MAX_DIGITS else None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def integer(value: Any, most: int = (1 << 63) - 1) -> int | None:
    """A count, size or number of a table as it may be: 0 to `most`; None: it is none."""
    if isinstance(value, str) and value.isdigit() and len(value) <= _MAX_DIGITS:
        value = int(value)  # as old releases write properties
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None
