"""The frames of the layered store: part of `lsmkit.SCHEMAS`.

A layer is a rectangle of pages and LSNs, both half-open. An LSN is an offset in the log, in bytes.
"""

from dataclasses import replace

from lsmkit.column_spec import ColumnSpec, byte_count, count, number, ratio, text

__all__ = ["LAYERED", "READ_FIGURES"]

_BOX = (
    number("number", "which layer; never used twice"),
    text("kind", '"delta": records of its keys and LSNs; "image": its keys at one LSN'),
    ColumnSpec(
        "level", "i32", "", "0: flushed; n: made by compacting level n - 1; null: forgotten", True
    ),
    number("begin_key", "its first key, a page"),
    number("end_key", "behind its last; 2^64 - 1: of all that there are"),
    byte_count("begin_lsn", "offset in the log of its oldest record"),
    byte_count("end_lsn", "behind its newest; an image has all records below"),
    byte_count("file_bytes", "stored"),
)
_BORN = number("born", "number of the event that created it; null: forgotten", True)
_LIFE = (_BORN, number("died", "of the one that deleted it; null: it lives", True))
READ_FIGURES = ("layers_opened", "layers_holding", "records", "bytes")
_READ_MEANINGS = {
    "layers_opened": "layers on the way down to the first image, that too",
    "layers_holding": "deltas among them with a record that is needed",
    "records": "records to be replayed",
    "bytes": "bytes of these records, and of the page if there is an image",
}


def _figures(prefix: str, names: tuple[str, ...], nullable: bool) -> tuple[ColumnSpec, ...]:
    """Mean, 99th percentile and most of each."""
    out = []
    for name in names:
        meaning = _READ_MEANINGS[name]
        unit = "bytes" if name == "bytes" else "count"
        at = f"{prefix}{name}"
        out += [
            ColumnSpec(f"{at}_mean", "f64", unit, f"{meaning}, on average", nullable),
            ColumnSpec(f"{at}_p99", "u64", unit, "what 99 of 100 do not exceed", nullable),
            ColumnSpec(f"{at}_max", "u64", unit, "the most", nullable),
        ]
    return tuple(out)


_TOTALS = (
    byte_count("user_bytes", "of all records: the log"),
    byte_count("written_bytes", "of layers that were created"),
    byte_count("live_bytes", "of layers that live"),
    count("layer_count", "layers that live"),
    count("created_layers", "so far"),
    count("deleted_layers", "of them"),
    ratio("write_amp", "bytes written to layers / bytes of the log", True),
    ratio("storage_to_log", "live bytes / bytes of the log", True),
    ratio("storage_to_logical", "live bytes / bytes of the pages in use", True),
)
_BRANCHES = (
    count("branch_count", "branches that were made in the course of the run"),
    count("branch_reads", "sampled whenever others are, at the LSNs of branches that lived"),
    *_figures("branch_", READ_FIGURES, True),
)
_PARTS = (
    count("flush_count", "buffers that became layers over all pages"),
    byte_count("flush_bytes", "of these"),
    count("delta_count", "deltas that compactions made"),
    byte_count("delta_bytes", "of these"),
    count("identical_count", "deltas that compactions did not write once more, being the same"),
    byte_count("identical_bytes", "of these: what `keeps_identical` saved"),
    count("image_count", "images that compactions made"),
    byte_count("image_bytes", "of these"),
    count("compaction_count", "compactions that found a level deep enough"),
    count("level_compaction_count", "levels that they compacted"),
    byte_count("peak_live_bytes", "the most that ever lived, within compactions too"),
    byte_count("largest_layer_bytes", "of those that live", True),
    count("collected_layers", "of the deleted, those that no LSN to be read needed"),
    byte_count("page_image_bytes", "of new deltas, what their images of pages take"),
    count("part_count", "partitions that were decided apart, in all compactions of levels"),
    count("kept_part_count", "of them, those in which nothing was due"),
    *(
        ColumnSpec(f"makespan_{n}_s", "f64", "", f"seconds of all compactions, jobs on {n} workers")
        for n in (1, 2, 4)
    ),
)

