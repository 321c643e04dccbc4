"""Live sessions: requests and replies as bytes, replays, hostile requests, the loopback server."""

import http.client
import json
import socket
import threading
from itertools import pairwise

import numpy as np
import pytest

import lsmkit
from lsmkit.player.data import NEVER
from lsmkit.player.encode import encode
from lsmkit.player.live import LiveSession
from lsmkit.player.live_settings import FIELDS, PRESETS, checked, options_of
from lsmkit.player.pack import unpacked
from lsmkit.player.server import LiveServer


def ask(session, **request):
    return unpacked(session.reply(json.dumps(request).encode()))


class Joined:
    """What a page that appends all parts has."""

    def __init__(self, session):
        self.session = session
        self.columns = {}
        self.died = np.empty(0, np.uint32)
        self.keys = []
        self.take(*ask(session, do="join"))

    def take(self, header, columns):
        assert "error" not in header, header
        self.header = header
        for row, step in header["ended"]:
            assert self.died[row] == NEVER
            self.died[row] = step
        self.died = np.append(self.died, columns["table died"])
        for name, values in columns.items():
            if name.startswith(("table", "event", "figure", "target")):
                before = self.columns.get(name, values[:0])
                self.columns[name] = np.append(before, values)
        ends = [0, *columns["key ends"].tolist()]
        data = columns["keys"].tobytes()
        self.keys += [data[a:b] for a, b in pairwise(ends)]

    def run(self, until_s, **more):
        self.take(*ask(self.session, do="run", until_s=until_s, budget_ms=1000, **more))

    def standing(self):
        rows = np.flatnonzero(self.died == NEVER)
        return set(self.columns["table number"][rows].tolist())


def test_parts_add_up_to_the_run():
    session = LiveSession({"read_share": 0.3})
    page = Joined(session)
    while page.header["live"]["now_us"] < 2_000_000:
        page.run(page.header["live"]["now_us"] / 1e6 + 0.13)
        assert page.standing() == set(session.result().tables()["number"].tolist())
    run = session.result()
    _, whole = unpacked(encode(run))
    tables = {name: whole[f"table {name}"].tolist() for name in ("born", "level", "number")}
    assert {name: page.columns[f"table {name}"].tolist() for name in tables} == tables
    assert page.died.tolist() == whole["table died"].tolist()
    lives = run.tables(all=True)
    bounds = [*lives["smallest_key"], *lives["largest_key"]]
    assert len(set(page.keys)) == len(page.keys)
    assert set(page.keys) == set(bounds)
    lows = [page.keys[number] for number in page.columns["table low"].astype(int)]
    assert lows == lives["smallest_key"].tolist()
    for name in ("write_amp_weight", "run_count", "space_amp", "user_bytes", "read_amp"):
        assert np.allclose(page.columns[f"figure {name}"], whole[f"figure {name}"], equal_nan=True)
    lengths = {len(v) for n, v in page.columns.items() if n.startswith(("event", "figure"))}
    assert lengths == {len(run.events())}


def test_how_it_is_cut_into_requests_changes_nothing_and_a_saved_session_replays():
    session = LiveSession({"keys": 20_000})
    changes = [("rate", 20_000), ("device_mb_per_s", 3), ("device", "gp3"), ("rate", 80_000)]
    for name, value in changes:
        ask(session, do="run", until_s=session._now_us / 1e6 + 0.37, budget_ms=1000)
        ask(session, do="run", until_s=0, set={name: value})
    ask(session, do="run", until_s=3, budget_ms=1000)
    saved = json.loads(json.dumps(ask(session, do="save")[0]["saved"]))
    assert [(name, value) for _, name, value in saved["changes"]] == changes
    assert len({change[0] for change in saved["changes"]}) == len(changes)
    again = LiveSession.replayed(saved)
    assert encode(again.result()) == encode(session.result())
    assert again.saved() == saved
    assert len(session.result().events()) > 100
    other = LiveSession.replayed({**saved, "changes": saved["changes"][:1]})
    assert encode(other.result()) != encode(session.result())


