// Figures over time or events, one above the other, under the playhead of all: drawn once into a
// picture of their own, at most two lines per column of pixels however many events there are.

const CHARTS = [
  {title: "write amplification", names: ["write_amp", "write_amp_weight"], text: ratioText},
  {title: "space amplification", names: ["space_amp"], text: ratioText},
  {title: "tables per get", names: ["read_amp"], text: ratioText},
  {title: "sorted runs", names: ["run_count"], text: countText},
  {title: "runs in L0", names: ["l0_run_count"], text: countText},
  {title: "layers", names: ["layer_count"], text: countText},
  {title: "layers per read", names: ["layers_read"], text: ratioText},
  {title: "storage over log", names: ["storage_to_log"], text: ratioText},
  {title: "bytes of all layers", names: ["live_bytes"], text: sizeText},
  {title: "debt", names: ["debt_weight"], text: sizeText},
  {title: "weight of all tables", names: ["weight"], text: sizeText},
  {title: "device in use", names: ["device_utilisation"], text: (v) => `${(100 * v).toFixed(0)} %`},
  {title: "writes waited", names: ["stall_share"], text: (v) => `${(100 * v).toFixed(0)} %`},
];

// The values of a chart of a run, by step; null: the run has none. What is 0 for ever is left out.
function chartValues(run, chart) {
  if (chart.names[0] === "stall_share") return stallShare(run);
  for (const name of chart.names) {
    const values = run.column(`figure ${name}`);
    if (!values) continue;
    for (let i = 0; i < run.steps; i++)
      if (values[i] > 0) return values;
  }
  return null;
}

// Share of the time since the event before in which writes waited.
function stallShare(run) {
  const stall = run.column("figure stall_us"), time = run.column("event time_us");
  if (!stall || !run.steps || !(stall[run.steps - 1] > 0)) return null;
  if (run.stallOf && run.stallOf.length === run.steps) return run.stallOf;
  const share = new Float32Array(run.steps);
  for (let i = 0; i < run.steps; i++) {
    const passed = time[i] - (i ? time[i - 1] : 0), waited = stall[i] - (i ? stall[i - 1] : 0);
    share[i] = passed > 0 ? Math.max(0, Math.min(1, waited / passed)) : i ? share[i - 1] : 0;
  }
  return (run.stallOf = share);
}

// Pixels of one of so many charts.
const chartHeight = (count) => (count > 6 ? 30 : 40);

class Charts {
  constructor(canvas) {
    this.canvas = canvas;
    this.picture = document.createElement("canvas");
    this.key = "";
  }

  // Those that some run has figures for.
  shown(runs) { return CHARTS.filter((chart) => runs.some((run) => chartValues(run, chart))); }

  height(runs) {
    const count = Math.max(1, this.shown(runs).length);
    return count * chartHeight(count) + 8;
  }

  draw(runs, axis, range, places, theme, names) {
    const key = [
      axis, ...range, theme.name, this.canvas.clientWidth, this.canvas.clientHeight,
      ...runs.map((run) => run.steps)
    ].join();
    const pen = new CanvasPen(this.canvas, theme);
    this.left = LEFT + 60;
    this.width = Math.max(40, pen.width - this.left - 108);
    if (key !== this.key) this.paint(runs, axis, range, theme, pen);
    this.key = key;
    pen.context.drawImage(this.picture, 0, 0, pen.width, pen.height);
    const x = this.left + this.width * share(places, range);
    pen.line([[x, 0], [x, pen.height]], theme.accent, {width: 1.5});
    pen.rect(x - 4, 0, 8, 6, theme.accent);
    const shown = this.shown(runs), tall = chartHeight(shown.length);
    shown.forEach((chart, i) => {
      const texts = runs.map((run) => {
        const values = chartValues(run, chart);
        return values && run.state ? chart.text(values[run.state - 1]) : "–";
      });
      texts.forEach(
          (text, j) => pen.text(
              this.left + this.width + 12,
              4 + (i + 0.5) * tall + (texts.length > 1 ? 14 * j - 7 : 0),
              texts.length > 1 ? `${names[j]} ${text}` : text,
              {weight: 650, size: 12.5, fill: j ? theme.second : theme.ink}));
    });
    return pen.rectangles;
  }

  paint(runs, axis, range, theme, above) {
    const scale = globalThis.devicePixelRatio || 1;
    this.picture.width = Math.round(above.width * scale);
    this.picture.height = Math.round(above.height * scale);
    const pen = new CanvasPen(this.picture, theme, scale);
    pen.context.setTransform(scale, 0, 0, scale, 0, 0);
    const shown = this.shown(runs), tall = chartHeight(shown.length);
    shown.forEach((chart, i) => {
      const top = 4 + i * tall, columns = runs.map((run) => {
        const values = chartValues(run, chart);
        return values ? extremes(run, values, axis, range, Math.floor(this.width)) : null;
      });
      const most = Math.max(1e-12, ...columns.map((c) => (c ? c.most : 0)));
      const least = Math.min(...columns.map((c) => (c ? c.least : Infinity)));
      const floor = least > 0.5 * most ? least - 0.15 * (most - least || most) : 0;
      pen.text(this.left - 12, top + tall / 2 - 7, chart.title, {align: "right", size: 11.5});
      pen.text(
          this.left - 12, top + tall / 2 + 7, `to ${chart.text(most)}`,
          {align: "right", size: 10, fill: theme.muted});
      pen.rect(this.left, top + 3, this.width, tall - 6, theme.trough);
      columns.forEach(
          (column, j) => column &&
              drawColumn(pen, column, this.left, top + 5, tall - 10, floor, most,
                         j ? theme.second : theme.first, j ? [4, 3] : []));
    });
  }
}

const share = (place, [begin, end]) =>
    Math.max(0, Math.min(1, (place - begin) / (end - begin || 1)));

// Least and most value of each column of pixels.
function extremes(run, values, axis, range, width) {
  const low = new Float64Array(width + 1).fill(NaN), high = new Float64Array(width + 1).fill(NaN);
  let least = Infinity, most = 0;
  for (let step = 0; step < run.steps; step++) {
    const value = values[step];
    if (!Number.isFinite(value)) continue;
    const x = Math.round(width * share(run.coordinate(axis, step + 1), range));
    if (!(low[x] <= value)) low[x] = value;
    if (!(high[x] >= value)) high[x] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return {low, high, least, most};
}

function drawColumn(pen, {low, high}, left, top, height, floor, most, stroke, dash) {
  const y = (value) => top + height * (1 - (value - floor) / (most - floor || 1)), points = [];
  for (let x = 0; x < low.length; x++) {
    if (Number.isNaN(low[x])) continue;
    if (points.length) points.push([left + x, points[points.length - 1][1]]);  // it held until then
    points.push([left + x, y(low[x])]);
    if (high[x] !== low[x]) points.push([left + x, y(high[x])]);
  }
  if (points.length) pen.line(points, stroke, {width: 1.5, dash});
}
