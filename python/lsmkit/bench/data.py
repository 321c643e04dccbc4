"""The keys and values that every store gets, the same ones in the same order."""

import random
from typing import NamedTuple

__all__ = ["Data", "make_data"]

POOL_VALUES = 256


class Data(NamedTuple):
    """Keys in the orders that workloads need, each list `num` long."""

    ascending: list[bytes]
    shuffled: list[bytes]  # the same keys, in the order of filling
    again: list[bytes]  # the same keys, in another random order
    drawn: list[bytes]  # of the same keys, drawn with replacement
    absent: list[bytes]  # between the others, and none of them
    values: list[bytes]


def make_data(num: int, key_bytes: int, value_bytes: int, seed: int) -> Data:
    """Keys are decimal numbers, as in db_bench: even ones present, odd ones absent.

    Values come from a pool; the first half of each is random, so that it compresses to about half.
    """
    rng = random.Random(seed)
    halves = rng.sample(range(10 ** min(key_bytes, 15) // 2), num)
    shuffled = [b"%0*d" % (key_bytes, 2 * half) for half in halves]
    noise_bytes = (value_bytes + 1) // 2
    pool = [rng.randbytes(noise_bytes) + b"v" * (value_bytes // 2) for _ in range(POOL_VALUES)]
    return Data(
        ascending=sorted(shuffled),
        shuffled=shuffled,
        again=rng.sample(shuffled, num),
        drawn=rng.choices(shuffled, k=num),
        absent=[b"%0*d" % (key_bytes, 2 * half + 1) for half in halves],
        values=[pool[number % POOL_VALUES] for number in range(num)],
    )
