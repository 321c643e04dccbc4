// What a player's page looks like: its parts, what is drawn in them, and what is said.

const LOG_LINE = 19.5;  // pixels

class Stage {
  build() {
    const shadow = this.host.shadowRoot || this.host.attachShadow({mode: "open"});
    this.views = this.runs.map((run, i) => this.buildView(run, i));
    this.tiles = h("div", {class: "tiles", "aria-live": "off"});
    this.why = h("section", {class: "why", "aria-label": "why", "aria-live": "polite"});
    this.log = h("ol", {class: "log", "aria-label": "events"});
    this.tip = h("div", {class: "tip", role: "tooltip", hidden: true});
    const canvas = h("canvas", {
      class: "charts",
      tabindex: "-1",
      role: "img",
      "aria-label": "figures over the run; drag to move the playhead"
    });
    this.charts = new Charts(canvas);
    this.scrubWith(canvas);
    this.root = h(
        "div", {
          class: "player",
          tabindex: "0",
          role: "application",
          "aria-label": "lsmkit player",
          keydown: (e) => this.key(e)
        },
        h("header", {}, h("div", {class: "name"}, h("b", {}, "lsmkit"), h("span", {}, " player")),
          this.tiles),
        this.body = h(
            "div", {class: "body"},
            h("div", {class: "pictures"}, this.buildTabs(), this.views.map((view) => view.figure)),
            h("aside", {}, this.why, h("h3", {}, this.runs.length > 1 ? "Events of A" : "Events"),
              this.log)),
        this.buildControls(), canvas, h("p", {class: "notes"}, this.notes()), this.tip);
    shadow.replaceChildren(h("style", {}, STYLE), this.root);
    this.retheme();
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.onTheme = () => this.retheme();
    this.media.addEventListener("change", this.onTheme);
    this.jupyter = new MutationObserver(() => this.retheme());
    this.jupyter.observe(document.body, {attributeFilter: ["data-jp-theme-light"]});
    this.resizes = new ResizeObserver(() => this.soon());
    for (const element of [this.root, ...this.views.map((view) => view.canvas)])
      this.resizes.observe(element);
  }

  buildView(run, i) {
    const canvas = h("canvas", {
      role: "img",
      tabindex: "-1",
      "aria-label": `tables of ${run.header.name}`,
      pointermove: (e) => this.hover(e, i),
      pointerleave: () => {
        this.tip.hidden = true;
      },
      click: (e) => this.choose(e, i)
    });
    const caption = h("figcaption", {}), waits = h("div", {class: "waits", role: "status"});
    return {canvas, caption, waits, figure: h("figure", {}, caption, canvas, waits)};
  }

  buildTabs() {
    const layered = this.runs.some((run) => run.layered);
    const views = [
      ["levels", "Levels by size"], ["keys", "By key range"],
      ["seqnos", layered ? "Key × LSN" : "Key × commit"]
    ];
    this.tabs = views.map(
        ([name, text]) =>
            h("button", {
              type: "button",
              role: "tab",
              "data-view": name,
              "aria-selected": String(name === this.settings.view),
              click: () => this.setView(name)
            },
              text));
    this.keyAxisPick = select(
        "key axis", [["rank", "rank of bounds"], ["weight", "cumulative weight"]], "rank",
        (value) => {
          this.settings.keyAxis = value;
          this.draw();
        });
    this.keyAxisPick.hidden = this.settings.view === "levels";
    const swatch = (kind, text) => h("span", {class: "key"}, h("i", {class: kind}), text);
    return h(
        "div", {class: "tabs"}, h("div", {role: "tablist", "aria-label": "view"}, this.tabs),
        this.keyAxisPick,
        h("span", {class: "legend"}, swatch("came", "just written"), swatch("goes", "next to go"),
          layered ? swatch("image", "image layer") : swatch("target", "target")));
  }

