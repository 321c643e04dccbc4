"""What a phase of a workload chooses from: which key, its bytes, how large, how fast.

Each class is one choice, a frozen value. `cpp/workload/workload_spec.h` is the other side of it;
both have the same names and defaults.
"""

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "Binary",
    "Bursts",
    "ClosedLoop",
    "Clustered",
    "Composite",
    "Constant",
    "ConstantRate",
    "Decimal",
    "Exponential",
    "Hashed",
    "Hotspot",
    "KeyEncoding",
    "Keys",
    "Latest",
    "LogUniform",
    "Lognormal",
    "Pareto",
    "Permuted",
    "Queue",
    "Ranges",
    "Rate",
    "Sequential",
    "Sine",
    "Size",
    "Trace",
    "Uniform",
    "UniformSize",
    "Window",
    "YcsbZipfian",
    "Zipf",
]


class Keys:
    """On which key an operation is. Keys have ids from 0 up to `key_count`; inserts add more."""

    kind: ClassVar[str]


class KeyEncoding:
    """The bytes of a key from its id."""

    kind: ClassVar[str]


class Size:
    """How many bytes a value has, or how many entries a scan."""

    kind: ClassVar[str]


class Rate:
    """How many operations, or bytes of keys and values put, are offered per second."""

    kind: ClassVar[str]


# -- On which key ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sequential(Keys):
    """0, 1, 2 and so on, and again from 0."""

    kind = "sequential"


@dataclass(frozen=True)
class Uniform(Keys):
    """Any key, inserted ones too."""

    kind = "uniform"


@dataclass(frozen=True)
class Permuted(Keys):
    """Each key once in random order, then each once in another one."""

    kind = "permuted"


@dataclass(frozen=True)
class Zipf(Keys):
    """The key of rank k with a probability of k^-theta / sum, exactly.

    Rank 1 is id 0, or the ranks are `scattered` over the ids. Source: Zipf's law; draws by
    rejection-inversion (Hörmann and Derflinger 1996).
    """

    theta: float = 0.99
    scattered: bool = True
    kind = "zipf"


@dataclass(frozen=True)
class YcsbZipfian(Keys):
    """What YCSB calls zipfian: ranks among 10^16 at theta .99, hashed into the keys.

    Most draws are as good as uniform, which no `Zipf` is. Source: ScrambledZipfianGenerator.java.
    """

    kind = "ycsb_zipfian"


@dataclass(frozen=True)
class Latest(Keys):
    """The newest key at rank 1 of a zipf, inserted ones too. Source: YCSB, SkewedLatest."""

    theta: float = 0.99
    kind = "latest"


@dataclass(frozen=True)
class Hotspot(Keys):
    """A share of the keys gets a share of the draws; the others get the rest.

    After each `shift_every_draws` (0: never) the hot keys are those behind the ones before.
    """

    hot_keys: float = 0.2
    hot_draws: float = 0.8
    shift_every_draws: int = 0
    scattered: bool = False
    kind = "hotspot"


@dataclass(frozen=True)
class Clustered(Keys):
    """Clusters of neighbours: a cluster by zipf, scattered, and any key in it."""

    cluster_keys: int = 100
    theta: float = 0.99
    kind = "clustered"


@dataclass(frozen=True)
class Exponential(Keys):
    """Newer keys are likelier: `drawn_share` of the draws go to the newest `newest_share`.

    Source: YCSB, ExponentialGenerator.java.
    """

    drawn_share: float = 0.95
    newest_share: float = 0.8571428571
    kind = "exponential"


@dataclass(frozen=True)
class LogUniform(Keys):
    """Rank n e^(-range u) for a uniform u, scattered. Source: db_bench, read_random_exp_range."""

    range: float = 10
    kind = "log_uniform"


