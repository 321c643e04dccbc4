"""Checked by mypy, never run: the types that the API gives."""

import struct
from collections.abc import Iterator, MutableMapping
from datetime import datetime
from typing import Any, assert_type

from matplotlib.axes import Axes

import lsmkit
from lsmkit import codecs, keys

db = lsmkit.open("db", memtable_bytes=1 << 20, sync=lsmkit.Sync.every(3))
as_mapping: MutableMapping[bytes, bytes] = db

assert_type(db.get(b"k"), bytes | None)
assert_type(db.get(b"k", 0), bytes | int)
assert_type(db[b"k"], bytes)
db.put(bytearray(b"k"), memoryview(b"v"))
assert_type(db.first(), tuple[bytes, bytes] | None)
assert_type(db.iterator(prefix=b"k"), Iterator[tuple[bytes, bytes]])
assert_type(db.iterator(include_value=False), Iterator[bytes])
assert_type(db.iterator(include_key=False, reverse=True), Iterator[bytes])
assert_type(list(db.items()), list[tuple[bytes, bytes]])
assert_type(db.pop(b"k", None), bytes | None)

assert_type(lsmkit.plot.levels(db), Axes)
with lsmkit.plot.canvas() as axes:
    assert_type(axes, Axes)

with db.snapshot() as snapshot:
    assert_type(snapshot, lsmkit.Snapshot)
    assert_type(snapshot.get(b"k"), bytes | None)
    assert_type(snapshot.get(b"k", default=0), bytes | int)
    assert_type(db.iterator(snapshot=snapshot), Iterator[tuple[bytes, bytes]])
    assert_type(db.iterator(snapshot=snapshot, include_value=False), Iterator[bytes])
    assert_type(db.cursor(snapshot=snapshot), lsmkit.Cursor)
    assert_type(list(snapshot), list[bytes])
with db.write_batch(sync=True) as batch:
    assert_type(batch, lsmkit.WriteBatch)
db.write(db.write_batch())

people = db.typed(key=str, value=dict)
assert_type(people, lsmkit.TypedDB[str, dict[Any, Any]])
assert_type(people["ada"], dict[Any, Any])
assert_type(people.get("ada", default=0), dict[Any, Any] | int)
with people.snapshot() as of_people:
    assert_type(of_people.get("ada", default=None), dict[Any, Any] | None)
assert_type(db.typed(key=int, value=struct.Struct("<q")), lsmkit.TypedDB[int, tuple[Any, ...]])
assert_type(people.scan().read(), lsmkit.TypedBatch)
assert_type(people.put_many(["ada"], [{}]), int)
assert_type(db.prefixed_db(b"p").get_many([b"k"]), lsmkit.BinaryArray)
with db.prefixed_db(b"p").snapshot() as of_prefix:
    assert_type(of_prefix.scan(), lsmkit.Scan)
    assert_type(of_prefix.get(b"k"), bytes | None)
readings = db.typed(key=tuple[str, datetime], value=float)
assert_type(readings, lsmkit.TypedDB[tuple[str, datetime], float])
assert_type(readings.last(), tuple[tuple[str, datetime], float] | None)
assert_type(readings.iterator(include_value=False), Iterator[tuple[str, datetime]])
assert_type(
    db.typed(key=keys.U64(), value=codecs.Struct("<dd")).values().__iter__(),
    Iterator[tuple[Any, ...]],
)

assert_type(db.levels(), lsmkit.Frame)
assert_type(db.levels()[0], dict[str, Any])
assert_type(db.stats(), lsmkit.Stats)
assert_type(db.stats().read_amp, float)
assert_type(db.options, lsmkit.Options)