_FRAMES: dict[str, tuple[ColumnSpec, ...]] = {
    # One row per layer that lives, from the bottom up.
    "layers": (*_BOX, _BORN),
    # One row per layer that ever was.
    "all_layers": (*_BOX, *_LIFE),
    # One row per level, from the top down, as compaction would find them.
    "layer_levels": (
        ColumnSpec("level", "i32", "", "0 is what was flushed last"),
        byte_count("begin_lsn", "of its lowest layer"),
        byte_count("end_lsn", "of its highest"),
        count("delta_count", "deltas"),
        count("image_count", "images"),
        byte_count("file_bytes", "of all its layers"),
        count("depth", "deltas on each other above the highest image, at most"),
        count("partition_count", "ranges of pages whose deltas do not reach into another's"),
    ),
    # One row per flush, and per job of a compaction.
    "layer_events": (
        number("number", "from 1 on"),
        text("kind", '"flush", "compaction", or "collection" of what is not needed'),
        ColumnSpec("time_us", "u64", "us", "there is no clock: a microsecond per byte of the log"),
        text("reason", "why its layers were made"),
        number("compaction", "of a level, counted from 1; 0: of none"),
        ColumnSpec("level", "i32", "", "that was compacted"),
        number("job", "of the level's plan"),
        ColumnSpec("created", "list[u64]", "", "layers that it made"),
        ColumnSpec("deleted", "list[u64]", "", "layers that nobody needs when it is done"),
        byte_count("written_bytes", "of the layers that it made"),
        text("text", "all of it in words"),
    ),
    # One row per flush, and per level that was compacted: how the store stood then.
    "layered_series": (
        number("event", "number of its last event"),
        text("kind", '"flush", "compaction", or "collection" of what is not needed'),
        *_TOTALS,
        byte_count("horizon_lsn", "below, only pinned LSNs stay readable"),
        ratio("layers_read", "layers opened per read, by the last sample", True),
        *_figures("", READ_FIGURES, True),
    ),
    # One row.
    "layered_summary": (
        count("record_count", "records of the log; null: told by slices", True),
        count("page_count", "pages in use"),
        *_TOTALS,
        *_PARTS,
        count("history_reads", "sampled at any LSN above the horizon, after every GB of the log"),
        *_figures("", READ_FIGURES, True),
        count("tip_reads", "sampled at the end, of the newest that is flushed"),
        *_figures("tip_", READ_FIGURES, True),
        *_BRANCHES,
    ),
    # One row per time at which reads were sampled.
    "layered_reads": (
        number("event", "number of the last event before; 0: there was none"),
        text("at", '"history": any LSN above the horizon; "tip": the newest that is flushed'),
        byte_count("user_bytes", "then"),
        count("reads", "half of any page in use, half of pages as they were written"),
        *_figures("", READ_FIGURES, False),
    ),
    # One row per workload, fanout, target and options.
    "layered_suite": (
        text("workload", "its name"),
        count("fanout", "deltas on each other that are compacted"),
        byte_count("target_bytes", "of a layer"),
        text("options", "their name"),
        number("seed", "of the workload's draws, and of the reads"),
        count("record_count", "records of the log; null: told by slices", True),
        count("page_count", "pages in use"),
        *_TOTALS,
        *_PARTS,
        *_figures("", READ_FIGURES, True),
        *_figures("tip_", READ_FIGURES, True),
        *_BRANCHES,
        ColumnSpec("partitions", "list[u64]", "count", "of each level at the end, from the top"),
    ),
    # One row per row of a suite: its figures over those of the same workload's row to compare with.
    "layered_against": (
        text("workload", "its name"),
        count("fanout", "deltas on each other that are compacted"),
        byte_count("target_bytes", "of a layer"),
        text("options", "their name"),
        ColumnSpec("partitions", "list[u64]", "count", "of each level at the end, from the top"),
        *(
            ratio(name, "of the row / of the one to compare with; below 1 is better", True)
            for name in (
                "written",
                "peak_live",
                "storage_to_log",
                "layers_opened_mean",
                "layers_opened_p99",
                "records_mean",
                "records_p99",
                "bytes_mean",
                "bytes_p99",
                "makespan_1_s",
                "makespan_2_s",
                "makespan_4_s",
            )
        ),
    ),
}
LAYERED = {
    name: tuple(replace(spec, sources=("layered",)) for spec in specs)
    for name, specs in _FRAMES.items()
}
