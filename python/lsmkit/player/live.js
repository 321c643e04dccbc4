// Live: the page asks for the next stretch of virtual time, with the settings of now, and appends
// what happened in it. While paused, nothing is asked and nothing runs.

const ASK_EVERY_MS = 80;
const LIVE_SPEEDS = [
  ["0.01", "× 0.01"], ["0.1", "× 0.1"], ["1", "× 1"], ["10", "× 10"], ["100", "× 100"],
  ["1000", "× 1000"]
];

// Sends a request (an object), gives back a part of a run.
const httpChannel = (url) => async (request) => {
  const answer = await fetch(url, {method: "POST", body: JSON.stringify(request)});
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return unpack(await answer.arrayBuffer());
};

const modelChannel = (model) => {
  const waiting = new Map();
  let next = 1;
  model.on("msg:custom", (message, buffers) => {
    if (!message || message.lsmkit !== "reply" || !waiting.has(message.id)) return;
    waiting.get(message.id)(unpack(buffers[0]));
    waiting.delete(message.id);
  });
  return (request) => new Promise((resolve) => {
           waiting.set(next, resolve);
           const bytes = new TextEncoder().encode(JSON.stringify(request));
           model.send({lsmkit: "request", id: next++}, undefined, [bytes.buffer]);
         });
};

async function startLive(host, channel) {
  const live = new Live(host, channel);
  await live.begin({do: "join"});
  return live;
}

class Live {
  constructor(host, channel) {
    Object.assign(this, {
      host,
      channel,
      speed: "1",
      pending: {},
      settings: {},
      fields: [],
      presets: {},
      busy: false
    });
  }

  // One after the other, for a reply follows the one before.
  async ask(request) {
    const before = this.asked;
    const answer = (async () => {
      await before;
      return this.channel(request);
    })();
    this.asked = answer.catch(() => {});
    const part = await answer;
    if (part.error) throw new Error(part.error);
    return part;
  }

  reset(settings) { return this.begin({do: "reset", settings}); }

  async begin(request) {
    let part;
    try {
      part = await this.ask(request);
    } catch (error) {
      if (!this.player) throw error;
      this.say(error.message);
      return;
    }
    const view = this.player ? this.player.settings : null;
    const wasPlaying = this.player ? this.player.playing : false;
    if (this.player) this.player.close();
    const run = new Run();
    this.take(run, part);
    this.fields = part.form.fields;
    this.presets = part.form.presets;
    this.player = new Player(this.host, [run], {live: this, saveHtml: () => this.savePage()});
    this.player.setAxis("time");
    if (view) {
      Object.assign(this.player.settings, view);
      this.player.setView(view.view);
    }
    this.build();
    this.player.draw();
    if (wasPlaying) this.player.play();
  }

  take(run, part) {
    run.append(part);
    run.end = part.live.now_us;
    this.settings = part.live.settings;
    this.full = part.live.full;
  }

  // -- Running
  // -------------------------------------------------------------------------------------

  play() {
    const {player} = this;
    player.playhead.move(player.playhead.range()[1]);
    if (!this.busy) this.loop(player);
  }

  async loop(player) {
    this.busy = true;
    let last = performance.now() - ASK_EVERY_MS;
    try {
      while (player.playing && !player.closed) {
        const run = player.runs[0], now = performance.now();
        const until = run.end / 1e6 + Number(this.speed) * Math.min(0.5, (now - last) / 1000);
        last = now;
        const set = this.pending;
        this.pending = {};
        const part = await this.ask({do: "run", until_s: until, budget_ms: ASK_EVERY_MS, set});
        if (player.closed) break;
        this.take(run, part);
        player.appended();
        if (this.full) {
          player.pause();
          this.say("This session holds as many events as it can: reset to go on, or save it.");
        }
        await new Promise(
            (resolve) =>
                setTimeout(resolve, Math.max(0, ASK_EVERY_MS - (performance.now() - now))));
      }
    } catch (error) {
      player.pause();
      this.say(error.message);
    }
    this.busy = false;
    if (this.player.playing && !this.player.closed) this.loop(this.player);
  }

  // -- The form
  // ------------------------------------------------------------------------------------

