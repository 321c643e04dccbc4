"""Live over the loopback server, in a browser: play, change, pause, look back, reset, save."""

import json
import subprocess
import sys

import pytest

from lsmkit.player.live import LiveSession


@pytest.fixture
def served(tmp_path):
    """The command `lsmkit play --live`, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lsmkit.cli", "play", "--live", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        text=True,
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["url"]
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_a_live_session_plays_takes_settings_resets_and_saves(tab, served, tmp_path):
    """W4.9, W4.11: controls, presets, parameters and the toggle of "Advanced LSM tuning", live."""
    opened = tab(url=served)
    page = opened.page
    assert opened.states() == [0]
    asked = len(opened.requests)
    page.wait_for_timeout(300)
    assert len(opened.requests) == asked  # idle while it does not play
    page.get_by_role("button", name="play", exact=True).click()
    opened.until("player.runs[0].steps > 60")
    page.locator("[data-field=rate]").fill("90000")
    page.locator("[data-field=rate]").press("Tab")
    opened.until("player.runs[0].header.kinds.includes('set')")
    page.locator("[data-field=device]").select_option("nvme")
    opened.until("player.hooks.live.settings.device === 'nvme'")
    page.get_by_role("button", name="pause").click()
    opened.until("!player.hooks.live.busy")
    opened.shot("live")
    state = opened.states()[0]
    page.locator(".player").focus()
    page.keyboard.press("Home")
    assert opened.states() == [0]
    assert opened.numbers() == set()
    page.keyboard.press("End")
    assert opened.states()[0] == opened.ask("player.runs[0].steps") >= state

    with page.expect_download() as download:
        page.get_by_role("button", name="save the session").click()
    saved = json.loads(download.value.path().read_text())
    again = LiveSession.replayed(saved)
    assert opened.numbers() == set(again.result().tables()["number"].tolist())
    assert [change[1:] for change in saved["changes"]] == [["rate", 90000], ["device", "nvme"]]
    sorted_keys = "[...player.runs[0].byRank].map((key) => [...player.runs[0].keys.at(key)])"
    ordered = opened.ask(sorted_keys)
    assert len(ordered) > 100
    assert ordered == sorted(ordered)
    page.locator("[data-field=device_mb_per_s]").fill("5")
    page.locator("[data-field=device_mb_per_s]").press("Tab")  # at once, though it is paused
    opened.until("player.hooks.live.settings.device_mb_per_s === 5")
    waiting = page.get_by_text("at reset", exact=True).locator("visible=true")
    assert waiting.count() == 0

    page.get_by_text("Advanced LSM tuning").click()
    page.get_by_label("preset").select_option("leveled, small")
    page.get_by_role("checkbox").uncheck()
    page.locator("[data-field=fanout]").fill("3")
    page.locator("[data-field=fanout]").press("Tab")
    reset = page.get_by_role("button", name="Reset with 6 changes")
    assert "due" in reset.get_attribute("class")
    assert waiting.count() == 6
    opened.shot("live_waits")
    reset.click()
    opened.until("player.hooks.live.settings.layout === 'leveled' && player.runs[0].steps === 0")
    told = opened.ask("player.runs[0].header.options")
    assert (told["layout"], told["level_sizing"]) == ("leveled", "static")
    assert float(told["fanout"]) == 3
    page.get_by_role("button", name="play", exact=True).click()
    opened.until("player.runs[0].steps > 40")
    assert opened.errors == []
    opened.shot("live_leveled")


def test_a_setting_that_can_not_be_is_told_and_the_session_goes_on(tab, served):
    opened = tab(url=served)
    opened.page.evaluate(
        "() => { const live = __lsmkit.players[0].hooks.live;"
        "live.reset({ ...live.read(), keys: -5 }) }"
    )
    opened.until("player.hooks.live.message.textContent.includes('keys')")
    opened.page.get_by_role("button", name="play", exact=True).click()
    opened.until("player.runs[0].steps > 10")


def test_a_live_run_goes_out_as_a_page_of_its_own(tab, served, tmp_path):
    opened = tab(url=served)
    page = opened.page
    page.get_by_role("button", name="play", exact=True).click()
    opened.until("player.runs[0].steps > 60")
    page.get_by_role("button", name="pause").click()
    opened.until("!player.hooks.live.busy")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="run as HTML").click()
    alone = tab(download.value.path().read_text(), folder=tmp_path)
    assert alone.ask("player.runs[0].steps") == opened.ask("player.runs[0].steps")
    alone.ask("player.go(1e9)")
    opened.ask("player.go(player.playhead.range()[1])")
    assert alone.numbers() == opened.numbers()
