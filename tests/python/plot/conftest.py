"""Fixtures of the pictures' tests: a run, a run in time, and a database that did the same."""

import matplotlib
import pytest
from matplotlib import pyplot
from matplotlib.text import Text

import lsmkit
from lsmkit import Options, Workload

WORKLOAD = Workload.overwrites(keys=10_000, times=3)
LEVELED = Options.small(layout="leveled", fanout=4.0)
SLOW = lsmkit.Machine(
    device=lsmkit.Device(transfer_bytes_per_s=4e6, latency_us=100), sample_every_s=0.05
)


@pytest.fixture(autouse=True)
def no_figures_left():
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def workload():
    return WORKLOAD


@pytest.fixture(scope="session")
def leveled():
    return LEVELED


@pytest.fixture(scope="session")
def slow():
    return SLOW


@pytest.fixture(scope="session")
def lockstep():
    """A run in lock-step."""
    return lsmkit.simulate(WORKLOAD, LEVELED)


@pytest.fixture(scope="session")
def timed():
    return lsmkit.simulate(WORKLOAD, LEVELED, machine=SLOW)


@pytest.fixture(scope="session")
def db(tmp_path_factory):
    path = tmp_path_factory.mktemp("plot") / "db"
    with lsmkit.open(path, LEVELED, background="inline") as db:
        lsmkit.drive(db, WORKLOAD)
        yield db


@pytest.fixture(scope="session")
def texts():
    """Gives everything that is written in a picture."""

    def texts(ax):
        ax.figure.canvas.draw()
        return "\n".join(text.get_text() for text in ax.figure.findobj(Text))

    return texts
