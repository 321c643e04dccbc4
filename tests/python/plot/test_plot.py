"""Pictures of every kind are drawn, of every source, where they are told to."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import matplotlib
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

import lsmkit
from lsmkit import Column, Frame, InvalidArgument, Options

plot = lsmkit.plot
SMALL = Options.small()


OF_TREES = ("tree", "levels", "write_amp", "amplification", "key_ranges", "debt", "stalls")


@pytest.mark.parametrize("name", OF_TREES)
@pytest.mark.parametrize("kind", ["db", "lockstep", "timed"])
def test_each_picture_of_a_tree_is_drawn_for_each_kind_of_source(name, kind, request, tmp_path):
    ax = getattr(plot, name)(request.getfixturevalue(kind))
    assert isinstance(ax, Axes)
    ax.figure.savefig(tmp_path / "picture.png")
    ax.figure.savefig(tmp_path / "picture.svg")
    assert ax.get_title(loc="left")


@pytest.mark.parametrize("name", OF_TREES)
def test_a_picture_goes_where_it_is_told_to_and_changes_nothing_else(name, lockstep):
    before = dict(matplotlib.rcParams)
    figure, (left, right) = pyplot.subplots(1, 2)
    assert getattr(plot, name)(lockstep, ax=right) is right
    assert pyplot.get_fignums() == [figure.number]
    assert not left.has_data()
    assert not left.get_title(loc="left")
    assert dict(matplotlib.rcParams) == before
    figure.canvas.draw()


@pytest.mark.parametrize("name", [*OF_TREES, "compare", "reads", "latency", "suite", "tuning"])
def test_what_is_no_source_is_refused_and_leaves_no_figure(name):
    with pytest.raises((TypeError, InvalidArgument), match=rf"plot\.{name}"):
        getattr(plot, name)(42)
    wrong = rf"plot\.{name}: .*(has no column|has none of|in time)"
    with pytest.raises((TypeError, InvalidArgument), match=wrong):
        frame = Frame({"bread": Column.of("u64", [1])}, name="shopping")
        getattr(plot, name)([frame, frame] if name == "compare" else frame)
    assert pyplot.get_fignums() == []


def test_an_ax_that_is_several_is_refused(lockstep):
    _, several = pyplot.subplots(1, 2)
    with pytest.raises(TypeError, match="one matplotlib Axes is due, not ndarray"):
        plot.tree(lockstep, ax=several)


@pytest.mark.parametrize("name", [*OF_TREES, "table_anatomy"])
def test_an_empty_database_gives_a_picture_that_says_so_or_an_error(name, path, texts):
    with lsmkit.open(path) as db:
        if name == "amplification":
            with pytest.raises(InvalidArgument, match="nothing was put yet"):
                plot.amplification(db)
        elif name == "table_anatomy":
            with pytest.raises(InvalidArgument, match=r"db\.flush\(\) writes one"):
                plot.table_anatomy(db)
        else:
            said = texts(getattr(plot, name)(db))
            assert any(word in said for word in ("yet", "no table was ever", "no records"))


@pytest.mark.parametrize("name", [*OF_TREES, "table_anatomy"])
def test_one_table_is_enough(name, path):
    with lsmkit.open(path, SMALL, background="inline") as db:
        db[b"key"] = b"value"
        db.flush()
        ax = getattr(plot, name)(db)
        ax.figure.canvas.draw()


def test_a_closed_database_is_an_error_and_no_figure(path):
    with lsmkit.open(path) as db:
        pass
    with pytest.raises(lsmkit.ClosedError):
        plot.tree(db)
    assert pyplot.get_fignums() == []


HOSTILE = (
    b"$x^{$",
    b"$\\frac{1}{$",
    b"</text><script>",
    b"\x00\xff\n",
    "또🌳".encode(),
    b"_" * 60_000,
    b"",
)


def test_keys_of_strangers_are_drawn_as_they_are(path, tmp_path):
    with lsmkit.open(path, SMALL, background="inline") as db:
        for key in HOSTILE:
            db[key] = b"value"
        db.flush()
        figure, axes = pyplot.subplots(1, 2)
        for ax, draw in zip(axes, (plot.key_ranges, plot.table_anatomy), strict=True):
            draw(db, ax=ax)
        for key in HOSTILE:
            plot.key_ranges(db, key=key, ax=axes[0])
            figure.canvas.draw()
        figure.savefig(tmp_path / "hostile.svg")
        assert "<script" not in (tmp_path / "hostile.svg").read_text()


def test_matplotlib_is_only_loaded_by_a_call(run_python):
    done = run_python(
        """
        import sys, lsmkit
        assert "lsmkit.plot" not in sys.modules
        assert "levels" in dir(lsmkit.plot)
        assert "matplotlib" not in sys.modules
        lsmkit.plot.levels(lsmkit.simulate(lsmkit.Workload.overwrites(keys=100)))
        assert "matplotlib" in sys.modules
        """
    )
    assert done.returncode == 0, done.stderr


def test_without_matplotlib_the_error_names_the_extra(run_python):
    done = run_python(
        """
        import sys, lsmkit
        sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = None
        lsmkit.plot.levels(lsmkit.simulate(lsmkit.Workload.overwrites(keys=100)))
        """
    )
    assert done.returncode == 1
    assert "ImportError: lsmkit.plot needs matplotlib" in done.stderr
    assert "pip install 'lsmkit[plot]'" in done.stderr


def test_the_package_names_what_it_lacks():
    with pytest.raises(AttributeError, match="no attribute 'plots'"):
        lsmkit.plots


def test_each_picture_says_what_it_draws():
    for name in plot.__all__:
        for section in ("Parameters", "Returns"):
            assert section in getattr(plot, name).__doc__, name


def test_pictures_of_ones_own_have_the_look_and_formulas():
    with plot.canvas(size=(3, 2)) as ax:
        ax.semilogy([1, 2, 3], [1, 10, 1000])
        ax.set_title("$x^2$")
    ax.figure.canvas.draw()
    assert ax.title.get_parse_math()
    assert not ax.spines["top"].get_visible()
    with pytest.raises(ZeroDivisionError), plot.canvas():
        1 / 0
    assert pyplot.get_fignums() == [ax.figure.number]


def test_pictures_are_drawn_while_somebody_writes(path):
    with lsmkit.open(path, SMALL) as db, ThreadPoolExecutor(1) as other:
        db[b"key"] = b"value"
        db.flush()
        stop = Event()

        def write():
            number = 0
            while not stop.is_set() and number < 300_000:
                db.put(b"key%06d" % (number * 7919 % 20_000), b"value" * 10)
                number += 1
            return number

        writing = other.submit(write)
        try:
            for _ in range(5):
                for name in OF_TREES:
                    getattr(plot, name)(db)
                pyplot.close("all")
        finally:
            stop.set()
        assert writing.result() > 0
