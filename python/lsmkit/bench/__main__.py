"""``python -m lsmkit.bench``: put, get and scan beside rocksdict and plyvel, if they are installed.

Every store runs in a process of its own, the rounds interleaved, with the same keys in the same
order; printed are medians in microseconds per operation, and how many times as fast as each peer we
are.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable

from lsmkit.bench import stores

VALUE_BYTES = 100
WORKLOADS = (
    "fillrandom",
    "readrandom, as it stands",
    "readrandom, settled",
    "readmissing, settled",
    "readseq, settled",
)


def micros_each(call: Callable[[bytes], object], keys: list[bytes]) -> float:
    begin = time.perf_counter()
    for key in keys:
        call(key)
    return (time.perf_counter() - begin) * 1e6 / len(keys)


def micros_each_row(rows: Iterable[object], due: int) -> float:
    begin = time.perf_counter()
    count = sum(1 for _ in rows)
    elapsed = time.perf_counter() - begin
    if count != due:
        raise SystemExit(f"{count} rows were scanned, {due} had been put")
    return elapsed * 1e6 / count


def measure(name: str, count: int, path: str) -> dict[str, float]:
    """Run every workload on one store; microseconds per operation."""
    rng = random.Random(1)
    keys = [b"%016d" % number for number in rng.sample(range(10**15), count)]
    absent = [key[:15] + b"x" for key in keys]
    read = rng.choices(keys, k=count)
    value = rng.randbytes(VALUE_BYTES // 2) + b"v" * (VALUE_BYTES - VALUE_BYTES // 2)
    store = stores.OPENERS[name](path)
    put, get = store.put, store.get
    gc.disable()
    micros = [micros_each(lambda key: put(key, value), keys), micros_each(get, read)]
    store.settle()
    micros_each(get, read)  # warms the cache
    micros += [micros_each(get, read), micros_each(get, absent)]
    micros.append(micros_each_row(store.rows(), count))
    found, missing = map(get, read[:1000]), map(get, absent[:1000])
    if any(row != value for row in found) or any(row is not None for row in missing):
        raise SystemExit(f"{name} gave a wrong value")
    store.close()
    return dict(zip(WORKLOADS, micros, strict=True))


def measure_apart(name: str, count: int) -> dict[str, float]:
    """Do the same in a process of its own."""
    with tempfile.TemporaryDirectory(dir=".", prefix="lsmkit-bench-") as directory:
        command = [sys.executable, "-m", "lsmkit.bench", "--count", str(count)]
        command += ["--one", name, f"{directory}/db"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def print_table(samples: dict[str, list[dict[str, float]]], count: int) -> None:
    names = list(samples)
    peers = [name for name in names if name != "lsmkit"]
    rounds = len(samples[names[0]])
    print(
        f"{count:,} entries of 16 + {VALUE_BYTES} bytes, medians of {rounds} rounds, "
        "microseconds per operation"
    )
    heads = "".join(f"{name:>11}" for name in names)
    print(f"  {'':26}{heads}   times as fast as {', '.join(peers)}")
    for workload in WORKLOADS:
        medians = {
            name: statistics.median(done[workload] for done in results)
            for name, results in samples.items()
        }
        line = f"  {workload:26}" + "".join(f"{medians[name]:11.3f}" for name in names) + "  "
        if "lsmkit" in names:
            line += "".join(f"{medians[peer] / medians['lsmkit']:8.2f}" for peer in peers)
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lsmkit.bench", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="entries (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, interleaved (default: 3)")
    parser.add_argument("--only", help="stores, with commas between (default: all installed)")
    parser.add_argument("--json", action="store_true", help="print every sample as JSON")
    parser.add_argument("--one", nargs=2, metavar=("STORE", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], arguments.count, arguments.one[1])))
        return
    names = arguments.only.split(",") if arguments.only else stores.installed()
    unknown = [name for name in names if name not in stores.OPENERS]
    if unknown:
        parser.error(f"unknown store {unknown[0]!r}; known are {', '.join(stores.OPENERS)}")
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for round_number in range(arguments.rounds):
        for name in names:
            print(f"round {round_number + 1}: {name}", file=sys.stderr)
            samples[name].append(measure_apart(name, arguments.count))
    if arguments.json:
        print(json.dumps(samples, indent=2))
    else:
        print_table(samples, arguments.count)


if __name__ == "__main__":
    main()
