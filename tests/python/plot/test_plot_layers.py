"""Pictures of layers draw what the frames say. Artists, not pixels."""

import pytest

import lsmkit
from lsmkit import InvalidArgument, layered
from lsmkit.layered import Options, workloads


@pytest.fixture(scope="module")
def played():
    options = Options.improved(target_bytes=1 << 20)
    return layered.simulate(workloads.hot_cold(records=40_000, pages=1_500), options)


def test_the_map_of_a_moment_has_all_its_layers(played):
    for at in (None, 1, 20):
        axes = lsmkit.plot.layers(played, at=at)
        layers = played.layers(at=at)
        boxes = [len(c.get_paths()) for c in axes.collections]
        assert sum(boxes) == len(layers)
        deltas = (layers["kind"] == "delta").sum()
        assert f"{deltas:,} deltas" in axes.get_title(loc="left")
        assert axes.get_ylim()[1] >= layers["end_lsn"].max()
    axes = lsmkit.plot.layers(played.layers()[:0])
    assert "no layers yet" in axes.texts[-1].get_text()
    with pytest.raises(InvalidArgument, match="no column level"):
        lsmkit.plot.layers(played.series())


def test_a_map_of_many_layers_has_a_bounded_number_of_marks():
    options = Options(target_bytes=1 << 13)
    run = layered.simulate(
        workloads.uniform(records=400_000, pages=30_000, record_bytes=100), options
    )
    axes = lsmkit.plot.layers(run)
    drawn = sum(len(c.get_paths()) for c in axes.collections)
    assert len(run.layers()) > 4_000 > drawn
    assert "drawn as" in axes.texts[-1].get_text()
