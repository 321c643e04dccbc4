"""How long calls tell how far they are: `progress=` of all of them.

None is silent, a callable is told ``(done, total)``, and True shows it on standard error: with tqdm
if it is installed (in a notebook as a bar there), else with rich, else as a line that is written
anew about once a second.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from lsmkit.optional import has, need

__all__ = ["Progress", "Tell", "shown"]

Tell: TypeAlias = Callable[[int, int], object]
Progress: TypeAlias = Tell | bool | None


@contextmanager
def shown(progress: Progress, what: str, unit: str = "") -> Iterator[Tell | None]:
    """What a long call shall tell, for as long as it runs; None: nobody asks.

    Parameters
    ----------
    progress : callable, bool or None
        As the caller gave it.
    what : str
        What is being done: "reading the log".
    unit : str
        Of what is counted: "B" for bytes, which get their prefixes; empty: of no name.

    Raises
    ------
    TypeError
        It is something else.
    """
    if progress is None or progress is False:
        yield None
    elif progress is True:
        bar = _bar(what, unit)
        try:
            yield bar.tell
        finally:
            bar.close()
    elif callable(progress):
        yield progress
    else:
        raise TypeError(
            f"progress: a callable(done, total), True or None is due, not {type(progress).__name__}"
        )


class _Bar:
    """Shows what it is told. It never fails the call that it tells of."""

    def tell(self, done: int, total: int) -> None:
        """Show it; total 0: not known."""

    def close(self) -> None:
        """The call is over."""


def _bar(what: str, unit: str) -> _Bar:
    if has("tqdm"):
        return _Tqdm(what, unit)
    return _Rich(what) if has("rich") else _Line(what)


class _Tqdm(_Bar):
    def __init__(self, what: str, unit: str) -> None:
        scaled = {"unit": unit, "unit_scale": True, "unit_divisor": 1024} if unit == "B" else {}
        self.bar: Any = need("tqdm.auto").tqdm(desc=what, leave=False, file=sys.stderr, **scaled)

    def tell(self, done: int, total: int) -> None:
        self.bar.total = total or None
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        self.bar.close()


class _Rich(_Bar):
    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bars

        self.bars = Bars(console=Console(stderr=True), transient=True)
        self.task = self.bars.add_task(what, total=None)
        self.bars.start()

    def tell(self, done: int, total: int) -> None:
        self.bars.update(self.task, completed=done, total=total or None)

    def close(self) -> None:
        self.bars.stop()


class _Line(_Bar):
    """Of plain text: written over on a terminal, else one after the other."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.last = time.monotonic()
        self.width = 0
        self.rewrites = sys.stderr is not None and sys.stderr.isatty()

    def tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last < 1:
            return
        self.last = now
        share = f"{100 * min(done, total) // total} %" if total else f"{done:,}"
        self._write(f"{self.what}: {share}", "" if self.rewrites else "\n")

    def close(self) -> None:
        if self.rewrites and self.width:
            self._write("", "\r")

    def _write(self, text: str, end: str) -> None:
        if sys.stderr is None:
            return
        begin = "\r" if self.rewrites else ""
        print(f"{begin}{text.ljust(self.width)}", end=end, file=sys.stderr, flush=True)
        self.width = len(text) if self.rewrites else 0
