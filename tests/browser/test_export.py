"""Notebooks with the widget, exported to HTML by nbconvert: the page plays, without a network."""

import json
import subprocess
import sys

import pytest

for package in ("anywidget", "nbconvert", "ipykernel"):
    pytest.importorskip(package)

pytestmark = pytest.mark.timeout(100)
SOURCES = [
    "import lsmkit\n"
    "workload = lsmkit.Workload.overwrites(keys=5_000, times=2)\n"
    "run = lsmkit.simulate(workload, lsmkit.Options.small())\n"
    "lsmkit.Player(run).widget()",
    "lsmkit.Player.live()",
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Executed, saved, and exported: without the state of widgets, and with it."""
    import nbformat
    from nbformat import v4

    folder = tmp_path_factory.mktemp("export")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in SOURCES])
    nbformat.write(notebook, folder / "play.ipynb")
    convert = [sys.executable, "-m", "nbconvert", "--log-level=ERROR"]
    keep = "--ExecutePreprocessor.store_widget_state=False"
    subprocess.run(
        [*convert, "--to=notebook", "--execute", keep, "--output=saved", "play.ipynb"],
        cwd=folder,
        check=True,
    )
    subprocess.run([*convert, "--to=html", "saved.ipynb"], cwd=folder, check=True)
    return folder


def test_the_page_plays_in_an_export(tab, exported):
    saved = json.loads((exported / "saved.ipynb").read_text())
    kinds = saved["cells"][0]["outputs"][0]["data"]
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(kinds)
    size = len("".join(kinds["text/html"]))
    assert size < 450_000
    html = (exported / "saved.html").read_text()
    opened = tab(html, folder=exported, frame=True)
    (frame,) = [f for f in opened.page.frames if f.parent_frame]
    player = "__lsmkit.players[0]"
    steps = frame.evaluate(f"{player}.runs[0].steps")
    assert steps > 20
    before = frame.evaluate(f"{player}.views[0].canvas.toDataURL()")
    frame.evaluate(f"{player}.go({player}.playhead.range()[1])")
    assert frame.evaluate(f"{player}.runs[0].state") == steps
    assert frame.evaluate(f"{player}.views[0].canvas.toDataURL()") != before
    assert opened.page.get_by_text("it simulates in a running kernel").count() == 1
    frame.frame_element().scroll_into_view_if_needed()
    opened.shot("nbconvert")
