"""The player in a browser: what it shows is what was, both ways; keys, views, two runs, exports."""

import json
import re

from lsmkit.player import Player


def moments(run, count=12):
    """Some events, the last included, that changed the tree."""
    events = run.series()["event"]
    step = max(1, len(events) // count)
    return [int(event) for event in (*events[::step], events[-1])]


def test_a_page_needs_no_network_and_starts_before_the_first_event(tab, run, tmp_path):
    opened = tab(Player(run).to_html(), folder=tmp_path)
    assert opened.states() == [0]
    assert opened.numbers() == set()
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.errors == []
    assert opened.ask("player.runs[0].steps") == len(run.events())


def test_every_state_is_true_whichever_way_it_is_reached(tab, leveled, tmp_path):
    opened = tab(Player(leveled).to_html(), folder=tmp_path)
    numbers = leveled.events()["number"].tolist()
    for event in [*moments(leveled), *reversed(moments(leveled))]:
        opened.ask("player.go(argument)", numbers.index(event) + 1)
        assert opened.numbers() == set(leveled.tables(at=event)["number"].tolist())
        levels = {row["level"]: row["weight"] for row in leveled.levels(at=event)}
        shown = opened.ask("player.runs[0].levels.map((level) => level.weight)")
        assert {level: weight for level, weight in enumerate(shown) if weight} == levels
    assert opened.errors == []


def test_play_pause_step_and_scrub_by_keyboard_and_mouse(tab, run, tmp_path):
    opened = tab(Player(run).to_html(), folder=tmp_path)
    page, steps = opened.page, len(run.events())
    page.keyboard.press("f")  # before anything is clicked
    assert opened.states() == [1]
    page.keyboard.press("Home")
    page.locator(".player").focus()
    page.keyboard.press("ArrowRight")
    assert opened.states() == [1]
    page.keyboard.press("Shift+ArrowRight")
    assert opened.states() == [11]
    page.keyboard.press("ArrowLeft")
    assert opened.states() == [10]
    page.keyboard.press("End")
    assert opened.states() == [steps]
    page.keyboard.press("Home")
    assert opened.states() == [0]
    page.keyboard.press("c")
    kinds = run.events()["kind"]
    first = list(kinds).index("compaction") + 1
    assert opened.states() == [first]
    page.get_by_role("button", name="next flush (f)").click()
    assert opened.states() == [list(kinds).index("flush", first) + 1]
    page.locator(".player").focus()
    page.keyboard.press("Space")
    opened.until(f"player.runs[0].state > {first + 3}")
    page.keyboard.press("Space")
    state = opened.states()
    assert opened.ask("player.playing") is False
    page.wait_for_timeout(150)
    assert opened.states() == state
    page.get_by_role("slider", name="position").evaluate(
        "(s) => { s.value = 5000; s.dispatchEvent(new Event('input')) }"
    )
    assert opened.states() == [round(steps / 2)]
    assert opened.errors == []


def test_why_is_said_in_words(tab, run, tmp_path):
    opened = tab(Player(run).to_html(), folder=tmp_path)
    events = run.events()
    at = list(events["reason"]).index("L0 to base")
    opened.ask("player.go(argument)", at + 1)
    why = opened.page.get_by_label("why").inner_text()
    assert "base level" in why
    assert f"{events['score'][at]:.2f}" in why
    assert f"event {events['number'][at]}" in why
    line = opened.page.locator("[aria-current=step]").inner_text()
    assert f"compaction L0 → L{events['output_level'][at]}" in line


def test_what_the_planner_had_to_choose_from_is_said(tab, leveled, tmp_path):
    """How full the level was that a compaction took tables from is what its score told."""
    opened = tab(Player(leveled).to_html(), folder=tmp_path)
    events = leveled.events()
    said = 0
    for step, row in enumerate(events.rows(), 1):
        if row["reason"] != "level full" or step % 5:
            continue
        opened.ask("player.go(argument)", step)
        why = opened.page.get_by_label("why").inner_text()
        shares = dict(re.findall(r"L(\d+) ([\d.]+) × its target", why))
        assert float(shares[str(row["input_level"])]) >= 1
        said += 1
    assert said > 5


def test_counters_are_json(tab, run, tmp_path):
    opened = tab(Player(run).to_html(), folder=tmp_path)
    assert json.loads(json.dumps(opened.ask("player.counters")))["frames"] > 0