@pytest.mark.parametrize(
    "changes",
    [
        [[5, "rate", 100], [4, "rate", 100]],
        [[5, "fanout", 4]],
        [[5, "rate", -1]],
        [["x", "rate", 1]],
        [[5, "rate"]],
        [5],
        5,
        None,
    ],
)
def test_a_saved_session_that_can_not_have_been_is_refused(changes):
    saved = LiveSession().saved()
    with pytest.raises(lsmkit.InvalidArgument):
        LiveSession.replayed({**saved, "changes": changes})


def test_a_change_is_an_event_at_its_virtual_time():
    session = LiveSession()
    page = Joined(session)
    page.run(0.5)
    page.run(1.0, set={"rate": 70_000})
    kinds = page.header["kinds"]
    (step,) = np.flatnonzero(page.columns["event kind"] == kinds.index("set"))
    assert page.columns["event time_us"][step] == 500_000
    assert np.all(np.diff(page.columns["event time_us"]) >= 0)
    rejoined = Joined(session)
    assert rejoined.columns["event kind"].tolist() == page.columns["event kind"].tolist()


def test_a_look_asks_for_what_is_new_alone():
    """Counted, not timed: rows that a look takes from the simulation, however old the session."""
    session = LiveSession({"keys": 20_000})
    core, asked = session._simulation._core, []

    class Counting:
        def __getattr__(self, name):
            def call(**since):
                found = getattr(core, name)(**since)
                if name in ("events", "series", "samples"):
                    rows = len(found) if name == "events" else len(found["time_us"])
                    asked.append((name, rows))
                return found

            return call

    session._simulation._core = Counting()
    page = Joined(session)
    for step in range(1, 60):
        page.run(step * 0.05)
    page.run(0)
    told = len(page.columns["event number"])
    assert told == len(session.result().events()) > 200
    looks = len(asked) // 3
    assert sum(rows for name, rows in asked[:-1] if name == "events") <= 2 * told
    assert sum(rows for name, rows in asked[:-1] if name == "series") <= 2 * told + 3 * looks
    assert max(rows for name, rows in asked if name == "samples") <= 4 + 3 / 0.1
    whole = Joined(session)
    for name in page.columns:
        if name.startswith("figure") and name != "figure stall_us":  # between samples: about
            assert np.array_equal(page.columns[name], whole.columns[name], equal_nan=True), name


def test_a_device_that_is_set_is_what_the_simulation_goes_on_with():
    """W4.9: device speed takes effect while it runs, as an event of its own."""

    def written(*changes):
        session = LiveSession({"rate": 200_000})
        for until_s, change in changes:
            ask(session, do="run", until_s=until_s, budget_ms=1000)
            header, _ = ask(session, do="run", until_s=0, set=change)
            assert "error" not in header
        while session._now_us < 2_000_000:
            ask(session, do="run", until_s=2, budget_ms=1000)
        return session, session.result().timing.accepted_bytes

    slow, slow_bytes = written()
    fast, fast_bytes = written((0.5, {"device": "nvme"}))
    assert fast_bytes > 1.5 * slow_bytes
    assert fast.result().machine.device == "nvme"
    page = Joined(fast)
    assert "set" in page.header["kinds"]
    assert b"device: nvme" in page_texts(page)
    assert slow.result().machine.device.transfer_bytes_per_s == 20e6
    _, again = written((0.5, {"device_mb_per_s": 20}))
    assert again == pytest.approx(slow_bytes, rel=1e-6)


def page_texts(page):
    _, columns = ask(page.session, do="join")
    ends = [0, *columns["text ends"].tolist()]
    data = columns["texts"].tobytes()
    return [data[a:b] for a, b in pairwise(ends)]


