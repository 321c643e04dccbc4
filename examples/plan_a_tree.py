"""What would be compacted in a tree that nobody has, and why: the planner is a function of text."""

import lsmkit

options = lsmkit.Options.leveldb(memtable_bytes=1024, table_bytes=1024, base_bytes=4096)
tree = lsmkit.Version.from_text("""
    L0 #9 a..z weight=1000 seqnos=81..90
    L1 #5 a..g weight=3000
    L1 #6 h..q weight=3000
    L2 #1 a..c weight=1000
    L2 #2 h..p weight=9000
""")

why = lsmkit.plan(tree, options)
print(why)
assert why.plan is not None
assert why.plan.reason == "level full"

# Carried out: two tables became one. Round robin goes on behind them.
tree = tree.after(why.plan, outputs=["a..g weight=4000"])
print(tree)
assert lsmkit.plan(tree, options).plan is None  # nothing is due any more

# What if L1 were to hold half as much?
smaller = lsmkit.plan(tree, options.replace(base_bytes=2048))
print(smaller.frame["level", "weight", "target_weight", "score", "why"].head(3))
assert smaller.plan is not None
assert smaller.plan.output_level == 2
