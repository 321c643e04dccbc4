"""The player as one HTML page that needs nothing else: no network, no server, no kernel.

Module and data are deflated and inlined as base64, so no byte of a key stands in the page's text. A
content security policy lets nothing run but the module, and nothing be fetched.
"""

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from lsmkit._errors import InvalidArgument
from lsmkit.player.data import History, Source, history_of
from lsmkit.player.encode import encode_history, name_of
from lsmkit.player.module import BOOTSTRAP, module_base64
from lsmkit.player.pack import bundle

__all__ = ["MAX_BYTES", "iframe", "page_of", "page_text", "run_names", "to_html"]

Named: TypeAlias = tuple[History, Source, str]

MAX_BYTES = 20 << 20
FEWEST_STEPS = 50


def to_html(
    *sources: Source,
    start: int | None = None,
    end: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """A page that plays one run, or two under one playhead.

    Parameters
    ----------
    *sources : Run, DB, ...
        One or two.
    start, end : int, optional
        Numbers of the first and last event. Default: all that are kept.
    max_bytes : int
        Of the page. Longer runs are thinned: consecutive events become one step, the page says how
        many, and every state that it shows is one that was.

    Raises
    ------
    InvalidArgument
        There are no events; or even few steps do not fit.
    """
    if not 1 <= len(sources) <= 2:
        raise InvalidArgument(f"a player shows one run or two, not {len(sources)}")
    histories = [history_of(source, start, end) for source in sources]
    return page_of(list(zip(histories, sources, run_names(sources), strict=True)), max_bytes)


def page_of(runs: list[Named], max_bytes: int) -> str:
    """The page of histories, what each was taken from, and its name; errors as `to_html`."""
    title = " and ".join(name for _, _, name in runs)
    data = _fitting(runs, max_bytes - len(page_text(b"", title=title)), max_bytes)
    return page_text(data, title=title)


def run_names(sources: Sequence[Source]) -> list[str]:
    """What each is called, apart."""
    names = [name_of(source) for source in sources]
    if len(names) == 2 and names[0] == names[1]:
        names = [f"{name} ({letter})" for name, letter in zip(names, "AB", strict=True)]
    return names


def _fitting(runs: list[Named], room: int, max_bytes: int) -> bytes:
    """The runs in as many steps as fit into so many characters of base64, deflated."""
    steps = max(history.steps for history, _, _ in runs)
    while True:
        encoded = [
            encode_history(history, source, steps=steps, name=name)
            for history, source, name in runs
        ]
        data = zlib.compress(bundle(encoded), 6)
        size = 4 * (len(data) + 2) // 3
        if size <= room:
            return data
        if steps <= FEWEST_STEPS:
            raise InvalidArgument(
                f"max_bytes={max_bytes}: {size - room + max_bytes} are needed even in {steps} "
                "steps; give more, or fewer events by start= and end="
            )
        steps = max(FEWEST_STEPS, int(steps * min(0.9, 0.95 * room / size)))


def page_text(
    data: bytes, *, title: str, config: Mapping[str, Any] | None = None, connect: str = "'none'"
) -> str:
    """The page around data as `zlib.compress(bundle(...))` gave it."""
    # "<" never stands in what a script element holds, whatever a run is called.
    settings = json.dumps(dict(config or {})).replace("<", "\\u003c")
    digest = base64.b64encode(hashlib.sha256(BOOTSTRAP.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; "
        f"img-src data: blob:; connect-src {connect}; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)} · lsmkit player</title>
<link rel="icon" href="data:,">
<style>html, body {{ margin: 0; height: 100% }}</style>
</head>
<body>
<div data-lsmkit-player></div>
<script type="application/json" data-lsmkit-config>{settings}</script>
<script type="text/plain" data-lsmkit-data>{base64.b64encode(data).decode()}</script>
<script type="text/plain" data-lsmkit-module>{module_base64()}</script>
<script type="module">{BOOTSTRAP}</script>
</body>
</html>
"""


def iframe(page: str, height: int, title: str) -> str:
    """The page in a frame of its own, as a notebook shows it."""
    return (
        f'<iframe title="{html.escape(title)}" sandbox="allow-scripts allow-downloads" '
        f'style="width:100%;height:{height}px;border:0" srcdoc="{html.escape(page)}"></iframe>'
    )
