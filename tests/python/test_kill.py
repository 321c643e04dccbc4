"""kill -9 at a random moment: nothing that was acknowledged is lost.

The demo's loader runs in a process of its own and says how many puts have returned. It is killed,
the database is opened here, and its contents must be the first n lines, for some n that is at least
what was said.
"""

import os
import random
import signal
import struct
import subprocess
import sys
import time

import pytest

import lsmkit
from lsmkit import demo

KILLS = 6  # in every test run
NIGHTLY_KILLS = 500

LOADER = """
import os, struct, sys
import lsmkit
from lsmkit import demo

path, told, sync = sys.argv[1], int(sys.argv[2]), lsmkit.Sync.parse(sys.argv[3])

def acknowledging(lines):
    for count, line in enumerate(lines, start=1):
        yield line  # resumed when the put has returned
        os.pwrite(told, struct.pack("<q", count), 0)

lines = list(demo.standard_library(seed=5))
with lsmkit.open(path, lsmkit.Options.small(), sync=sync) as db:
    os.pwrite(told, struct.pack("<q", 0), 0)
    demo.load(db, acknowledging(lines))
"""
SYNCS = ["none", "interval(20)", "every(100)", "hybrid(50, 10)", "always"]


@pytest.fixture(scope="module")
def lines():
    return list(demo.standard_library(seed=5))


def kill_once(path, told, lines, sync, chooser):
    """Loads, kills, opens, compares. How many puts had been acknowledged."""
    with open(told, "wb") as file:
        file.write(struct.pack("<q", -1))
    with open(told, "r+b") as file:
        arguments = [path, str(file.fileno()), sync]
        loader = subprocess.Popen(
            [sys.executable, "-c", LOADER, *arguments], pass_fds=[file.fileno()]
        )
    try:
        while _told(told) < 0 and loader.poll() is None:
            time.sleep(0.01)
        time.sleep(chooser.uniform(0, 0.5))
        assert loader.poll() is None, "the loader ended by itself"
    finally:
        loader.send_signal(signal.SIGKILL)
        loader.wait()
    acknowledged = _told(told)
    with lsmkit.open(path) as db:
        there = dict(db)
        count = len(there)
        assert count >= acknowledged
        assert there == dict(lines[:count])
        assert db.verify() >= 0
    lsmkit.destroy(path)
    return acknowledged


def _told(told):
    with open(told, "rb") as file:
        return struct.unpack("<q", file.read())[0]


def kill_often(times, seed, path, tmp_path, lines):
    chooser = random.Random(seed)
    told = str(tmp_path / "acknowledged")
    acknowledged = [
        kill_once(path, told, lines, SYNCS[turn % len(SYNCS)], chooser) for turn in range(times)
    ]
    print(f"{times} kills (seed {seed}); acknowledged before them: {sorted(acknowledged)}")
    assert max(acknowledged) > 0


def test_what_was_acknowledged_survives_a_kill(path, tmp_path, lines):
    kill_often(KILLS, os.getpid(), path, tmp_path, lines)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_survives_five_hundred_kills(path, tmp_path, lines):
    kill_often(NIGHTLY_KILLS, 500, path, tmp_path, lines)
