// The pictures of one state: by level and size, by key range, by key and commit. Each returns what
// hit() needs to tell which tables lie under a point.

const LEFT = 74, RIGHT = 14;

const VIEWS = {
  levels: levelView,
  keys: keyView,
  seqnos: (pen, run, more) => (run.layered ? layerView : seqnoView)(pen, run, more)
};

// What happens to a table: it came since state `since`, or the next event takes it away.
function kindOf(run, row, since) {
  if (run.column("table born")[row] > since) return CAME;
  return run.column("table died")[row] === run.state + 1 ? GOES : STANDS;
}

function levelName(level) { return `L${level}`; }

function levelLabel(pen, run, level, y, h, base) {
  const due = level === base;
  pen.text(12, y + h / 2, levelName(level), {size: 14, weight: 650});
  if (!due) return;
  pen.rect(34, y + h / 2 - 8, 34, 16, pen.theme.badge);
  pen.text(51, y + h / 2, "BASE", {size: 9.5, weight: 700, align: "center", fill: pen.theme.paper});
}

// The first level below L0 that has a target is the one that L0 is merged into.
function baseLevel(targets) {
  for (let level = 1; level < targets.length; level++)
    if (targets[level] > 0) return level;
  return -1;
}

// Levels that are worth a row: L0, what holds tables, what has a target, and what lies between.
function shownLevels(run) {
  const targets = run.targets();
  let first = targets.length, last = run.deepest();
  for (let level = 1; level < Math.max(targets.length, last + 1); level++) {
    if (!(targets[level] > 0) && !run.levels[level].tables) continue;
    first = Math.min(first, level);
    last = Math.max(last, level);
  }
  const levels = [0];
  for (let level = Math.max(1, first); level <= last; level++) levels.push(level);
  return {levels, targets, base: baseLevel(targets)};
}

// -- By level and size: bars on a logarithmic scale, their tables side by side
// ---------------------

function levelView(pen, run, {since, colour}) {
  const {levels, targets, base} = shownLevels(run), layers = run.layout(), {theme} = pen;
  const right = Math.max(150, Math.min(268, pen.width * 0.4)), left = LEFT,
        width = Math.max(60, pen.width - left - right - RIGHT);
  const memtable = run.figure("memtable_weight"), rows = levels.length + Number.isFinite(memtable);
  const rowHeight = Math.min(84, (pen.height - 10) / rows), h = Math.max(6, rowHeight * 0.52);
  const top = (i) => 6 + i * rowHeight + (rowHeight - h) / 2;
  const least = run.leastWeight ||= leastWeight(run);
  const most = run.mostWeight =
      Math.max(run.mostWeight || 0, ...targets, ...run.levels.map((level) => level.weight));
  const length = (weight) => weight <= 0 ?
      0 :
      width * Math.max(0.01, Math.log1p(weight / least) / Math.log1p(most / least));
  if (rows > levels.length) memtableRow(pen, run, memtable, {left, width, y: top(0), h});
  const lanes = levels.map(
      (level, i) => levelLane(
          run, level, layers[level] || [],
          {left, y: top(i + rows - levels.length), h, since, length}));
  for (const lane of lanes) {
    pen.rect(left, lane.y, width, lane.h, theme.trough);
    levelLabel(pen, run, lane.level, lane.y, lane.h, base);
  }
  drawBoxes(pen, mergeLanes(lanes, left, width), colour);
  for (const lane of lanes)
    levelFacts(pen, run, lane, targets[lane.level] || 0, left, width, length);
  return {lanes};
}

// As of the last sample; its length is what share of a full one it is.
function memtableRow(pen, run, weight, {left, width, y, h}) {
  const full = Number(run.header.options.memtable_bytes) || weight || 1;
  pen.text(12, y + h / 2, "mem", {size: 13, weight: 600});
  pen.rect(left, y, width, h, pen.theme.trough);
  pen.rect(left, y, width * Math.min(1, weight / full), h, pen.theme.memtable);
  const sealed = run.figure("sealed_memtables");
  const rest = sealed > 0 ? `+ ${sealed} sealed, to be flushed` : "memtable";
  twoLines(
      pen, left + width + 14, y + h / 2, h, `${sizeText(weight)} of ${sizeText(full)}`, rest,
      false);
}

function twoLines(pen, x, middle, h, first, second, warn) {
  const fill = warn ? pen.theme.warn : pen.theme.ink,
        muted = warn ? pen.theme.warn : pen.theme.muted;
  if (h < 15) {
    pen.text(x, middle, `${first.replace(/ of .*/, "")} · ${second}`, {size: 11.5, fill});
    return;
  }
  pen.text(x, middle - 8, first, {weight: 600, size: 12.5, fill});
  pen.text(x, middle + 8, second, {size: 11.5, fill: muted});
}

