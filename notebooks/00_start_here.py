# %% [markdown]
# # Start here: put something in, look inside
#
# lsmkit is an ordered store for bytes with glass walls. Run the cells from top to bottom; any of
# them may be run again.

# %%
import tempfile

import lsmkit

# A new directory each time; `Options.small()` makes tables of kilobytes, so that a little data
# already grows a tree.
db = lsmkit.open(tempfile.mkdtemp(prefix="lsmkit-"), lsmkit.Options.small())

# %%
for number in range(60_000):
    db[b"key%05d" % (number * 7919 % 20_000)] = b"value" * 9
db.wait_idle()
db

# %% [markdown]
# That is a **log-structured merge tree**. Writes go to the *memtable*, in memory. When it is full
# it becomes a *table*, a sorted file, in L0. Tables are merged into deeper levels, each larger than
# the one above. The same as a picture:

# %%
axes = lsmkit.plot.tree(db)

# %% [markdown]
# Reading, in order and by prefix:

# %%
print(db[b"key00042"])
print(list(db.iterator(prefix=b"key0000", include_value=False)))

# %% [markdown]
# Every result is a `Frame`: columns with names and units, for NumPy, pandas, Polars, Arrow and for
# the eye.

# %%
db.levels()

# %%
print(db.events().filter(kind="compaction").tail(1)[0]["text"])

# %% [markdown]
# ## What it cost
#
# Each record was written more than once: to a table when its memtable was full, and again by each
# merge that it took part in. Bytes written over bytes put is the *write amplification*. The picture
# shows how the levels filled; each drop in L0 is a merge into the level below.

# %%
axes = lsmkit.plot.levels(db)

# 60,000 puts of 20,000 keys: what was written over is gone from the tree, or soon will be.
stats = db.stats()
print(f"write amplification {stats.write_amp_weight:.2f}")
assert len(db) == 20_000
assert stats.write_amp_weight > 1
assert db.summary()[0]["entry_count"] < 60_000

# %% [markdown]
# **Next:** `01_anatomy_of_an_sstable` opens one of these tables. On the command line,
# `lsmkit levels` and `lsmkit log` show the same of any database.
