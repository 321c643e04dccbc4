"""The player as a Jupyter widget, by anywidget: the module of the page, data as bytes.

All playback happens in the browser. `position` and its like come back on pauses and at the end of a
scrub, and may be set. Where no kernel is, as in a notebook that was exported to HTML, the page of
`lsmkit.player.page` plays instead, shortened if it must be.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from lsmkit._errors import InvalidArgument
from lsmkit.optional import need
from lsmkit.player.data import Source, history_of
from lsmkit.player.encode import encode_history
from lsmkit.player.module import module_text
from lsmkit.player.pack import bundle
from lsmkit.player.page import Named, iframe, page_of, run_names

__all__ = ["live_widget", "player_widget"]

MAX_STEPS = 100_000  # of a run; beyond, events are merged
FALLBACK_BYTES = 400_000  # of the page, which is saved with the notebook
LIVE_FALLBACK = (
    "<p><strong>lsmkit player, live:</strong> it simulates in a running kernel; run the cell. "
    "What a session came to can be kept: Export, run as HTML.</p>"
)


def player_widget(runs: Sequence[Source], part: Mapping[str, int | None], height: int) -> Any:
    """A widget that plays the runs.

    Its traits: `position` (the state of the first run, in steps), `playing`, `speed`, `selection`
    (a table, "#7.0.1"), and `runs`, the data.
    """
    named = [
        (history_of(run, **part), run, name)
        for run, name in zip(runs, run_names(runs), strict=True)
    ]
    encoded = [
        encode_history(history, run, steps=MAX_STEPS, name=name) for history, run, name in named
    ]
    fallback = _fallback(named, height)
    return _widget_class()(runs=bundle(encoded), height=height, fallback=fallback)


def live_widget(reply: Callable[[bytes], bytes], height: int) -> Any:
    """A widget that simulates while one looks on; `reply` answers its requests."""
    widget = _widget_class()(live=True, height=height, fallback=LIVE_FALLBACK)

    def answer(_: Any, content: Any, buffers: list[Any]) -> None:
        if isinstance(content, dict) and content.get("lsmkit") == "request" and buffers:
            told = {"lsmkit": "reply", "id": content.get("id")}
            widget.send(told, buffers=[reply(bytes(buffers[0]))])

    widget.on_msg(answer)
    return widget


def _fallback(named: list[Named], height: int) -> str:
    """The page; where the trees are too large for a short one, how they stand at last."""
    try:
        return iframe(page_of(named, FALLBACK_BYTES), height, "lsmkit player")
    except InvalidArgument:
        return "".join(run._repr_html_() for _, run, _ in named if hasattr(run, "_repr_html_"))


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
