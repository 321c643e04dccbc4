"""A notebook in JupyterLab itself: the widget plays and tells Python, the page in a frame plays."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

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


def missing(package):
    if os.environ.get("LSMKIT_BROWSER") == "1":
        pytest.fail(f"{package} is not installed: pip install 'lsmkit[browser]'")
    pytest.skip(f"{package} is not installed: pip install 'lsmkit[browser]'")


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab, with one notebook."""
    for package in ("jupyterlab", "anywidget"):
        found = subprocess.run([sys.executable, "-c", f"import {package}"], capture_output=True)
        if found.returncode != 0:
            missing(package)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    notebook = {"cells": [cell(source) for source in CELLS], "metadata": KERNEL, "nbformat": 4,
                "nbformat_minor": 5}  # fmt: skip
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "play.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "config.py").write_text(
        "from jupyterlab.galata import configure_jupyter_server\n"
        "configure_jupyter_server(c)\n"
        f"c.ServerApp.port = {port}\n"
        "c.ServerApp.ip = '127.0.0.1'\n"
        "c.ServerApp.allow_root = True\n"
        f"c.ServerApp.root_dir = {str(tmp_path / 'work')!r}\n"
    )
    home = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    log = (tmp_path / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", f"--config={tmp_path / 'config.py'}"],
        cwd=tmp_path,
        stdout=log,
        stderr=log,
        env=os.environ | home,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{url}/api", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "lab.log").read_text()[-3000:]
                time.sleep(0.25)
        else:
            raise AssertionError((tmp_path / "lab.log").read_text()[-3000:])
        yield url
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def shot(page, name):
    if folder := os.environ.get("LSMKIT_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def do(page, command):
    """Begins a command of JupyterLab; what it comes to is waited for where it shows."""
    page.evaluate("(name) => { window.jupyterapp.commands.execute(name) }", command)


def test_widget_frame_and_live_session_in_jupyterlab(chromium, lab):
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/play.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    kernel = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
    page.wait_for_function(f"{kernel}?.status === 'idle'", timeout=60_000)
    do(page, "notebook:run-all-cells")
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

    do(page, "notebook:insert-cell-below")
    page.wait_for_timeout(200)
    page.evaluate(
        """(source) => { const panel = window.jupyterapp.shell.currentWidget;
        panel.content.activeCell.model.sharedModel.setSource(source) }""",
        TELL,
    )
    do(page, "notebook:run-cell")
    page.wait_for_selector("text=position", timeout=20_000)
    told = page.locator(".jp-OutputArea-output:has-text('position')").last.inner_text()
    assert told.split() == ["position", f"{steps}.0", "events", str(steps)]
    shot(page, "jupyterlab")
    context.close()
