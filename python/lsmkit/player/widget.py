"""The player as a Jupyter widget, by anywidget: the module of the page, data as bytes.

All playback happens in the browser. `position` and its like come back on pauses and at the end of a
scrub, and may be set. Where no kernel is, as in a notebook on the web, a table stands instead.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from lsmkit.optional import need
from lsmkit.player.data import Source, history_of
from lsmkit.player.encode import encode_history
from lsmkit.player.module import module_text
from lsmkit.player.pack import bundle
from lsmkit.player.page import run_names

__all__ = ["live_widget", "player_widget"]

MAX_STEPS = 100_000  # of a run; beyond, events are merged


def player_widget(runs: Sequence[Source], part: Mapping[str, int | None], height: int) -> Any:
    """A widget that plays the runs.

    Its traits: `position` (the state of the first run, in steps), `playing`, `speed`, `selection`
    (a table, "#7.0.1"), and `runs`, the data.
    """
    names = run_names(runs)
    encoded = [
        encode_history(history_of(run, **part), run, steps=MAX_STEPS, name=name)
        for run, name in zip(runs, names, strict=True)
    ]
    fallback = "".join(_fallback(run) for run in runs)
    return _widget_class()(runs=bundle(encoded), height=height, fallback=fallback)


def live_widget(reply: Callable[[bytes], bytes], height: int) -> Any:
    """A widget that simulates while one looks on; `reply` answers its requests."""
    widget = _widget_class()(live=True, height=height)

    def answer(_: Any, content: Any, buffers: list[Any]) -> None:
        if isinstance(content, dict) and content.get("lsmkit") == "request" and buffers:
            told = {"lsmkit": "reply", "id": content.get("id")}
            widget.send(told, buffers=[reply(bytes(buffers[0]))])

    widget.on_msg(answer)
    return widget


def _fallback(run: Any) -> str:
    draw = getattr(run, "_repr_html_", None)
    return str(draw()) if draw is not None else ""


@cache
def _widget_class() -> Any:
    anywidget, traitlets = need("anywidget"), need("traitlets")

    class PlayerWidget(anywidget.AnyWidget):  # type: ignore[misc, name-defined, unused-ignore]
        """See `lsmkit.Player.widget`."""

        _esm = module_text()
        runs = traitlets.Bytes().tag(sync=True)  # replaced as a whole
        live = traitlets.Bool(False).tag(sync=True)
        height = traitlets.Int(760).tag(sync=True)
        position = traitlets.Float(0).tag(sync=True)
        playing = traitlets.Bool(False).tag(sync=True)
        speed = traitlets.Unicode("5").tag(sync=True)
        selection = traitlets.Unicode("").tag(sync=True)
        fallback = traitlets.Unicode("")

        def _repr_mimebundle_(self, **more: Any) -> Any:
            told = super()._repr_mimebundle_(**more)
            if told is None or not self.fallback:
                return told
            bundles = told if isinstance(told, tuple) else (told, {})
            return ({**bundles[0], "text/html": self.fallback}, *bundles[1:])

    return PlayerWidget
