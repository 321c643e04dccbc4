// Reads the bytes that pack.py lays out, and says numbers, sizes, times and keys as text.

const TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};
const NEVER = 0xffffffff;
const text8 = new TextDecoder("utf-8", {fatal: false});

// The bytes of a Uint8Array, DataView or ArrayBuffer, in a buffer of their own where they must be:
// typed arrays can't begin anywhere in one.
function aligned(data) {
  const bytes = ArrayBuffer.isView(data) ?
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength) :
      new Uint8Array(data);
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}

// Each run of a bundle: its header, with `columns` as typed arrays.
function unbundle(data) {
  const bytes = aligned(data);
  const runs = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true));
    if (size > bytes.length - at - 8) throw new Error("the data of the player is cut short");
    runs.push(unpack(bytes.subarray(at + 8, at + 8 + size)));
    at += 8 + size;
  }
  return runs;
}

function unpack(data) {
  const bytes = aligned(data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text8.decode(bytes.subarray(0, 8)) !== "LSMPLAY1")
    throw new Error("these bytes are none of the player's");
  const end = 16 + view.getUint32(8, true);
  const header = JSON.parse(text8.decode(bytes.subarray(16, end)));
  const columns = {};
  for (const [name, [type, offset, count]] of Object.entries(header.columns))
    columns[name] = new TYPES[type](bytes.buffer, bytes.byteOffset + end + offset, count);
  return {...header, columns};
}

function sizeText(size) {
  if (!Number.isFinite(size)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let step = 0;
  for (; Math.abs(size) >= 1024 && step < units.length - 1; step++) size /= 1024;
  return `${size.toFixed(step === 0 || size >= 100 ? 0 : 1)} ${units[step]}`;
}

const countText = (count) => Math.round(count).toLocaleString("en-US");
const plural = (count, word) => `${countText(count)} ${word}${count === 1 ? "" : "s"}`;

function timeText(us) {
  if (us < 1e3) return `${us.toFixed(0)} µs`;
  if (us < 1e6) return `${(us / 1e3).toFixed(us < 1e4 ? 2 : 1)} ms`;
  const s = us / 1e6;
  if (s < 120) return `${s.toFixed(s < 10 ? 2 : 1)} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

function ratioText(value) {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

// As lsmkit writes table numbers: #job, or #job.part.position.
function tableText(number) {
  const job = number >> 28n, part = (number >> 20n) & 255n, position = number & 0xfffffn;
  return `#${job}${part || position ? `.${part}.${position}` : ""}`;
}

// Keys are bytes from strangers: what is not plain ASCII is written \xhh.
function keyText(bytes) {
  let out = "";
  for (const byte of bytes)
    out += byte === 0x5c            ? "\\\\" :
        byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) :
                                      `\\x${byte.toString(16).padStart(2, "0")}`;
  return out;
}
