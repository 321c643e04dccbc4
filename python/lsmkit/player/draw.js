// What views draw with: a canvas or SVG behind the same calls, and rectangles in lanes, of which
// those too narrow to be seen are merged so that a frame has at most MOST_RECTANGLES.

const MOST_RECTANGLES = 4000;

// Kinds of tables, by what happens to them; of merged ones the last of these shows.
const STANDS = 0, GOES = 1, CAME = 2;

class CanvasPen {
  constructor(canvas, theme, scale = globalThis.devicePixelRatio || 1) {
    this.width = canvas.clientWidth || canvas.width;
    this.height = canvas.clientHeight || canvas.height;
    this.theme = theme;
    const width = Math.round(this.width * scale), height = Math.round(this.height * scale);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.context = canvas.getContext("2d");
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.rectangles = 0;
  }

  rect(x, y, w, h, fill, {stroke = null, alpha = 1, hatch = null, dash = null} = {}) {
    this.rectangles++;
    const c = this.context;
    c.globalAlpha = alpha;
    if (fill) {
      c.fillStyle = fill;
      c.fillRect(x, y, w, h);
    }
    if (hatch) {
      c.fillStyle = this.pattern(hatch);
      c.fillRect(x, y, w, h);
    }
    c.globalAlpha = 1;
    if (!stroke || w < 2) return;
    c.strokeStyle = stroke;
    c.lineWidth = 1;
    c.setLineDash(dash || []);
    c.strokeRect(x + 0.5, y + 0.5, Math.max(1, w - 1), Math.max(1, h - 1));
    c.setLineDash([]);
  }

  line(points, stroke, {width = 1, dash = []} = {}) {
    const c = this.context;
    c.strokeStyle = stroke;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.beginPath();
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
    c.setLineDash([]);
  }

  text(x, y, text, {fill = this.theme.ink, align = "left", size = 12, weight = 400} = {}) {
    const c = this.context;
    c.fillStyle = fill;
    c.textAlign = align;
    c.textBaseline = "middle";
    c.font = `${weight} ${size}px ${FONT}`;
    c.fillText(text, x, y);
  }

  // Diagonal lines: what is about to go, for those too who tell no colours apart.
  pattern(stroke) {
    this.patterns ||= {};
    if (this.patterns[stroke]) return this.patterns[stroke];
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const c = tile.getContext("2d");
    c.strokeStyle = stroke;
    c.lineWidth = 1.5;
    c.beginPath();
    for (const shift of [-6, 0, 6]) {
      c.moveTo(shift - 1, 7);
      c.lineTo(shift + 7, -1);
    }
    c.stroke();
    return (this.patterns[stroke] = this.context.createPattern(tile, "repeat"));
  }
}

const FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

class SvgPen {
  constructor(width, height, theme) {
    Object.assign(this, {width, height, theme, parts: [], hatches: new Map(), rectangles: 0});
  }

  rect(x, y, w, h, fill, {stroke = null, alpha = 1, hatch = null, dash = null} = {}) {
    this.rectangles++;
    const box = `x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"`;
    const edge = stroke && w >= 2 ?
        ` stroke="${stroke}"${dash ? ` stroke-dasharray="${dash.join(" ")}"` : ""}` :
                                     "";
    this.parts.push(`<rect ${box} fill="${fill || "none"}" fill-opacity="${alpha}"${edge}/>`);
    if (!hatch) return;
    if (!this.hatches.has(hatch)) this.hatches.set(hatch, `hatch${this.hatches.size}`);
    this.parts.push(`<rect ${box} fill="url(#${this.hatches.get(hatch)})"/>`);
  }

  line(points, stroke, {width = 1, dash = []} = {}) {
    const text = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
    this.parts.push(
        `<polyline points="${text}" fill="none" stroke="${stroke}" stroke-width="${width}"` +
        ` stroke-dasharray="${dash.join(" ")}"/>`);
  }

  text(x, y, text, {fill = this.theme.ink, align = "left", size = 12, weight = 400} = {}) {
    const anchor = {left: "start", center: "middle", right: "end"}[align];
    this.parts.push(
        `<text x="${round(x)}" y="${round(y)}" fill="${fill}" font-size="${size}" ` +
        `font-weight="${weight}" text-anchor="${anchor}" dominant-baseline="central">${
            xmlText(text)}</text>`);
  }

  toString() {
    const hatches = [...this.hatches].map(
        ([stroke, id]) =>
            `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse">` +
            `<path d="M-1,7 L7,-1 M-4,4 L4,-4 M2,10 L10,2" stroke="${
                stroke}" stroke-width="1.5"/></pattern>`);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${
               this.height}" ` +
        `viewBox="0 0 ${this.width} ${this.height}" font-family="system-ui, sans-serif">` +
        `<defs>${hatches.join("")}</defs>` +
        `<rect width="100%" height="100%" fill="${this.theme.paper}"/>${this.parts.join("")}</svg>`;
  }
}

const round = (value) => Math.round(value * 100) / 100;

function xmlText(text) {
  // eslint-disable-next-line no-control-regex
  return String(text)
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�")
      .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

// Lanes of boxes, {y, h, level, x0[], x1[], kind[]}: boxes narrower than `least` pixels become
// marks of that width, and marks that touch and are of one kind become one box. `least` is 1 unless
// that makes too many.
function mergeLanes(lanes, left, width, most = MOST_RECTANGLES - 400) {
  for (let least = 1;; least *= 2) {
    const boxes = [];
    for (const lane of lanes) {
      mergeLane(lane, left, width, least, boxes, most);
      if (boxes.length > most) break;
    }
    if (boxes.length <= most || least > 2 * width) return boxes.slice(0, most);
  }
}

function mergeLane(lane, left, width, least, boxes, most) {
  const marks = new Uint8Array(Math.ceil(width / least) + 1);
  let narrow = false;
  for (let i = 0; i < lane.x0.length && boxes.length <= most; i++) {
    const x0 = lane.x0[i], x1 = lane.x1[i];
    if (x1 - x0 >= least) {
      boxes.push({x: x0, w: x1 - x0, kind: lane.kind[i], lane, whole: true});
      continue;
    }
    narrow = true;
    const from = Math.max(0, Math.floor((x0 - left) / least));
    const to = Math.min(marks.length - 1, Math.floor((x1 - left) / least));
    for (let m = from; m <= to; m++) marks[m] = Math.max(marks[m], lane.kind[i] + 1);
  }
  if (!narrow) return;
  for (let m = 0; m < marks.length; m++) {
    if (!marks[m]) continue;
    const begin = m;
    while (m + 1 < marks.length && marks[m + 1] === marks[begin]) m++;
    const x = left + begin * least;
    const w = Math.min(left + width, left + (m + 1) * least) - x;
    boxes.push({x, w: Math.max(0.5, w), kind: marks[begin] - 1, lane, whole: false});
  }
}

// A few of the tables are outlined or hatched, so that colour alone says nothing.
function drawBoxes(pen, boxes, colour, alpha = 1) {
  const {theme} = pen;
  for (const {x, w, kind, lane, whole} of boxes) {
    const gap = whole && w > 3 ? 1 : 0;
    const fill = kind === CAME ? theme.came : lane.image ? theme.image : colour(lane.level);
    pen.rect(x, lane.y, w - gap, lane.h, fill, {
      alpha: kind === STANDS ? alpha : 1,
      hatch: kind === GOES ? theme.goes : null,
      stroke: kind === GOES ? theme.goes :
          kind === CAME     ? theme.cameEdge :
                              null,
    });
  }
}
