# %% [markdown]
# # The twin: can the simulator be trusted?
#
# A simulator is worth what it has been held against. lsmkit's carries the engine's own planner,
# and in exact mode it has to make *the very same edits*: the same tables taken, the same tables
# written, with the same first and last keys, counts and sizes. `lsmkit.twin` runs both and compares
# each edit.

# %%
import os

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
KEYS = 10_000 if SMALL else 60_000

options = lsmkit.Options.small(layout="leveled")
workload = lsmkit.Workload.overwrites(keys=KEYS, times=4)
twin = lsmkit.twin(workload, options)
twin

# %%
axes = lsmkit.plot.compare(twin)

# %% [markdown]
# ## A real database beside it
#
# Here the engine works on a disk (in memory, for once), and its frames are compared with those of a
# simulation: no twin in between. `drive` carries the workload out, operation by operation.

# %%
db = lsmkit.testing.MemoryDisk().open("/db", options, background="inline")
lsmkit.drive(db, workload)
exact = lsmkit.simulate(workload, options)
axes = lsmkit.plot.compare({"engine": db, "exact simulation": exact})

# %% [markdown]
# ## And RocksDB
#
# With `pip install rocksdict`, the same shape in RocksDB itself: the same sizes, leveled, no
# compression, as many random overwrites. Its compactions run when its threads find time, and it
# counts file bytes: so this is a comparison by eye. The one with bounds is in lock-step:
# `lsmkit validate` and the README's table.

# %%
import random
import tempfile


def rocksdb_write_amp(keys, times):
    """What RocksDB itself prints as W-Amp, or None without rocksdict."""
    try:
        import rocksdict
    except ImportError:
        return None
    raw = rocksdict.Options(raw_mode=True)
    raw.create_if_missing(True)
    raw.set_write_buffer_size(options.memtable_bytes)
    raw.set_target_file_size_base(options.table_bytes)
    raw.set_max_bytes_for_level_base(options.base_bytes)
    raw.set_compression_type(rocksdict.DBCompressionType.none())
    store = rocksdict.Rdict(tempfile.mkdtemp(prefix="lsmkit-rocksdb-"), raw)
    chooser = random.Random(7)
    order = list(range(keys))
    chooser.shuffle(order)
    for number in order + [chooser.randrange(keys) for _ in range(times * keys)]:
        store[b"user%012d" % number] = chooser.randbytes(100)
    text = store.property_value("rocksdb.cfstats") or ""
    store.close()
    head = next(line.split() for line in text.splitlines() if "W-Amp" in line)
    total = next(line.split() for line in text.splitlines() if line.strip().startswith("Sum"))
    # From the right: "Files" is one heading and several words, all else is one.
    return float(total[head.index("W-Amp") - len(head)])


rocksdb = rocksdb_write_amp(KEYS, 4)
ours = exact.summary()[0]["write_amp_over_flush"]
print("rocksdict is not installed" if rocksdb is None else f"RocksDB prints W-Amp {rocksdb:.1f}")
print(f"ours, counted so: {ours:.1f}")

# %% [markdown]
# ## The claim
#
# Engine and exact simulation are one line. The faster mode, `fidelity="segment"`, knows shares of
# keys instead of records: it is not the same line, but it comes to the same figures.

# %%
segment = lsmkit.simulate(workload, options, fidelity="segment")
axes = lsmkit.plot.compare({"engine": db, "segment simulation": segment}, what="write_amp_weight")

assert twin.agree
assert db.series()["weight"].tolist() == exact.series()["weight"].tolist()
apart = segment.window.write_amp_weight / exact.window.write_amp_weight - 1
print(f"write amplification {exact.window.write_amp_weight:.2f}; segment {apart:+.1%}")
assert abs(apart) < 0.1

# %% [markdown]
# **Try this:** `lsmkit.twin(workload, options, before=...)` begins from a database that has a past.