function leastWeight(run) {
  const weight = run.column("table weight");
  let least = Infinity;
  for (let row = 0; row < run.tables; row++)
    if (weight[row] > 0) least = Math.min(least, weight[row]);
  return Number.isFinite(least) ? least : 1;
}

function levelLane(run, level, runs, {left, y, h, since, length}) {
  const lane = {level, y, h, x0: [], x1: [], kind: [], rows: []};
  const weight = run.column("table weight"), all = run.levels[level].weight || 1;
  const scale = length(all) / all;
  let x = left;
  for (const rows of runs)
    for (const row of rows) {
      lane.x0.push(x);
      x += weight[row] * scale;
      lane.x1.push(x);
      lane.kind.push(kindOf(run, row, since));
      lane.rows.push(row);
    }
  return lane;
}

function levelFacts(pen, run, lane, target, left, width, length) {
  const {theme} = pen, own = run.levels[lane.level], runs = (run.layers[lane.level] || []).length;
  const x = left + width + 14, middle = lane.y + lane.h / 2;
  if (target) {
    const at = left + length(target);
    pen.line([[at, lane.y - 4], [at, lane.y + lane.h + 4]], theme.ink, {width: 2});
  }
  const over = target && own.weight > 1.005 * target, tables = plural(own.tables, run.noun);
  const size = target ? `${sizeText(own.weight)} of ${sizeText(target)}` : sizeText(own.weight);
  const share = target ? `${over ? "▲ " : ""}${(own.weight / target).toFixed(2)} × target · ` : "";
  const inRuns = !run.layered && (runs > 1 || !lane.level);
  twoLines(
      pen, x, middle, lane.h, size,
      share + (inRuns ? `${plural(runs, "run")}, ${tables}` : tables), over);
  const next = lane.kind.filter((kind) => kind === GOES).length,
        to = run.event("output_level", run.state);
  if (next && lane.h >= 15)
    pen.text(
        pen.width - RIGHT, middle - 8, `${next} → ${levelName(to)}`,
        {align: "right", size: 12, weight: 600, fill: theme.goes});
}

// -- By key: a lane per sorted run
// -----------------------------------------------------------------

function keyScale(run, left, width, axis) {
  const count = Math.max(1, run.keys.length - (run.layered ? 1 : 0));
  if (axis === "weight") {
    const mass = run.mass();
    return (rank) => left + width * mass[Math.min(rank, mass.length - 1)];
  }
  return (rank) => left + width * Math.min(1, rank / count);
}

function noKeys(pen) {
  pen.text(
      pen.width / 2, pen.height / 2, "This run has no keys to show: they were not modelled.",
      {align: "center", fill: pen.theme.muted});
  return {lanes: []};
}

function keyView(pen, run, {since, colour, keyAxis}) {
  if (!run.keys.length) return noKeys(pen);
  const {levels, base} = shownLevels(run), layers = run.layout(), {theme} = pen;
  const left = LEFT, width = Math.max(60, pen.width - left - RIGHT), foot = 26;
  const x = keyScale(run, left, width, keyAxis);
  const parts = levels.map((level) => Math.max(1, (layers[level] || []).length));
  const all = parts.reduce((sum, count) => sum + 1 + 0.35 * Math.min(count - 1, 12), 0);
  const unit = (pen.height - foot - 8) / all;
  const lanes = [];
  let y = 6;
  levels.forEach((level, i) => {
    const height = unit * (1 + 0.35 * Math.min(parts[i] - 1, 12)),
          inner = Math.max(2, height * 0.8);
    levelLabel(pen, run, level, y, height, base);
    pen.rect(left, y + (height - inner) / 2, width, inner, theme.trough);
    (layers[level] || []).forEach((rows, j) => {
      const h = inner / parts[i], gap = h > 4 ? 1 : 0;
      lanes.push(keyLane(run, level, rows, y + (height - inner) / 2 + j * h, h - gap, x, since));
    });
    y += height;
  });
  drawBoxes(pen, mergeLanes(lanes, left, width), colour);
  keyAxisText(pen, run, left, width, y + foot / 2 + 2, keyAxis);
  return {lanes};
}

function keyLane(run, level, rows, y, h, x, since) {
  const low = run.column("table low"), kinds = run.column("table kind");
  const lane = {level, y, h, x0: [], x1: [], kind: [], rows, image: kinds && kinds[rows[0]] === 2};
  for (const row of rows) {
    lane.x0.push(x(run.rank(low[row])));
    lane.x1.push(x(run.edge(row)));
    lane.kind.push(kindOf(run, row, since));
  }
  return lane;
}

