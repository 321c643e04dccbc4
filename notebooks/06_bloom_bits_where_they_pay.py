# %% [markdown]
# # Bloom bits: where they pay
#
# Each table has a filter that says of most absent keys that they are absent. It costs memory: some
# bits per key. Where should the bits go? Most keys are in the last level, so with the same bits for
# all, most of the memory serves one single run. Monkey (Dayan, Athanassoulis and Idreos, 2017)
# says: give the small levels more bits each, they are cheap there and spare just as many reads.
#
# **Guess first:** by how much does that lower the reads in vain, at the same memory?

# %%
import os

import lsmkit
from lsmkit import Phase, Workload, workloads

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
KEYS = 20_000 if SMALL else 100_000
BITS = (2, 4, 6, 8, 10)

workload = Workload(
    Phase(name="load", keys=workloads.Permuted(), ops=KEYS),
    Phase(name="overwrite", ops=KEYS),
    Phase(name="gets of absent keys", mix="get", absent_share=1.0, ops=KEYS),
    key_count=KEYS,
    name="absent gets",
)


def run(bits, allocation):
    options = lsmkit.Options.small(
        layout="leveled", fanout=4.0, filter_bits_per_key=bits, filter_allocation=allocation
    )
    return lsmkit.simulate(workload, options)


runs = {(bits, how): run(bits, how) for bits in BITS for how in ("uniform", "by_level")}

# %% [markdown]
# With six bits per key for everyone, each run lets about as many through, so the runs that hold few
# keys cost as many reads in vain as the last:

# %%
shown = ("level", "tables_probed", "false_positives", "false_positive_rate")
runs[6, "uniform"].level_reads()[shown]

# %% [markdown]
# The same memory, given by level:

# %%
runs[6, "by_level"].level_reads()[shown]

# %% [markdown]
# ## The claim
#
# At the same memory, bits by level let fewer absent keys through than bits for all alike, at every
# size. (`filter_allocation="by_level"` is the default.)


# %%
def in_vain(how):
    reads = [runs[bits, how].reads for bits in BITS]
    return [each.false_positives / each.gets for each in reads]


uniform, by_level = in_vain("uniform"), in_vain("by_level")
with lsmkit.plot.canvas() as axes:
    axes.semilogy(BITS, uniform, "s--", label="the same for all levels")
    axes.semilogy(BITS, by_level, "o-", label="by level")
    axes.set_xlabel("filter bits per key, on average")
    axes.set_ylabel("tables read in vain per get")
    axes.set_title("Absent keys that cost a read", loc="left", fontweight="bold")
    axes.legend()

for bits, before, after in zip(BITS, uniform, by_level, strict=True):
    print(f"{bits:>2} bits: {before:.3f} -> {after:.3f} ({1 - after / before:.0%} fewer)")
assert all(after < 0.8 * before for before, after in zip(uniform, by_level, strict=True))
assert by_level == sorted(by_level, reverse=True)

# %% [markdown]
# **Try this:** gets of keys that are there (`absent_share=0`). Why do filters matter less then?
