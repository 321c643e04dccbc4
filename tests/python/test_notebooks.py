"""Notebooks run, each of their cells twice, end in a picture and a claim that holds, and ship."""

import json
import tempfile
from pathlib import Path

import matplotlib
import nbformat
import pytest
from matplotlib import pyplot
from nbclient import NotebookClient

from lsmkit import InvalidArgument
from lsmkit.percent import Cell, cells, notebook_sources, to_ipynb

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))


def text_of(path):
    return path.read_text(encoding="utf-8")


def code_of(path):
    return [cell for cell in cells(text_of(path)) if cell.kind == "code"]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Small sizes, and directories that go with the test."""
    matplotlib.use("Agg")
    monkeypatch.setenv("LSMKIT_NOTEBOOK_SIZE", "small")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    pyplot.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_each_cell_may_be_run_again(path, small):
    names = {"__name__": "notebook"}
    code = code_of(path)
    for number, cell in enumerate(code):
        for _ in range(2):
            pyplot.close("all")
            # In the source's own lines, so that an error names them.
            exec(compile("\n" * cell.line + cell.text, str(path), "exec"), names)
            for figure in pyplot.get_fignums():
                pyplot.figure(figure).canvas.draw()
        drawn = len(pyplot.get_fignums())
        assert drawn == 1 or number < len(code) - 1, "the last cell draws the claim"
    assert "\nassert " in code[-1].text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_written_to_be_read(path):
    text = cells(text_of(path))
    assert text[0].kind == "markdown"
    assert text[0].text.startswith("# ")
    assert sum(cell.kind == "markdown" for cell in text) >= 3
    assert len(text) <= 20
    assert all(len(line) <= 100 for line in text_of(path).splitlines())


def test_a_newcomer_sees_a_level_picture_within_five_cells():
    first = cells(text_of(NOTEBOOKS[0]))
    assert any("lsmkit.plot.tree" in cell.text for cell in first[:5])


def test_there_are_notebooks_on_every_subject():
    subjects = "start anatomy journey fanout stall layouts bloom twin tune rocksdb_log"
    for subject, path in zip(subjects.split(), NOTEBOOKS, strict=False):
        assert subject in path.stem
    assert len(NOTEBOOKS) >= 10


SHOWN = """\
# %%
import lsmkit
axes = lsmkit.plot.tree(lsmkit.simulate(lsmkit.Workload.overwrites(keys=500)))

# %%
axes = lsmkit.plot.tree(lsmkit.simulate(lsmkit.Workload.overwrites(keys=500)))

# %%
with lsmkit.plot.canvas() as axes:
    axes.plot([1, 2], [1, 2])
"""


def test_jupyter_shows_the_picture_of_every_cell():
    notebook = nbformat.reads(to_ipynb(SHOWN), as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    for cell in notebook.cells:
        (output,) = cell.outputs
        assert "image/png" in output.data


# -- py:percent to .ipynb --------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_written_is_a_notebook(path):
    notebook = nbformat.reads(to_ipynb(text_of(path)), as_version=4)
    nbformat.validate(notebook)
    found = [(cell.cell_type, cell.source) for cell in notebook.cells]
    assert found == [(cell.kind, cell.text) for cell in cells(text_of(path))]
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


SOURCE = """\
# %% [markdown]
# # Title
#
# text

# %%
x = 1

# a comment
# %%

# %%
y
"""


def test_cells_of_a_source():
    assert cells(SOURCE) == [
        Cell("markdown", "# Title\n\ntext", 1),
        Cell("code", "x = 1\n\n# a comment", 6),
        Cell("code", "y", 12),
    ]
    assert cells("") == []


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("x = 1\n# %%\n", "line 1: the first cell begins"),
        ("# %% [raw]\n", r"line 1: .* not \[raw\]"),
        ("# %% [markdown]\ntext\n", "line 2: text of a .* begins with '# '"),
    ],
)
def test_what_is_no_source_of_a_notebook(source, error):
    with pytest.raises(InvalidArgument, match=error):
        cells(source)


def test_odd_text_survives():
    source = '# %%\nprint("</script> ü \\\\ \\"quoted\\" \U0001f333")\n'
    assert json.loads(to_ipynb(source))["cells"][0]["source"] == [source.splitlines()[1]]


# -- The command -----------------------------------------------------------------------------------


def test_the_notebooks_come_with_the_package():
    assert [path.stem for path in NOTEBOOKS] == list(notebook_sources())


def test_the_command_writes_them_and_says_how_to_open_the_first(run, tmp_path):
    code, out, err = run("notebooks", tmp_path / "books")
    assert (code, err) == (0, "")
    written = sorted((tmp_path / "books").iterdir())
    assert [path.name for path in written] == [f"{path.stem}.ipynb" for path in NOTEBOOKS]
    assert f"jupyter lab {written[0]}" in out
    assert "Start here" in out
    for path in written:
        nbformat.validate(nbformat.read(path, as_version=4))


def test_what_somebody_changed_is_left(run, tmp_path):
    run("notebooks", tmp_path)
    changed = tmp_path / "00_start_here.ipynb"
    changed.write_text("mine")
    code, out, err = run("notebooks", tmp_path, "--json")
    assert code == 1
    states = [row["state"] for row in json.loads(out)]
    assert states == ["changed"] + ["unchanged"] * (len(NOTEBOOKS) - 1)
    assert "00_start_here.ipynb was changed" in err
    assert changed.read_text() == "mine"
    assert run("notebooks", tmp_path, "--force")[0] == 0
    nbformat.validate(nbformat.read(changed, as_version=4))


def test_a_place_where_nothing_can_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("notebooks", tmp_path / "file")
    assert code == 1
    assert "file" in err
