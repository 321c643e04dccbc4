# %% [markdown]
# # A key's journey
#
# One key is put once and never again. Meanwhile others are written, over and over. Where does it
# go, how often is it written on the way, and does it ever come back up?

# %%
import os
import random
import tempfile

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
PUTS = 60_000 if SMALL else 200_000
KEY = b"traveller"

# "inline": jobs run within the write that makes them due, so the story is the same every time.
db = lsmkit.open(
    tempfile.mkdtemp(prefix="lsmkit-"),
    lsmkit.Options.small(layout="leveled", fanout=4.0),
    background="inline",
)
chooser = random.Random(42)
for number in range(PUTS):
    if number == PUTS // 2:
        db[KEY] = b"here I am"
        departure = db.last_seqno
    db[b"%c%05d" % (chooser.randrange(97, 123), chooser.randrange(PUTS // 40))] = b"other" * 12
db

# %% [markdown]
# ## Where it may be now
#
# A get asks every sorted run, newest first, whose key range spans the key. The line is where the
# key would be; the outlined tables span it. (Their filters then rule most of them out.)

# %%
axes = lsmkit.plot.key_ranges(db, key=KEY)

# %% [markdown]
# ## Following it
#
# `db.events()` tells which tables each flush and merge took away and put there. So: it left the
# memtable with the first flush after it was put. From then on, whenever its table is an input of a
# merge, it is in the one output that spans it.


# %%
def journey(db, key, departure):
    """Each stop: (commits so far, level, reason)."""
    ranges = {row["number"]: row for row in db.tables(all=True)}
    stops, table = [], None
    for event in db.events():
        if table is None:
            arrives = event["kind"] == "flush" and event["last_seqno"] >= departure
        else:
            arrives = table in event["removed"]
        if arrives:
            table = next(
                number
                for number in event["added"]
                if ranges[number]["smallest_key"] <= key <= ranges[number]["largest_key"]
            )
            stops.append((event["last_seqno"], event["output_level"], event["reason"]))
    return stops


stops = journey(db, KEY, departure)
for commits, level, reason in stops:
    print(f"after {commits:>7,} commits: L{level}  ({reason})")

# %% [markdown]
# ## The claim
#
# It only ever goes down, and rests in the last level. Each stop is one time that it was written:
# its own share of the write amplification.

# %%
places = [level for _, level, _ in stops]
when = [commits for commits, _, _ in stops]
with lsmkit.plot.canvas(size=(8, 3.6)) as axes:
    axes.step([departure, *when], [-1, *places], where="post", marker="o")
    levels = sorted(set(places))
    axes.set_yticks([-1, *levels], ["memtable", *(f"L{level}" for level in levels)])
    axes.invert_yaxis()
    axes.set_xlim(right=db.last_seqno)
    axes.set_xlabel("commits")
    axes.set_title(f"{KEY.decode()}: written {len(stops)} times", loc="left", fontweight="bold")

last = max(row["level"] for row in db.levels() if row["table_count"])
assert places == sorted(places), "it never comes back up"
assert places[-1] == last
assert db[KEY] == b"here I am"
print(f"on average a record was written {db.stats().write_amp_weight:.1f} times")

# %% [markdown]
# **Try this:** `layout="tiered"`, or a key that is put at the very end. Which journey is shorter?
