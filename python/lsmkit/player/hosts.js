// Where a player lives: in a page of its own, or in a notebook by anywidget.

function runsOf(data) {
  return unbundle(data).map((part) => {
    const run = new Run();
    run.append(part);
    return run;
  });
}

async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function failed(host, error) {
  host.replaceChildren(
      `The player could not start: ${error && error.message ? error.message : error}`);
  throw error;
}

async function startPage(host) {
  const page =
      `<!doctype html>\n${document.documentElement.outerHTML}`;  // before anything is added
  const config = JSON.parse(document.querySelector("[data-lsmkit-config]").textContent);
  if (config.live) return startLive(host, httpChannel(config.live), config);
  const data = document.querySelector("[data-lsmkit-data]").textContent;
  const hooks = {saveHtml: () => download("lsmkit.html", "text/html", page)};
  const player = new Player(host, runsOf(await inflated(data)), hooks);
  // Keys work at once, without a click.
  document.addEventListener("keydown", (event) => {
    if (event.target === document.body) player.key(event);
  });
  return player;
}

// What anywidget calls. `model` has `runs` (bytes), and small traits that are written on pauses
// alone.
function render({model, el}) {
  const host = document.createElement("div");
  host.style.height = `${model.get("height") || 760}px`;
  el.append(host);
  if (model.get("live")) {
    const live = startLive(host, modelChannel(model), {});
    return async () => (await live).close();
  }
  let player = null, timer = 0, own = false;
  const start = () => {
    if (player) player.close();
    const hooks = {
      notify: () => {
        clearTimeout(timer);
        timer = setTimeout(tell, 120);
      }
    };
    player = new Player(host, runsOf(model.get("runs")), hooks);
    if (model.get("position") > 0)
      player.go(player.runs[0].coordinate("event", model.get("position")));
  };
  const tell = () => {
    own = true;
    model.set("position", player.runs[0].state);
    model.set("playing", player.playing);
    model.set("speed", player.speed);
    const chosen = player.selected;
    model.set(
        "selection",
        chosen ? tableText(player.runs[chosen.run].column("table number")[chosen.row]) : "");
    model.save_changes();
    own = false;
  };
  const listeners = {
    "change:runs": start,
    "change:position": () => {
      const run = player.runs[0], state = model.get("position");
      if (!own && state !== run.state) player.go(run.coordinate(player.playhead.axis, state));
    },
    "change:playing": () => {
      if (!own && model.get("playing") !== player.playing) player.toggle();
    },
    "change:speed": () => {
      if (!own) player.speed = model.get("speed");
    },
  };
  start();
  for (const [name, act] of Object.entries(listeners)) model.on(name, act);
  return () => {
    clearTimeout(timer);
    for (const [name, act] of Object.entries(listeners)) model.off(name, act);
    player.close();
  };
}

export {Player, Run, runsOf, startLive};
export default {render};

if (typeof document !== "undefined")
  for (const host of document.querySelectorAll("[data-lsmkit-player]")) {
    host.style.height = "100vh";
    startPage(host).catch((error) => failed(host, error));
  }
