"""`Workload`: which operations come, on which keys, how large and how fast, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from lsmkit import _core, workload_text
from lsmkit._errors import InvalidArgument
from lsmkit.choices import (
    ClosedLoop,
    Constant,
    ConstantRate,
    Decimal,
    KeyEncoding,
    Keys,
    Permuted,
    Rate,
    Size,
    Uniform,
)

__all__ = ["Phase", "Workload"]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of a workload in which nothing about it changes.

    Attributes
    ----------
    name : str
    mix : mapping of str to float
        How often each kind of operation comes; only the proportions count. Kinds: "put", "delete",
        "get", "scan", "read_modify_write" and "insert", which puts a key that is new. As text, one
        kind alone.
    keys : Keys
        Which key: `lsmkit.workloads` has the choices.
    value_bytes : Size or int
        Bytes of a value that is put.
    compressed_share : float
        What a value shrinks to; db_bench's `--compression_ratio`.
    absent_share : float
        Of gets: for a key that nobody ever put.
    scan_entries : Size or int
        Entries that a scan reads.
    batch_ops : int
        Operations that are committed together.
    clients : int
        Who take batches in turn.
    synced_share : float
        Of batches, that are written with ``sync=True``.
    ttl_s : float
        Seconds after which what was put may go; 0: never.
    rate : Rate or float
        Offered per second. Default: a closed loop, each operation when the last one is done.
    rate_in_bytes : bool
        The rate and the capacity count bytes of keys and values put, else operations.
    capacity_per_s : float
        What comes above it waits in line, or is dropped; 0: no limit.
    capacity_queues : bool
    ops, bytes, seconds : float
        When the phase ends; one of them is due, the others are None.
    """

    name: str = "run"
    mix: Mapping[str, float] | str = "put"
    keys: Keys = field(default_factory=Uniform)
    value_bytes: Size | int = 100
    compressed_share: float = 0.5
    absent_share: float = 0
    scan_entries: Size | int = 100
    batch_ops: int = 1
    clients: int = 1
    synced_share: float = 0
    ttl_s: float = 0
    rate: Rate | float = field(default_factory=ClosedLoop)
    rate_in_bytes: bool = False
    capacity_per_s: float = 0
    capacity_queues: bool = True
    ops: float | None = None
    bytes: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        ends = [end for end in (self.ops, self.bytes, self.seconds) if end is not None]
        if len(ends) != 1:
            raise InvalidArgument(
                f"phase {self.name!r}: {len(ends)} of ops, bytes and seconds are given; one says "
                "when the phase ends"
            )
        mix = self.shares()
        sizes = {"value_bytes": self.value_bytes, "scan_entries": self.scan_entries}
        values = {
            "mix": MappingProxyType({kind: share for kind, share in mix.items() if share != 0}),
            "rate": self.rate if isinstance(self.rate, Rate) else ConstantRate(self.rate),
            **{n: s if isinstance(s, Size) else Constant(s) for n, s in sizes.items()},
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def shares(self) -> dict[str, float]:
        """The mix, whether or not it was given as text: weight by kind of operation."""
        return {self.mix: 1.0} if isinstance(self.mix, str) else dict(self.mix)

    def __hash__(self) -> int:
        return hash(workload_text.phase_text(self))

    def __reduce__(self) -> tuple[object, ...]:
        return _phase, ({**vars(self), "mix": self.shares()},)


def _phase(values: dict[str, Any]) -> Phase:
    return Phase(**values)


@dataclass(frozen=True, init=False, repr=False)
class Workload:
    """Phases one after the other, on one set of keys. A plain value: same seed, same operations.

    The same workload drives a simulation (`lsmkit.simulate`), an open database (`drive`), or both
    side by side (`lsmkit.twin`).

    >>> import lsmkit
    >>> workload = lsmkit.Workload.overwrites(keys=20_000, times=5)
    >>> run = lsmkit.simulate(workload, lsmkit.Options.small())
    >>> run.window.write_amp_weight > 1
    True

    Parameters
    ----------
    *phases : Phase
        At least one.
    key_count : int
        Keys there are from the start, whether or not they have been put yet.
    name : str
    seed : int
        From 0 up to 2^64.
    encoding : KeyEncoding
        Bytes of a key.

    Raises
    ------
    InvalidArgument
        Naming the phase, the field, and what to give instead.
    """

    phases: tuple[Phase, ...]
    key_count: int
    name: str
    seed: int
    encoding: KeyEncoding

    def __init__(
        self,
        *phases: Phase,
        key_count: int = 1_000_000,
        name: str = "workload",
        seed: int = 1,
        encoding: KeyEncoding | None = None,
    ) -> None:
        for phase in phases:
            if not isinstance(phase, Phase):
                raise TypeError(f"Workload: phases are due, not {type(phase).__name__}")
        for field_name, value in (
            ("phases", phases),
            ("key_count", key_count),
            ("name", name),
            ("seed", seed),
            ("encoding", Decimal() if encoding is None else encoding),
        ):
            object.__setattr__(self, field_name, value)
        self.to_text()  # which checks it

    # -- Common ones -------------------------------------------------------------------------------

    @classmethod
    def overwrites(
        cls,
        *,
        keys: int,
        times: float = 4,
        chosen: Keys | None = None,
        value_bytes: Size | int = 100,
        encoding: KeyEncoding | None = None,
        mix: Mapping[str, float] | str = "put",
        seed: int = 1,
    ) -> Self:
        """Puts each key once in random order, then so many `times` as many operations.

        Parameters
        ----------
        keys : int
        times : float
        chosen : Keys, optional
            Which key is put then. Default: any.
        value_bytes : Size or int
        encoding : KeyEncoding, optional
            Default: "user" and twelve digits.
        mix : str or mapping
            Of the operations after the load, as a `Phase` takes it.
        seed : int
        """
        load = Phase(name="load", keys=Permuted(), value_bytes=value_bytes, ops=keys)
        over = Phase(
            name="overwrite",
            keys=chosen or Uniform(),
            value_bytes=value_bytes,
            mix=mix,
            ops=keys * times,
        )
        return cls(
            *((load, over) if times else (load,)),
            key_count=keys,
            name="overwrites",
            seed=seed,
            encoding=encoding,
        )

    # -- As text -----------------------------------------------------------------------------------

    def to_text(self) -> str:
        """Every field on a line of its own; `from_text` reads it back."""
        return _core.workload_text(workload_text.text(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The workload that `to_text` spelled, or a person, who may leave out what is default.

        A line is a field and its value; a choice is a word and then its own fields::

            key_count 100000
            phase load
            keys permuted
            end unit=ops after=100000
            phase run
            mix put=1 get=3
            keys zipf theta=0.9
            end unit=seconds after=60

        Raises
        ------
        InvalidArgument
            Naming the line and what is wrong in it.
        """
        if not isinstance(text, str):
            raise TypeError(f"Workload.from_text: str is due, not {type(text).__name__}")
        return cls.of_spelled_out(_core.workload_text(text))

    @classmethod
    def of_spelled_out(cls, text: str) -> Self:
        """From text that has every field."""
        head, phases = workload_text.fields(text)
        return cls(*(Phase(**phase) for phase in phases), **head)

    # -- Other than this ---------------------------------------------------------------------------

    def with_seed(self, seed: int) -> Self:
        """The same with other draws."""
        return type(self)(
            *self.phases,
            key_count=self.key_count,
            name=self.name,
            seed=seed,
            encoding=self.encoding,
        )

    def op_count(self) -> int | None:
        """How many operations come; None: that depends on sizes, or on the clock."""
        return _core.workload_op_count(self.to_text()) or None

    def __repr__(self) -> str:
        phases = ", ".join(repr(phase.name) for phase in self.phases)
        return f"<lsmkit.Workload {self.name!r}: {self.key_count:,} keys, phases {phases}>"

    def __str__(self) -> str:
        return self.to_text()
