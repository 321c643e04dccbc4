"""Workloads of a layered store by name. Keys are pages, and a value is a record of so many bytes.

Each is a `lsmkit.Workload`, so the same stream of records drives a database or a simulation of one,
and `to_text()` and `Workload.from_text()` keep it as text. Pages below `key_count` are in use from
the start, whether or not a record was written to them; inserts add more.

>>> from lsmkit import layered
>>> layered.workloads.hot_cold(records=1000, pages=50)
<lsmkit.Workload 'hot-cold': 50 keys, phases 'run'>
"""

from collections.abc import Callable

from lsmkit._errors import InvalidArgument
from lsmkit.choices import Hotspot, Keys, Latest, Lognormal, Size, Uniform, Window, Zipf
from lsmkit.workload import Phase, Workload

__all__ = [
    "WORKLOADS",
    "append",
    "bulk_load",
    "bursts",
    "growing",
    "hot_cold",
    "mixed_sizes",
    "moving_hotspot",
    "one_page",
    "shrinking",
    "uniform",
    "zipf",
]

RECORDS = 20_000_000
PAGES = 640_000
"""Of 8 KiB: 5000 MiB, as in the published run of 20 GB."""
RECORD_BYTES = 1000
MOST_BURSTS = 10_000
"""Each is two phases of the workload."""


def _puts(
    name: str, keys: Keys, records: int, record_bytes: Size | int, pages: int, seed: int
) -> Workload:
    phase = Phase(keys=keys, value_bytes=record_bytes, ops=records)
    return Workload(phase, key_count=pages, name=name, seed=seed)


def uniform(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    seed: int = 1,
) -> Workload:
    """Any page, each as likely. Source: Neon's suite, "uniform-20GB-5GB"."""
    return _puts("uniform", Uniform(), records, record_bytes, pages, seed)


def hot_cold(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    hot_pages: float = 0.1,
    hot_records: float = 0.9,
    seed: int = 1,
) -> Workload:
    """Nine of ten records go to the first tenth of the pages. Source: Neon's "hot-cold"."""
    keys = Hotspot(hot_keys=hot_pages, hot_draws=hot_records)
    return _puts("hot-cold", keys, records, record_bytes, pages, seed)


def zipf(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    theta: float = 0.99,
    scattered: bool = True,
    seed: int = 1,
) -> Workload:
    """By Zipf's law; the popular pages are scattered among the others, or the first ones."""
    keys = Zipf(theta=theta, scattered=scattered)
    return _puts("zipf", keys, records, record_bytes, pages, seed)


def moving_hotspot(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    hot_pages: float = 0.1,
    hot_records: float = 0.9,
    moves: int = 10,
    seed: int = 1,
) -> Workload:
    """As `hot_cold`, but so many times the hot pages are those behind the ones before."""
    if moves < 0:
        raise InvalidArgument(f"moves: {moves} cannot be; it is 0 or more")
    shift = max(1, records // (moves + 1))
    keys = Hotspot(hot_keys=hot_pages, hot_draws=hot_records, shift_every_draws=shift)
    return _puts("moving hotspot", keys, records, record_bytes, pages, seed)


def append(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    seed: int = 1,
) -> Workload:
    """Pages are added one by one, and records go to the newest of them. None is in use before."""
    return _growing("append", Latest(theta=3), records, record_bytes, 1, pages, seed)


def growing(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    pages_before: int | None = None,
    seed: int = 1,
) -> Workload:
    """Records go to any page, and pages are added, from a tenth of them on to all."""
    before = max(1, pages // 10) if pages_before is None else pages_before
    return _growing("growing", Uniform(), records, record_bytes, before, pages, seed)


def shrinking(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    pages_after: int | None = None,
    pages_added: int = 0,
    record_bytes: Size | int = RECORD_BYTES,
    seed: int = 1,
) -> Workload:
    """Records go to any page in use, and pages are dropped, the oldest first, down to a tenth.

    With `pages_added` so many are added meanwhile, so that what is in use moves on as it shrinks;
    `pages_after` are left on average.
    """
    after = max(1, pages // 10) if pages_after is None else pages_after
    if not 1 <= after <= pages + pages_added <= records + pages:
        raise InvalidArgument(
            f"pages_after: {after} cannot be; it is from 1 to pages and pages_added together, and "
            "no more pages are added than there are records"
        )
    dropped = pages + pages_added - after
    mix = {"insert": pages_added, "put": records - pages_added, "delete": dropped}
    phase = Phase(mix=mix, keys=Window(), value_bytes=record_bytes, ops=records + dropped)
    return Workload(phase, key_count=pages, name="shrinking", seed=seed)


def bulk_load(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    seed: int = 1,
) -> Workload:
    """Every page is written whole, in order; then records go to any page."""
    load = Phase(name="load", mix="insert", value_bytes=8192, ops=max(1, pages - 1))
    update = Phase(name="update", value_bytes=record_bytes, ops=records)
    return Workload(load, update, key_count=1, name="bulk load", seed=seed)


def bursts(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    times: int = 10,
    seed: int = 1,
) -> Workload:
    """So many times a calm stretch, on any page, and a burst as long, on a hundredth of them."""
    if not 1 <= times <= MOST_BURSTS:
        raise InvalidArgument(f"times: {times} cannot be; it is from 1 to {MOST_BURSTS}")
    ops = max(1, records // (2 * times))
    calm = Phase(name="calm", value_bytes=record_bytes, ops=ops)
    hot = Hotspot(hot_keys=0.01, hot_draws=1)
    burst = Phase(name="burst", keys=hot, value_bytes=record_bytes, ops=ops)
    return Workload(*(calm, burst) * times, key_count=pages, name="bursts", seed=seed)


def mixed_sizes(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    median_bytes: int = 300,
    seed: int = 1,
) -> Workload:
    """Any page; half of the records are small, some as large as a few pages (lognormal)."""
    sizes = Lognormal(median=median_bytes, sigma=1.5, least=1, most=65_536)
    return _puts("mixed sizes", Uniform(), records, sizes, pages, seed)


def one_page(
    *,
    records: int = RECORDS,
    pages: int = PAGES,
    record_bytes: Size | int = RECORD_BYTES,
    seed: int = 1,
) -> Workload:
    """Ten of eleven records go to page 0. Source: Neon, test_many_updates_for_single_key."""
    keys = Hotspot(hot_keys=0, hot_draws=10 / 11)
    return _puts("one page", keys, records, record_bytes, pages, seed)


def _growing(
    name: str,
    keys: Keys,
    records: int,
    record_bytes: Size | int,
    pages_before: int,
    pages: int,
    seed: int,
) -> Workload:
    """Of the records so many add a page that it comes to `pages` on average."""
    share = min(1.0, max(0, pages - pages_before) / max(1, records))
    mix = {"insert": share, "put": 1 - share}
    phase = Phase(mix=mix, keys=keys, value_bytes=record_bytes, ops=records)
    return Workload(phase, key_count=pages_before, name=name, seed=seed)


WORKLOADS: dict[str, Callable[..., Workload]] = {
    "uniform": uniform,
    "hot-cold": hot_cold,
    "moving hotspot": moving_hotspot,
    "zipf": zipf,
    "append": append,
    "bulk load": bulk_load,
    "growing": growing,
    "shrinking": shrinking,
    "bursts": bursts,
    "mixed sizes": mixed_sizes,
    "one page": one_page,
}
"""All of the above by the name that it gives its workload."""
