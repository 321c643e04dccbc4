"""A million events: what a frame draws and a seek replays stays bounded, and states stay true."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import numpy as np
import pytest

from lsmkit.player.data import NEVER, History
from lsmkit.player.module import module_text
from lsmkit.player.pack import bundle, columns_of, packed

EVENTS = 1_000_000
STANDING = 12_000  # tables, more than a frame has rectangles for
PAGE = """<!doctype html><link rel="icon" href="data:,"><title>a million</title>
<div id="host" style="height: 860px"></div>
<script type="module">
import { Player, runsOf } from "/player.js";
const data = await (await fetch("/data")).arrayBuffer();
new Player(document.querySelector("#host"), runsOf(data));
</script>"""


def synthetic() -> History:
    """Every event takes two tables away and puts two there, once STANDING stand."""
    random = np.random.default_rng(1)
    count = 2 * EVENTS
    born = np.repeat(np.arange(1, EVENTS + 1), 2)
    # A table lives for an exponential while, so that any state has old ones and new ones.
    died = born + 1 + random.exponential(STANDING / 2, count).astype(np.int64)
    died[died > EVENTS] = NEVER
    low = random.integers(0, 1_999_000, count)
    level = random.choice(7, count, p=[0.01, 0.02, 0.03, 0.04, 0.1, 0.2, 0.6])
    steps = np.arange(1, EVENTS + 1)
    keys = [b"%07d" % number for number in range(2_000_000)]
    zeros = np.zeros(EVENTS, np.uint64)
    return History(
        tables={
            "level": level.astype(np.int32),
            "run": np.zeros(count, np.uint64),
            "number": np.arange(count, dtype=np.uint64),
            "weight": random.integers(1 << 20, 1 << 21, count),
            "smallest_seqno": 3 * born,
            "largest_seqno": 3 * born + 9,
        },
        born=born.astype(np.uint32),
        died=died.astype(np.uint32),
        low=low.astype(np.uint32),
        high=(low + random.integers(1, 900, count)).astype(np.uint32),
        keys=keys,
        events={
            "number": steps,
            "time_us": steps * 10.0,
            "kind": (steps % 3 == 0).astype(np.uint32),
            "reason": (steps % 3 == 0).astype(np.uint32),
            "text": zeros,
            "input_level": zeros,
            "output_level": zeros + np.uint64(1),
        },
        kinds=["flush", "compaction"],
        reasons=["flush", "L0 to base"],
        texts=[],
        figures={"write_amp": 5 + np.sin(steps / 1e5), "run_count": steps % 9 * 1.0},
        event_count=EVENTS,
    )


def standing(history: History, state: int) -> int:
    """How many tables stand, and a digest of which."""
    rows = np.flatnonzero((history.born <= state) & (history.died > state))
    return len(rows), int(rows.sum())


class Serving(BaseHTTPRequestHandler):
    """The page, the module and the data."""

    files: ClassVar[dict[str, tuple[str, bytes]]] = {}

    def do_GET(self):
        kind, body = self.files.get(self.path, ("text/plain", b""))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(chromium):
    """An address that plays a synthetic history, and the history."""
    history = synthetic()
    header = {"name": "a million", "kinds": history.kinds, "reasons": history.reasons}
    data = bundle([packed(header | {"options": {}, "events": EVENTS}, columns_of(history))])
    Serving.files = {
        "/": ("text/html", PAGE.encode()),
        "/player.js": ("text/javascript", module_text().encode()),
        "/data": ("application/octet-stream", data),
    }
    server = HTTPServer(("127.0.0.1", 0), Serving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", history
    server.shutdown()
    server.server_close()
    Serving.files = {}


@pytest.fixture
def million(tab, served):
    """A tab that plays it, and the history."""
    address, history = served
    return tab(url=address), history


def test_a_frame_draws_at_most_4000_rectangles_and_a_seek_replays_at_most_1000_events(
    million,
):
    """DESIGN 8's counts, before the keyframes are there and after, in every view."""
    opened, history = million
    random = np.random.default_rng(2)
    places = [0, 1, EVENTS, EVENTS - 1, *random.integers(0, EVENTS, 12).tolist()]
    for ready in (False, True):
        if ready:
            opened.until("player.runs[0].keyframes !== null")
        for view in ("levels", "keys", "seqnos"):
            opened.ask("player.setView(argument)", view)
            for state in places:
                opened.ask("player.go(argument)", state)
                told = opened.ask(
                    "[player.runs[0].count, Array.from(player.runs[0].standing.subarray(0, "
                    "player.runs[0].count)).reduce((sum, row) => sum + row, 0)]"
                )
                assert tuple(told) == standing(history, state)
            for step in (1, 10, 300, 1000, 1700, -1700, -1000, -300, -10, -1):
                at = opened.states()[0]
                opened.ask("player.go(argument)", at + step)
                count = opened.ask("player.runs[0].count")
                assert count == standing(history, max(0, min(EVENTS, at + step)))[0]
            opened.shot(f"million_{view}")
    counters = opened.ask("player.counters")
    assert 0 < counters["mostRectangles"] <= 4000, counters
    assert counters["mostReplayed"] <= 1000, counters
    assert opened.ask("player.runs[0].count") > 4000
    assert opened.errors == []


def test_playing_a_million_events_is_printed_as_a_rate(million, capsys):
    """How fast it draws is the machine's affair; that it plays, and within the counts, is not."""
    opened, _ = million
    opened.until("player.runs[0].keyframes !== null")
    opened.ask(
        "(player.go(200000), player.speed = '1000', player.counters.frames = 0, player.play())"
    )
    opened.page.wait_for_timeout(2000)
    opened.ask("player.pause()")
    told = opened.ask("({...player.counters, state: player.runs[0].state})")
    with capsys.disabled():
        print(f"\na million events, {STANDING:,} tables: {told['frames'] / 2:.0f} frames/s, "
              f"{told['frameMs']:.1f} ms of them in the last, {told['rectangles']:,} rectangles, "
              f"{told['state'] - 200_000:,} events in 2 s")  # fmt: skip
    assert told["state"] > 200_000
    assert told["mostRectangles"] <= 4000
    assert told["mostReplayed"] <= 1000
