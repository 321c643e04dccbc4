// One run: columns of tables and events, and which tables stand in the state that is looked at.
//
// State 0 is before the first event, state n after the n-th. Tables are rows in order of birth; row
// r stands in the states born[r] <= s < died[r]. Going from one state to another replays the events
// between them, at most 1,000: beyond that it begins at a keyframe. Keyframes are every KEYFRAME
// states; a row is listed once per stretch of keyframes (a node of a binary tree over them), so the
// lists stay small however many tables stand. They are built in idle slices; until then a far seek
// looks through all rows once.

const KEYFRAME = 1000;
const MOST_REPLAYED = 1000;
const LEVELS = 64;

// A column that may grow.
class Growing {
  constructor() {
    this.data = null;
    this.length = 0;
  }
  push(part) {
    if (!this.data || !this.length) {
      this.data = part;
      this.length = part.length;
      return;
    }
    const need = this.length + part.length;
    if (need > this.data.length) {
      const larger = new this.data.constructor(Math.max(need, 2 * this.data.length));
      larger.set(this.data.subarray(0, this.length));
      this.data = larger;
    }
    this.data.set(part, this.length);
    this.length = need;
  }
}

class Run {
  constructor() {
    this.columns = new Map();
    this.header = {};
    this.steps = 0;
    this.tables = 0;
    this.bornAt = [0, 0];  // rows born in state s: bornAt[s] up to bornAt[s + 1]
    this.deaths = {rows: new Uint32Array(0), at: [0, 0]};
    this.standing = new Uint32Array(64);
    this.place = new Int32Array(0);
    this.levels = [];
    this.keys = new Strings();
    this.order = null;  // the rank of each key; null: keys are in order
    this.byRank = new Uint32Array(0);
    this.texts = new Strings();
    this.keyframes = null;
    this.counters = {replayed: 0, scanned: 0, seeks: 0, mostReplayed: 0};
    this.reset();
  }

  // Column `name`, or null: "table weight", "event time_us", "figure write_amp" ...
  column(name) {
    const column = this.columns.get(name);
    return column ? column.data : null;
  }

  // -- What comes: all of a run, or the part that follows what is here
  // -----------------------------

  append(part) {
    const {columns, ...header} = part;
    this.header = {...this.header, ...header};
    const first = this.steps;
    for (const [name, values] of Object.entries(columns)) {
      if (!/^(table|event|figure|target) /.test(name)) continue;
      if (!this.columns.has(name)) this.columns.set(name, new Growing());
      this.columns.get(name).push(values);
    }
    this.texts.push(columns.texts, columns["text ends"]);
    this.keys.push(columns.keys, columns["key ends"]);
    if (header.unsorted) this.sortKeys();
    this.steps += (columns["event time_us"] || []).length;
    this.tables += (columns["table born"] || []).length;
    if (this.column("table born")) this.index(first, part.ended);
    this.layoutState = -1;
    this.massOf = null;
  }

