"""Builds an sdist, a wheel from that sdist, and checks what is in them.

python tests/packaging/wheel_contents.py
"""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "lsmkit"
MAX_MODULE_BYTES = 8 << 20  # stripped; more means that debug information slipped in


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", *map(str, arguments)]
    subprocess.run(command, check=True, cwd=ROOT)


def build_sdist(folder: Path) -> Path:
    code = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def check_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("CMakeLists.txt", "pyproject.toml", "LICENSE", "cpp/bindings/module.cc"):
        assert needed in names, f"{needed} is not in the sdist"
    strangers = [name for name in names if name.startswith(("build/", ".git", ".ci", "dist/"))]
    assert not strangers, strangers[:5]
    print(f"{sdist.name}: {len(names)} files, {sdist.stat().st_size >> 10} KiB")


def check_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    inside = {name for name in sizes if not name.split("/")[0].endswith(".dist-info")}
    sources = {
        f"lsmkit/{path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    (module,) = inside - sources
    assert module.startswith("lsmkit/_core.cpython-"), module
    assert module.endswith(".so"), module
    assert sources <= inside, sources - inside
    assert sizes[module] < MAX_MODULE_BYTES, sizes[module]
    assert any(name.endswith("licenses/LICENSE") for name in sizes)
    print(f"{wheel.name}: {len(sizes)} files, module {sizes[module] >> 10} KiB")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sdist = build_sdist(folder)
        check_sdist(sdist)
        pip("wheel", sdist, "--no-deps", "-q", "-w", folder)
        (wheel,) = folder.glob("*.whl")
        check_wheel(wheel)
    print("2 passed, 0 failed")


if __name__ == "__main__":
    main()
