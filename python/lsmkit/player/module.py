"""The player's module: the `.js` files of this folder and its style sheet in one text.

They share one scope, in the order of `PARTS`; nothing is imported, for a module that comes out of a
Blob or a page can't import its neighbours.
"""

import base64
import json
import zlib
from functools import cache
from pathlib import Path

__all__ = ["BOOTSTRAP", "PARTS", "module_base64", "module_text"]

PARTS = (
    "format", "run", "draw", "views", "layers", "charts", "words", "controls", "export", "stage",
    "player", "live", "hosts",
)  # fmt: skip


# What a page runs: it inflates the module beside it. Stored so, the module is a third as long.
BOOTSTRAP = """
const packed = document.querySelector("[data-lsmkit-module]").textContent;
const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
const source = await new Response(stream).text();
await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
"""


@cache
def module_base64() -> str:
    """The module, deflated."""
    return base64.b64encode(zlib.compress(module_text().encode(), 9)).decode()


@cache
def module_text() -> str:
    """One ES module. Its default export is what anywidget takes."""
    folder = Path(__file__).parent
    style = json.dumps(_stripped((folder / "player.css").read_text(encoding="utf-8")))
    parts = [_stripped((folder / f"{part}.js").read_text(encoding="utf-8")) for part in PARTS]
    return "\n".join([f"const STYLE = {style};", *parts])


def _stripped(source: str) -> str:
    """Without indentation, blank lines and comments: it is stored with every cell."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
