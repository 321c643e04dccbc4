"""A JupyterLab server for tests, its commands, and screenshots."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def serving(folder: Path, work: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `work`; what it needs itself goes to `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config.py").write_text(
        "from jupyterlab.galata import configure_jupyter_server\n"
        "configure_jupyter_server(c)\n"
        f"c.ServerApp.port = {port}\n"
        "c.ServerApp.ip = '127.0.0.1'\n"
        "c.ServerApp.allow_root = True\n"
        f"c.ServerApp.root_dir = {str(work)!r}\n"
    )
    home = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--config=config.py"],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=os.environ | home,
        )
        try:
            _wait_for(server, f"http://127.0.0.1:{port}", folder / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{url}/api", timeout=2).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()[-3000:]
            time.sleep(0.25)
    raise AssertionError(log.read_text()[-3000:])


def command(page: Any, name: str) -> None:
    """Begins a command of JupyterLab; what it comes to is waited for where it shows."""
    page.evaluate("(name) => { window.jupyterapp.commands.execute(name) }", name)


def shot(page: Any, name: str) -> None:
    """A screenshot, where they are kept."""
    if folder := os.environ.get("LSMKIT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")
