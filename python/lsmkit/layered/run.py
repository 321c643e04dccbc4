"""`Run`: what a layered store did, as frames."""

import math
from bisect import bisect_right
from typing import Any

from lsmkit import _core
from lsmkit.frame import Frame
from lsmkit.frames import frame_of, rows_of
from lsmkit.layered.history import PAGE_BYTES, History, Row, shown_layer
from lsmkit.layered.options import Options
from lsmkit.player import Playable
from lsmkit.schema_layered import READ_FIGURES
from lsmkit.workload import Workload

__all__ = ["Run"]


class Run(Playable):
    """What a layered store did up to one moment. Made by `layered.simulate` and `Store.result`.

    `show()`, `to_html()` and `lsmkit.Player` play it in the plane of keys and LSNs.

    Attributes
    ----------
    workload : Workload or None
        None: its records came by `Store.ingest`.
    options : Options
    seed : int
        Of the reads that were sampled.
    fidelity : {"records", "slices"}
    """

    def __init__(
        self,
        core: _core.LayeredStore,
        workload: Workload | None,
        options: Options,
        seed: int,
        tip_reads: int,
        fidelity: str = "records",
    ) -> None:
        self.workload = workload
        self.options = options
        self.seed = seed
        self.fidelity = fidelity
        self._state = core.state()
        self._layers = core.layers()
        self._events = core.events()
        self._moments = core.moments()
        self._samples = [
            {"events": events, "user_bytes": log_bytes, **_flat(figures)}
            for events, log_bytes, figures in core.samples()
        ]
        self._history_reads = _flat(core.history_reads())
        self._branch_reads = _flat(core.branch_reads())
        self._branch_count = core.branch_count()
        self._tip_reads = _flat(core.tip_reads(tip_reads))
        self._history: History | None = None

    # -- Frames ------------------------------------------------------------------------------------

    def summary(self) -> Frame:
        """The run in one row."""
        return frame_of("layered_summary", [self.figures()])

    def figures(self) -> Row:
        """The row of `summary()`, as a dict."""
        state = self._state
        log, live = state["log_bytes"], state["live_bytes"]
        flushed, retiled, images = (state[name] for name in ("flushed", "retiled", "images"))
        created, deleted = state["created"], state["deleted"]
        return {
            "record_count": state["records"],
            "page_count": state["pages_in_use"],
            "user_bytes": log,
            "written_bytes": created["bytes"],
            "live_bytes": live,
            "layer_count": state["live_layers"],
            "created_layers": created["layers"],
            "deleted_layers": deleted["layers"],
            "write_amp": _ratio(created["bytes"], log),
            "storage_to_log": _ratio(live, log),
            "storage_to_logical": _ratio(live, state["pages_in_use"] * PAGE_BYTES),
            "flush_count": flushed["layers"],
            "flush_bytes": flushed["bytes"],
            "delta_count": retiled["layers"],
            "delta_bytes": retiled["bytes"],
            "identical_count": state["identical"]["layers"],
            "identical_bytes": state["identical"]["bytes"],
            "image_count": images["layers"],
            "image_bytes": images["bytes"],
            "compaction_count": state["compactions"],
            "level_compaction_count": state["level_compactions"],
            "peak_live_bytes": state["peak_live_bytes"],
            "largest_layer_bytes": max(self._layers["bytes"], default=None),
            "collected_layers": state["collected"]["layers"],
            "page_image_bytes": state["page_image_bytes"],
            "part_count": state["parts"],
            "kept_part_count": state["parts_kept"],
            **{f"makespan_{n}_s": seconds for n, seconds in state["makespans"].items()},
            "history_reads": self._history_reads["reads"],
            "tip_reads": self._tip_reads["reads"],
            **_known(self._history_reads, ""),
            **_known(self._tip_reads, "tip_"),
            "branch_count": self._branch_count,
            "branch_reads": self._branch_reads["reads"],
            **_known(self._branch_reads, "branch_"),
        }

    def levels(self, at: int | None = None) -> Frame:
        """One row per level, from the top down, as compaction would find them.

        Nothing says which level a layer belongs to but its height: level n has what lies above the
        first delta taller than 1.75 target_bytes x fanout^n.

        Parameters
        ----------
        at : int, optional
            As they stood after that event, by number.
        """
        rows = self._standing(at)
        columns = {
            name: [row[shown] for row in rows]
            for name, shown in (
                ("number", "number"),
                ("kind", "kind"),
                ("page_begin", "begin_key"),
                ("page_end", "end_key"),
                ("lsn_begin", "begin_lsn"),
                ("lsn_end", "end_lsn"),
                ("bytes", "file_bytes"),
            )
        }
        end_lsn = max(columns["lsn_end"], default=0)
        levels = _core.layered_levels(columns, end_lsn, self.options.to_core())
        return frame_of("layer_levels", rows_of(levels))

    def layers(self, at: int | None = None, *, all: bool = False) -> Frame:
        """One row per layer that lives, from the bottom up.

        Parameters
        ----------
        at : int, optional
            As they stood after that event, by number.
        all : bool
            Every layer that ever was, with the events of its birth and death.
        """
        if all:
            return frame_of("all_layers", self._past().layers)
        return frame_of("layers", self._standing(at))

    def events(self) -> Frame:
        """What was created and deleted, oldest first: one row per flush and per job.

        Of the first 2^20 layers that were created or deleted.
        """
        return frame_of("layer_events", self._past().steps)

    def series(self) -> Frame:
        """How the store grew, one row per flush and per level that was compacted.

        What reads cost is null where none were sampled since the row before.
        """
        return frame_of("layered_series", self._past().series(self._moments, self._samples))

    def reads(self) -> Frame:
        """What sampled reads cost: one row per sample in the course of the run, then the tip.

        Half of the reads are of any page in use, half of pages as they were written; at any LSN
        above the horizon, at last of the newest that is flushed.
        """
        ends = self._past().ends
        rows: list[Row] = [
            {"event": bisect_right(ends, sample["events"] - 1), "at": "history", **sample}
            for sample in self._samples
        ]
        if self._tip_reads["reads"]:
            tip = {"user_bytes": self._state["log_bytes"], **self._tip_reads}
            rows.append({"event": len(ends), "at": "tip", **tip})
        return frame_of("layered_reads", rows)

    def _past(self) -> History:
        if self._history is None:
            self._history = History(self._events)
        return self._history

    def _standing(self, at: int | None) -> list[Row]:
        if at is not None:
            return self._past().standing(at)
        known = {row["number"]: row for row in self._past().layers}
        rows = [{**row, "layer": row["number"]} for row in rows_of(self._layers)]
        return [known.get(row["layer"]) or shown_layer(row) for row in rows]

    # -- Shown -------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        figures = self.figures()
        records = figures["record_count"]
        told = "by slices" if records is None else f"{records:,} records"
        name = "" if self.workload is None else f" {self.workload.name!r}"
        reads = figures["layers_opened_mean"]
        opened = "" if reads is None else f", {reads:.2f} layers opened per read"
        return (
            f"<lsmkit.layered.Run{name}: {told}, "
            f"{figures['layer_count']:,} layers; write amplification "
            f"{_text(figures['write_amp'])}, storage {_text(figures['storage_to_log'])} of the "
            f"log{opened}>"
        )


def _flat(figures: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {"reads": figures["reads"]}
    for name in READ_FIGURES:
        flat |= {f"{name}_{part}": value for part, value in figures[name].items()}
    return flat


def _known(figures: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Nulls where nothing was read."""
    none = not figures["reads"]
    return {
        f"{prefix}{name}": None if none else value
        for name, value in figures.items()
        if name != "reads"
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _text(ratio: float | None) -> str:
    return "-" if ratio is None or math.isnan(ratio) else f"{ratio:.2f}"
