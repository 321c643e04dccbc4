"""A run of layers in a browser: the plane of keys and LSNs, forwards and back."""

import sys
from pathlib import Path

from lsmkit.player import Player

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))
from layered_sample import LayeredSample


def test_layers_play_forwards_and_back_and_say_what_they_are(tab, tmp_path):
    run = LayeredSample()
    opened = tab(Player(run).to_html(), folder=tmp_path, color_scheme="dark")
    page = opened.page
    assert page.get_by_role("tab", selected=True).inner_text() == "Key × LSN"
    assert page.get_by_label("key axis").is_visible()
    canvas = "player.views[0].canvas.toDataURL()"
    first = opened.ask(canvas)
    seen = []
    page.locator(".player").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        seen.append(opened.numbers())
    for number, numbers in enumerate(seen, 1):
        layers = run.layers(all=True)
        alive = (layers["born"] <= number) & ~(layers["died"] <= number).filled(False)
        assert numbers == set(layers["number"][alive].tolist())
    opened.shot("layers_dark")
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert opened.numbers() == set()
    assert opened.ask(canvas) == first
    page.keyboard.press("End")
    box = page.locator("figure canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.6)
    told = page.get_by_role("tooltip").inner_text()
    assert "layer" in told
    assert "LSN" in told
    assert page.get_by_text("image layer").is_visible()
    assert opened.ask("player.counters.rectangles") < 4000
    page.get_by_role("tab", name="By key range").click()
    opened.shot("layers_keys_dark")
    page.get_by_role("tab", name="Levels by size").click()
    opened.shot("layers_levels_dark")
    assert opened.errors == []


def test_layers_beside_tables(tab, run, tmp_path):
    opened = tab(Player(LayeredSample(), run).to_html(), folder=tmp_path)
    assert opened.page.get_by_role("tab", selected=True).inner_text() == "Levels by size"
    opened.page.get_by_role("tab", name="Key × LSN").click()
    opened.ask("player.go(25)")
    opened.shot("layers_beside")
    assert opened.errors == []
