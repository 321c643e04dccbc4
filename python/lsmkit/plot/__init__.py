"""Pictures: of one tree, of a run over time, of several side by side. Needs `lsmkit[plot]`.

Each function takes a database, a run or a frame, draws on `ax` (default: a new figure) and returns
the Axes, so that titles, limits and colours stay the caller's to change. Nothing but the Axes is
touched. Levels differ in shade and hatching, curves in colour, line and marker, and what can be
labelled directly is, so that pictures can be read without colour.

>>> import lsmkit
>>> run = lsmkit.simulate(lsmkit.Workload.overwrites(keys=20_000), lsmkit.Options.small())
>>> axes = lsmkit.plot.levels(run)  # doctest: +SKIP
>>> axes.figure.savefig("levels.svg")  # doctest: +SKIP

However long a run was, a picture has a bounded number of marks: of curves each of 1,000 stretches
keeps its first, least, greatest and last value, so that no peak is lost; of stacked areas, the
moments where their sum is so; of key maps, tables too narrow to be seen are drawn with their
neighbours. A note in the picture says so when it was done.
"""

from lsmkit.plot.anatomy import table_anatomy
from lsmkit.plot.beside import compare
from lsmkit.plot.canvas import canvas
from lsmkit.plot.choosing import suite, tuning
from lsmkit.plot.costs import amplification, write_amp
from lsmkit.plot.key_map import key_ranges
from lsmkit.plot.layer_map import layers
from lsmkit.plot.looked_into import reads
from lsmkit.plot.moment import tree
from lsmkit.plot.pressure import debt, stalls, utilisation
from lsmkit.plot.shapes import levels
from lsmkit.plot.waits import latency

__all__ = [
    "amplification",
    "canvas",
    "compare",
    "debt",
    "key_ranges",
    "latency",
    "layers",
    "levels",
    "reads",
    "stalls",
    "suite",
    "table_anatomy",
    "tree",
    "tuning",
    "utilisation",
    "write_amp",
]
