"""`Player`: what people call to see runs played back."""

import os
from pathlib import Path
from typing import Any, cast

from lsmkit._errors import InvalidArgument
from lsmkit.player.data import Source
from lsmkit.player.layers import LayeredSource
from lsmkit.player.page import MAX_BYTES, iframe, to_html

__all__ = ["Player", "Shown"]

SHOWN_BYTES = 6 << 20  # of a page that becomes part of a notebook


class Player:
    """One run, or two under one playhead, to be played, scrubbed and looked into.

    Shown as the last expression of a cell. It takes what the runs hold now: of an open database,
    events that come later are not in it.

    Parameters
    ----------
    *runs : Run, DB, or anything with their frames
        One or two.
    start, end : int, optional
        Numbers of the first and last event. Default: all that are kept.
    height : int
        Pixels.

    Raises
    ------
    InvalidArgument
        None or more than two; no events are kept.

    Examples
    --------
    >>> import lsmkit
    >>> workload = lsmkit.Workload.overwrites(keys=2_000, times=2)
    >>> runs = [
    ...     lsmkit.simulate(workload, lsmkit.Options.small(layout=layout))
    ...     for layout in ("hybrid", "leveled")
    ... ]
    >>> len(lsmkit.Player(*runs).to_html()) < 200_000
    True
    """

    def __init__(
        self,
        *runs: Source | LayeredSource,
        start: int | None = None,
        end: int | None = None,
        height: int = 760,
    ) -> None:
        if not 1 <= len(runs) <= 2:
            raise InvalidArgument(f"a player shows one run or two, not {len(runs)}")
        for run in runs:
            if not (hasattr(run, "events") and (hasattr(run, "tables") or hasattr(run, "layers"))):
                raise TypeError(f"Player: a run or database is due, not {type(run).__name__}")
        self._runs = tuple(cast(Source, run) for run in runs)
        self._range = {"start": start, "end": end}
        self._height = height

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, max_bytes: int = MAX_BYTES
    ) -> str:
        """A page that needs nothing else, and works from a file.

        Parameters
        ----------
        path : path-like, optional
            Where to write it.
        max_bytes : int
            Of the page. Longer runs are thinned: consecutive events become one step, the page says
            how many, and every state that it shows is one that was.

        Returns
        -------
        str
            The page.

        Raises
        ------
        InvalidArgument
            There are no events; or even few steps do not fit.
        """
        page = to_html(*self._runs, **self._range, max_bytes=max_bytes)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def show(self, *, max_bytes: int = SHOWN_BYTES) -> "Shown":
        """The page in a frame of its own, for a notebook; nothing need be installed for it."""
        return Shown(self.to_html(max_bytes=max_bytes), self._height)

    def widget(self) -> Any:
        """A Jupyter widget, whose position, speed and selection Python can read and set.

        In a notebook that nbconvert exports to HTML the page of `to_html` plays instead. Where
        nbconvert also executes it, it saves the state of widgets, whose own front end is fetched
        from the network; ``--ExecutePreprocessor.store_widget_state=False`` leaves the page, which
        needs none.

        Raises
        ------
        ImportError
            anywidget is missing: ``pip install 'lsmkit[notebook]'``.
        """
        from lsmkit.player.widget import player_widget

        return player_widget(self._runs, self._range, self._height)

    @staticmethod
    def live(*, height: int = 760, **settings: Any) -> Any:
        """A Jupyter widget that simulates while one looks on.

        The kernel works only while the page asks for the next stretch of virtual time. Outside a
        notebook ``lsmkit play --live`` serves the same.

        Parameters
        ----------
        height : int
            Pixels.
        **settings
            What it begins with, as the page's form has it: rate, keys, value_bytes, layout ...

        Raises
        ------
        ImportError
            anywidget is missing: ``pip install 'lsmkit[notebook]'``.
        InvalidArgument
            A setting that can't be.
        """
        from lsmkit.player.live import LiveSession
        from lsmkit.player.widget import live_widget

        return live_widget(LiveSession(settings).reply, height)

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()

    def __repr__(self) -> str:
        return f"<lsmkit.Player of {len(self._runs)} run{'s' * (len(self._runs) > 1)}>"


class Shown:
    """A page, shown in a frame of its own where HTML is shown."""

    def __init__(self, page: str, height: int) -> None:
        self.page = page
        self._height = height

    def _repr_html_(self) -> str:
        return iframe(self.page, self._height, "lsmkit player")

    def __repr__(self) -> str:
        return f"<lsmkit player: a page of {len(self.page):,} bytes; .page is its HTML>"
