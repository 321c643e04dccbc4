"""An event store: typed keys (device, time), values as dicts, and reads by time range."""

import tempfile
from datetime import UTC, datetime, timedelta

import lsmkit

START = datetime(2026, 1, 1, tzinfo=UTC)

with tempfile.TemporaryDirectory() as folder, lsmkit.open(f"{folder}/events") as db:
    events = db.typed(key=tuple[str, datetime], value=dict)
    for minute in range(600):
        for device in ("boiler", "pump"):
            at = START + timedelta(minutes=minute)
            events[device, at] = {"celsius": 20 + minute % 50, "ok": minute % 7 != 0}

    # Keys sort by device, then by time: a range of one device is one stretch of the database.
    noon, one = START + timedelta(hours=4), START + timedelta(hours=5)
    hour = list(events.iterator(start=("pump", noon), stop=("pump", one)))
    assert len(hour) == 60
    print("pump, the first two of the hour:")
    for (device, at), reading in hour[:2]:
        print(f"  {device} {at:%H:%M} {reading}")

    latest = events.floor(("boiler", START + timedelta(days=365)))
    assert latest is not None
    assert latest[0] == ("boiler", START + timedelta(minutes=599))
    print("latest of the boiler:", latest[1])
