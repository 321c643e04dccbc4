"""What a newcomer does first: write the notebooks, open the first in JupyterLab, run its cells."""

import subprocess
import sys

import pytest
from jupyter_lab import command, shot

pytestmark = pytest.mark.timeout(150)

CELLS = "window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells"


def run_cells(page, commands, wanted):
    """Runs cells; waits until those of the places `wanted` have been, and gives all back."""
    begun = {place: page.evaluate(CELLS)[place]["execution_count"] for place in wanted}
    for name in commands:
        command(page, name)
        page.wait_for_timeout(100)
    for _ in range(400):
        cells = page.evaluate(CELLS)
        counts = {place: cells[place]["execution_count"] for place in wanted}
        if all(counts[place] not in (None, begun[place]) for place in wanted):
            page.wait_for_timeout(300)  # for its output
            return page.evaluate(CELLS)
        page.wait_for_timeout(100)
    raise AssertionError(f"not run within 40 s: {counts}, before: {begun}")


def errors(cells):
    """What went wrong, and what was said to stderr."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]


def test_a_newcomer_sees_a_level_picture_within_five_cells_and_may_run_each_twice(lab, tmp_path):
    folder = tmp_path / "notebooks"
    write = [sys.executable, "-m", "lsmkit.cli", "notebooks", str(folder)]
    told = subprocess.run(write, capture_output=True, text=True, check=True).stdout
    first = sorted(folder.iterdir())[0]
    assert f"Open the first: jupyter lab {first}" in told
    page = lab(folder, first.name)
    code = [i for i, cell in enumerate(page.evaluate(CELLS)) if cell["cell_type"] == "code"]
    five = [place for place in code if place < 5]
    cells = run_cells(page, ["notebook:run-cell-and-select-next"] * 5, five)
    assert errors(cells) == []
    pictures = [
        o for cell in cells[:5] for o in cell.get("outputs", ()) if "image/png" in o["data"]
    ]
    assert len(pictures) == 1
    shown = page.locator(".jp-RenderedImage img").first
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box["width"] > 200
    assert box["height"] > 100
    shot(page, "newcomer")
    for _ in range(2):
        cells = run_cells(page, ["notebook:run-all-cells"], code)
        assert errors(cells) == []
    # And each by itself, the last first.
    for place in reversed(code):
        page.evaluate(
            "(place) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = place }",
            place,
        )
        cells = run_cells(page, ["notebook:run-cell"], [place])
        assert errors(cells) == []
