"""Real Chromium, by Playwright for Python; skipped, with the reason, where either is missing.

LSMKIT_BROWSER=1 makes that a failure. LSMKIT_SHOTS=DIR keeps screenshots.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jupyter_lab import serving, shot

import lsmkit

CHROMIUM = os.environ.get("LSMKIT_CHROMIUM", "/usr/bin/chromium")


def _missing(what: str) -> None:
    if os.environ.get("LSMKIT_BROWSER") == "1":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed: pip install playwright")
    if shutil.which(CHROMIUM) is None:
        _missing(f"{CHROMIUM} is not there: apt-get install chromium, or set LSMKIT_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """A page, what it asked of the network, and what went wrong in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def ask(self, expression: str, argument: Any = None) -> Any:
        """The value of a JavaScript expression in which `player` is the page's."""
        return self.page.evaluate(
            f"(argument) => {{ const player = __lsmkit.players[0]; return {expression} }}", argument
        )

    def until(self, expression: str) -> None:
        """Waits for it to be true. (Playwright's own way needs eval, which the page forbids.)"""
        for _ in range(600):
            if self.ask(expression):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"not within 15 s: {expression}; errors: {self.errors}")

    def states(self) -> list[int]:
        """The state of each run."""
        return self.ask("player.runs.map((run) => run.state)")

    def numbers(self, run: int = 0) -> set[int]:
        """The tables that stand."""
        names = self.ask(
            "(({standing, count}, numbers) => Array.from(standing.subarray(0, count), "
            "(row) => String(numbers[row])))(player.runs[argument], "
            "player.runs[argument].column('table number'))",
            run,
        )
        assert len(names) == len(set(names))
        return {int(name) for name in names}

    def shot(self, name: str) -> None:
        """A screenshot, where they are kept."""
        shot(self.page, name)


@pytest.fixture
def tab(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Opens tabs: `tab(html)` from a file with the network cut off, or `tab(url=...)`."""
    contexts = []

    def open_tab(
        html: str | None = None, *, url: str = "", folder: Path | None = None, **more: Any
    ):
        more_frames = more.pop("frame", False)
        settings = {"viewport": {"width": 1280, "height": 860}, "accept_downloads": True}
        context = chromium.new_context(**settings | more)
        contexts.append(context)
        opened = Tab(context.new_page())
        if html is not None:
            assert folder is not None
            path = folder / "page.html"
            path.write_text(html, encoding="utf-8")
            url = path.as_uri()
            context.route(lambda asked: not asked.startswith("file:"), lambda r: r.abort())
        opened.page.goto(url)
        if more_frames:
            opened.page.frames[1].wait_for_selector(".player")
            return opened
        for _ in range(400):
            if opened.page.evaluate("Boolean(window.__lsmkit && __lsmkit.players.length)"):
                break
            opened.page.wait_for_timeout(25)
        else:
            raise AssertionError(f"no player within 10 s: {opened.errors}")
        return opened

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def run() -> lsmkit.Run:
    """A run with flushes, merges within L0 and into the base."""
    workload = lsmkit.Workload.overwrites(keys=20_000, times=3)
    return lsmkit.simulate(workload, lsmkit.Options.small())


@pytest.fixture(scope="session")
def leveled() -> lsmkit.Run:
    """The same keys under leveled rules: several levels, and tables that move as they are."""
    workload = lsmkit.Workload.overwrites(keys=20_000, times=3)
    return lsmkit.simulate(workload, lsmkit.Options.small(layout="leveled", fanout=4.0))


@pytest.fixture(scope="session")
def timed() -> lsmkit.Run:
    """On a device so slow that writes wait."""
    workload = lsmkit.Workload.overwrites(keys=20_000, times=3)
    device = lsmkit.Device(transfer_bytes_per_s=5e6, latency_us=100)
    return lsmkit.simulate(workload, lsmkit.Options.small(layout="leveled"), machine=device)


@pytest.fixture
def lab(chromium: Any, tmp_path: Path) -> Iterator[Callable[[Path, str], Any]]:
    """Opens a notebook of a folder in JupyterLab itself, its kernel idle: `lab(folder, name)`."""
    with ExitStack() as stack:

        def open_notebook(work: Path, name: str) -> Any:
            for package in ("jupyterlab", "anywidget"):
                if find_spec(package) is None:
                    _missing(f"{package} is not installed: pip install 'lsmkit[browser]'")
            url = stack.enter_context(serving(tmp_path, work))
            context = chromium.new_context(viewport={"width": 1400, "height": 1000})
            stack.callback(context.close)
            page = context.new_page()
            page.goto(f"{url}/lab/tree/{name}")
            page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
            kernel = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
            page.wait_for_function(f"{kernel}?.status === 'idle'", timeout=60_000)
            return page

        yield open_notebook