def test_a_request_ends_at_its_wall_budget():
    """By a clock of our own: each look at it takes 20 ms."""
    looks = iter(range(1_000_000))
    session = LiveSession(clock=lambda: next(looks) * 0.02)
    header, _ = ask(session, do="run", until_s=1000, budget_ms=100)
    assert 0 < header["live"]["now_us"] < 100_000
    assert next(looks) < 20


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (b"", "JSON"),
        (b"[" * 100_000, "at most"),
        (b"[" * 50_000, "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[]", "JSON object"),
        (b"{}", "do:"),
        (b'{"do": "run"}', "until_s"),
        (b'{"do": "run", "until_s": "soon"}', "until_s"),
        (b'{"do": "run", "until_s": NaN}', "until_s"),
        (b'{"do": "run", "until_s": 1e999}', "until_s"),
        (b'{"do": "run", "until_s": true}', "until_s"),
        (b'{"do": "run", "until_s": 1, "budget_ms": 1e9}', "budget_ms"),
        (b'{"do": "run", "until_s": 1, "set": 3}', "set"),
        (b'{"do": "run", "until_s": 1, "set": {"rate": 0}}', "rate"),
        (b'{"do": "run", "until_s": 1, "set": {"rate": NaN}}', "rate"),
        (b'{"do": "run", "until_s": 1, "set": {"fanout": 4}}', "reset"),
        (b'{"do": "run", "until_s": 1, "set": {"device": "<b>"}}', "device"),
        (b'{"do": "run", "until_s": 1, "set": {"device": ["gp3"]}}', "device"),
        (b'{"do": "run", "until_s": 1, "set": {"device_mb_per_s": 0}}', "device_mb_per_s"),
        (b'{"do": "run", "until_s": 1, "set": {"__class__": 4}}', "__class__"),
        (b'{"do": "reset", "settings": {"keys": 1e12}}', "keys"),
        (b'{"do": "reset", "settings": {"keys": "many"}}', "keys"),
        (b'{"do": "reset", "settings": {"layout": "<b>"}}', "layout"),
        (b'{"do": "reset", "settings": {"layout": ["x"]}}', "layout"),
        (b'{"do": "reset", "settings": {"nothing": 1}}', "nothing"),
        (b'{"do": "reset", "settings": 7}', "settings"),
        (b'{"do": "reset", "settings": {"max_space_amp": 0.5}}', "max_space_amp"),
    ],
)  # fmt: skip
def test_a_request_that_can_not_be_is_told_so_and_changes_nothing(request_, told):
    session = LiveSession()
    ask(session, do="run", until_s=0.3, budget_ms=1000)
    before = session.saved()
    header, columns = unpacked(session.reply(request_))
    assert told in header["error"]
    assert columns == {}
    assert session.saved() == before
    assert len(header["error"]) < 500


def test_a_session_ends_where_it_holds_as_many_events_as_it_may():
    settings = {"rate": 1e6, "memtable_bytes": 16, "device": "nvme"}
    session = LiveSession(settings, max_events=1000)
    for _ in range(100):
        header, _ = ask(session, do="run", until_s=1e6, budget_ms=1000)
        if header["live"]["full"]:
            break
    assert header["live"]["full"]
    events = len(session.result().events())
    assert 900 < events < 1500
    now = header["live"]["now_us"]
    assert ask(session, do="run", until_s=1e7)[0]["live"]["now_us"] == now
    assert ask(session, do="reset")[0]["live"]["now_us"] == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_runs(preset):
    session = LiveSession(PRESETS[preset])
    header, _ = ask(session, do="run", until_s=2, budget_ms=300)
    assert header["live"]["now_us"] > 0
    assert "error" not in header


def test_every_field_sets_what_it_says():
    for field in FIELDS:
        if not field.option:
            continue
        value = field.choices[-1] if field.choices else type(field.value)(2 * field.value + 2)
        options = options_of(checked({field.name: value}))
        expected = value if field.choices else value * field.scale
        assert getattr(options, field.option) == expected


