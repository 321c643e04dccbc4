# %% [markdown]
# # Anatomy of an SSTable
#
# A table is a file of sorted records that is written once and never changed. What else is in it,
# and what does that buy?
#
# **Guess first:** of a table with 1,000 records of 100 bytes, how much is *not* records?

# %%
import os
import tempfile
from pathlib import Path

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
RECORDS = 1_000 if SMALL else 10_000

db = lsmkit.open(
    tempfile.mkdtemp(prefix="lsmkit-"),
    block_bytes=4096,
    filter_bits_per_key=10,
    filter_allocation="uniform",
)
for number in range(RECORDS):
    db[b"user%08d" % (2 * number)] = b"%092d" % number  # even numbers alone
db.flush()
db.tables()

# %% [markdown]
# ## From the first byte to the last
#
# **Data blocks** hold the records, about 4 KiB each: one block is what a read fetches. Within a
# block a key is stored without what it shares with the key before. The **index** says which block
# a key would be in. The **filter** says of most absent keys that they are absent, without reading
# any block. **Properties** tell what the table holds, and the **footer** where all this stands.

# %%
axes = lsmkit.plot.table_anatomy(db)

# %% [markdown]
# The same in words, as `lsmkit dump` prints it (here without the records):

# %%
from lsmkit.plot.anatomy import read_anatomy

(table,) = db.tables()
anatomy = read_anatomy(Path(db.path) / f"{table['number']:012d}.table")
for offset, size, part, text in anatomy.parts[:3] + anatomy.parts[-4:]:
    print(f"{offset:>9} {size:>8}  {part:<12} {text[:80]}")

# %% [markdown]
# ## What the filter is worth
#
# Ask for as many keys that are not there (the odd numbers). With 10 bits per key the filter lets
# about one of a hundred through; only for those is a block read in vain.

# %%
before = db.stats()
for number in range(RECORDS):
    assert db.get(b"user%08d" % (2 * number + 1)) is None
after = db.stats()
in_vain = after.false_positives - before.false_positives
spared = after.filter_negatives - before.filter_negatives
print(f"{in_vain} of {in_vain + spared} absent keys cost a block")

# %% [markdown]
# ## The claim
#
# All but a few percent of a table is records; the rest is what makes finding them cheap.

# %%
axes = lsmkit.plot.table_anatomy(db, block=1)

by_part = dict.fromkeys(("data block", "filter", "index block", "properties", "footer"), 0)
for _, size, part, _ in anatomy.parts:
    by_part[part] = by_part.get(part, 0) + size
for part, size in by_part.items():
    print(f"{part:<12} {size:>9,} bytes  {size / anatomy.file_bytes:6.1%}")
assert by_part["data block"] > 0.95 * anatomy.file_bytes
assert 9 < 8 * by_part["filter"] / RECORDS < 12  # bits per key, with its last line filled up
assert in_vain < 0.03 * (in_vain + spared)

# %% [markdown]
# **Try this:** `filter_bits_per_key=4`, `block_bytes=1024`, or values of 1,000 bytes. What shrinks,
# what grows?
