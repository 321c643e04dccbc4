"""Builds, installs and tries lsmkit once for each way to libzstd.

    python tests/packaging/zstd_variants.py [auto] [system] [runtime] [off]

All variants share one build folder, so each recompiles what depends on zstd and links anew.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = {  # what build_info() must say
    "auto": ("system", "runtime"),
    "system": ("system",),
    "runtime": ("runtime",),
    "off": ("off",),
}

TRIAL = """
import sys
from lsmkit import _core, _errors
info = _core.build_info()["zstd"]
assert info["source"] in sys.argv[2].split(","), info
off = info["source"] == "off"

def fill(path, compression):
    db = _core.DB(path, overrides={"compression": compression, "compression_first_level": "0"})
    for i in range(5000):
        db.put(b"%06d" % i, b"the same value over and over " * 4)
    _core.flush(db)
    _core.compact_range(db)
    assert db[b"002500"].startswith(b"the same value")
    assert _core.verify(db) > 0
    codecs = set(_core.tree(db)["tables"]["codec"])
    size = sum(_core.tree(db)["tables"]["file_bytes"])
    db.close()
    return codecs, size

codecs, plain = fill(sys.argv[1] + "/plain", "none")
assert codecs == {"none"}, codecs
try:
    codecs, packed = fill(sys.argv[1] + "/packed", "zstd")
except _errors.NotSupported as error:
    assert off, error
    print("zstd is off, and says:", error)
else:
    assert not off
    assert codecs == {"zstd"} and packed < plain / 4, (codecs, packed, plain)
    print(f"zstd {info['version']} from {info['source']}: {plain} -> {packed} bytes")
"""


def run(*command: str | Path, **environment: str) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, cwd=ROOT, env=os.environ | environment
    )


def try_variant(variant: str, folder: Path) -> None:
    begun = time.monotonic()
    wheels, venv = folder / "wheels", folder / "venv"
    build = (sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "-q", "-w", wheels)
    run(*build, "-Cbuild-dir=build/zstd-variants", LSMKIT_ZSTD=variant)
    run(sys.executable, "-m", "venv", venv)
    (wheel,) = wheels.glob("lsmkit-*.whl")
    run(venv / "bin/pip", "install", "-q", wheel)
    run(venv / "bin/python", "-c", TRIAL, folder, ",".join(SOURCES[variant]))
    print(f"{variant}: passed in {time.monotonic() - begun:.0f} s", flush=True)


def main() -> None:
    variants = sys.argv[1:] or list(SOURCES)
    for variant in variants:
        with tempfile.TemporaryDirectory() as folder:
            try_variant(variant, Path(folder))
    print(f"{len(variants)} passed, 0 failed")


if __name__ == "__main__":
    main()
