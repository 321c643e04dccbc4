# %% [markdown]
# # Write amplification and fanout: why it is not 10 a level
#
# In a leveled tree each level is `fanout` times the one above, 10 by default. One often reads: a
# table that goes down a level meets ten tables there, all of which are rewritten, so each level
# costs ten, and four levels cost forty.
#
# **Guess first:** with fanout 10 and four levels, how often is a byte written?

# %%
import os

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
KEYS = 50_000 if SMALL else 400_000
FANOUTS = (3, 5, 8, 10, 14, 20) if SMALL else (3, 4, 5, 6, 8, 10, 12, 14, 17, 20)

workload = lsmkit.Workload.overwrites(keys=KEYS, times=6)


def leveled(fanout):
    return lsmkit.Options.small(layout="leveled", fanout=float(fanout))


runs = {
    fanout: lsmkit.simulate(workload, leveled(fanout), fidelity="segment") for fanout in FANOUTS
}

# %% [markdown]
# The simulator carries the engine's own planner, so it makes the merges that the engine would make;
# `fidelity="segment"` keeps shares of keys instead of records, which is fast. With fanout 10, by
# level:

# %%
axes = lsmkit.plot.write_amp(runs[10])

# %% [markdown]
# No level costs ten. There are three reasons:
#
# - The top step is small. Sizes are divided by the fanout from the last level upwards, and the
#   base level, which L0 is merged into, takes what is left: often less than a fanout's worth.
# - The table that goes down is picked round robin, so its stretch of keys has gathered records for
#   longest: the level is densest there, and for each byte that goes down fewer bytes are met below.
# - Records written over meet their newer selves on the way and are dropped; they are not carried
#   to the end.
#
# `lsmkit.expected_cost` has this as a formula (after Lim, Kaminsky and Andersen, FAST 2016). The
# naive rule is the dotted line.

# %%
measured = {fanout: run.window.write_amp_weight for fanout, run in runs.items()}
formula = {
    fanout: lsmkit.expected_cost(leveled(fanout), keys=KEYS, key_bytes=16, value_bytes=100)
    for fanout in FANOUTS
}
# One for the flush, and `fanout` for each level below L0 that anything is written to.
naive = {
    fanout: 1 + fanout * sum(cost > 0 for cost in formula[fanout].level_write_amp[1:])
    for fanout in FANOUTS
}

with lsmkit.plot.canvas() as axes:
    axes.plot(FANOUTS, list(naive.values()), ":", label="naive: fanout times levels")
    axes.plot(FANOUTS, [formula[f].write_amp for f in FANOUTS], "--", label="formula")
    axes.plot(FANOUTS, list(measured.values()), "o", label="simulated")
    axes.set_ylim(0, 1.3 * naive[10])
    axes.set_xlabel("fanout")
    axes.set_ylabel("write amplification")
    axes.set_title("Far below fanout times levels", loc="left", fontweight="bold")
    axes.legend()

for fanout in FANOUTS:
    print(f"{fanout:>3}: {measured[fanout]:5.2f}, naive {naive[fanout]:3}")
assert all(measured[fanout] < 0.75 * naive[fanout] for fanout in FANOUTS if fanout >= 5)
assert measured[10] < naive[10] / 2
assert max(formula[10].level_write_amp) < 10 * 0.75
assert max(abs(formula[f].write_amp / measured[f] - 1) for f in FANOUTS) < 0.2

# %% [markdown]
# **Try this:** plot `run.window.mean_space_amp` over the fanout beside it. What does a small fanout
# cost instead?
