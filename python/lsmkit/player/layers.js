// Key x LSN of a run of layers: delta layers are boxes, image layers lines at the LSN that they
// show, and what may be forgotten lies below the horizon.

function layerView(pen, run, {since, colour, keyAxis}) {
  if (!run.keys.length) return noKeys(pen);
  const begin = run.column("table begin_lsn"), end = run.column("table end_lsn");
  const left = LEFT + 6, width = Math.max(60, pen.width - left - RIGHT), top = 8, foot = 26;
  const height = pen.height - top - foot, x = keyScale(run, left, width, keyAxis);
  const last = run.lastLsn ||= end.reduce((a, b) => Math.max(a, b), 1);
  const y = (lsn) => Math.round(top + height * (1 - lsn / last));
  pen.rect(left, top, width, height, pen.theme.trough);
  const deltas = new Map(), images = new Map();
  for (let i = 0; i < run.count; i++) {
    const row = run.standing[i], level = run.column("table level")[row];
    const image = run.column("table kind")[row] === 2, lanes = image ? images : deltas;
    const y0 = image ? y(end[row]) - 1 : y(end[row]), y1 = image ? y0 + 3 : y(begin[row]);
    const place = (y0 * 8192 + y1) * 64 + level;
    if (!lanes.has(place))
      lanes.set(
          place,
          {level, image, y: y0, h: Math.max(3, y1 - y0), x0: [], x1: [], kind: [], rows: []});
    const lane = lanes.get(place), from = x(run.rank(run.column("table low")[row]));
    lane.x0.push(from);
    lane.x1.push(Math.max(from + 1, x(run.edge(row))));
    lane.kind.push(kindOf(run, row, since));
    lane.rows.push(row);
  }
  const lanes = [...deltas.values(), ...images.values()];
  layerBoxes(pen, mergeLanes(lanes, left, width), colour);
  horizonLine(pen, run, left, width, y);
  for (const part of [1, 0.75, 0.5, 0.25])
    pen.text(
        LEFT, y(last * part) + (part === 1 ? 7 : 0), sizeText(last * part),
        {size: 11, align: "right", fill: pen.theme.muted});
  pen.text(LEFT, top + height - 9, "↑ LSN", {size: 11, align: "right", fill: pen.theme.muted});
  keyAxisText(pen, run, left, width, top + height + foot / 2, keyAxis);
  return {lanes, deepFirst: true};
}

function layerBoxes(pen, boxes, colour) {
  const {theme} = pen;
  for (const {x, w, kind, lane, whole} of boxes) {
    const own = lane.image ? theme.image : colour(lane.level);
    const gap = lane.image && whole && w > 3 ? 1 : 0;  // where one image ends and the next begins
    pen.rect(x, lane.y, w - gap, lane.h, kind === CAME ? theme.came : own, {
      alpha: lane.image ? 1 :
          kind === CAME ? 0.75 :
                          0.42,
      stroke: lane.image ? null :
          kind === CAME  ? theme.cameEdge :
          kind === GOES  ? theme.goes :
                           own,
      hatch: kind === GOES ? theme.goes : null,
    });
    if (w > 34 && lane.h > 14) pen.text(x + 4, lane.y + 8, levelName(lane.level), {size: 10});
  }
}

function horizonLine(pen, run, left, width, y) {
  const horizon = run.figure("horizon_lsn");
  if (!(horizon > 0)) return;
  const at = y(horizon);
  pen.line([[left, at], [left + width, at]], pen.theme.ink, {width: 1.5, dash: [6, 4]});
  pen.rect(left + width - 52, at + 3, 50, 14, pen.theme.paper);
  pen.text(left + width - 5, at + 10, "horizon", {size: 11, align: "right"});
}

// The facts of a layer that a table has not.
function layerFacts(run, row) {
  const value = (name) => run.column(`table ${name}`)[row], image = value("kind") === 2;
  const key = (name) => keyText(run.keys.at(value(name)));
  const lsns = image ? countText(value("end_lsn")) :
                       `${countText(value("begin_lsn"))} up to ${countText(value("end_lsn"))}`;
  return [
    ["kind", image ? "image" : "delta"], ["LSN", lsns], ["keys from", key("low")],
    ["up to, without", key("high")]
  ];
}

// What an event of layers did.
function layerWork(run, step, born, died) {
  const written = run.event("written_weight", step), read = run.event("read_weight", step);
  const size = (bytes) => bytes > 0 ? ` (${sizeText(bytes)})` : "";
  const parts = [];
  if (died) parts.push(`${plural(died, "layer")}${size(read)} gone`);
  if (born) parts.push(`${plural(born, "layer")}${size(written)} written`);
  return `${parts.join(", ")}.`;
}
