"""Builds, installs and tries lsmkit's sdist once for each way to libzstd.

    python tests/packaging/zstd_variants.py [auto] [system] [runtime] [off]
    python tests/packaging/zstd_variants.py --source FOLDER --objects FOLDER ...

The variants share one build folder, so each recompiles what depends on zstd and links anew. Where
an unpacked sdist has been built already, --source and --objects name it and its build folder, and
the variants go on from there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path

from contents import check_sdist, check_wheel

ROOT = Path(__file__).parents[2]
BUILD_REQUIRES = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
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
    db = _core.DB(path, overrides={"compression": compression, "compression_levels": "1"})
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


def make_builder(folder: Path) -> Path:
    """Make an environment that builds, the same for all: so the next variant finds its objects."""
    run(sys.executable, "-m", "venv", folder)
    tools = [tool for tool in ("cmake", "ninja") if shutil.which(tool) is None]
    run(folder / "bin/pip", "install", "-q", *BUILD_REQUIRES, *tools)
    return folder / "bin"


def unpacked_sdist(builder: Path, folder: Path) -> Path:
    """Make the sdist, look into it, and unpack it: a newcomer's source, without our folder."""
    code = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    run(builder / "python", "-c", code, folder)
    (sdist,) = folder.glob("*.tar.gz")
    check_sdist(sdist)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def try_variant(variant: str, source: Path, builder: Path, objects: Path, folder: Path) -> None:
    begun = time.monotonic()
    wheels, venv = folder / "wheels", folder / "venv"
    wheel = ("wheel", source, "--no-deps", "--no-build-isolation", "-q", "-w", wheels)
    path = f"{builder}{os.pathsep}{os.environ['PATH']}"
    run(builder / "pip", *wheel, f"-Cbuild-dir={objects}", LSMKIT_ZSTD=variant, PATH=path)
    (built,) = wheels.glob("lsmkit-*.whl")
    check_wheel(built)
    run(sys.executable, "-m", "venv", venv)
    run(venv / "bin/pip", "install", "-q", built)
    run(venv / "bin/python", "-c", TRIAL, folder, ",".join(SOURCES[variant]))
    print(f"{variant}: passed in {time.monotonic() - begun:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=f"of {', '.join(SOURCES)}")
    parser.add_argument("--source", type=Path, metavar="FOLDER", help="an unpacked sdist")
    parser.add_argument("--objects", type=Path, metavar="FOLDER", help="where it has been built")
    arguments = parser.parse_args()
    variants = arguments.variants or list(SOURCES)
    with tempfile.TemporaryDirectory() as name:
        shared = Path(name)
        builder = make_builder(shared / "builder")
        source = arguments.source or unpacked_sdist(builder, shared)
        objects = arguments.objects or shared / "objects"
        # Objects of another environment are thrown away by scikit-build-core, unless it does not
        # know of that. Ninja compares commands, and compiles anew what sees the environment.
        (objects / ".skbuild-info.json").unlink(missing_ok=True)
        for variant in variants:
            with tempfile.TemporaryDirectory() as folder:
                try_variant(variant, source, builder, objects, Path(folder))
    print(f"{len(variants)} passed, 0 failed")


if __name__ == "__main__":
    main()
