"""Pages as people meet them: two runs, stalls, hostile keys, hovering, exports, small and dark."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import lsmkit
from lsmkit.player import Player
from lsmkit.testing import MemoryDisk

HOSTILE = b"</script><img src=x onerror=\"document.title='owned'\">"


def test_two_runs_go_together_by_time_by_bytes_and_by_event(tab, timed, leveled, tmp_path):
    opened = tab(Player(timed, leveled).to_html(), folder=tmp_path)
    for axis, column in (("time", "time_us"), ("bytes", "user_bytes")):
        opened.page.get_by_label("align by").select_option(axis)
        end = opened.ask("player.playhead.range()[1]")
        for share in (0.1, 0.35, 0.9, 0.35, 1):
            opened.ask("player.go(argument)", share * end)
            expected = []
            for run in (timed, leveled):
                frame = run.events() if axis == "time" else None
                if axis == "time":
                    expected.append(int((frame[column] <= share * end).sum()))
            if expected:
                assert opened.states() == expected
            else:
                for index, run in enumerate((timed, leveled)):
                    told = opened.ask("player.runs[argument].figure('user_bytes')", index)
                    known = run.series()[column]
                    assert told == max([0, *known[known <= share * end].tolist()])
    opened.page.get_by_label("align by").select_option("event")
    opened.ask("player.go(7)")
    assert opened.states() == [7, 7]
    opened.ask("player.go(player.playhead.range()[1] / 2)")
    opened.shot("compare")
    assert opened.errors == []


def test_stepping_two_runs_visits_every_event_of_both(tab, timed, leveled, tmp_path):
    opened = tab(Player(timed, leveled).to_html(), folder=tmp_path)
    opened.page.get_by_label("align by").select_option("time")
    opened.ask("player.go(0)")
    seen = [opened.states()]
    for _ in range(60):
        opened.ask("player.step(1)")
        seen.append(opened.states())
    for before, after in pairwise(seen):
        assert sum(after) > sum(before)
    there = opened.ask("player.playhead.place")
    opened.ask("player.step(-60)")
    assert opened.states() == seen[0]
    opened.ask("player.step(60)")
    assert opened.ask("player.playhead.place") == there


def test_why_writes_wait_is_said(tab, timed, tmp_path):
    opened = tab(Player(timed).to_html(), folder=tmp_path)
    opened.page.get_by_role("button", name="next stall (s)").click()
    series, state = timed.series(), opened.states()[0]
    assert state > 0
    waited = opened.page.locator(".waits").inner_text()
    assert "Writes waited" in waited
    timeline = timed.timeline()
    row = next(row for row in timeline.rows()[1:] if row["delay_us_per_kib"] > 0)
    after = int((timed.events()["time_us"] < row["time_us"]).sum()) + 1
    opened.ask("player.go(argument)", after)
    words = opened.page.locator(".waits").inner_text()
    assert f"Writes are slowed down by {row['delay_us_per_kib'] / 1000:.2f} ms per KiB" in words
    assert "L0 holds too many runs" in words
    assert row["cause"] == "l0_runs"
    number = timed.events()["number"][after - 1]
    runs = series["l0_run_count"][series["event"] <= number][-1]
    assert f"{runs} runs in L0" in words
    opened.shot("stall")


def test_hostile_keys_are_shown_and_nothing_else(tab, tmp_path):
    """`</script><img onerror=...>`, hovered over, exported and read aloud."""
    with MemoryDisk().open("/" + HOSTILE.decode().replace("/", "|"), lsmkit.Options.small()) as db:
        for number in range(20_000):
            db[HOSTILE + b"%05d" % number] = b"value" * 9
        db.wait_idle()
        page = db.to_html()
        count = len(db.events())
    opened = tab(page, folder=tmp_path)
    opened.ask("player.go(argument)", count)
    opened.ask("player.setView('keys')")
    x, y = opened.ask(
        "(({y, h, x0, x1}) => [(x0[0] + x1[0]) / 2, y + h / 2])"
        "(player.views[0].scene.lanes.filter((lane) => lane.rows.length).pop())"
    )
    opened.page.locator("figure canvas").hover(position={"x": x, "y": y})
    tip = opened.page.get_by_role("tooltip")
    assert HOSTILE.decode() in tip.inner_text()
    assert opened.page.title() != "owned"
    assert opened.page.locator("img").count() == 0
    opened.ask("player.selected = { run: 0, row: 0 }")
    svg = opened.ask("player.exports.svg()")
    ElementTree.fromstring(svg)
    assert "<img" not in svg
    opened.page.wait_for_timeout(100)
    assert opened.page.title() != "owned"
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.errors == []
    opened.shot("hostile")


def test_hovering_shows_the_facts_of_the_table_there(tab, leveled, tmp_path):
    opened = tab(Player(leveled).to_html(), folder=tmp_path)
    event = int(leveled.events()["number"][-1])
    opened.ask("player.go(1e9)")
    canvas = opened.page.locator("figure canvas")
    box = canvas.bounding_box()
    for view in ("levels", "keys", "seqnos"):
        opened.ask("player.setView(argument)", view)
        lane = opened.ask(
            "(({y, h, x0, x1, rows}) => [x0[0] + (x1[0] - x0[0]) / 2, y + h / 2, rows[0]])"
            "(player.views[0].scene.lanes.filter((lane) => lane.rows.length).pop())"
        )
        assert lane[0] < box["width"]
        canvas.hover(position={"x": lane[0], "y": lane[1]})
        text = opened.page.get_by_role("tooltip").inner_text()
        standing = leveled.tables(at=event).rows()
        names = {f"#{r['number'] >> 28}.0.{r['number'] & 0xFFFFF}": r for r in standing}
        shown = next(word for word in text.split() if word.startswith("#"))
        row = names.get(shown) or names[f"{shown}.0.0"]
        assert row["smallest_key"].decode() in text
        assert f"L{row['level']}" in text
        opened.shot(view)
    assert opened.errors == []


def test_a_frame_goes_out_as_svg_and_png_the_state_as_csv_the_run_as_html(tab, leveled, tmp_path):
    opened = tab(Player(leveled).to_html(), folder=tmp_path)
    numbers = leveled.events()["number"].tolist()
    middle = len(numbers) // 2
    opened.ask("player.go(argument)", middle)

    def export(name):
        opened.page.get_by_text("Export", exact=True).click()
        with opened.page.expect_download() as download:
            opened.page.get_by_role("button", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    svg = ElementTree.fromstring(export("frame as SVG").read_text())
    rects = svg.findall(".//{http://www.w3.org/2000/svg}rect")
    standing = leveled.tables(at=numbers[middle - 1]).rows()
    assert len(rects) > len(standing) / 4
    png = export("frame as PNG").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    rows = list(csv.DictReader(io.StringIO(export("tables as CSV").read_text())))
    assert {int(row["number"]) for row in rows} == {row["number"] for row in standing}
    by_number = {row["number"]: row for row in standing}
    for row in rows:
        told = by_number[int(row["number"])]
        assert int(row["weight"]) == told["weight"]
        assert row["smallest_key"].strip('"').encode() == told["smallest_key"]
    again = tab(export("run as HTML").read_text(), folder=tmp_path)
    again.ask("player.go(argument)", middle)
    assert again.numbers() == {row["number"] for row in standing}
    assert again.errors == []


def test_dark_and_narrow_and_thinned(tab, leveled, tmp_path):
    page = leveled.to_html()
    opened = tab(page, folder=tmp_path, color_scheme="dark", viewport={"width": 640, "height": 900})
    assert "dark" in opened.page.locator(".player").get_attribute("class")
    opened.ask("player.go(1e9)")
    opened.shot("dark_narrow")
    assert opened.ask("player.root.scrollWidth <= player.root.clientWidth")
    workload = lsmkit.Workload.overwrites(keys=20_000, times=20)
    long = lsmkit.simulate(workload, lsmkit.Options.small(layout="leveled", fanout=4.0))
    thin = tab(long.to_html(max_bytes=80_000), folder=tmp_path)
    steps = thin.ask("player.runs[0].steps")
    told = f"{len(long.events()):,} events in {steps:,} steps"
    assert told in thin.page.locator(".notes").inner_text()
    assert steps < len(long.events())
    thin.ask("player.go(20)")
    assert "stands for" in thin.page.get_by_label("why").inner_text()
    assert thin.errors == []


def test_everything_that_is_clicked_has_a_name(tab, timed, tmp_path):
    """For those who hear the page instead of seeing it."""
    opened = tab(Player(timed).to_html(), folder=tmp_path)
    nameless = opened.ask(
        "[...player.root.querySelectorAll('button, input, select, canvas, summary')].filter("
        "(e) => !(e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.outerHTML)"
    )
    assert nameless == []
    focus = opened.ask("getComputedStyle(player.root).getPropertyValue('--focus').trim() !== ''")
    assert focus


def test_a_frame_in_a_notebook_plays_too(tab, run, tmp_path):
    """`run.show()`: the page in a sandboxed frame, without same-origin rights."""
    html = f"<!doctype html><body>{run.show()._repr_html_()}</body>"
    path = Path(tmp_path) / "notebook.html"
    path.write_text(html, encoding="utf-8")
    opened = tab(url=path.as_uri(), frame=True)
    frame = opened.page.frames[1]
    frame.locator(".player").focus()
    frame.locator(".player").press("End")
    assert frame.evaluate("__lsmkit.players[0].runs[0].state") == len(run.events())
    assert opened.errors == []
