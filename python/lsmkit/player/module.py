"""The player's module: the `.js` files of this folder and its style sheet in one text.

They share one scope, in the order of `PARTS`; nothing is imported, for a module that comes out of a
Blob or a page can't import its neighbours.
"""

import json
from functools import cache
from pathlib import Path

__all__ = ["PARTS", "module_text"]

PARTS = (
    "format", "run", "draw", "views", "charts", "words", "controls", "export", "player", "live",
    "hosts",
)  # fmt: skip


@cache
def module_text() -> str:
    """One ES module. Its default export is what anywidget takes."""
    folder = Path(__file__).parent
    style = json.dumps(_stripped((folder / "player.css").read_text(encoding="utf-8")))
    parts = [_stripped((folder / f"{part}.js").read_text(encoding="utf-8")) for part in PARTS]
    text = "\n".join([f"const STYLE = {style};", *parts])
    if "</script" in text.lower() or "<!--" in text:
        raise AssertionError("the module can't stand in a page: it holds </script or <!--")
    return text


def _stripped(source: str) -> str:
    """Without indentation, blank lines and comments: it is stored with every cell."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
