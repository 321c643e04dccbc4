"""A live session: a simulation that goes on while one looks on, as a function of bytes.

`LiveSession.reply` takes a request and gives back what happened since the last one; between
requests nothing runs. It is what the notebook's widget and the server of ``lsmkit play --live``
both call. A request is JSON:

- ``{"do": "join"}`` tells all that happened so far, and what can be set;
- ``{"do": "reset", "settings": {...}}`` begins anew; settings that are not given are the defaults;
- ``{"do": "run", "until_s": 1.5, "budget_ms": 50, "set": {"rate": 100}}`` changes what may be
  changed while it runs, and goes on to that moment of virtual time, or until the wall budget ends;
- ``{"do": "save"}`` gives what `LiveSession.replayed` makes the same session of;
- ``{"do": "page"}`` gives the session as a page that needs nothing else.

A reply is a part of a run as `pack.py` lays it out; its header's "live" says how far it is, and its
"error" what was wrong with the request, which then changed nothing.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from lsmkit._errors import Error, InvalidArgument
from lsmkit.player.delta import Deltas
from lsmkit.player.live_settings import (
    check,
    checked,
    field_of,
    form,
    machine_of,
    options_of,
    workload_of,
)
from lsmkit.player.pack import packed
from lsmkit.player.page import to_html
from lsmkit.run import Run
from lsmkit.simulate import Simulation

__all__ = ["LiveSession"]

MAX_REQUEST_BYTES = 64 << 10
MAX_EVENTS = 100_000  # of a session: the page holds them all
MAX_BUDGET_MS = 1000
MAX_CHANGES = 10_000
FIRST_STRETCH_US = 1000
STRETCH_WALL_S = 0.005  # what a stretch between two looks at the wall clock should take


class LiveSession:
    """A simulation that is asked for, stretch by stretch.

    Parameters
    ----------
    settings : mapping, optional
        By name, as `live_settings.FIELDS` lists them.
    max_events : int
        Where it ends, about.
    clock : callable
        Wall time in seconds, for the budget.

    Raises
    ------
    InvalidArgument
        A setting that can't be.
    """

    _now_us: int  # virtual
    _stretch_us: int

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        max_events: int = MAX_EVENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._max_events = max_events
        self._number = 0
        self._reset(checked(settings or {}))

    def reply(self, request: bytes) -> bytes:
        """What a request comes to. Never raises for what is asked; the reply says what is wrong."""
        try:
            return self._reply(_parsed(request))
        except Error as error:
            return packed({"error": str(error)}, {})

    # -- Saved and replayed ------------------------------------------------------------------------

    def saved(self) -> dict[str, Any]:
        """What it takes to have the same session again: settings, changes, how far it went."""
        return {
            "lsmkit": "live session",
            "settings": self._begun,
            "changes": [list(change) for change in self._changes],
            "until_us": self._now_us,
        }

    @classmethod
    def replayed(cls, saved: Mapping[str, Any]) -> "LiveSession":
        """The session that `saved` tells of, at the same moment.

        Raises
        ------
        InvalidArgument
            It is no such thing.
        """
        try:
            if saved["lsmkit"] != "live session":
                raise KeyError("lsmkit")
            session = cls(saved["settings"])
            for us, name, value in saved["changes"]:
                session._run_on_to(us)
                session._set(name, _live_value(name, value))
            session._run_on_to(saved["until_us"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidArgument):
                raise
            raise InvalidArgument(f"this is no saved live session: {error}") from None
        return session

    def result(self) -> Run:
        """What was simulated so far, as a run like any other."""
        return self._simulation.result()

    # -- Requests ----------------------------------------------------------------------------------

    def _reply(self, request: Mapping[str, Any]) -> bytes:
        what = request.get("do")
        if what == "reset":
            self._reset(checked(request.get("settings", {})))
        if what in ("reset", "join"):
            self._tell_anew()
            return self._part({"form": form()})
        if what == "run":
            return self._run(request)
        if what == "save":
            return packed({"saved": self.saved()}, {})
        if what == "page":
            return packed({"page": to_html(self.result())}, {})
        raise InvalidArgument("do: join, reset, run, save or page is due")

    def _run(self, request: Mapping[str, Any]) -> bytes:
        until_us = int(_number(request, "until_s", 0, 1e9) * 1e6)
        budget_s = _number(request, "budget_ms", 1, MAX_BUDGET_MS, 50) / 1e3
        changes = request.get("set", {})
        if not isinstance(changes, Mapping):
            raise InvalidArgument("set: an object with a value by name is due")
        wanted = [(name, _live_value(name, value)) for name, value in changes.items()]
        if len(self._changes) + len(wanted) > MAX_CHANGES:
            raise InvalidArgument(f"set: more than {MAX_CHANGES} changes; reset to go on")
        for name, value in wanted:
            self._set(name, value)
        if not self._full:
            self._advance(until_us, budget_s)
        return self._part({})

    def _advance(self, until_us: int, budget_s: float) -> None:
        """In stretches of virtual time, with a look at the wall clock between."""
        begin = before = self._clock()
        while self._now_us < until_us:
            self._run_to(min(until_us, self._now_us + self._stretch_us))
            now = self._clock()
            slow = (now - before) / STRETCH_WALL_S
            self._stretch_us = max(1, int(self._stretch_us * min(4.0, 1 / max(slow, 0.25))))
            before = now
            if now - begin >= budget_s or self._full:
                break

    def _part(self, more: Mapping[str, Any]) -> bytes:
        header, columns = self._deltas.since_last(self._simulation)
        live = {
            "now_us": self._now_us,
            "settings": self._settings,
            "full": self._full,
            "session": self._number,
        }
        return packed({**header, "live": live, **more}, columns)

    # -- The simulation ----------------------------------------------------------------------------

    def _reset(self, settings: dict[str, Any]) -> None:
        self._simulation = Simulation(
            workload_of(settings),
            options_of(settings),
            machine=machine_of(settings),
            fidelity=settings["fidelity"],
        )
        self._begun = dict(settings)
        self._settings = settings
        self._changes: list[tuple[int, str, Any]] = []
        self._now_us = 0
        self._stretch_us = FIRST_STRETCH_US
        self._number += 1
        self._tell_anew()

    def _tell_anew(self) -> None:
        self._deltas = Deltas(self._simulation.options, f"live, {self._settings['layout']}")
        for change in self._changes:
            self._say(*change)

    def _say(self, us: int, name: str, value: Any) -> None:
        field = field_of(name)
        text = value if field.choices else f"{value:,g} {field.unit}"
        self._deltas.said("set", us, f"{field.label}: {text}")

    def _run_on_to(self, us: Any) -> None:
        """To a moment that someone else tells of."""
        if isinstance(us, bool) or not isinstance(us, int) or not self._now_us <= us <= 10**15:
            raise InvalidArgument(f"a moment is due, in microseconds, not before {self._now_us}")
        self._run_to(us)

    def _run_to(self, us: int) -> None:
        self._simulation._core.run(until_us=us)
        self._now_us = us

    def _set(self, name: str, value: Any) -> None:
        settings = {**self._settings, name: value}
        if name == "rate":
            self._simulation.set_rate(value)
        else:
            self._simulation.set_device(machine_of(settings).device)
        self._settings = settings
        self._changes.append((self._now_us, name, value))
        self._say(self._now_us, name, value)

    @property
    def _full(self) -> bool:
        return self._simulation._core.event_count() >= self._max_events


def _parsed(request: bytes) -> Mapping[str, Any]:
    if len(request) > MAX_REQUEST_BYTES:
        raise InvalidArgument(f"a request has at most {MAX_REQUEST_BYTES} bytes")
    try:
        asked = json.loads(request)
    except (ValueError, RecursionError):
        raise InvalidArgument("a request is a JSON object") from None
    if not isinstance(asked, dict):
        raise InvalidArgument("a request is a JSON object")
    return asked


def _number(
    request: Mapping[str, Any], name: str, least: float, most: float, default: float | None = None
) -> float:
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidArgument(f"{name}: a number from {least:g} to {most:g} is due")
    return float(value)


def _live_value(name: Any, value: Any) -> Any:
    field = field_of(name)
    if not field.live:
        raise InvalidArgument(f"{field.name}: takes effect at a reset; it can't change meanwhile")
    return check(field, value)