  buildControls() {
    const axes = [["event", "events"], ["time", "time"], ["bytes", "user bytes"]].filter(
        ([axis]) => axis !== "bytes" || this.runs.every((run) => run.column("figure user_bytes")));
    this.playButton = button("play", "▶", () => this.toggle(), {class: "play"});
    this.slider = h("input", {
      type: "range",
      min: "0",
      max: "10000",
      step: "any",
      value: "0",
      "aria-label": "position",
      input: (e) => this.scrub(Number(e.target.value) / 10000),
      change: () => this.changed()
    });
    this.speedSlot = h("span", {});
    const kinds = {
      compaction: (kind) =>
          ["compaction", "trivial move", "create delta", "create image"].includes(kind),
      flush: (kind) => kind === "flush"
    };
    const of = (name) => (run, step) =>
        kinds[name](run.kind(step)) || run.event(`merged ${name}`, step) > 0;
    this.finders = {c: of("compaction"), f: of("flush"), s: stalls};
    this.controls =
        h("div", {class: "controls"},
          h("div", {class: "transport", role: "toolbar", "aria-label": "playback"},
            button("to the start (Home)", "«", () => this.go(this.playhead.range()[0])),
            button("step back (←)", "‹", () => this.step(-1)), this.playButton,
            button("step (→)", "›", () => this.step(1)),
            button("to the end (End)", "»", () => this.go(this.playhead.range()[1])),
            button("next compaction (c)", "compaction ›", () => this.find("c")),
            button("next flush (f)", "flush ›", () => this.find("f")),
            button("next stall (s)", "stall ›", () => this.find("s"))),
          this.slider, this.speedSlot,
          this.axisPick = select(
              this.runs.length > 1 ? "align by" : "axis", axes, "event",
              (axis) => this.setAxis(axis)),
          this.buildExports());
    this.setSpeeds();
    this.showPlaying();
    return this.controls;
  }

  buildExports() {
    const of = (draw) => draw(
        this.runs, this.settings, this.theme, Math.max(640, this.views[0].canvas.clientWidth),
        340 * this.runs.length);
    this.exports = {
      svg: () => of(frameSvg),
      png: () => of(framePng),
      csv: () => stateCsv(this.runs)
    };
    const items = [
      ["frame as SVG", () => download("lsmkit.svg", "image/svg+xml", this.exports.svg())],
      ["frame as PNG", async () => download("lsmkit.png", "image/png", await this.exports.png())],
      ["tables as CSV", () => download("lsmkit.csv", "text/csv", this.exports.csv())],
    ];
    if (this.hooks.saveHtml) items.push(["run as HTML", () => this.hooks.saveHtml()]);
    return h(
        "details", {class: "menu"}, h("summary", {}, "Export"),
        h("div", {}, items.map(([text, act]) => button(text, text, (e) => {
                                 e.target.closest("details").open = false;
                                 act();
                               }))));
  }

  notes() {
    return this.runs
        .flatMap(({header, steps}) => {
          const thinned = header.events > steps ?
              [`${header.name}: ${countText(header.events)} events in ${countText(steps)} steps; ` +
               "each state shown is one that was."] :
              [];
          return [...thinned, ...(header.notes || []).map((note) => `Assumption: ${note}.`)];
        })
        .join(" ");
  }

  // -- Drawing
  // -------------------------------------------------------------------------------------

  soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  retheme() {
    const dark = prefersDark();
    this.root.classList.toggle("dark", dark);
    this.theme = readTheme(this.root, dark);
    this.draw();
  }

  draw() {
    const begin = performance.now(), {theme} = this;
    if (!theme || !this.root.clientWidth) return;
    let rectangles = 0;
    this.views.forEach(({canvas}, i) => {
      const run = this.runs[i], pen = new CanvasPen(canvas, theme);
      const since = this.playing && run.before < run.state ? run.before : run.state - 1;
      const colour = (level) => theme.levels[Math.min(7, level)];
      this.views[i].scene = VIEWS[this.settings.view](pen, run, {...this.settings, since, colour});
      this.markSelected(pen, i);
      rectangles += pen.rectangles;
    });
    const height = `${this.charts.height(this.runs)}px`;
    if (this.charts.canvas.style.height !== height) this.charts.canvas.style.height = height;
    rectangles += this.charts.draw(
        this.runs, this.playhead.axis, this.playhead.range(), this.playhead.place, theme,
        ["A", "B"]);
    this.tell();
    this.count(rectangles, performance.now() - begin);
  }

  count(rectangles, ms) {
    const {counters} = this;
    counters.frames++;
    counters.rectangles = rectangles;
    counters.mostRectangles = Math.max(counters.mostRectangles, rectangles);
    counters.replayed = Math.max(...this.runs.map((run) => run.counters.replayed));
    counters.mostReplayed = Math.max(...this.runs.map((run) => run.counters.mostReplayed));
    counters.frameMs = ms;
  }

  markSelected(pen, i) {
    if (!this.selected || this.selected.run !== i) return;
    for (const lane of this.views[i].scene.lanes) {
      const at = lane.rows.indexOf(this.selected.row);
      if (at >= 0)
        pen.rect(
            lane.x0[at] - 1, lane.y - 2, Math.max(4, lane.x1[at] - lane.x0[at] + 2), lane.h + 4,
            null, {stroke: this.theme.ink});
    }
  }