@dataclass(frozen=True)
class Ranges(Keys):
    """Equal ranges of keys, the i-th hottest drawn in proportion to a e^(b i) + c e^(d i).

    In a range any key, or, unless `key_a` is 0, the key that is the hash of x where key_a x^key_b
    of the draws are at most x. Source: Cao et al., FAST 2020; db_bench's mixgraph.
    """

    range_count: int = 30
    a: float = 14.18
    b: float = -2.917
    c: float = 0.0164
    d: float = -0.08082
    key_a: float = 0
    key_b: float = 0
    kind = "ranges"


@dataclass(frozen=True)
class Queue(Keys):
    """Puts and inserts add the next id, deletes take the oldest, reads look at the oldest."""

    kind = "queue"


@dataclass(frozen=True)
class Window(Keys):
    """Inserts add the next id, deletes take the oldest, all others go to any key between."""

    kind = "window"


@dataclass(frozen=True)
class Trace(Keys):
    """These ids, and again from the first."""

    ids: tuple[int, ...]
    kind = "trace"


# -- Its bytes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decimal(KeyEncoding):
    """A prefix and the id in decimal digits."""

    prefix: str | bytes = "user"
    digits: int = 12
    kind = "decimal"


@dataclass(frozen=True)
class Binary(KeyEncoding):
    """The id in 8 bytes, most significant first, and "0"s up to the width: db_bench's keys."""

    key_bytes: int = 16
    kind = "binary"


@dataclass(frozen=True)
class Hashed(KeyEncoding):
    """As `Binary`, of the id's hash: neighbours in id are none in key order."""

    key_bytes: int = 16
    kind = "hashed"


@dataclass(frozen=True)
class Composite(KeyEncoding):
    """A prefix, a group in 4 bytes, and a position in 8; ids go to the groups in turn."""

    prefix: str | bytes = ""
    group_count: int = 1
    kind = "composite"


# -- How large -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant(Size):
    """Always the same. Where a size is due, a number is short for it."""

    size: int = 100
    kind = "constant"


@dataclass(frozen=True)
class UniformSize(Size):
    """Anything from `least` to `most`."""

    least: int = 1
    most: int = 100
    kind = "uniform"


@dataclass(frozen=True)
class Pareto(Size):
    """A generalised Pareto, rounded up.

    What is above `most` is cut off there or, if it `wraps`, taken modulo `most`, as db_bench does.
    """

    location: float = 0
    scale: float = 25.45
    shape: float = 0.2615
    least: int = 1
    most: int = 1024
    wraps: bool = False
    kind = "pareto"


@dataclass(frozen=True)
class Lognormal(Size):
    """Half of the draws are at most `median`; rounded up, cut off at both ends."""

    median: float = 100
    sigma: float = 1
    least: int = 1
    most: int = 1 << 20
    kind = "lognormal"


# -- How fast ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClosedLoop(Rate):
    """Each client's next operation when its last one is done."""

    kind = "closed_loop"


@dataclass(frozen=True)
class ConstantRate(Rate):
    """So many per second. Where a rate is due, a number is short for it."""

    per_s: float = 1000
    kind = "constant"


@dataclass(frozen=True)
class Sine(Rate):
    """mean + amplitude sin(2 pi (t / period + phase_turns)), t in seconds."""

    mean_per_s: float = 1000
    amplitude_per_s: float = 500
    period_s: float = 86_400
    phase_turns: float = 0
    kind = "sine"


@dataclass(frozen=True)
class Bursts(Rate):
    """Times on, Erlang, and off, exponential, in turns, with spikes upon that.

    Each time on has a rate of its own, lognormal about `on_per_s`; spikes are Poisson arrivals of
    exponential duration and lognormal height. Source: RollingStone's traffic model.
    """

    on_per_s: float = 10_000
    off_per_s: float = 0
    on_sigma: float = 0.2
    on_mean_s: float = 10
    on_stages: int = 4
    off_mean_s: float = 30
    spikes_per_s: float = 0
    spike_mean_s: float = 1
    spike_per_s: float = 0
    spike_sigma: float = 0.5
    kind = "bursts"
