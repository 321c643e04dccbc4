# %% [markdown]
# # Read a RocksDB log
#
# Every RocksDB writes a file `LOG`: which memtables were flushed and why, which tables each
# compaction read and wrote, when writes were slowed down. It is all there, and hard to read.
# `lsmkit.read_rocksdb_log` makes of it the frames that a database and a simulation have, so that
# the same pictures show all three.
#
# **Yours:** set `LOG` to a directory of RocksDB, or to its file `LOG`. Left as it is, a RocksDB
# runs here (`pip install rocksdict`); without that, a log of a few lines stands in for it.

# %%
import json
import os
import random
import tempfile
from pathlib import Path

import lsmkit

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
KEYS = 10_000 if SMALL else 60_000
LOG = None


def run_rocksdb(folder):
    """Random overwrites, with memtables and tables of 64 KiB."""
    import rocksdict

    raw = rocksdict.Options(raw_mode=True)
    raw.create_if_missing(True)
    raw.set_write_buffer_size(64 << 10)
    raw.set_target_file_size_base(64 << 10)
    raw.set_max_bytes_for_level_base(256 << 10)
    raw.set_compression_type(rocksdict.DBCompressionType.none())
    store = rocksdict.Rdict(folder, raw)
    chooser = random.Random(7)
    for _ in range(4 * KEYS):
        store[b"user%012d" % chooser.randrange(KEYS)] = chooser.randbytes(100)
    store.close()


def write_sample(folder):
    """The lines that a RocksDB writes for six flushes, and a compaction of every three."""
    begin_us, number = 1_700_000_000_000_000, 10
    lines = ["2023/11/14-22:13:20.000000 7f00bb001700 RocksDB version: 9.8.4"]

    def tell(second, **event):
        event = {"time_micros": begin_us + second * 1_000_000, "cf_name": "default", **event}
        clock = f"2023/11/14-22:13:{20 + second:02}.000000"
        lines.append(f"{clock} 7f00bb001700 EVENT_LOG_v1 {json.dumps(event)}")

    def make(second, job, size):
        nonlocal number
        number += 1
        properties = {"num_entries": size // 120, "raw_key_size": size // 8, "raw_value_size": size}
        tell(second, job=job, event="table_file_creation", file_number=number, file_size=size,
             table_properties=properties)  # fmt: skip
        return number

    fresh, settled = [], []
    for job in range(1, 7):
        tell(4 * job, job=job, event="flush_started", flush_reason="Write Buffer Full")
        fresh.append(make(4 * job, job, 64_000))
        tell(4 * job, job=job, event="flush_finished", lsm_state=[len(fresh), len(settled)])
        if len(fresh) == 3:
            tell(4 * job + 1, job=job + 50, event="compaction_started", files_L0=fresh,
                 files_L1=settled, compaction_reason="LevelL0FilesNum")  # fmt: skip
            settled = [make(4 * job + 2, job + 50, 64_000 * (2 + len(settled)))]
            fresh = []
            tell(4 * job + 3, job=job + 50, event="compaction_finished", output_level=1,
                 lsm_state=[0, 1])  # fmt: skip
    (Path(folder) / "LOG").write_text("\n".join(lines) + "\n")


folder = LOG
if folder is None:
    folder = tempfile.mkdtemp(prefix="lsmkit-rocksdb-")
    try:
        run_rocksdb(folder)
    except ImportError:
        write_sample(folder)

# %%
run = lsmkit.read_rocksdb_log(folder)
run

# %% [markdown]
# What is broken, missing or contradictory in a log is told, line by line, and what was filled in:

# %%
print(run.problems or "no problems")
print(*run.assumptions, sep="\n")

# %% [markdown]
# ## Levels over time
#
# By RocksDB's own clock. What rises in L0 are flushes; where L0 falls, a compaction took it down.

# %%
axes = lsmkit.plot.levels(run)

# %% [markdown]
# ## Did writes wait?
#
# The log warns when it slows writes down or stops them, and says for what.

# %%
axes = lsmkit.plot.stalls(run)

# %% [markdown]
# ## The claim
#
# RocksDB's *W-Amp* is what flushes and compactions wrote, over what was flushed. It can be had from
# the log alone, level by level and with the reason, without asking the database.

# %%
axes = lsmkit.plot.write_amp(run)

events = run.events()
written = {
    kind: int(events["written_bytes"][events["kind"] == kind].sum())
    for kind in ("flush", "compaction")
}
write_amp = sum(written.values()) / written["flush"]
print(f"W-Amp {write_amp:.2f}")
assert abs(write_amp - run.summary()[0]["write_amp_over_flush"]) < 1e-9
assert abs(write_amp - sum(bar.get_height() for bar in axes.patches)) < 1e-9
assert len(axes.patches) >= 2

# %% [markdown]
# **Try this:** `run.options` is the log's list of options, as near as can be. Put a workload on
# them (`lsmkit.simulate(workload, run.options)`) and then on `fanout=8`: what would change?
