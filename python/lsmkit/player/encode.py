"""Runs as the bytes that the player's module reads: frames, targets, thinning and packing in one.

What is said once about a run stands in the header: its name, options, notes on what was left out.
"""

from typing import Any

from lsmkit import __version__ as _version
from lsmkit.options import Options, option_texts
from lsmkit.player.data import History, Source, history_of
from lsmkit.player.pack import columns_of, packed
from lsmkit.player.targets import targets_of
from lsmkit.player.thin import thinned

__all__ = ["encode", "encode_history", "name_of"]

SCHEMA = 1


def encode(
    source: Source,
    *,
    start: int | None = None,
    end: int | None = None,
    steps: int | None = None,
    name: str | None = None,
) -> bytes:
    """One run, its events from number `start` to `end`, in at most so many `steps`."""
    history = history_of(source, start, end)
    return encode_history(history, source, steps=steps, name=name)


def encode_history(
    history: History, source: Source, *, steps: int | None = None, name: str | None = None
) -> bytes:
    """A history that was taken from `source`."""
    if steps is not None:
        history = thinned(history, steps)
    columns = columns_of(history)
    options = getattr(source, "options", None)
    if isinstance(options, Options):
        states, targets = targets_of(history, options)
        columns["target state"] = states
        columns["target weight"] = targets.reshape(-1)
    header = {
        **header_of(source, options, name),
        "rows": history.rows,
        "notes": [*getattr(source, "assumptions", ()), *history.notes],
        "steps": history.steps,
        "events": history.event_count,
        "origin_us": history.origin_us,
        "kinds": history.kinds,
        "reasons": history.reasons,
        "causes": history.causes,
    }
    return packed(header, columns)


def header_of(source: Source, options: object, name: str | None) -> dict[str, Any]:
    """What is said once."""
    if isinstance(options, Options):
        texts = option_texts(vars(options))
    else:
        texts = {} if options is None else {n: str(value) for n, value in vars(options).items()}
    return {
        "schema": SCHEMA,
        "lsmkit": _version,
        "name": name or name_of(source),
        "options": texts,
        "notes": list(getattr(source, "assumptions", ())),
        "fidelity": getattr(source, "fidelity", None),
    }


def name_of(source: Any) -> str:
    """What a run is called where several are shown."""
    workload = getattr(source, "workload", None)
    if workload is not None:
        layout = getattr(getattr(source, "options", None), "layout", "")
        return f"{workload.name}, {layout}" if layout else str(workload.name)
    files = getattr(source, "files", None)  # a log's
    path = files[-1] if files else getattr(source, "path", None)
    return str(path) if path is not None else type(source).__name__
