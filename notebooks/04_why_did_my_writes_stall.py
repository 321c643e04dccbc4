# %% [markdown]
# # Why did my writes stall?
#
# Writes are fast until they stand still for seconds. What are they waiting for? Three limits stop
# them: memtables that are not flushed yet, too many runs in L0, or too much that compaction still
# has to rewrite. Here is a device of 20 MB/s, and writers who put 2.5 MB/s, evenly.

# %%
import os

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
SECONDS = 10 if SMALL else 60

device = lsmkit.Device(transfer_bytes_per_s=20e6, latency_us=100, name="20 MB/s")
machine = lsmkit.Machine(device=device, sample_every_s=0.05)
writes = lsmkit.Phase(
    name="writes", rate=2.5e6, rate_in_bytes=True, value_bytes=100, seconds=SECONDS
)
workload = lsmkit.Workload(writes, key_count=20_000, name="2.5 MB/s of overwrites")

# %% [markdown]
# `flow="rocksdb"` is full speed until a limit, then RocksDB's delays and stops.

# %%
options = lsmkit.Options.small(flow="rocksdb", l0_slowdown_runs=8, l0_stop_runs=12)
abrupt = lsmkit.simulate(workload, options, machine=machine)
axes = lsmkit.plot.stalls(abrupt)

# %%
for cause, seconds in abrupt.timing.stall_s.items():
    print(f"{cause:<10} {seconds:6.2f} s")
abrupt.events().filter(kind="stall begins").head(3)["number", "time_us", "text"]

# %% [markdown]
# So most of it is **runs in L0**: flushes bring runs faster than one merge of L0 into the level
# below takes them away. Is the device too slow, then?

# %%
axes = lsmkit.plot.utilisation(abrupt)

# %% [markdown]
# It is busy, and it would have sufficed. The same device, the same writes and the same rules of
# compaction with `flow="smooth"`, the default, which slows writers early and by little: by pauses
# of well below a millisecond, the fuller memory and L0 are.

# %%
smooth = lsmkit.simulate(workload, options.replace(flow="smooth"), machine=machine)
axes = lsmkit.plot.stalls(smooth)

# %% [markdown]
# ## The claim
#
# Stopping is not only a symptom of a slow disk. *How* writers are slowed down decides what they
# feel: on the same device, under the same writes, the longest wait differs by orders of
# magnitude.

# %%
axes = lsmkit.plot.latency({"flow='rocksdb'": abrupt, "flow='smooth'": smooth})

worst = {flow: run.timing.writes.max_us for flow, run in (("abrupt", abrupt), ("smooth", smooth))}
print({flow: f"{us / 1000:,.1f} ms" for flow, us in worst.items()})
assert abrupt.timing.stall_s["l0_runs"] > abrupt.timing.stall_s["memtables"]
assert worst["smooth"] < worst["abrupt"] / 100

# %% [markdown]
# **Try this:** 4 MB/s instead of 2.5: more than the device sustains. Then nothing helps, but who
# waits, and how long, still differs: look at `run.timeline()`.
