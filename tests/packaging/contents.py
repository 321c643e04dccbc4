"""What must be in our sdist and our wheels."""

import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "lsmkit"
MAX_MODULE_BYTES = 8 << 20  # stripped; more means that debug information slipped in


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
    sources |= {f"lsmkit/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.py")}
    (module,) = inside - sources
    assert module.startswith("lsmkit/_core.cpython-"), module
    assert module.endswith(".so"), module
    assert sources <= inside, sources - inside
    assert sizes[module] < MAX_MODULE_BYTES, sizes[module]
    assert any(name.endswith("licenses/LICENSE") for name in sizes)
    print(f"{wheel.name}: {len(sizes)} files, module {sizes[module] >> 10} KiB")
