// One or two runs under one playhead: playing, stepping, scrubbing, keys.

const SPEEDS = {
  event: [
    ["1", "1 event/s"], ["2", "2 events/s"], ["5", "5 events/s"], ["10", "10 events/s"],
    ["30", "30 events/s"], ["100", "100 events/s"], ["1000", "1,000 events/s"],
    ["fit", "all in 30 s"]
  ],
  time: [
    ["0.001", "× 0.001"], ["0.01", "× 0.01"], ["0.1", "× 0.1"], ["1", "× 1"], ["10", "× 10"],
    ["100", "× 100"], ["1000", "× 1000"], ["fit", "all in 30 s"]
  ],
  bytes: [
    ["1048576", "1 MiB/s"], ["16777216", "16 MiB/s"], ["268435456", "256 MiB/s"],
    ["4294967296", "4 GiB/s"], ["fit", "all in 30 s"]
  ],
};
class Player extends Stage {
  // `hooks`: notify(player) whenever something changed that others keep; saveHtml() for the page.
  constructor(host, runs, hooks = {}) {
    super();
    this.host = host;
    this.runs = runs;
    this.hooks = hooks;
    this.playhead = new Playhead(runs);
    // Nothing else shows what a run of layers is about.
    const view = runs.every((run) => run.layered) ? "seqnos" : "levels";
    this.settings = {view, keyAxis: "rank"};
    this.speed = "5";
    this.playing = false;
    this.selected = null;
    this.counters =
        {frames: 0, rectangles: 0, mostRectangles: 0, replayed: 0, mostReplayed: 0, frameMs: 0};
    this.build();
    this.playhead.move(this.playhead.range()[0]);
    this.idle();
    (globalThis.__lsmkit = globalThis.__lsmkit || {players: []}).players.push(this);
  }

  // -- Moving
  // --------------------------------------------------------------------------------------

  go(place) {
    this.playhead.move(place);
    this.draw();
    this.changed();
  }
  step(count) {
    this.pause();
    this.go(this.playhead.steps(count));
  }
  scrub(part) {
    const [begin, end] = this.playhead.range();
    this.pause();
    this.playhead.move(
        this.playhead.axis === "event" ? Math.round(begin + part * (end - begin)) :
                                         begin + part * (end - begin));
    this.soon();
  }

  find(name, forward = true) {
    const place = this.playhead.find(this.finders[name], forward);
    this.pause();
    if (place !== null) this.go(place);
    else
      this.say(`No ${forward ? "later" : "earlier"} ${
          {c: "compaction", f: "flush", s: "stall"}[name]}.`);
  }

  setAxis(axis) {
    this.axisPick.querySelector("select").value = axis;
    this.playhead.setAxis(axis);
    this.setSpeeds();
    this.draw();
    this.changed();
  }

  setSpeeds() {
    const {axis} = this.playhead, [, end] = this.playhead.range();
    this.speed = axis === "event" ? (end > 300 ? "fit" : "5") : "fit";
    this.speedPick = select("speed", SPEEDS[axis], this.speed, (value) => {
      this.speed = value;
      this.changed();
    });
    this.speedSlot.replaceChildren(this.speedPick);
  }

  setView(name) {
    this.settings.view = name;
    this.tabs.forEach(
        (tab) => tab.setAttribute("aria-selected", String(tab.dataset.view === name)));
    this.keyAxisPick.hidden = name === "levels";
    this.draw();
  }

  toggle() {
    if (this.playing) this.pause(true);
    else this.play();
  }

  play() {
    const [begin, end] = this.playhead.range();
    if (!this.hooks.live && this.playhead.place >= end) this.playhead.move(begin);
    this.playing = true;
    this.showPlaying();
    if (this.hooks.live) {
      this.hooks.live.play();
      return;
    }
    let last = performance.now();
    this.anchor = this.playhead.place;
    const frame = (now) => {
      if (!this.playing) return;
      this.anchor += Math.min(0.25, (now - last) / 1000) * this.rate();
      last = now;
      const end = this.playhead.range()[1];
      this.playhead.move(this.playhead.axis === "event" ? Math.floor(this.anchor) : this.anchor);
      this.draw();
      if (this.anchor >= end) this.pause(true);
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    this.changed();
  }

  // A live run has grown: what one looks at goes along with its end.
  appended() {
    this.playhead.move(this.playhead.range()[1]);
    this.draw();
  }

  // Units of the axis per second.
  rate() {
    const [begin, end] = this.playhead.range();
    if (this.speed === "fit") return (end - begin) / 30;
    return Number(this.speed) * (this.playhead.axis === "time" ? 1e6 : 1);
  }

  pause(tell = false) {
    if (!this.playing) return;
    this.playing = false;
    this.showPlaying();
    if (tell) this.changed();
  }

  showPlaying() {
    this.playButton.textContent = this.playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", this.playing ? "pause" : "play");
    this.playButton.title = this.playing ? "pause (space)" : "play (space)";
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey ||
        /^(SELECT|TEXTAREA|SUMMARY)$/.test(event.target.tagName))
      return;
    if (event.target.tagName === "INPUT" && event.target.type !== "range") return;
    const many = event.shiftKey ? 10 : 1, [begin, end] = this.playhead.range();
    const acts = {
      " ": () => this.toggle(),
      ArrowRight: () => this.step(many),
      ArrowLeft: () => this.step(-many),
      Home: () => {
        this.pause();
        this.go(begin);
      },
      End: () => {
        this.pause();
        this.go(end);
      },
      c: () => this.find("c"),
      f: () => this.find("f"),
      s: () => this.find("s"),
      C: () => this.find("c", false),
      F: () => this.find("f", false),
      S: () => this.find("s", false),
      1: () => this.setView("levels"),
      2: () => this.setView("keys"),
      3: () => this.setView("seqnos"),
    };
    if (!acts[event.key] || (event.key === " " && event.target.tagName === "BUTTON")) return;
    event.preventDefault();
    acts[event.key]();
  }

  scrubWith(canvas) {
    const at = (e) => (e.offsetX - this.charts.left) / this.charts.width;
    canvas.addEventListener("pointerdown", (e) => {
      canvas.setPointerCapture(e.pointerId);
      this.dragging = true;
      this.scrub(at(e));
    });
    canvas.addEventListener("pointermove", (e) => {
      if (this.dragging) this.scrub(at(e));
    });
    const end = () => {
      if (this.dragging) {
        this.dragging = false;
        this.changed();
      }
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  // -- Others
  // --------------------------------------------------------------------------------------

  changed() {
    if (this.hooks.notify) this.hooks.notify(this);
  }

  // Builds keyframes while nothing else goes on.
  idle() {
    const later = globalThis.requestIdleCallback || ((act) => setTimeout(act, 10));
    const works =
        this.runs.filter((run) => run.steps > KEYFRAME).map((run) => run.buildKeyframes());
    const next = () => {
      if (!works.length || this.closed) return;
      if (works[0].next().done) works.shift();
      later(next);
    };
    later(next);
  }

  close() {
    this.closed = true;
    this.playing = false;
    this.resizes.disconnect();
    this.jupyter.disconnect();
    this.media.removeEventListener("change", this.onTheme);
    const all = globalThis.__lsmkit.players;
    all.splice(all.indexOf(this), 1);
  }
}
