"""The player: levels, tables and compactions of a run, played back in a page or a notebook.

`data` takes the frames of a run, `targets` adds what each level should weigh, `thin` merges events,
`pack` lays all of it out in bytes; `page` puts those and the module (the `.js` files here, in one)
into one HTML page, and `player` is what people call. `live` answers a page that simulates while one
looks on, `server` serves that page.
"""

import os
from typing import cast

from lsmkit.player.data import Source
from lsmkit.player.page import MAX_BYTES
from lsmkit.player.player import Player, Shown

__all__ = ["Playable", "Player"]


class Playable:
    """What has the frames of a tree can be played back."""

    def show(self, *, start: int | None = None, end: int | None = None) -> Shown:
        """The run in the player, for a notebook; see `Player` for two runs and for a widget.

        Parameters
        ----------
        start, end : int, optional
            Numbers of the first and last event. Default: all that are kept.
        """
        return Player(_source(self), start=start, end=end).show()

    def to_html(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        start: int | None = None,
        end: int | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> str:
        """A page with the player that needs nothing else; see `Player.to_html`."""
        return Player(_source(self), start=start, end=end).to_html(path, max_bytes=max_bytes)


def _source(self: object) -> Source:
    return cast(Source, self)
