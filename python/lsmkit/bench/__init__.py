"""How fast the store is from Python, beside others (W3.9): `lsmkit bench` is `run` with a table.

A run is rounds; in each, every store does all workloads in a process of its own, in turn, with the
same keys in the same order. Read on in `workloads.py`: what is measured.

>>> from lsmkit.bench import Settings, run
>>> report = run(Settings(num=10_000, workloads=("fillrandom", "readrandom")))  # doctest: +SKIP
>>> report.rows()[0].median_us["lsmkit"]                                        # doctest: +SKIP
0.52
"""

from lsmkit.bench.report import Report, Row, Sample, StoreFacts
from lsmkit.bench.runner import run, taking_part
from lsmkit.bench.settings import Settings

__all__ = ["Report", "Row", "Sample", "Settings", "StoreFacts", "run", "taking_part"]
