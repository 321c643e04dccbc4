"""The layered store: all history, as layers in the plane of pages (keys) and log positions (LSNs).

Simulated, after Neon's page server: deltas hold the records of a range of pages between two LSNs,
images hold all pages of a range at one. `simulate` runs a workload on it and tells what was
written, kept and read; `Options` has the published algorithm and what its authors left to do;
`suite` compares them in one table.

>>> from lsmkit import layered
>>> workload = layered.workloads.hot_cold(records=50_000, pages=2_000)
>>> run = layered.simulate(workload, layered.Options(target_bytes=1 << 20))
>>> run.figures()["layer_count"] == len(run.layers())
True
"""

from lsmkit.layered import suites, workloads
from lsmkit.layered.options import Options
from lsmkit.layered.run import Run
from lsmkit.layered.store import Branches, Read, Store, simulate
from lsmkit.layered.suites import suite
from lsmkit.progress import Progress
from lsmkit.workload import Workload

__all__ = [
    "Branches",
    "Options",
    "Progress",
    "Read",
    "Run",
    "Store",
    "Workload",
    "simulate",
    "suite",
    "suites",
    "workloads",
]
