// What can be taken away: one frame as SVG or PNG, the state as CSV, the page itself.

function download(name, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type}));
  const link = h("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// All runs, one above the other, with a line that says what they are.
function drawFrame(pen, runs, settings, theme) {
  const height = pen.height / runs.length, colour = (level) => theme.levels[Math.min(7, level)];
  runs.forEach((run, i) => {
    const part = shifted(pen, i * height + 30, height - 34);
    pen.text(
        14, i * height + 17,
        `${run.header.name} · step ${countText(run.state)} of ${countText(run.steps)} · ` +
            `${timeText(run.coordinate("time", run.state))}`,
        {weight: 650, size: 13});
    VIEWS[settings.view](part, run, {...settings, since: run.state - 1, colour});
  });
}

function shifted(pen, top, height) {
  return {
    width: pen.width,
    height,
    theme: pen.theme,
    rect: (x, y, ...more) => pen.rect(x, y + top, ...more),
    line: (points, ...more) => pen.line(points.map(([x, y]) => [x, y + top]), ...more),
    text: (x, y, ...more) => pen.text(x, y + top, ...more),
  };
}

function frameSvg(runs, settings, theme, width, height) {
  const pen = new SvgPen(width, height, theme);
  drawFrame(pen, runs, settings, theme);
  return pen.toString();
}

function framePng(runs, settings, theme, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = new CanvasPen(canvas, theme, 2);
  pen.context.fillStyle = theme.paper;
  pen.context.fillRect(0, 0, width, height);
  drawFrame(pen, runs, settings, theme);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// The tables that stand. Keys stand in quotes, so that a spreadsheet takes none for a formula.
function stateCsv(runs) {
  const names = [
    "number", "level", "run", "weight", "file_bytes", "entry_count", "tombstone_count",
    ...(runs[0].layered ? ["kind", "begin_lsn", "end_lsn"] : ["smallest_seqno", "largest_seqno"]),
    "born", "died"
  ];
  const cell = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = [["name", "step", "table", ...names, "smallest_key", "largest_key"].join()];
  for (const run of runs)
    for (const row of [].concat(...run.layout().flat().map((rows) => rows || []))) {
      const values = names.map((name) => {
        const column = run.column(`table ${name}`);
        return !column || (name === "died" && column[row] === NEVER) ? "" : column[row];
      });
      const keys = ["low", "high"].map((name) => {
        const column = run.column(`table ${name}`);
        return column && run.keys.length ? cell(`"${keyText(run.keys.at(column[row]))}"`) : "";
      });
      lines.push([
        cell(`'${run.header.name}'`), run.state, tableText(run.column("table number")[row]),
        ...values, ...keys
      ].join());
    }
  return lines.join("\r\n") + "\r\n";
}
