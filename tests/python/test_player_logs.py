"""RocksDB's logs in the player: whole ones by weight, those that begin in the middle by file."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import lsmkit
from lsmkit import cli
from lsmkit.player.encode import encode
from lsmkit.player.pack import unpacked

LOGS = sorted((Path(__file__).parent / "data" / "rocksdb_log").glob("*.log*"))
BEGIN_IN_THE_MIDDLE = {"killed-2", "leveled-2", "release-5.18"}


@pytest.fixture(params=LOGS, ids=lambda path: path.name)
def log(request):
    return request.param


def standing(columns, state):
    rows = np.flatnonzero((columns["table born"] <= state) & (columns["table died"] > state))
    names = ("table level", "table number", "table weight")
    return sorted(zip(*(columns[name][rows].tolist() for name in names), strict=True))


def truly(run, event, size):
    frame = run.tables(at=event)
    sizes = [row[size] or 0 for row in frame]
    return sorted(zip(frame["level"].tolist(), frame["number"].tolist(), sizes, strict=True))


def test_every_state_is_the_one_that_the_log_tells(log):
    run = lsmkit.read_rocksdb_log(log)
    header, columns = unpacked(encode(run))
    by_file = log.name.partition(".log")[0] in BEGIN_IN_THE_MIDDLE
    size = "file_bytes" if by_file else "weight"
    assert any("as large as their files" in note for note in header["notes"]) == by_file
    assert header["name"] == str(log)
    numbers = run.events()["number"].tolist()
    for state, event in enumerate(numbers, 1):
        assert standing(columns, state) == truly(run, event, size)


def test_play_takes_a_log_and_the_directory_of_one(log, tmp_path, capsys):
    directory = tmp_path / "db"
    directory.mkdir()
    shutil.copy(log, directory / ("LOG" + log.suffix.replace(".log", "")))
    for source in (log, directory):
        out = tmp_path / "page.html"
        assert cli.main(["play", str(source), "--out", str(out), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["bytes"] == out.stat().st_size
