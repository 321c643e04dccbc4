"""What a run is asked to do: `Settings`, checked when made, and the steps that follow from it."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from lsmkit import MAX_KEY_BYTES, InvalidArgument, Sync
from lsmkit.bench.log_workloads import LOG_WORKLOADS
from lsmkit.bench.stores import LMDB_MAX_KEY_BYTES, OPENERS
from lsmkit.bench.workloads import WORKLOADS

__all__ = ["ALL_STORES", "ALL_WORKLOADS", "Settings", "Step", "steps"]

ALL_STORES = tuple(OPENERS)
ALL_WORKLOADS = (*WORKLOADS, *LOG_WORKLOADS)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is measured.

    Attributes
    ----------
    num : int
        Entries of a filled store, and operations of a workload.
    key_size, value_size : int
        In bytes. Keys are decimal numbers; half of a value is random.
    rounds : int
        How often everything is done; figures are medians.
    stores, workloads : tuple of str
        Names, in the order of the run. Stores that are not installed are left out.
    threads : tuple of int
        Each workload is done with so many threads, its operations shared out. If one is more than
        1, each is also done by one thread beside a busy one.
    sync : Sync
        Of workloads that write. The peers know `Sync.always` and `Sync.none` only, and are left
        out in other modes.
    compression : bool
        zstd below L1 for lsmkit and RocksDB, Snappy for LevelDB; LMDB has none.
    seed : int
        Of keys and values.

    Raises
    ------
    InvalidArgument
        A name that is not known, or a number out of its range.
    """

    num: int = 1_000_000
    key_size: int = 16
    value_size: int = 100
    rounds: int = 3
    stores: tuple[str, ...] = ALL_STORES
    workloads: tuple[str, ...] = ALL_WORKLOADS
    threads: tuple[int, ...] = (1,)
    sync: Sync = Sync.none
    compression: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        _check_names("store", self.stores, ALL_STORES)
        _check_names("workload", self.workloads, ALL_WORKLOADS)
        _check_range("num", self.num, 1, 100_000_000)
        _check_range("key size", self.key_size, 1, MAX_KEY_BYTES)
        _check_range("value size", self.value_size, 0, 1 << 20)
        _check_range("rounds", self.rounds, 1, 1000)
        _check_filled("threads", self.threads)
        for count in self.threads:
            _check_range("threads", count, 1, min(64, self.num))
        if 10 ** min(self.key_size, 15) < 2 * self.num:
            raise InvalidArgument(
                f"key size: {self.key_size} digits make too few keys for {self.num:,} entries "
                f"and as many absent ones; {len(str(2 * self.num - 1))} or more are due"
            )
        if "lmdb" in self.stores and self.key_size > LMDB_MAX_KEY_BYTES:
            raise InvalidArgument(
                f"key size: LMDB takes up to {LMDB_MAX_KEY_BYTES} bytes, not {self.key_size}; "
                "leave lmdb out"
            )

    def to_json(self) -> dict[str, Any]:
        """As values of JSON."""
        lists = {name: list(getattr(self, name)) for name in ("stores", "workloads", "threads")}
        return {**asdict(self), **lists, "sync": str(self.sync)}

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Settings":
        """The opposite of `to_json`."""
        tuples = {name: tuple(values[name]) for name in ("stores", "workloads", "threads")}
        return Settings(**{**values, **tuples, "sync": Sync.parse(values["sync"])})


class Step(NamedTuple):
    """One workload, done in one way."""

    workload: str
    threads: int
    busy: bool


def steps(settings: Settings, store: str) -> list[Step]:
    """What one store does in a round, in order."""
    out: list[Step] = []
    for name in settings.workloads:
        if name in LOG_WORKLOADS and store != "lsmkit":
            continue
        if name == "syncmodes":
            out.append(Step(name, 1, False))
            continue
        out += [Step(name, count, False) for count in settings.threads]
        workload = WORKLOADS.get(name)
        alone = workload is not None and not (workload.writer_beside or workload.by_arrays)
        if alone and max(settings.threads) > 1:
            out.append(Step(name, 1, True))
    return out


def _check_names(what: str, names: tuple[str, ...], known: Iterable[str]) -> None:
    known = list(known)
    _check_filled(f"{what}s", names)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            raise InvalidArgument(f"unknown {what} {name[:60]!r}; {hint}")


def _check_filled(what: str, values: tuple[Any, ...]) -> None:
    if not values:
        raise InvalidArgument(f"{what}: at least one is due")
    if len(set(values)) < len(values):
        raise InvalidArgument(f"{what}: one is named twice")


def _check_range(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidArgument(f"{what}: {least:,} to {most:,} is due, not {value:,}")
