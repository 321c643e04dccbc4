"""A planner of one's own beside the built-in one: the same writes, and what each rewrites for them.

This one is tiered: as soon as a level holds four runs, they go one level down as one run. Each
entry is written once a level, so it writes less than a planner that keeps levels as single runs,
and a read finds more runs to look into.
"""

import random
import tempfile

import lsmkit


def tiered(version, context):
    """Four runs of a level become one run of the next; None if no level holds so many."""
    tables = version.tables()
    for level in range(context.options.level_count - 1):
        here = tables[tables["level"] == level]
        if len(set(here["run"].tolist())) >= 4:
            return lsmkit.Choice(here["number"], output_level=level + 1, new_run=True)
    return None


def measure(name, planner):
    """Write 60,000 times to 20,000 keys; the write amplification and the runs at the end."""
    random.seed(1)
    options = lsmkit.Options.small(background="inline")
    with (
        tempfile.TemporaryDirectory() as folder,
        lsmkit.open(folder + "/db", options, planner=planner) as db,
    ):
        for _ in range(60_000):
            db[b"%06d" % random.randrange(20_000)] = random.randbytes(40)
        write_amp = db.stats().write_amp
        runs = db.version().run_count
        jobs = len(db.events().filter(kind="compaction"))
        print(f"{name:8} write amplification {write_amp:.2f}, {runs} runs, {jobs} compactions")
        print(db)
    return write_amp, runs


hybrid = measure("hybrid", None)
own = measure("tiered", tiered)
print(f"tiered writes {own[0] / hybrid[0]:.2f} of what hybrid does")
assert own[0] < hybrid[0]