  tell() {
    const [begin, end] = this.playhead.range(), run = this.runs[0];
    this.slider.value = String(10000 * (this.playhead.place - begin) / (end - begin));
    this.slider.setAttribute("aria-valuetext", `step ${run.state} of ${run.steps}`);
    this.runs.forEach((each, i) => {
      const {caption, waits} = this.views[i], words = waiting(each);
      caption.replaceChildren(
          h("b", {}, `${this.runs.length > 1 ? `${"AB"[i]} · ` : ""}${each.header.name}`),
          ` step ${countText(each.state)} of ${countText(each.steps)} · ${
              timeText(each.coordinate("time", each.state))}`);
      waits.textContent = words ? `⚠ ${words}` : "";
    });
    this.tellWhy();
    this.tellLog();
    this.tellTiles();
  }

  tellWhy() {
    const nodes = [];
    this.runs.forEach((run, i) => {
      const {title, lines, text} = explain(run);
      nodes.push(
          h("h3", {}, this.runs.length > 1 ? `${"AB"[i]} · ${title}` : title),
          lines.map((line) => h("p", {}, line)), text ? h("pre", {}, text) : null);
    });
    this.why.replaceChildren(...nodes.flat().filter(Boolean));
  }

  tellLog() {
    const run = this.runs[0],
          room = Math.max(3, Math.min(40, Math.floor(this.log.clientHeight / LOG_LINE))),
          lines = [];
    const first = Math.max(0, Math.min(run.state - Math.ceil(room * 0.6), run.steps - room));
    for (let step = first; step < Math.min(run.steps, first + room); step++)
      lines.push(
          h("li", {
            class: step === run.state - 1 ? "now" :
                step < run.state          ? "past" :
                                            "later",
            "data-kind": run.kind(step),
            "aria-current": step === run.state - 1 ? "step" : null,
            click: () => {
              this.pause();
              this.go(run.coordinate(this.playhead.axis, step + 1));
            }
          },
            h("time", {}, timeText(run.column("event time_us")[step])),
            h("span", {}, logLine(run, step))));
    this.log.replaceChildren(...lines);
  }

  tellTiles() {
    const tile = (name, texts) =>
        h("div", {class: "tile"}, h("span", {}, name), h("b", {}, texts.join(" · ")));
    const figure = (names, text) => this.runs.map((run) => {
      const value = names.map((name) => run.figure(name)).find(Number.isFinite);
      return value === undefined ? "–" : text(value);
    });
    const jobs = this.runs.some((run) => run.column("figure job_count")) ?
        [tile("jobs at work", figure(["job_count"], countText))] :
        [];
    const weight = (run) => run.levels.reduce((sum, level) => sum + level.weight, 0);
    const layered = this.runs.some((run) => run.layered);
    const runs = this.runs.map((run) => countText(run.layout().flat().length));
    this.tiles.replaceChildren(
        tile("write amp", figure(["write_amp", "write_amp_weight"], ratioText)),
        layered ? tile("storage over log", figure(["storage_to_log"], ratioText)) :
                  tile("space amp", figure(["space_amp"], ratioText)),
        ...(layered ? [] : [tile("sorted runs", runs)]),
        tile(layered ? "layers" : "tables", this.runs.map((run) => countText(run.count))),
        tile(layered ? "bytes" : "weight", this.runs.map((run) => sizeText(weight(run)))), ...jobs);
  }

  say(text) { this.views[0].waits.textContent = text; }

  // -- Tables
  // --------------------------------------------------------------------------------------

  hover(event, i) {
    const {scene} = this.views[i], run = this.runs[i];
    const {rows, count} = scene ? hit(scene, event.offsetX, event.offsetY) : {rows: [], count: 0};
    this.tip.hidden = !rows.length;
    if (!rows.length) return;
    const facts =
        tableFacts(run, rows[0]).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
    this.tip.replaceChildren(
        h("dl", {}, facts),
        count > 1 ? h("p", {}, `and ${plural(count - 1, `more ${run.noun}`)} here`) : "");
    const box = this.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - this.tip.offsetWidth - 8);
    const y = Math.min(event.clientY - box.top + 14, box.height - this.tip.offsetHeight - 8);
    this.tip.style.transform = `translate(${Math.max(0, x)}px, ${Math.max(0, y)}px)`;
  }

  choose(event, i) {
    const {rows} = hit(this.views[i].scene, event.offsetX, event.offsetY);
    this.selected = rows.length ? {run: i, row: rows[0]} : null;
    this.draw();
    this.changed();
  }
}
