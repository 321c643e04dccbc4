// Small parts of the page: elements, the theme, the playhead that several runs share.

// An element; attributes by name, functions as listeners, strings as text. Nothing is ever parsed.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null));
  return element;
}

const select = (label, choices, value, change) =>
    h("label", {class: "pick"}, h("span", {}, label),
      h("select", {"aria-label": label, change: (event) => change(event.target.value)},
        choices.map(([name, text]) => h("option", {value: name, selected: name === value}, text))));

const button = (label, text, click, more = {}) =>
    h("button", {type: "button", "aria-label": label, title: label, click, ...more}, text);

function readTheme(root, dark) {
  const style = getComputedStyle(root),
        colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = [
    "paper", "ink", "muted", "trough", "memtable", "image", "accent", "badge", "came", "goes",
    "warn", "first", "second"
  ];
  const theme = Object.fromEntries(names.map((name) => [name, colour(name)]));
  theme.cameEdge = colour("came-edge");
  theme.levels = Array.from({length: 8}, (_, i) => colour(`level-${i}`));
  theme.name = dark ? "dark" : "light";
  return theme;
}

// JupyterLab and others say so on the body, a page by the system's preference.
function prefersDark() {
  const jupyter = document.body && document.body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

// Where all runs are looked at: a place on an axis, and the state of each run there.
class Playhead {
  constructor(runs) {
    this.runs = runs;
    this.axis = "event";
    this.place = 0;
  }

  range() {
    const begin = Math.min(...this.runs.map((run) => run.coordinate(this.axis, 0)));
    const last = (run) =>
        Math.max(run.coordinate(this.axis, run.steps), this.axis === "time" ? run.end || 0 : 0);
    const end = Math.max(...this.runs.map(last));
    return [begin, Math.max(end, begin + 1e-9)];
  }

  move(place) {
    const [begin, end] = this.range();
    this.place = Math.max(begin, Math.min(end, place));
    for (const run of this.runs) {
      run.before = run.state;
      run.seek(run.stateAt(this.axis, this.place));
    }
  }

  // The same states on another axis, as the first run has them.
  setAxis(axis) {
    const [run] = this.runs, state = run.state;
    this.axis = axis;
    this.move(run.coordinate(axis, state));
  }

  // The place of the n-th event after this (before: negative), of either run.
  steps(count) {
    let place = this.place;
    for (let i = 0; i < Math.abs(count); i++) {
      const next = this.runs.map((run) => neighbour(run, this.axis, place, count > 0));
      place = count > 0 ? Math.min(...next) : Math.max(...next);
    }
    return Number.isFinite(place) ? place : this.range()[count > 0 ? 1 : 0];
  }

  // The place of the next event that `wanted(run, step)`, or null.
  find(wanted, forward = true) {
    const places =
        this.runs
            .map((run) => {
              const step = forward ? run.state : run.state - 2, way = forward ? 1 : -1;
              for (let i = step; i >= 0 && i < run.steps; i += way)
                if (wanted(run, i) && (run.coordinate(this.axis, i + 1) - this.place) * way > 0)
                  return run.coordinate(this.axis, i + 1);
              return null;
            })
            .filter((place) => place !== null);
    return places.length ? (forward ? Math.min(...places) : Math.max(...places)) : null;
  }
}

// The nearest state's place after or before a place; beyond the ends, infinite.
function neighbour(run, axis, place, after) {
  let state = run.stateAt(axis, place);
  if (after) {
    while (state < run.steps && run.coordinate(axis, state + 1) <= place) state++;
    return state < run.steps ? run.coordinate(axis, state + 1) : Infinity;
  }
  while (state > 0 && run.coordinate(axis, state) >= place) state--;
  return state > 0 || run.coordinate(axis, 0) < place ? run.coordinate(axis, state) : -Infinity;
}

function stalls(run, step) {
  if (run.kind(step) === "stall begins") return true;
  const share = stallShare(run);
  return Boolean(share && share[step] > 0 && !(step && share[step - 1] > 0));
}