function keyAxisText(pen, run, left, width, y, axis) {
  const fill = pen.theme.muted, size = 11;
  const last = run.keys.length - 1;
  const short = (key) => {
    const t = keyText(run.keys.at(key));
    return t.length > 26 ? `${t.slice(0, 25)}…` : t;
  };
  pen.text(left, y, short(run.keyAt(0)), {fill, size});
  pen.text(left + width, y, short(run.keyAt(last)), {fill, size, align: "right"});
  pen.text(
      left + width / 2, y,
      axis === "weight" ? "keys, each as wide as what is stored there →" :
                          `keys, in the order of ${run.noun}s' bounds →`,
      {fill, size, align: "center"});
}

// -- By key and seqno: which commits a table holds of which keys
// -----------------------------------

function seqnoView(pen, run, {since, colour, keyAxis}) {
  const oldest = run.column("table smallest_seqno"), newest = run.column("table largest_seqno");
  if (!run.keys.length || !oldest || !newest) return noKeys(pen);
  const left = LEFT + 6, width = Math.max(60, pen.width - left - RIGHT), top = 8, foot = 26;
  const zero = 20, height = pen.height - top - foot - zero, x = keyScale(run, left, width, keyAxis);
  let last = 1;
  for (let i = 0; i < run.count; i++) last = Math.max(last, newest[run.standing[i]]);
  // Newer commits have more room; what nobody needs the commit of has 0, and a band of its own.
  const y = (seqno) => top + height * Math.sqrt(1 - seqno / last);
  pen.rect(left, top, width, height, pen.theme.trough);
  pen.rect(left, top + height + 3, width, zero - 3, pen.theme.trough);
  const layers = run.layout(), lanes = [];
  for (let level = layers.length - 1; level >= 0; level--) {
    const flat = new Map();  // boxes of the same height and place share a lane, so that they merge
    for (const rows of [...(layers[level] || [])].reverse())
      for (const row of rows) {
        const y1 = newest[row] ? Math.round(y(oldest[row])) : top + height + zero,
              y0 = newest[row] ? Math.min(y1 - 3, Math.round(y(newest[row]))) : top + height + 4;
        const key = y0 * 8192 + y1;
        if (!flat.has(key))
          flat.set(key, {level, y: y0, h: y1 - y0, x0: [], x1: [], kind: [], rows: []});
        const lane = flat.get(key), low = x(run.rank(run.column("table low")[row]));
        lane.x0.push(low);
        lane.x1.push(Math.max(low + 1, x(run.edge(row))));
        lane.kind.push(kindOf(run, row, since));
        lane.rows.push(row);
      }
    lanes.push(...flat.values());
  }
  seqnoBoxes(pen, mergeLanes(lanes, left, width), colour);
  for (const part of height > 180 ? [1, 0.9, 0.75, 0.5, 0.25] : [1, 0.5])
    pen.text(
        LEFT, y(last * part) + (part === 1 ? 7 : 0), shortCount(last * part),
        {size: 11, align: "right", fill: pen.theme.muted});
  pen.text(LEFT, top + height - 9, "↑ commit", {size: 11, align: "right", fill: pen.theme.muted});
  pen.text(
      LEFT, top + height + zero / 2 + 1, "settled",
      {size: 11, align: "right", fill: pen.theme.muted});
  keyAxisText(pen, run, left, width, top + height + zero + foot / 2, keyAxis);
  return {lanes, deepFirst: true};
}

const shortCount = (count) => count < 1e4 ? countText(count) :
    count < 1e7                           ? `${(count / 1e3).toFixed(0)} k` :
                                            `${(count / 1e6).toFixed(1)} M`;

function seqnoBoxes(pen, boxes, colour) {
  for (const {x, w, kind, lane} of boxes) {
    const edge = kind === CAME ? pen.theme.came :
        kind === GOES          ? pen.theme.goes :
                                 colour(lane.level);
    pen.rect(x, lane.y, w, lane.h, kind === CAME ? pen.theme.came : colour(lane.level), {
      alpha: kind === CAME ? 0.75 : 0.42,
      stroke: edge,
      hatch: kind === GOES ? pen.theme.goes : null,
    });
    if (w > 34 && lane.h > 14) pen.text(x + 4, lane.y + 8, levelName(lane.level), {size: 10});
  }
}

// -- Under the pointer
// -----------------------------------------------------------------------------

// The rows of tables at a point, at most `most`, and how many there are.
function hit(scene, x, y, most = 8) {
  const rows = [];
  let count = 0;
  const lanes = scene.deepFirst ? [...scene.lanes].reverse() : scene.lanes;
  for (const lane of lanes) {
    if (y < lane.y || y > lane.y + lane.h) continue;
    for (let i = 0; i < lane.x0.length; i++) {
      if (x < lane.x0[i] - 0.5 || x > Math.max(lane.x1[i], lane.x0[i] + 1)) continue;
      count++;
      if (rows.length < most) rows.push(lane.rows[i]);
    }
  }
  return {rows, count};
}
