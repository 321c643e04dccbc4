"""Notebooks as text: py:percent sources and the .ipynb files that Jupyter opens.

A source is Python in which each line ``# %%`` begins a cell of code and ``# %% [markdown]`` one of
text, whose lines are comments (jupytext calls this py:percent). It runs as a script, too. What is
written is nbformat 4.5, the same bytes for the same source.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lsmkit._errors import InvalidArgument

__all__ = ["Cell", "cells", "notebook_sources", "to_ipynb"]

_MARKER = re.compile(r"# %%(?:\s*\[(\w+)\])?\s*$")


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Attributes
    ----------
    kind : {"code", "markdown"}
    text : str
        Without blank lines around it; of markdown, without the comment signs.
    line : int
        Of its marker in the source, from 1 on.
    """

    kind: Literal["code", "markdown"]
    text: str
    line: int


def cells(source: str) -> list[Cell]:
    """The cells of a py:percent source, in order; those without text are left out.

    Raises
    ------
    InvalidArgument
        Naming the line: text before the first marker, a cell of an unknown kind, or a line of
        markdown that is no comment.
    """
    return [cell for cell in _cells(source) if cell.text]


def _cells(source: str) -> Iterator[Cell]:
    kind, begun, lines = "", 0, list[str]()
    for number, line in enumerate([*source.splitlines(), "# %%"], 1):
        marker = _MARKER.match(line)
        if marker is None:
            if not begun and line.strip():
                raise InvalidArgument(f"line {number}: the first cell begins with '# %%', not here")
            lines.append(_uncommented(line, number) if kind == "markdown" else line)
            continue
        if begun:
            text = "\n".join(lines).strip("\n")
            yield Cell("markdown" if kind == "markdown" else "code", text, begun)
        kind, begun, lines = marker[1] or "code", number, []
        if kind not in ("code", "markdown"):
            raise InvalidArgument(f"line {number}: cells are code or [markdown], not [{kind}]")


def _uncommented(line: str, number: int) -> str:
    if not line.strip() or line.rstrip() == "#":
        return ""
    if not line.startswith("# "):
        raise InvalidArgument(f"line {number}: text of a [markdown] cell begins with '# '")
    return line[2:].rstrip()


def to_ipynb(source: str) -> str:
    """A py:percent source as the JSON of an .ipynb file, without outputs."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [_json_cell(number, cell) for number, cell in enumerate(cells(source))],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _json_cell(number: int, cell: Cell) -> dict[str, object]:
    name = hashlib.sha256(f"{number} {cell.kind} {cell.text}".encode()).hexdigest()[:12]
    out: dict[str, object] = {
        "cell_type": cell.kind,
        "id": name,
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    return out if cell.kind == "markdown" else {**out, "execution_count": None, "outputs": []}


def notebook_sources() -> dict[str, Path]:
    """The notebooks that come with lsmkit: path of the source, by name, in reading order."""
    package = Path(__file__).parent
    # In the wheel they lie in the package; in a checkout, beside python/.
    for folder in (package / "notebooks", package.parents[1] / "notebooks"):
        found = sorted(folder.glob("[0-9][0-9]_*.py"))
        if found:
            return {path.stem: path for path in found}
    return {}