@pytest.fixture
def server():
    """A server on a thread, stopped at the end."""
    with LiveServer(LiveSession()) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def test_the_server_answers_its_own_page_alone(server):
    page = f"/{server.token}/"
    assert fetch(server, "GET", page)[0] == 200
    assert server.token.encode() not in fetch(server, "GET", page)[1]
    status, data = fetch(server, "POST", page + "live", b'{"do": "join"}')
    assert status == 200
    assert "form" in unpacked(data)[0]
    for path in ("/", "/live", "//live", f"/{server.token[:-1]}/", f"/{server.token}x/", "/%c3/"):
        assert fetch(server, "GET", path)[0] == 404
    assert fetch(server, "POST", "/wrong/live", b'{"do": "reset"}')[0] == 404
    assert fetch(server, "GET", page, Host="evil.example")[0] == 403
    evil = {"Origin": "http://evil.example"}
    assert fetch(server, "POST", page + "live", b'{"do": "reset"}', **evil)[0] == 403
    assert fetch(server, "POST", page + "live", b"x" * (1 << 17))[0] == 413
    assert fetch(server, "DELETE", page)[0] == 501


def test_a_silent_connection_keeps_nobody_waiting(server):
    with socket.create_connection(("127.0.0.1", server.server_port)):
        assert fetch(server, "GET", f"/{server.token}/")[0] == 200


def test_the_server_is_for_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(lsmkit.InvalidArgument, match="tunnel"):
        LiveServer(LiveSession(), host="0.0.0.0")


def test_play_from_the_command_line(run, tmp_path):
    """W4.9: `lsmkit play` writes a page; `--live` is tried in a browser."""
    with lsmkit.open(tmp_path / "db", lsmkit.Options.small()) as db:
        for number in range(5000):
            db[b"key%05d" % number] = b"value" * 9
    out = tmp_path / "page.html"
    code, told, _ = run("play", tmp_path / "db", "--out", out, "--json")
    assert code == 0
    assert json.loads(told) == {"page": str(out), "bytes": out.stat().st_size}
    assert run("play")[0] == 2
    assert run("play", tmp_path / "db", "--port", "1")[0] == 2
    assert run("play", "--live", tmp_path / "db")[0] == 2
    assert run("play", "--live", "--out", out)[0] == 2
    code, _, error = run("play", tmp_path / "nothing")
    assert code == 2
    assert "no workload" in error
    small = ("--preset", "small", "--keys", 3000, "--out", out)
    assert run("play", "overwrites", tmp_path / "db", *small)[0] == 0
    assert f"overwrites, hybrid and {tmp_path / 'db'}" in out.read_text()
    code, _, error = run("play", "overwrites", *small, "--max-mb", "0.001")
    assert code == 1
    assert "give more" in error


def test_a_saved_session_that_is_none_is_refused(run, tmp_path):
    path = tmp_path / "session.json"
    for text in ("{}", "[]", '{"lsmkit": "live session"}', "nothing"):
        path.write_text(text)
        code, _, error = run("play", "--live", "--replay", path)
        assert code == 1, text
        assert "lsmkit: " in error


def test_the_live_widget_answers_what_the_page_asks():
    pytest.importorskip("anywidget")
    widget = lsmkit.Player.live(layout="leveled", rate=1000)
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers))
    message = {"lsmkit": "request", "id": 7}
    widget._handle_custom_msg(message, [memoryview(b'{"do": "join"}')])
    ((content, buffers),) = sent
    assert content == {"lsmkit": "reply", "id": 7}
    settings = unpacked(bytes(buffers[0]))[0]["live"]["settings"]
    assert (settings["layout"], settings["rate"]) == ("leveled", 1000)
    widget._handle_custom_msg({"something": "else"}, [])
    assert len(sent) == 1
    with pytest.raises(lsmkit.InvalidArgument, match="layout"):
        lsmkit.Player.live(layout="flat")
