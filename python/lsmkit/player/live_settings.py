"""What can be set in a live session: fields with their bounds, presets, and what they come to.

The page builds its form from `form()`; what it sends back is checked by `checked`, field by field.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lsmkit import choices
from lsmkit._errors import InvalidArgument
from lsmkit.machine import Device, Machine
from lsmkit.options import Options, option_texts
from lsmkit.workload import Phase, Workload

__all__ = ["Field", "checked", "form", "machine_of", "options_of", "workload_of"]

KIB = 1 << 10
SAMPLE_S = 0.1  # of virtual time, between figures of memtable, debt and device


@dataclass(frozen=True)
class Field:
    """One thing to set.

    Attributes
    ----------
    name, label, unit : str
    value : int, float or str
        The default.
    least, most : float
        Of numbers.
    choices : tuple of str
        Of others.
    live : bool
        It may change while the simulation runs; others take effect at the next reset.
    option : str
        The option it sets, `scale` times; empty: none.
    """

    name: str
    label: str
    value: Any
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    unit: str = ""
    live: bool = False
    advanced: bool = False
    option: str = ""
    scale: int = 1


def _option(name: str, label: str, value: Any, *bounds: float, **more: Any) -> Field:
    least, most = bounds or (0, 0)
    return Field(name, label, value, least, most, advanced=True, option=name, **more)


FIELDS = (
    Field("rate", "write rate", 30_000, 1, 1e7, unit="operations/s", live=True),
    Field("read_share", "of them gets", 0.0, 0, 0.99, unit="share"),
    Field("keys", "keys", 100_000, 100, 2_000_000),
    Field("value_bytes", "value", 100, 1, 100_000, unit="bytes"),
    Field("chosen", "which keys", "uniform", choices=("uniform", "zipf", "latest", "sequential")),
    Field(
        "device",
        "device",
        "custom",
        choices=("custom", "gp3", "io2", "nvme", "sata", "hdd"),
        live=True,
    ),
    Field("device_mb_per_s", "custom device", 20.0, 0.1, 100_000, unit="MB/s", live=True),
    Field("seed", "seed", 1, 0, 2**32),
    Field("fidelity", "contents", "exact", choices=("exact", "segment", "drawn"), advanced=True),
    _option(
        "layout",
        "layout",
        "hybrid",
        choices=("hybrid", "leveled", "lazy_leveled", "tiered", "fifo"),
    ),
    _option("level_sizing", "level sizing", "dynamic", choices=("dynamic", "static")),
    _option("fanout", "fanout", 7.0, 2, 100),
    _option("l0_trigger_runs", "runs in L0 that are due", 4, 1, 100),
    _option("memtable_bytes", "memtable", 64, 16, 1 << 20, unit="KiB", scale=KIB),
    _option("table_bytes", "table", 64, 16, 1 << 20, unit="KiB", scale=KIB),
    _option("base_bytes", "base level", 256, 16, 1 << 24, unit="KiB", scale=KIB),
    _option(
        "picker",
        "picker",
        "round_robin",
        choices=("round_robin", "min_overlapping_ratio", "oldest_smallest_seq", "compact_pointer"),
    ),
    _option("max_space_amp", "space amplification, at most (0: any)", 0.0, 0, 100),
    _option("threads", "background threads", 2, 1, 64),
    _option("flow", "flow control", "smooth", choices=("smooth", "rocksdb")),
)

PRESETS: dict[str, dict[str, Any]] = {
    "hybrid, small": {},
    "leveled, small": {"layout": "leveled"},
    "lazy leveled, small": {"layout": "lazy_leveled"},
    "tiered, small": {"layout": "tiered"},
    "RocksDB's rules, small": {
        "layout": "leveled",
        "level_sizing": "static",
        "fanout": 10.0,
        "picker": "min_overlapping_ratio",
        "flow": "rocksdb",
    },
    "LevelDB's rules, small": {
        "layout": "leveled",
        "level_sizing": "static",
        "fanout": 10.0,
        "picker": "compact_pointer",
    },
    "megabytes": {
        "memtable_bytes": 4096,
        "table_bytes": 4096,
        "base_bytes": 16384,
        "keys": 2_000_000,
        "value_bytes": 1000,
        "device": "gp3",
        "fidelity": "segment",
    },
}


def form() -> dict[str, Any]:
    """Fields and presets, for the page."""
    return {"fields": [asdict(field) for field in FIELDS], "presets": PRESETS}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings, those given and defaults.

    Raises
    ------
    InvalidArgument
        Naming the field and what is due.
    """
    if not isinstance(given, Mapping):
        raise InvalidArgument("settings: an object with a value by name is due")
    names = {field.name for field in FIELDS}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InvalidArgument(f"settings: there is no {str(unknown[0])[:40]!r}")
    return {field.name: check(field, given.get(field.name, field.value)) for field in FIELDS}


def check(field: Field, value: Any) -> Any:
    """The value, if the field may have it."""
    if field.choices:
        if value not in field.choices:
            raise InvalidArgument(f"{field.name}: one of {', '.join(field.choices)} is due")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not field.least <= value <= field.most:
        raise InvalidArgument(
            f"{field.name}: a number from {field.least:g} to {field.most:g} is due"
        )
    return int(value) if isinstance(field.value, int) else float(value)


def field_of(name: str) -> Field:
    """By name."""
    for field in FIELDS:
        if field.name == name:
            return field
    raise InvalidArgument(f"settings: there is no {str(name)[:40]!r}")


def options_of(settings: Mapping[str, Any]) -> Options:
    """The options, from those of `Options.small`."""
    chosen = {
        field.option: settings[field.name] * field.scale
        if not field.choices
        else settings[field.name]
        for field in FIELDS
        if field.option
    }
    small = option_texts(vars(Options.small()))
    memory = max(int(small["memory_bytes"]), 16 * int(chosen["memtable_bytes"]))
    return Options.small(**chosen, memory_bytes=memory)


def workload_of(settings: Mapping[str, Any]) -> Workload:
    """One phase that goes on for as long as one looks on."""
    kinds: dict[str, choices.Keys] = {
        "uniform": choices.Uniform(),
        "zipf": choices.Zipf(theta=0.99),
        "latest": choices.Latest(),
        "sequential": choices.Sequential(),
    }
    reads = settings["read_share"]
    mix: Any = {"put": 1 - reads, "get": reads} if reads else "put"
    phase = Phase(
        name="live",
        mix=mix,
        keys=kinds[settings["chosen"]],
        value_bytes=settings["value_bytes"],
        rate=settings["rate"],
        seconds=1e9,
    )
    return Workload(phase, key_count=settings["keys"], name="live", seed=settings["seed"])


def machine_of(settings: Mapping[str, Any]) -> Machine:
    """The device by name, or one that moves so many megabytes a second."""
    name = settings["device"]
    bytes_per_s = settings["device_mb_per_s"] * 1e6
    custom = Device(transfer_bytes_per_s=bytes_per_s, latency_us=100)
    return Machine(device=custom if name == "custom" else name, sample_every_s=SAMPLE_S)
