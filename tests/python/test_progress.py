"""`progress=` of long calls: silent, told, or shown with tqdm, rich or a plain line."""

import time
from pathlib import Path

import pytest

import lsmkit
from lsmkit import progress

SMALL = lsmkit.Options.small()
WORKLOAD = lsmkit.Workload.overwrites(keys=2000, times=2)
LOG = Path(__file__).parent / "data" / "rocksdb_log" / "static.log.gz"


@pytest.fixture
def db(path):
    with lsmkit.open(path, SMALL) as db:
        for number in range(3000):
            db[b"key%05d" % number] = b"value"
        yield db


# Every public call that takes long, with what it says that it does.
CALLS = {
    "flush": ("flushing", lambda db, **kw: db.flush(**kw)),
    "compact_range": ("compacting", lambda db, **kw: db.compact_range(**kw)),
    "wait_idle": ("compacting", lambda db, **kw: db.wait_idle(**kw)),
    "verify": ("verifying", lambda db, **kw: db.verify(**kw)),
    "count": ("counting", lambda db, **kw: db.count(**kw)),
    "space_amp": ("reading", lambda db, **kw: db.space_amp(**kw)),
    "checkpoint": ("copying", lambda db, **kw: db.checkpoint(f"{db.path}-copy", **kw)),
    "drive": ("driving", lambda db, **kw: lsmkit.drive(db, WORKLOAD, **kw)),
    "from_db": (
        "reading the database",
        lambda db, **kw: lsmkit.Simulation.from_db(db, WORKLOAD, SMALL, **kw),
    ),
    "simulate": ("simulating", lambda db, **kw: lsmkit.simulate(WORKLOAD, SMALL, **kw)),
    "run_until": (
        "simulating",
        lambda db, **kw: lsmkit.Simulation(WORKLOAD, SMALL).run_until(1.0, **kw),
    ),
    "twin": ("running both", lambda db, **kw: lsmkit.twin(WORKLOAD, SMALL, **kw)),
    "sweep": ("sweeping", lambda db, **kw: lsmkit.sweep(SMALL, WORKLOAD, **kw)),
    "suite": (
        "sweeping",
        lambda db, **kw: lsmkit.suite(
            {"small": SMALL},
            {"over": WORKLOAD},
            {"gp3": lsmkit.Machine(device="gp3")},
            seeds=1,
            **kw,
        ),
    ),
    "tune": ("tuning", lambda db, **kw: lsmkit.tune(WORKLOAD, base=SMALL, finalists=1, **kw)),
    "calibrate": ("measuring", lambda db, **kw: lsmkit.calibrate(seconds=1, **kw)),
    "read_rocksdb_log": ("reading the log", lambda db, **kw: lsmkit.read_rocksdb_log(LOG, **kw)),
}
TELL = {"sweep", "suite", "tune", "calibrate", "read_rocksdb_log", "simulate", "twin", "drive"}
each = pytest.mark.parametrize(("what", "call"), CALLS.values(), ids=CALLS.keys())


class Shown(progress._Bar):
    """Keeps what it was told."""

    def __init__(self, what):
        self.what, self.told, self.closed = what, [], False

    def tell(self, done, total):
        self.told.append((done, total))

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch):
    made = []

    def make(what, unit):
        made.append(Shown(what))
        return made[-1]

    monkeypatch.setattr(progress, "_bar", make)
    return made


@each
def test_none_is_silent_and_true_is_shown(db, bars, capfd, what, call):
    call(db)
    call_again = [] if what == "copying" else [None, False]
    for silent in call_again:
        call(db, progress=silent)
    assert bars == []
    assert capfd.readouterr() == ("", "")
    if what == "copying":
        db.checkpoint(f"{db.path}-another", progress=True)
    else:
        call(db, progress=True)
    assert bars[0].what == what
    assert all(bar.closed for bar in bars)


@each
def test_what_is_neither_is_a_type_error(db, what, call):
    with pytest.raises(TypeError, match=r"progress: a callable\(done, total\), True or None"):
        call(db, progress=3)


@pytest.mark.parametrize("name", sorted(TELL))
def test_a_callable_is_told_done_and_total_and_may_end_the_call(db, name):
    told = []
    CALLS[name][1](db, progress=lambda *at: told.append(at))
    assert told
    assert all(len(at) == 2 and all(type(n) is int for n in at) for at in told)
    assert told[-1][0] <= told[-1][1] or told[-1][1] == 0

    def enough(done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        CALLS[name][1](db, progress=enough)


def test_a_bar_is_closed_however_the_call_ends(db, bars, monkeypatch):
    monkeypatch.setattr(Shown, "tell", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lsmkit.simulate(WORKLOAD, SMALL, progress=True)
    assert bars[0].closed


def with_only(monkeypatch, *packages):
    monkeypatch.setattr(progress, "has", lambda package: package in packages)


def test_tqdm_shows_it_on_standard_error(monkeypatch, capfd):
    pytest.importorskip("tqdm")
    with_only(monkeypatch, "tqdm", "rich")
    with progress.shown(True, "verifying", "B") as tell:
        tell(1 << 20, 4 << 20)
    out, err = capfd.readouterr()
    assert out == ""
    assert "verifying" in err


def test_rich_shows_it_without_tqdm(monkeypatch, capfd):
    pytest.importorskip("rich")
    with_only(monkeypatch, "rich")
    with progress.shown(True, "verifying") as tell:
        tell(1, 4)
        tell(5, 0)
    assert capfd.readouterr().out == ""


def test_without_both_a_line_a_second(monkeypatch, capfd):
    with_only(monkeypatch)
    clock = iter([0.0, 0.4, 1.1, 1.5, 2.2, 3.3])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with progress.shown(True, "verifying") as tell:
        for done, total in ((1, 8), (2, 8), (3, 8), (4, 8), (5_000, 0)):
            tell(done, total)
    assert capfd.readouterr() == ("", "verifying: 25 %\nverifying: 50 %\nverifying: 5,000\n")


def test_on_a_terminal_the_line_is_written_over(monkeypatch):
    with_only(monkeypatch)
    clock = iter([0.0, 1.1, 2.2])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    written = []

    class Terminal:
        def write(self, text):
            written.append(text)

        def flush(self):
            pass

        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    with progress.shown(True, "verifying") as tell:
        tell(1000, 0)
        tell(1, 2)
    text = "".join(written)
    assert text.startswith("\rverifying: 1,000\rverifying: 50 %")
    assert "\n" not in text
    assert text.endswith("\r")


def test_without_standard_error_nothing_fails(monkeypatch):
    with_only(monkeypatch)
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr(time, "monotonic", iter([0.0, 2.0]).__next__)
    with progress.shown(True, "verifying") as tell:
        tell(1, 2)
