"""What happened, as a page that plays it back and as pictures; nothing but a browser is needed.

`lsmkit.Player` takes databases, simulations and RocksDB's logs; two of them play side by side. In a
notebook `run.show()` shows the same. Pictures need matplotlib: pip install 'lsmkit[plot]'.
"""

from pathlib import Path

import lsmkit

folder = Path("lsmkit-pictures")
folder.mkdir(exist_ok=True)
workload = lsmkit.Workload.overwrites(keys=10_000, times=4)
small = lsmkit.Options.small()
hybrid = lsmkit.simulate(workload, small)
leveled = lsmkit.simulate(workload, small.replace(layout="leveled"))
for run in (hybrid, leveled):
    (summary,) = run.summary()
    print(f"{run.options.layout}: write amplification {summary['write_amp_weight']:.2f}")

page = folder / "player.html"
html = lsmkit.Player(hybrid, leveled).to_html(page)
print(f"{page}: {len(html) >> 10} KiB; space plays, arrow keys step")
assert page.stat().st_size > 10_000

try:
    import matplotlib
except ImportError:
    print("for pictures: pip install 'lsmkit[plot]'")
else:
    matplotlib.use("agg")  # into files, without a screen
    import matplotlib.pyplot as plt

    from lsmkit import plot

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    plot.levels(hybrid, ax=left)
    plot.write_amp(leveled, ax=right)
    figure.savefig(folder / "tree.png")
    print(folder / "tree.png")
    assert (folder / "tree.png").stat().st_size > 10_000