  build() {
    this.inputs = {};
    const input = (field) => this.inputs[field.name] =
        field.choices.length ? this.chooser(field) : this.number(field);
    const row = (field) =>
        h("label", {class: field.live ? "live-field" : ""},
          h("span", {}, field.label, field.unit ? h("small", {}, ` ${field.unit}`) : null,
            field.live ? h("em", {}, " live") : null,
            h("em", {class: "waits", title: "takes effect at the next reset"}, "at reset")),
          input(field));
    const plain = this.fields.filter((field) => !field.advanced),
          advanced = this.fields.filter((field) => field.advanced);
    this.message = h("p", {class: "message", role: "alert"});
    const presets = [["", "choose …"], ...Object.keys(this.presets).map((name) => [name, name])];
    const form =
        h("form", {
          class: "live",
          "aria-label": "simulation",
          submit: (e) => {
            e.preventDefault();
            this.reset(this.read());
          }
        },
          h("h3", {}, "Live simulation"),
          select("preset", presets, "", (name) => name && this.fill(this.presets[name])),
          select(
              "speed of virtual time", LIVE_SPEEDS, this.speed,
              (value) => {
                this.speed = value;
              }),
          h("p", {class: "hint"}, "What is marked ", h("em", {}, "live"),
            " takes effect at once, the rest at the next reset: it shapes tree or keys."),
          plain.map(row),
          h("details", {class: "advanced"}, h("summary", {}, "Advanced LSM tuning"), this.sizing(),
            advanced.map(row)),
          h("div", {class: "acts"},
            this.resetButton = h("button", {type: "submit"}, "Reset with these"),
            button("save the session, to be replayed", "Save", () => this.save())),
          this.message);
    form.addEventListener("keydown", (e) => e.stopPropagation());
    this.player.body.prepend(form);
    this.player.speedSlot.replaceChildren();
    this.fill(this.settings);
  }

  // The one choice that RollingStone has as a switch.
  sizing() {
    const box = h("input", {
      type: "checkbox",
      change: (e) => {
        this.inputs.level_sizing.value = e.target.checked ? "dynamic" : "static";
        this.marks();
      }
    });
    this.sizingBox = box;
    return h(
        "label", {class: "switch"}, box,
        h("span", {}, "levels sized from the last one up (dynamic)"));
  }

  chooser(field) {
    return h(
        "select", {
          "data-field": field.name,
          "aria-label": field.label,
          change: (e) => this.changed(field, e.target.value)
        },
        field.choices.map((choice) => h("option", {value: choice}, choice)));
  }

  number(field) {
    return h("input", {
      type: "number",
      "data-field": field.name,
      "aria-label": field.label,
      min: field.least,
      max: field.most,
      step: "any",
      required: true,
      change: (e) => e.target.checkValidity() && this.changed(field, Number(e.target.value))
    });
  }

  // A live field goes with the next request; while paused, with one of its own.
  changed(field, value) {
    if (field.live) this.pending[field.name] = value;
    this.marks();
    if (field.live && !this.busy) this.tellNow();
  }

  async tellNow() {
    const {player} = this, set = this.pending;
    this.pending = {};
    try {
      const part = await this.ask({do: "run", until_s: 0, set});
      if (player.closed) return;
      this.take(player.runs[0], part);
      player.appended();
      this.marks();
    } catch (error) { this.say(error.message); }
  }

  fill(values) {
    for (const field of this.fields)
      this.inputs[field.name].value = field.name in values ? values[field.name] : field.value;
    this.marks();
  }

  read() {
    const value = (field) => field.choices.length ? this.inputs[field.name].value :
                                                    Number(this.inputs[field.name].value);
    return Object.fromEntries(this.fields.map((field) => [field.name, value(field)]));
  }

  // Shows what waits for a reset.
  marks() {
    const now = this.read();
    let changed = 0;
    for (const field of this.fields) {
      const differs =
          now[field.name] !== this.settings[field.name] && !(field.name in this.pending);
      this.inputs[field.name].closest("label").classList.toggle("changed", differs);
      changed += differs;
    }
    this.sizingBox.checked = now.level_sizing === "dynamic";
    this.resetButton.classList.toggle("due", changed > 0);
    this.resetButton.textContent = changed ? `Reset with ${plural(changed, "change")}` : "Reset";
  }

  say(text) { this.message.textContent = text; }

  async save() {
    try {
      const {saved} = await this.ask({do: "save"});
      download("lsmkit-session.json", "application/json", JSON.stringify(saved, null, 1));
    } catch (error) { this.say(error.message); }
  }

  async savePage() {
    try {
      const {page} = await this.ask({do: "page"});
      download("lsmkit.html", "text/html", page);
    } catch (error) { this.say(error.message); }
  }

  close() {
    if (this.player) this.player.close();
  }
}
