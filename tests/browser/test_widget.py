"""The widget's side of the module, with a model that is not Jupyter's."""

import pytest

from lsmkit.player import Player
from lsmkit.player.module import module_text

pytest.importorskip("anywidget")

PAGE = """<!doctype html><link rel="icon" href="data:,"><title>widget</title><div id="cell"></div>
<script type="module">
const source = document.querySelector("#module").textContent;
const url = URL.createObjectURL(new Blob([source], {{ type: "text/javascript" }}));
const module = await import(url);  // as anywidget loads it
const bytes = Uint8Array.from(atob("{data}"), (c) => c.charCodeAt(0));
const shifted = new Uint8Array(bytes.length + 3);
shifted.set(bytes, 3);
const traits = {{ runs: new DataView(shifted.buffer, 3), height: 700, position: 0, playing: false,
  speed: "5", selection: "", live: false }};
const listeners = {{}};
window.model = {{ traits, saved: 0,
  get: (name) => traits[name], set: (name, value) => {{ traits[name] = value; }},
  save_changes: () => {{ window.model.saved++; }},
  on: (name, act) => {{ (listeners[name] ||= []).push(act); }},
  off: (name, act) => {{ listeners[name] = (listeners[name] || []).filter((l) => l !== act); }},
  change: (name, value) => {{ traits[name] = value; (listeners[`change:${{name}}`] || []).forEach((l) => l()); }},
}};
window.leave = module.default.render({{ model: window.model, el: document.querySelector("#cell") }});
</script>
"""  # fmt: skip  # noqa: E501


def test_playing_sends_nothing_and_pausing_sends_where_it_is(tab, run, tmp_path):
    import base64

    widget = Player(run).widget()
    page = PAGE.format(data=base64.b64encode(widget.runs).decode())
    module = f'<script type="text/plain" id="module">{module_text()}</script>'
    opened = tab(page.replace('<script type="module">', module + '<script type="module">', 1),
                 folder=tmp_path)  # fmt: skip
    model = "window.model"
    opened.ask("(player.speed = '100', player.play())")
    opened.page.wait_for_timeout(60)
    saved = opened.ask(f"{model}.saved")
    opened.until("player.runs[0].state > 30")
    assert opened.ask(f"{model}.saved") <= saved + 1  # of the press itself
    opened.page.locator(".player").focus()
    opened.page.keyboard.press("Space")
    opened.page.wait_for_timeout(300)
    assert opened.ask(f"{model}.traits.position") == opened.states()[0]
    assert opened.ask(f"{model}.traits.playing") is False
    opened.ask(f"{model}.change('position', 5)")
    assert opened.states() == [5]
    opened.ask(f"{model}.change('playing', true)")
    assert opened.ask("player.playing") is True
    opened.ask("leave()")
    assert opened.page.evaluate("__lsmkit.players.length") == 0
    assert opened.errors == []