  // Keys that came as they were met take their places among those that were there.
  sortKeys() {
    const old = this.byRank, count = this.keys.length;
    if (old.length === count) return;
    const texts = new Map(), text = (key) => texts.get(key) || this.keys.at(key);
    for (let key = old.length; key < count; key++) texts.set(key, this.keys.at(key));
    const fresh = [...texts.keys()].sort((a, b) => compareBytes(text(a), text(b)));
    this.byRank = new Uint32Array(count);
    let taken = 0, rank = 0;
    for (const key of fresh) {
      let low = taken, high = old.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compareBytes(text(old[middle]), text(key)) < 0) low = middle + 1;
        else high = middle;
      }
      this.byRank.set(old.subarray(taken, low), rank);
      rank += low - taken;
      taken = low;
      this.byRank[rank++] = key;
    }
    this.byRank.set(old.subarray(taken), rank);
    this.order = new Uint32Array(count);
    for (rank = 0; rank < count; rank++) this.order[this.byRank[rank]] = rank;
  }

  // Births and deaths by state, from state `first` + 1 on. `ended`: [row, state] of rows from
  // before.
  index(first, ended) {
    const born = this.column("table born"), died = this.column("table died");
    const {steps, tables} = this;
    if (this.place.length < tables) {
      const place = new Int32Array(Math.max(tables, first ? 2 * this.place.length : 0)).fill(-1);
      place.set(this.place);
      this.place = place;
    }
    const bornAt = new Uint32Array(steps + 2), deathAt = new Uint32Array(steps + 2);
    for (const [row, state] of ended || []) died[row] = state;
    for (let row = 0; row < tables; row++) {
      bornAt[born[row] + 1]++;
      if (died[row] <= steps) deathAt[died[row] + 1]++;
    }
    for (let state = 0; state <= steps; state++) {
      bornAt[state + 1] += bornAt[state];
      deathAt[state + 1] += deathAt[state];
    }
    const rows = new Uint32Array(deathAt[steps + 1]), next = deathAt.slice();
    for (let row = 0; row < tables; row++)
      if (died[row] <= steps) rows[next[died[row]]++] = row;
    this.bornAt = bornAt;
    this.deaths = {rows, at: deathAt};
    if (first === 0) this.load(0);
  }

  // -- The state that is looked at
  // -----------------------------------------------------------------

  reset() {
    for (let i = 0; i < this.count; i++) this.place[this.standing[i]] = -1;
    this.count = 0;
    this.state = 0;
    this.layoutState = -1;
    this.levels = Array.from({length: LEVELS}, () => ({weight: 0, tables: 0, file: 0}));
  }

  add(row) {
    if (this.count === this.standing.length) {
      const larger = new Uint32Array(2 * this.count);
      larger.set(this.standing);
      this.standing = larger;
    }
    this.place[row] = this.count;
    this.standing[this.count++] = row;
    this.weigh(row, 1);
  }

  remove(row) {
    const at = this.place[row], last = this.standing[--this.count];
    this.standing[at] = last;
    this.place[last] = at;
    this.place[row] = -1;
    this.weigh(row, -1);
  }

  weigh(row, sign) {
    const level = this.levels[Math.min(LEVELS - 1, this.column("table level")[row])];
    level.weight += sign * this.column("table weight")[row];
    level.tables += sign;
    const file = this.column("table file_bytes");
    if (file) level.file += sign * file[row];
  }

  forward() {
    const state = ++this.state, {rows, at} = this.deaths;
    for (let i = at[state]; i < at[state + 1]; i++) this.remove(rows[i]);
    for (let row = this.bornAt[state]; row < this.bornAt[state + 1]; row++) this.add(row);
  }

  back() {
    const state = this.state--, {rows, at} = this.deaths;
    for (let row = this.bornAt[state]; row < this.bornAt[state + 1]; row++) this.remove(row);
    for (let i = at[state]; i < at[state + 1]; i++) this.add(rows[i]);
  }

  // Looks at a state; how many events were replayed.
  seek(state) {
    state = Math.max(0, Math.min(this.steps, Math.round(state)));
    const near = this.nearestKeyframe(state);
    const away = Math.abs(state - this.state);
    if (near >= 0 && away > KEYFRAME / 4 && Math.abs(state - near) < away) this.loadKeyframe(near);
    else if (away > MOST_REPLAYED) this.load(state);
    let replayed = 0;
    for (; this.state < state; replayed++) this.forward();
    for (; this.state > state; replayed++) this.back();
    this.counters.replayed = replayed;
    this.counters.mostReplayed = Math.max(this.counters.mostReplayed, replayed);
    this.counters.seeks++;
    return replayed;
  }

  // All rows are looked through once.
  load(state) {
    this.reset();
    const born = this.column("table born"), died = this.column("table died");
    for (let row = 0; row < this.bornAt[state + 1]; row++)
      if (born[row] <= state && died[row] > state) this.add(row);
    this.state = state;
    this.counters.scanned += this.tables;
  }

  // -- Keyframes
  // -----------------------------------------------------------------------------------

  // Builds them a slice at a time; yields between slices. What is appended later leaves them true.
  * buildKeyframes(slice = 20000) {
    const count = Math.floor(this.steps / KEYFRAME) + 1, tables = this.tables;
    let leaves = 1;
    while (leaves < count) leaves *= 2;
    const born = this.column("table born"), died = this.column("table died");
    const nodes = new Uint32Array(2 * leaves + 1);
    const each = function*(visit) {
      for (let row = 0; row < tables; row++) {
        let low = Math.ceil(born[row] / KEYFRAME) + leaves;
        let high = Math.min(count, Math.ceil(died[row] / KEYFRAME)) + leaves;
        for (; low < high; low >>= 1, high >>= 1) {
          if (low & 1) visit(low++, row);
          if (high & 1) visit(--high, row);
        }
        if (row % slice === slice - 1) yield;
      }
    };
    yield* each((node) => nodes[node + 1]++);
    for (let node = 0; node < 2 * leaves; node++) nodes[node + 1] += nodes[node];
    const rows = new Uint32Array(nodes[2 * leaves]), next = nodes.slice();
    yield* each((node, row) => {
      rows[next[node]++] = row;
    });
    this.keyframes = {count, leaves, nodes, rows};
  }

  nearestKeyframe(state) {
    if (!this.keyframes) return -1;
    return KEYFRAME * Math.min(this.keyframes.count - 1, Math.round(state / KEYFRAME));
  }

  loadKeyframe(state) {
    const {leaves, nodes, rows} = this.keyframes;
    this.reset();
    for (let node = state / KEYFRAME + leaves; node >= 1; node >>= 1)
      for (let i = nodes[node]; i < nodes[node + 1]; i++) this.add(rows[i]);
    this.state = state;
  }

  // -- What is asked about it
  // ----------------------------------------------------------------------

  // The tables that stand, by level, then by run from the newest on, each in key order.
  layout() {
    if (this.layoutState === this.state && this.layoutTables === this.tables) return this.layers;
    const level = this.column("table level"), run = this.column("table run");
    const low = this.column("table low"), levels = [];
    for (let i = 0; i < this.count; i++) {
      const row = this.standing[i], runs = (levels[level[row]] ||= new Map());
      if (runs.has(run[row])) runs.get(run[row]).push(row);
      else runs.set(run[row], [row]);
    }
    this.layers = levels.map((runs) => [...runs].sort((a, b) => b[0] - a[0]).map(([, rows]) => {
      const keyed =
          Float64Array.from(rows, (row, i) => (low ? this.rank(low[row]) : i) * 2097152 + i);
      return Array.from(keyed.sort(), (key) => rows[key % 2097152]);
    }));
    this.layoutState = this.state;
    this.layoutTables = this.tables;
    return this.layers;
  }

  get layered() { return this.header.rows === "layers"; }
  get noun() { return this.layered ? "layer" : "table"; }

  // The rank behind a row's keys: a table's last key is in it, a layer's end is not.
  edge(row) { return this.rank(this.column("table high")[row]) + (this.layered ? 0 : 1); }

  rank(key) { return this.order ? this.order[key] : key; }
  keyAt(rank) { return this.order ? this.byRank[rank] : rank; }

  // Where each rank lies when an axis gives each key range what its tables weigh, 0 to 1.
  mass() {
    if (this.massOf) return this.massOf;
    const density = new Float64Array(this.keys.length + 1);
    const low = this.column("table low");
    const weight = this.column("table weight");
    for (let row = 0; row < this.tables; row++) {
      const a = this.rank(low[row]), b = Math.max(a + 1, this.edge(row));
      density[a] += weight[row] / (b - a);
      density[b] -= weight[row] / (b - a);
    }
    const mass = new Float64Array(this.keys.length + 1);
    for (let i = 0, here = 0; i < this.keys.length; i++)
      mass[i + 1] = mass[i] + (here += density[i]);
    const all = mass[this.keys.length] || 1;
    return (this.massOf = mass.map((value) => value / all));
  }

  deepest() {
    for (let level = LEVELS - 1; level >= 0; level--)
      if (this.levels[level].tables) return level;
    return 0;
  }

  // What each level should weigh in this state: an array by level, 0 for none.
  targets(state = this.state) {
    const states = this.columns.get("target state"), weights = this.columns.get("target weight");
    const at = states ? firstAbove(states.data, state, states.length) - 1 : -1;
    if (at < 0) return new Float64Array(0);
    const width = weights.length / states.length;
    return weights.data.subarray(at * width, (at + 1) * width);
  }

  // Where a state lies on an axis: "event", "time" or "bytes".
  coordinate(axis, state) {
    if (axis === "event") return state;
    if (!this.steps) return 0;
    const values = this.axisColumn(axis);
    if (state === 0) return Math.min(0, values[0]);
    return values[state - 1];
  }

  axisColumn(axis) {
    return axis === "time" || !this.column("figure user_bytes") ? this.column("event time_us") :
                                                                  this.column("figure user_bytes");
  }

  // The last state at or before a place on an axis.
  stateAt(axis, place) {
    if (axis === "event") return Math.max(0, Math.min(this.steps, Math.floor(place + 1e-9)));
    return this.steps ? firstAbove(this.axisColumn(axis), place, this.steps) : 0;
  }

  kind(step) { return this.header.kinds[this.column("event kind")[step]]; }
  event(name, step) {
    const c = this.column(`event ${name}`);
    return c ? c[step] : NaN;
  }
  figure(name, state = this.state) {
    const values = this.column(`figure ${name}`);
    return values && state > 0 ? values[state - 1] : NaN;
  }
}

// How many of the first `count` of ascending values are at most `value` (NaN: none).
function firstAbove(values, value, count) {
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Below 0: a comes before b.
function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++)
    if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

// Byte strings, one after the other, in the parts they came in.
class Strings {
  constructor() {
    this.parts = [];
    this.length = 0;
  }
  push(bytes, ends) {
    if (!ends || !ends.length) return;
    this.parts.push({first: this.length, bytes, ends});
    this.length += ends.length;
  }
  at(index) {
    let low = 0, high = this.parts.length;  // the last part that begins at or before it
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.parts[middle].first <= index) low = middle;
      else high = middle;
    }
    if (!this.parts.length) return new Uint8Array(0);
    const {first, bytes, ends} = this.parts[low], own = index - first;
    return bytes.subarray(own ? ends[own - 1] : 0, ends[own]);
  }
}
