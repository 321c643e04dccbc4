"""A notebook in JupyterLab itself: the widget plays and tells Python, the page in a frame plays."""

import json

import pytest
from jupyter_lab import command, shot

pytestmark = pytest.mark.timeout(100)

CELLS = [
    "import lsmkit\n"
    "workload = lsmkit.Workload.overwrites(keys=5_000, times=2)\n"
    "run = lsmkit.simulate(workload, lsmkit.Options.small())\n"
    "widget = lsmkit.Player(run, height=520).widget()\n"
    "widget",
    "run.show()",
    "live = lsmkit.Player.live(height=520)\nlive",
]
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TELL = "print('position', widget.position, 'events', len(run.events()))"


def cell(source):
    more = {"metadata": {}, "outputs": [], "execution_count": None, "id": f"c{abs(hash(source))}"}
    return {"cell_type": "code", "source": source, **more}


@pytest.fixture
def work(tmp_path):
    """A folder with one notebook."""
    notebook = {"cells": [cell(source) for source in CELLS], "metadata": KERNEL, "nbformat": 4,
                "nbformat_minor": 5}  # fmt: skip
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "play.ipynb").write_text(json.dumps(notebook))
    return tmp_path / "work"


def test_widget_frame_and_live_session_in_jupyterlab(lab, work):
    page = lab(work, "play.ipynb")
    command(page, "notebook:run-all-cells")
    players = "(window.__lsmkit ? window.__lsmkit.players : [])"
    for _ in range(200):
        if page.evaluate(f"{players}.length") >= 2:
            break
        page.wait_for_timeout(200)
    shot(page, "jupyterlab_begun")
    assert page.evaluate(f"{players}.length") == 2  # the widget and the live one
    own = f"{players}.find((player) => !player.hooks.live)"
    steps = page.evaluate(f"{own}.runs[0].steps")
    assert steps > 20
    canvas = f"{own}.views[0].canvas.toDataURL()"
    before = page.evaluate(canvas)
    page.evaluate(f"{own}.speed = '100'")
    page.evaluate(f"{own}.toggle()")
    page.wait_for_function(f"{own}.playing === false", timeout=20_000)  # to its end
    assert page.evaluate(f"{own}.runs[0].state") == steps
    assert page.evaluate(canvas) != before
    page.wait_for_timeout(500)  # what is told to Python is gathered for 120 ms

    live = f"{players}.find((player) => player.hooks.live)"
    page.evaluate(f"{live}.play()")
    page.wait_for_function(f"{live}.runs[0].steps > 10", timeout=20_000)
    page.evaluate(f"{live}.pause()")

    frames = [f for f in page.frames if f.evaluate("Boolean(window.__lsmkit)") and f.parent_frame]
    assert len(frames) == 1
    assert frames[0].evaluate("__lsmkit.players[0].runs[0].steps") == steps

    command(page, "notebook:insert-cell-below")
    page.wait_for_timeout(200)
    page.evaluate(
        """(source) => { const panel = window.jupyterapp.shell.currentWidget;
        panel.content.activeCell.model.sharedModel.setSource(source) }""",
        TELL,
    )
    command(page, "notebook:run-cell")
    page.wait_for_selector("text=position", timeout=20_000)
    told = page.locator(".jp-OutputArea-output:has-text('position')").last.inner_text()
    assert told.split() == ["position", f"{steps}.0", "events", str(steps)]
    shot(page, "jupyterlab")
