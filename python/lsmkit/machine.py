"""`Device` and `Machine`: what a simulation in time runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from lsmkit import _core
from lsmkit._errors import InvalidArgument

__all__ = ["Device", "Machine"]


@dataclass(frozen=True)
class Device:
    """A storage device: how much it moves in a second, and how long one request takes by itself.

    Attributes
    ----------
    read_bytes_per_s, write_bytes_per_s : float
        Of each way alone; 0, here and below: no limit.
    transfer_bytes_per_s : float
        Both ways together.
    requests_per_s : float
    latency_us : float
        Microseconds of a small read, and of a sync.
    request_bytes : int
        A sequential stream goes in requests so large.
    name : str
    """

    read_bytes_per_s: float = 0
    write_bytes_per_s: float = 0
    transfer_bytes_per_s: float = 0
    requests_per_s: float = 0
    latency_us: float = 0
    request_bytes: int = 256 << 10
    name: str = "custom"

    @classmethod
    def named(cls, name: str) -> "Device":
        """By published figures: "gp3", "io2", "nvme", "sata", "hdd".

        `cpp/timing/device.cc` says whose figures they are, and which were not checked.

        Raises
        ------
        InvalidArgument
            Another name.
        """
        profiles = _core.device_profiles()
        if name not in profiles:
            raise InvalidArgument(
                f"device: {name!r} is no profile; there are {', '.join(profiles)}, or give the "
                "figures of your own, lsmkit.Device(...)"
            )
        figures = profiles[name]
        return cls(**figures, name=name)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A device, cores, and what the engine's work costs them.

    The costs are those of this engine on a common server, rounded; a run that is to be compared
    with a machine is given the machine's own, as `lsmkit.calibrate` measures them. Bytes written to
    tables are taken to be their weight, unless it is said how many there are.

    Attributes
    ----------
    device : Device or str
        Or its name; see `Device.named`.
    cores : float
    put_us, get_us, scan_entry_us : float
        Microseconds of a core for an operation, without the device.
    record_us : float
        For a record that goes through a flush or a merge.
    written_byte_us, compressed_byte_us : float
        For a byte of a table's weight, and upon that where it is compressed.
    blocks_per_get : float, optional
        Read from the device by a get: what the cache does not hold. Default: what the simulation's
        own reads miss in a cache of the options' `cache_bytes`.
    log : bool
        Writes go to a log first.
    overload : {"wait", "stop"}
        Writers wait in line for as long as it takes; or the run ends when one of them has waited
        `longest_wait_s`, and says for what.
    longest_wait_s : float
    sample_every_s : float
        Between rows of `Run.timeline()`; twice that whenever there are too many.
    """

    device: Device | str = "nvme"
    cores: float = 2
    put_us: float = 0.65
    get_us: float = 1.1
    scan_entry_us: float = 0.03
    record_us: float = 0.15
    written_byte_us: float = 1.0e-3
    compressed_byte_us: float = 0
    blocks_per_get: float | None = None
    log: bool = True
    overload: Literal["wait", "stop"] = "wait"
    longest_wait_s: float = 30
    sample_every_s: float = 1
    _device: Device = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.overload not in ("wait", "stop"):
            raise InvalidArgument(f"overload: {self.overload!r} is neither 'wait' nor 'stop'")
        device = Device.named(self.device) if isinstance(self.device, str) else self.device
        if not isinstance(device, Device):
            raise TypeError(f"device: a Device or a name is due, not {type(device).__name__}")
        object.__setattr__(self, "_device", device)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Machine":
        """What `to_dict` gave.

        Raises
        ------
        InvalidArgument
            A name that is none.
        """
        names = {each.name for each in fields(cls) if each.init}
        unknown = [name for name in values if name not in names]
        if unknown:
            raise InvalidArgument(f"a Machine has no {unknown[0]!r}; it has {', '.join(names)}")
        given = dict(values)
        if isinstance(given.get("device"), Mapping):
            given["device"] = Device(**given["device"])
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """As plain numbers and texts, for `json.dump`; `from_dict` takes them back."""
        out = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        if isinstance(self.device, Device):
            out["device"] = dict(vars(self.device))
        return out

    def to_core(self) -> dict[str, object]:
        """As the compiled module takes it."""
        device = {name: value for name, value in vars(self._device).items() if name != "name"}
        costs = (
            "cores", "put_us", "get_us", "scan_entry_us", "record_us", "written_byte_us",
            "compressed_byte_us", "blocks_per_get", "log", "overload",
        )  # fmt: skip
        return {
            **device,
            **{name: getattr(self, name) for name in costs},
            "longest_wait_us": self.longest_wait_s * 1e6,
            "sample_every_us": self.sample_every_s * 1e6,
        }
