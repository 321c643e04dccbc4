"""A rung of the validation ladder: the files that a simulation models, beside an engine's."""

from collections.abc import Iterator

import numpy as np

from lsmkit import choices
from lsmkit.options import Options
from lsmkit.simulate import simulate
from lsmkit.testing import MemoryDisk
from lsmkit.twin import drive
from lsmkit.validation_check import Check
from lsmkit.workload import Phase, Workload

__all__ = ["cases", "checks"]

_BASE = Options.small(
    memtable_bytes=256 << 10,
    table_bytes=256 << 10,
    base_bytes=512 << 10,
    fanout=4.0,
    background="inline",
)


def checks(full: bool) -> Iterator[Check]:
    """Of all file bytes ever written, and of the tables that stand at the end."""
    keys = 100_000 if full else 20_000
    for name, options, workload in cases(keys):
        with MemoryDisk().open(options=options) as db:
            drive(db, workload)
            due = db.summary()[0]["write_amp"]
            tables = db.tables()
        run = simulate(workload, options)
        yield Check("FILES", name, "write amplification", run.summary()[0]["write_amp"], due, 0.005)
        segment = simulate(workload, options, fidelity="segment").summary()[0]
        exact = run.summary()[0]
        per_weight = exact["write_amp"] / exact["write_amp_weight"]
        found = segment["write_amp"] / segment["write_amp_weight"]
        yield Check("FILES", name, "segments: bytes / weight", found, per_weight, 0.005)
        by_number = dict(zip(run.tables()["number"], run.tables()["file_bytes"], strict=True))
        modelled = np.array([by_number[number] for number in tables["number"]], float)
        off = np.abs(modelled / tables["file_bytes"] - 1)
        yield Check(
            "FILES",
            name,
            "worst table off",
            float(off.max()),
            0,
            0.005,
            False,
            f"{len(off)} tables",
        )


def cases(keys: int) -> Iterator[tuple[str, Options, Workload]]:
    """Codecs, keys, values and blocks."""
    none, zstd = _BASE.replace(compression="none"), _BASE.replace(compression_levels=(1,))
    decimal, binary, hashed = choices.Decimal(), choices.Binary(16), choices.Hashed(16)
    sizes = choices.UniformSize(1, 400)
    yield "none, decimal", none, _workload(keys, decimal, 100, 0.5)
    yield "none, hashed, 40 B", none, _workload(keys, hashed, 40, 0.5)
    yield "none, 1 to 400 B", none, _workload(keys, binary, sizes, 0.5)
    yield "none, blocks of 16 KiB", none.replace(block_bytes=16384), _workload(keys, binary, 900, 1)
    yield "zstd, decimal", zstd, _workload(keys, decimal, 100, 0.5)
    yield "zstd, hashed", zstd, _workload(keys, hashed, 100, 0.5)
    yield "zstd, to a quarter", zstd, _workload(keys, binary, 400, 0.25)
    yield "zstd, to four fifths", zstd, _workload(keys, decimal, 1000, 0.8)
    deep = zstd.replace(compression_levels=(0, 0, 3), block_bytes=16384)
    yield "zstd 3 from L2, 1 to 400 B", deep, _workload(keys, binary, sizes, 0.3)
    yield "zstd, nothing to gain", zstd, _workload(keys, hashed, 200, 1)


def _workload(
    keys: int, encoding: choices.KeyEncoding, value_bytes: int | choices.Size, share: float
) -> Workload:
    load = Phase(
        name="load",
        keys=choices.Permuted(),
        value_bytes=value_bytes,
        compressed_share=share,
        ops=keys,
    )
    over = Phase(
        keys=choices.Uniform(),
        mix={"put": 0.95, "delete": 0.05},
        value_bytes=value_bytes,
        compressed_share=share,
        ops=2 * keys,
    )
    return Workload(load, over, key_count=keys, encoding=encoding)
