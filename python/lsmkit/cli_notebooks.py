"""The command `lsmkit notebooks`: the notebooks that come with lsmkit, ready to be opened."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit.cli_output import note, print_json
from lsmkit.percent import cells, notebook_sources, to_ipynb

__all__ = ["add_commands"]


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "write the notebooks that come with lsmkit, to be opened in Jupyter"
    command = add("notebooks", write_notebooks, text)
    command.add_argument("dir", nargs="?", default="./lsmkit-notebooks", metavar="DIR", type=Path)
    command.add_argument(
        "--force", action="store_true", help="write over notebooks that were changed"
    )


def write_notebooks(options: argparse.Namespace) -> int:
    """Write them; exit code 1 if one was left as it is because somebody changed it."""
    sources = notebook_sources()
    if not sources:
        raise lsmkit.Error("this installation of lsmkit came without notebooks")
    options.dir.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, path in sources.items():
        source = path.read_text(encoding="utf-8")
        target = options.dir / f"{name}.ipynb"
        rows.append(
            {
                "notebook": str(target),
                "title": _title(source),
                "state": _write(target, to_ipynb(source), force=options.force),
            }
        )
    changed = [row["notebook"] for row in rows if row["state"] == "changed"]
    if options.json:
        print_json(rows)
    else:
        for row in rows:
            print(f"{row['notebook']}: {row['title']}")
        print(f"\nOpen the first: jupyter lab {rows[0]['notebook']}")
    for path_text in changed:
        note(f"lsmkit: {path_text} was changed since it was written and is left so; see --force")
    return 1 if changed else 0


def _title(source: str) -> str:
    """The first heading."""
    for cell in cells(source):
        if cell.kind == "markdown" and cell.text.startswith("# "):
            return cell.text.splitlines()[0][2:]
    return ""


def _write(target: Path, text: str, *, force: bool) -> str:
    """ "written", "unchanged", or "changed": it has other text, which stays."""
    if target.exists():
        if target.read_text(encoding="utf-8", errors="replace") == text:
            return "unchanged"
        if not force:
            return "changed"
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return "written"
