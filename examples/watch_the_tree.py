"""What happens inside while a database is loaded: levels fill, tables move down, old values go."""

import random
import tempfile

import lsmkit

with (
    tempfile.TemporaryDirectory() as folder,
    lsmkit.open(f"{folder}/db", lsmkit.Options.small(), background="inline") as db,
):
    chooser = random.Random(7)
    for round_number in range(1, 5):
        for _ in range(10_000):
            db.put(b"key%06d" % chooser.randrange(20_000), b"value %d " % round_number * 8)
        print(f"after {round_number * 10_000:,} puts:")
        for level in db.levels():
            if level["weight"]:
                bar = "#" * max(1, level["weight"] // 40_000)
                print(f"  {level['name']:<9} {level['table_count']:>3} tables  {bar}")

    events = db.events()
    flushes = len(events.filter(kind="flush"))
    merges = events.filter(kind="compaction")
    dropped = sum(row["dropped_entries"] for row in merges)
    print(f"{flushes} flushes, {len(merges)} merges; {dropped:,} superseded records were dropped")
    (summary,) = db.summary()
    print(f"write amplification {summary['write_amp']:.1f}")
    assert flushes > 10
    assert dropped > 0
    assert len(db) <= 20_000
