# %% [markdown]
# # Leveled, tiered, lazy leveled, hybrid
#
# A layout says how many sorted runs a level may hold. One run per level (*leveled*): reads look
# into few places, but every merge rewrites what is below. Many runs (*tiered*): merges are rare,
# but reads look into all of them, and old values stay longer. Between them: *lazy leveled*, one run
# in the last level alone, and *hybrid*, lsmkit's default, tiered at the top and leveled below.
#
# **Guess first:** which writes least, which holds least, and is there one that is best in all?

# %%
import os

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
KEYS = 20_000 if SMALL else 100_000

workload = lsmkit.Workload.overwrites(keys=KEYS, times=5)
base = lsmkit.Options.small()
layouts = {
    "leveled": base.replace(layout="leveled"),
    "hybrid": base,
    "lazy leveled": base.replace(layout="lazy_leveled"),
    "tiered": base.replace(layout="tiered", l0_trigger_runs=12),
}
runs = {name: lsmkit.simulate(workload, options) for name, options in layouts.items()}

# %% [markdown]
# The trees that they leave. A lane is a sorted run, a block is a table: how many lanes lie above
# each other is how many places a scan has to merge.

# %%
axes = lsmkit.plot.key_ranges(runs["leveled"])

# %%
axes = lsmkit.plot.key_ranges(runs["tiered"])

# %% [markdown]
# How they got there. The leveled tree keeps its size; the tiered one swells until a merge of nearly
# everything throws the old values out.

# %%
axes = lsmkit.plot.compare(
    {name: runs[name] for name in ("leveled", "hybrid", "tiered")}, what="weight"
)

# %% [markdown]
# ## The claim
#
# No layout is best in all three: what is saved in one corner is paid in another (the *RUM
# conjecture*). But some trades are better than others.

# %%
axes = lsmkit.plot.amplification(runs)

writes = {name: run.window.write_amp_weight for name, run in runs.items()}
spaces = {name: run.window.mean_space_amp for name, run in runs.items()}
scans = {name: run.window.mean_run_count for name, run in runs.items()}
assert writes["tiered"] < writes["lazy leveled"] < writes["hybrid"] < writes["leveled"]
assert scans["tiered"] == max(scans.values())
assert spaces["tiered"] == max(spaces.values())

# %% [markdown]
# **Try this:** zipf-distributed keys, `chosen=lsmkit.workloads.Zipf()`. Who gains most?
