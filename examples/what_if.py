"""What if? One workload on simulated trees of several configurations, and a check on the engine.

The simulator makes the edits that an engine would make, without a byte of I/O, so a configuration
can be tried before anything is stored. Each key is put once and then written over, four times as
often as there are keys, most of all the hot ones.
"""

import lsmkit
from lsmkit import workloads

workload = lsmkit.Workload.overwrites(keys=30_000, times=4, chosen=workloads.Zipf(theta=0.9))
small = lsmkit.Options.small()
CONFIGURATIONS = {
    "hybrid": small,
    "leveled": small.replace(layout="leveled"),
    "leveled, fanout 4": small.replace(layout="leveled", fanout=4.0),
    "tiered, 12 runs": small.replace(layout="tiered", l0_trigger_runs=12),
    "lazy leveled": small.replace(layout="lazy_leveled"),
}

print(f"{'':18} {'written':>8} {'space':>7} {'peak':>7} {'runs':>5}")
written = {}
for name, options in CONFIGURATIONS.items():
    window = lsmkit.simulate(workload, options).window
    written[name] = window.write_amp_weight
    print(
        f"{name:18} {window.write_amp_weight:8.2f} {window.mean_space_amp:7.3f} "
        f"{window.peak_space_amp:7.3f} {window.mean_run_count:5.1f}"
    )
assert written["tiered, 12 runs"] < written["hybrid"] < written["leveled"]

# Is it true? The engine itself, beside the simulation, edit by edit.
twin = lsmkit.twin(workload, small)
print(twin)
assert twin.agree
