"""Runs of layers in the player: what is encoded is what the run's frames say, state by state."""

from itertools import pairwise

import numpy as np
import pytest

import lsmkit
from layered_sample import KEYS, TOP, LayeredSample
from lsmkit.player.data import NEVER, history_of
from lsmkit.player.encode import encode
from lsmkit.player.pack import unpacked
from lsmkit.player.thin import thinned


def standing(header, columns, state):
    """Layers of a state, as (number, kind, keys, LSNs), from the encoded run."""
    ends = [0, *columns["key ends"].tolist()]
    data = columns["keys"].tobytes()
    keys = [data[a:b].decode() for a, b in pairwise(ends)]
    rows = np.flatnonzero((columns["table born"] <= state) & (columns["table died"] > state))
    return {
        (
            int(columns["table number"][row]),
            ("table", "delta", "image")[columns["table kind"][row]],
            keys[columns["table low"][row]],
            keys[columns["table high"][row]],
            int(columns["table begin_lsn"][row]),
            int(columns["table end_lsn"][row]),
        )
        for row in rows
    }


def expected(run, number):
    def key(value):
        return "the end" if value == TOP else str(value)

    return {
        (
            *(layer[name] for name in ("number", "kind")),
            *(key(layer[name]) for name in ("begin_key", "end_key")),
            *(layer[name] for name in ("begin_lsn", "end_lsn")),
        )
        for layer in run.layers(all=True)
        if layer["born"] <= number and (layer["died"] is None or layer["died"] > number)
    }


def test_each_state_of_a_layered_run_is_encoded_as_it_was():
    run = LayeredSample()
    header, columns = unpacked(encode(run))
    assert header["rows"] == "layers"
    assert header["steps"] == len(run.events()) == 30
    for number in range(31):
        assert standing(header, columns, number) == expected(run, number)
    kinds = {kind for _, kind, *_ in standing(header, columns, 30)}
    assert kinds == {"delta", "image"}
    assert columns["table low"].max() < columns["table high"].max()
    assert columns["event written_weight"].tolist() == run.events()["written_bytes"].tolist()
    assert columns["figure horizon_lsn"][-1] == run.series()["horizon_lsn"][-1] > KEYS
    # Layers of one LSN range share a lane, newer ones come before older.
    lanes = {}
    for row, lane in enumerate(columns["table run"].tolist()):
        span = (int(columns["table end_lsn"][row]), int(columns["table begin_lsn"][row]))
        lanes.setdefault(lane, set()).add(span)
    assert all(len(spans) == 1 for spans in lanes.values())
    newest = [max(lanes[lane])[0] for lane in sorted(lanes)]
    assert newest == sorted(newest)


def test_thinned_states_of_layers_are_true():
    run = LayeredSample(flushes=100)
    history = history_of(run)
    few = thinned(history, 10)
    assert few.rows == "layers"
    assert few.steps == 10
    ends = np.unique(np.linspace(0, history.steps, 11).astype(int)[1:]).tolist()
    header, columns = unpacked(encode(run, steps=10))
    for state, number in enumerate(ends, 1):
        assert standing(header, columns, state) == expected(run, number)
    assert (few.died == NEVER).sum() == len(expected(run, history.steps))


def test_a_page_of_layers_and_a_kind_that_is_none():
    run = LayeredSample()
    assert "<lsmkit.Player of 1 run>" in repr(lsmkit.Player(run))
    assert len(lsmkit.Player(run).to_html()) < 100_000
    run._layers[0]["kind"] = "blob"
    with pytest.raises(lsmkit.InvalidArgument, match="delta or image, not 'blob'"):
        lsmkit.Player(run).to_html()
