"""Columns in, columns out: a hundred thousand rows in a few calls, as NumPy arrays and as Arrow.

Readings of sensors, keyed by (sensor, second): numbers become keys whose byte order is their own.
"""

import tempfile

import numpy as np

import lsmkit

SENSORS, SECONDS = 50, 2_000
sensor = np.repeat(np.arange(SENSORS, dtype=np.uint64), SECONDS)
second = np.tile(np.arange(SECONDS, dtype=np.uint64), SENSORS)
celsius = 20 + np.sin(second / 300) + sensor / 10

number = lsmkit.keys.U64()
keys = np.hstack([number.encode_many(sensor), number.encode_many(second)])  # uint8, (rows, 16)
values = celsius.astype("<f8").view(np.uint8).reshape(-1, 8)

with tempfile.TemporaryDirectory() as folder, lsmkit.open(f"{folder}/db") as db:
    db.put_many(keys, values)
    print(f"{len(db):,} readings, {keys.nbytes + values.nbytes:,} bytes")

    # Some of them: absent keys are null.
    asked = np.hstack([number.encode_many([7, 7, 99]), number.encode_many([0, 300, 0])])
    found = db.get_many(asked)
    print([None if row is None else f"{np.frombuffer(row, '<f8')[0]:.2f}" for row in found])
    assert found[2] is None

    # One sensor, in batches of bounded memory; nothing is copied on the way to NumPy.
    batches = db.scan(number.encode(7), number.encode(8))
    seven = np.concatenate([batch.values.data.view("<f8") for batch in batches])
    mean = float(seven.mean())
    print(f"sensor 7: {mean:.3f} degrees on average")
    assert np.isclose(mean, celsius[sensor == 7].mean())

    try:
        import pyarrow
    except ImportError:
        print("for tables of Arrow: pip install pyarrow; polars and duckdb take a scan, too")
    else:
        table = pyarrow.table(db.scan())
        print(table.schema)
        with lsmkit.open(f"{folder}/copy") as copy:  # and back, chunk by chunk
            copy.put_many(table["key"], table["value"])
            assert pyarrow.table(copy.scan()).equals(table)
