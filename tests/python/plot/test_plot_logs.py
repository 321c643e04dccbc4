"""Pictures of what another engine's log tells: without keys, targets, and all of the weights."""

from pathlib import Path

import numpy as np
import pytest

import lsmkit
from lsmkit import Column, Frame, InvalidArgument

plot = lsmkit.plot
LOGS = sorted((Path(__file__).parents[1] / "data" / "rocksdb_log").glob("*.log*"))


def frame(title, /, **columns):
    """A frame; a column is a dtype and its values."""
    return Frame({key: Column.of(*column) for key, column in columns.items()}, name=title)


class Log:
    """What `lsmkit.read_rocksdb_log` gives, of four tables, one of them older than the log."""

    fidelity = "log"
    releases = ("9.8.4",)
    column_family = "default"
    options = None

    def levels(self, at=None):
        return frame(
            "levels",
            name=("str", ["L0", "L1"]),
            level=("i32", [0, 1]),
            run_count=("u64", [1, 1]),
            table_count=("u64", [1, 1]),
            weight=("u64", [None, None]),
            file_bytes=("u64", [100, 400]),
            target_weight=("u64", [None, None]),
        )

    def tables(self, at=None, *, all=False):
        return frame(
            "all_tables",
            level=("i32", [1, 0, 0, 1]),
            weight=("u64", [None, None, None, None]),
            file_bytes=("u64", [None, 300, 100, 400]),
            born=("u64", [None, 1, 2, 3]),
            died=("u64", [3, 3, None, None]),
        )

    def events(self):
        return frame(
            "events",
            kind=("str", ["flush", "flush", "compaction"]),
            reason=("str", ["Write Buffer Full", "Write Buffer Full", "LevelL0FilesNum"]),
            output_level=("i32", [0, 0, 1]),
            written_weight=("u64", [None, None, None]),
            written_bytes=("u64", [300, 100, 400]),
            last_seqno=("u64", [None, None, None]),
        )

    def series(self):
        return frame(
            "series",
            event=("u64", [1, 2, 3]),
            time_us=("u64", [0, 4_000_000, 10_000_000]),
            wall_us=("u64", [5_000_000, 9_000_000, 15_000_000]),
            last_seqno=("u64", [None, None, None]),
            weight=("u64", [None, None, None]),
            stall_us=("u64", [None, None, None]),
            user_bytes=("u64", [None, None, None]),
        )

    def summary(self):
        return frame("summary", run_count=("u64", [2]), write_amp_weight=("f64", [None]))

    @property
    def stalls(self):
        return frame(
            "rocksdb_stalls",
            wall_us=("u64", [6_000_000, 6_500_000, 14_000_000]),
            end_wall_us=("u64", [8_000_000, 7_000_000, None]),
            cause=("str", ["memtables", "memtables", "l0_runs"]),
        )


def test_a_tree_without_weights_is_drawn_by_file_bytes():
    ax = plot.tree(Log())
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == pytest.approx([100, 400])
    assert ax.get_xlabel() == "file bytes"


def test_the_history_of_a_log_runs_along_time_and_tells_what_is_not_known(texts):
    ax = plot.levels(Log(), stacked=True)
    assert ax.get_title(loc="left") == "File bytes by level"
    assert ax.get_xlabel() == "seconds"
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in ax.collections]
    assert max(tops) == 500
    assert "tables whose size is not known: 1" in texts(ax)
    assert "log of RocksDB 9.8.4, column family 'default'" in texts(ax)
    assert plot.debt(Log()).lines[0].get_ydata().tolist() == [300, 400, 100]


def test_write_amplification_of_a_log_is_over_what_was_flushed():
    ax = plot.write_amp(Log())
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(2.0)
    assert ax.get_ylabel() == "file bytes written / file bytes flushed"


def test_stalls_of_a_log_are_those_that_it_warns_of():
    """Two warnings at once count once; the last has no end, so it lasts to the end of the log."""
    ax = plot.stalls(Log())
    seconds = {}
    for stairs in ax.patches:
        tops, edges, bottoms = stairs.get_data()
        seconds[stairs.get_label()] = float(((tops - bottoms) * np.diff(edges)).sum())
    assert seconds == pytest.approx({"memtables not flushed": 2.0, "runs in L0": 1.0})
    assert "3.0 of 10.0 s" in ax.get_title(loc="left")


def test_what_a_log_does_not_tell_is_refused_by_name():
    with pytest.raises(InvalidArgument, match="does not tell of write"):
        plot.amplification(Log())
    with pytest.raises(InvalidArgument, match="knows nothing of weight"):
        plot.compare([Log(), Log()])
    with pytest.raises(InvalidArgument, match="needs a run in time"):
        plot.utilisation(Log())


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name)
def test_the_logs_of_real_rocksdbs_are_drawn(path, texts):
    run = lsmkit.read_rocksdb_log(path)
    for draw in (plot.tree, plot.levels, plot.debt, plot.stalls, plot.write_amp):
        assert f"log of RocksDB {', '.join(run.releases)}" in texts(draw(run))
    written_over_flushed = run.summary()[0]["write_amp_over_flush"]
    bars = sum(bar.get_height() for bar in plot.write_amp(run).patches)
    assert bars == pytest.approx(written_over_flushed)


def test_there_are_logs_of_old_and_new_releases():
    assert len(LOGS) >= 5
