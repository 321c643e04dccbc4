"""The first five minutes: a sorted mapping on disk, with every part of it in view."""

import tempfile

import lsmkit

with tempfile.TemporaryDirectory() as folder, lsmkit.open(f"{folder}/db") as db:
    db[b"apple"] = b"red"
    db.put(b"banana", b"yellow")
    with db.write_batch() as batch:  # all or nothing
        batch.put(b"cherry", b"dark red")
        batch.delete(b"banana")

    assert db[b"apple"] == b"red"
    assert b"banana" not in db
    assert list(db) == [b"apple", b"cherry"]  # always in order

    before = db.snapshot()  # what the database shows now, whatever comes
    db[b"apple"] = b"green"
    assert before[b"apple"] == b"red"
    assert db[b"apple"] == b"green"
    before.close()

    print("from c on:", list(db.iterator(start=b"c")))
    print("last:     ", db.last())
    print()
    print(db)
