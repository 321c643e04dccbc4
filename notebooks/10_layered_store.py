# %% [markdown]
# # A store that keeps all history: keys x LSNs
#
# A page server (Neon's) keeps every record of the log, so that each page can be rebuilt as it was
# at any moment: at any *LSN*, an offset in the log. What it writes are *layers*, rectangles in the
# plane of keys and LSNs. A **delta** holds the records of some pages between two LSNs; an
# **image** holds the pages themselves at one. A read goes down from its LSN to the first image,
# and replays the records that it met.
#
# **Guess first:** nine of ten records go to a tenth of the pages. How much less must be written
# for that than where records go anywhere?

# %%
import os

import lsmkit
from lsmkit import layered

SMALL = os.environ.get("LSMKIT_NOTEBOOK_SIZE") == "small"
SCALE = 20 if SMALL else 4  # of the published run: 20 GB over 5000 MiB, layers of 256 MiB

baseline = layered.Options(target_bytes=(256 << 20) // SCALE)
sizes = {"records": 20_000_000 // SCALE, "pages": 640_000 // SCALE}
uniform = layered.workloads.uniform(**sizes)
hot_cold = layered.workloads.hot_cold(**sizes)
runs = {work.name: layered.simulate(work, baseline) for work in (uniform, hot_cold)}
runs["hot-cold"]

# %% [markdown]
# ## How it grows
#
# The buffer is flushed as a layer over all pages. When as many as the fanout lie on each other,
# they are *retiled*: cut by pages instead of LSN, so that a read opens one of them instead of
# four. Four such tiers form a level again, and so on, until the pages are smaller than the log of
# a level: then images are written, and reads need not go below them.

# %%
series = runs["uniform"].series()
axes = lsmkit.plot.layers(runs["uniform"], at=int(series["event"][len(series) // 3]))

# %%
axes = lsmkit.plot.layers(runs["uniform"])

# %% [markdown]
# Played, forwards and back: which job made a layer, and which made another one needless.

# %%
runs["uniform"].show()

# %% [markdown]
# ## Blind to skew
#
# The published algorithm decides about all pages at once. So it writes the same for both
# workloads, to the byte of the images, though a tenth of the pages gets nearly all of the log.

# %%
both = {name: run.figures() for name, run in runs.items()}
assert both["uniform"]["image_bytes"] == both["hot-cold"]["image_bytes"]
{name: round(row["write_amp"], 2) for name, row in both.items()}

# %% [markdown]
# ## What its authors left to do
#
# * `partitioned`: where no delta reaches over a page, its left and right are decided apart;
# * `grid_pages`, `cuts_at_edges`, `cuts_at_density`: deltas end where others do, so that there are
#   such pages;
# * `early_image_percent`: where images are small beside the deltas, they come before the fanout;
# * `keeps_identical`: what would come out the same is not written again.
#
# Then the hot tenth gets images, which are small, and the cold rest waits.

# %%
improved = layered.Options.improved(target_bytes=baseline.target_bytes)
runs["hot-cold, improved"] = layered.simulate(hot_cold, improved)
axes = lsmkit.plot.layers(runs["hot-cold, improved"])

# %% [markdown]
# ## History that may go
#
# With a horizon only the newest part of the log, here a fifth, stays readable at every LSN. Images
# that a compaction made are a floor: what lies below the horizon and below them goes. Where each
# part has images of its own, the hot pages have a floor that is near.

# %%
history = {"history_bytes": sizes["records"] * 1000 // 5, "bottom_image_percent": 100}
kept = {
    name: layered.simulate(hot_cold, options.replace(**history)).figures()
    for name, options in {"baseline": baseline, "improved": improved}.items()
}
assert kept["baseline"]["live_bytes"] < 0.8 * both["hot-cold"]["live_bytes"]
assert kept["improved"]["live_bytes"] < kept["baseline"]["live_bytes"]
{name: round(row["storage_to_log"], 2) for name, row in kept.items()}

# %% [markdown]
# ## The claim
#
# With all of them a fifth less is written where a tenth of the pages is hot, and reads replay fewer
# records. No one of them does that alone. Images of single pages inside the deltas, after every 32
# records of a page, spare replay as well; they cost bytes where images of a part save some.

# %%
options = layered.suites.default_options(baseline.target_bytes)
written = {name: layered.simulate(hot_cold, o).figures() for name, o in options.items()}

with lsmkit.plot.canvas(size=(8.6, 3.6)) as axes:
    parts = {"flush_bytes": "flushed", "delta_bytes": "retiled", "image_bytes": "images"}
    names, left = list(written), [0.0] * len(written)
    for part, label in parts.items():
        widths = [written[name][part] / written[name]["user_bytes"] for name in names]
        axes.barh(
            names, widths, left=left, label=label, hatch=["", "//", ".."][list(parts).index(part)]
        )
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for row, (name, width) in enumerate(zip(names, left, strict=True)):
        axes.text(width + 0.05, row, f"{written[name]['records_mean']:.1f} replayed", va="center")
    axes.set_xlim(0, max(left) + 0.9)
    axes.invert_yaxis()
    axes.set_xlabel("bytes written / bytes of the log, hot-cold")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)

least = written["improved"]
assert least["written_bytes"] <= 0.8 * written["baseline"]["written_bytes"]
assert least["records_mean"] < written["baseline"]["records_mean"]
pages = written["improved, page images"]
assert pages["records_mean"] < least["records_mean"]
assert pages["written_bytes"] > least["written_bytes"]
for name in ("partitioned", "grid", "edges", "density", "identical"):
    assert written[name]["written_bytes"] > 0.95 * written["baseline"]["written_bytes"]

# %% [markdown]
# **Try this:** `layered.workloads.zipf(**sizes)`, whose hot pages lie scattered. Do partitions
# help?
