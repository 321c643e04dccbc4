// In words: why this compaction was picked, what it did, and why a write waited.

const REASONS = {
  "flush": "The memtable was full (or a flush was asked for), so it was written out as a new run " +
      "of L0.",
  "recovery flush": "What the log held at the open was written out as a run of L0.",
  "L0 to base":
      "L0 held as many runs, or as much weight, as call for a merge, so it goes into the base " +
      "level together with what it meets there.",
  "within L0":
      "Runs of L0 were merged among themselves: that costs less than taking them down, and " +
      "leaves fewer runs to look into.",
  "level full":
      "The level weighed more than its target and was the most due of all, so tables of it go " +
      "one level down, merged with those whose keys they meet.",
  "two levels":
      "Two levels were taken into the next in one merge, because that writes less than one " +
      "after the other.",
  "level drain":
      "The data shrank, and this level is no longer called for: it is emptied into the next.",
  "space amplification":
      "What lies above the oldest run weighed more than max_space_amp allows, so it was " +
      "merged down.",
  "size ratio": "Neighbouring runs were of like weight, so they became one.",
  "run count": "There were more sorted runs than may be, so the newest were merged whatever they " +
      "weigh.",
  "tier full": "The level had gathered as many runs as it may, so they go down as one.",
  "gather": "Runs of a level were gathered into one.",
  "fifo weight": "All tables together weighed more than fifo_bytes, so the oldest were dropped.",
  "fifo age": "The oldest tables were older than fifo_ttl_s, so they were dropped.",
  "tombstones":
      "No level was due, and tombstones were carried down because what they hide weighs " +
      "enough to pay for it.",
  "elision": "Tombstones under which nothing is left were dropped.",
  "manual": "Somebody asked for it (compact_range).",
  "custom": "A planner of one's own chose it.",
};

const KINDS = {
  "seal": "The memtable had reached its size. It takes no more writes and waits to be flushed; a " +
      "new one does.",
  "open": "The database was opened.",
  "close": "The database was closed.",
  "stall begins": "From here on writes wait.",
  "stall ends": "Writes go on at full speed.",
  "set": "Somebody changed a setting while it ran.",
};

const CAUSES = {
  memtables: "memtables are sealed faster than they can be flushed",
  l0_runs: "L0 holds too many runs: compaction out of it is behind",
  debt: "compaction has too much left to rewrite",
  log: "the log's device is behind",
};

// What the event before a state was: a title, sentences, and what the planner itself said.
function explain(run, state = run.state) {
  if (!state) return {title: "Before the first event", lines: [tableCounts(run)], text: ""};
  const step = state - 1, kind = run.kind(step), lines = [];
  const merged = run.event("merged", step);
  const reason = run.header.reasons[run.event("reason", step)];
  const from = run.event("input_level", step), to = run.event("output_level", step);
  const number = run.event("number", step);
  let title = `${kind} ${number > 0 ? `· event ${countText(number)}` : ""}`;
  if (Number.isFinite(to) && (kind === "compaction" || kind === "trivial move"))
    title = `${kind} L${from} → L${to} · event ${countText(number)}`;
  if (merged > 1) lines.push(mergedText(run, step, merged));
  if (KINDS[kind]) lines.push(KINDS[kind]);
  if (REASONS[reason]) lines.push(REASONS[reason]);
  else if (reason && reason !== "none") lines.push(`Reason: ${reason}.`);
  if (kind === "trivial move")
    lines.push("It meets nothing below, so it moved as it is: nothing was rewritten.");
  const score = run.event("score", step);
  if (score > 0)
    lines.push(`Score ${
        score.toFixed(2)}: weight or runs against the target; from 1.00 on a level is due.`);
  if (!(merged > 1) && !run.layered && (kind === "compaction" || kind === "trivial move"))
    lines.push(fillText(run, state));
  const work = workText(run, step, state, kind);
  if (work) lines.push(work);
  const at = run.event("text", step);
  return {title, lines, text: at > 0 ? text8.decode(run.texts.at(at - 1)) : ""};
}

// How full each level was before the event of a state: what the planner had to choose from.
function fillText(run, state) {
  const weights = run.levels.map((level) => level.weight), {rows, at} = run.deaths;
  const level = run.column("table level"), weight = run.column("table weight");
  for (let row = run.bornAt[state]; row < run.bornAt[state + 1]; row++)
    weights[level[row]] -= weight[row];
  for (let i = at[state]; i < at[state + 1]; i++) weights[level[rows[i]]] += weight[rows[i]];
  const targets = run.targets(state - 1), runs = run.figure("l0_run_count", state - 1), parts = [];
  parts.push(
      Number.isFinite(runs) ? `${plural(runs, "run")} in L0` : `${sizeText(weights[0])} in L0`);
  for (let l = 1; l < weights.length; l++) {
    if (!(weights[l] > 0)) continue;
    parts.push(
        targets[l] > 0 ? `${levelName(l)} ${(weights[l] / targets[l]).toFixed(2)} × its target` :
                         `${levelName(l)} ${sizeText(weights[l])}`);
  }
  return `Before it: ${parts.join(", ")}.`;
}

function tableCounts(run) {
  return run.count ? `${plural(run.count, run.noun)} stood already.` : "There is nothing yet.";
}

function mergedText(run, step, merged) {
  const counts = ["flush", "compaction", "trivial move"]
                     .map((kind) => [run.event(`merged ${kind}`, step), kind])
                     .filter(([count]) => count > 0)
                     .map(
                         ([count, kind]) => `${countText(count)} ${kind}${
                             count === 1          ? "" :
                                 kind === "flush" ? "es" :
                                                    "s"}`);
  return `This step stands for ${countText(merged)} events (${
      counts.join(", ") || "none that changed the tree"}); the last of them:`;
}

function workText(run, step, state, kind) {
  const written = run.event("written_weight", step), read = run.event("read_weight", step);
  const born = run.bornAt[state + 1] - run.bornAt[state];
  const died = run.deaths.at[state + 1] - run.deaths.at[state];
  const dropped = run.event("dropped_entries", step);
  if (!born && !died) return "";
  if (run.layered) return layerWork(run, step, born, died);
  if (kind === "flush")
    return `${sizeText(written)} in ${plural(born, "table")}${
        dropped ? `; ${plural(dropped, "record")} superseded within the memtable` : ""}.`;
  if (kind === "trivial move") return `${plural(born, "table")} moved.`;
  const took = run.event("duration_us", step);
  return `${plural(died, "table")} (${sizeText(read)}) became ${born} (${sizeText(written)}); ` +
      `${plural(dropped, "record")} superseded or deleted were dropped${
             took ? `; it took ${timeText(took)}` : ""}.`;
}

// Whether writes wait in this state, and for what; "" if they do not.
function waiting(run, state = run.state) {
  if (!state) return "";
  const share = stallShare(run), stopped = run.figure("stopped", state) > 0;
  const delay = run.figure("delay_us_per_kib", state), waited = share ? share[state - 1] : 0;
  const kind = run.kind(state - 1);
  if (!stopped && !(delay > 0) && !(waited > 0) && kind !== "stall begins") return "";
  const cause = (run.header.causes || [])[run.event("cause", state - 1)];
  const why = CAUSES[cause] || (cause && cause !== "none" ? cause : "");
  const how = stopped ? "Writes stand" :
      delay > 0       ? `Writes are slowed down by ${
                            delay < 1 ? "less than 1 µs" : timeText(delay)} per KiB` :
                        "Writes waited";
  const figures =
      [
        ["sealed_memtables", (v) => plural(v, "sealed memtable")],
        ["debt_weight", (v) => `${sizeText(v)} to rewrite`],
        ["job_count", (v) => plural(v, "job") + " at work"],
        ["device_utilisation", (v) => `device ${(100 * v).toFixed(0)} % in use`],
      ].map(([name, text]) => [run.figure(name, state), text])
          .filter(([v]) => Number.isFinite(v))
          .map(([v, text]) => text(v));
  const part =
      waited > 0 ? `, ${(100 * waited).toFixed(0)} % of the time since the event before` : "";
  const runs = plural(run.figure("l0_run_count", state) || 0, "run");
  return `${how}${part}${why ? `: ${why}` : ""}. ${runs} in L0.${
      figures.length ? ` At the last sample: ${figures.join(", ")}.` : ""}`;
}

// One line of the log.
function logLine(run, step) {
  const kind = run.kind(step), state = step + 1;
  const born = run.bornAt[state + 1] - run.bornAt[state],
        died = run.deaths.at[state + 1] - run.deaths.at[state];
  const from = run.event("input_level", step), to = run.event("output_level", step);
  const merged = run.event("merged", step);
  const levels = Number.isFinite(to) ? `L${from} → L${to}, ` : "";
  const what = {
    "flush": () => `flush → L0, ${sizeText(run.event("written_weight", step))}`,
    "compaction": () => `compaction ${levels}${died} → ${plural(born, run.noun)}`,
    "trivial move": () => `move L${from} → L${to}, ${plural(born, "table")}`,
  }[kind];
  const text = run.event("text", step);
  const said = !what && text > 0 ?
      `: ${text8.decode(run.texts.at(text - 1)).split("\n")[0].slice(0, 80)}` :
      "";
  return (merged > 1 ? `${countText(merged)} events, last: ` : "") + (what ? what() : kind + said);
}

// The facts of a table, as [name, value].
function tableFacts(run, row) {
  const has = (name) => run.column(`table ${name}`), value = (name) => has(name)[row];
  const facts = [
    [run.noun, tableText(value("number"))], ["level", levelName(value("level"))],
    [run.layered ? "size" : "weight", sizeText(value("weight"))]
  ];
  if (!run.layered) facts.splice(2, 0, ["run", countText(value("run"))]);
  if (has("file_bytes")) facts.push(["file", sizeText(value("file_bytes"))]);
  if (has("entry_count")) facts.push(["records", countText(value("entry_count"))]);
  if (has("tombstone_count") && value("tombstone_count"))
    facts.push(["tombstones", countText(value("tombstone_count"))]);
  if (run.layered) facts.push(...layerFacts(run, row));
  else if (run.keys.length) {
    facts.push(["first key", keyText(run.keys.at(value("low")))]);
    facts.push(["last key", keyText(run.keys.at(value("high")))]);
  }
  if (has("smallest_seqno") && has("largest_seqno"))
    facts.push([
      "commits", value("largest_seqno") ?
          `${countText(value("smallest_seqno"))} to ${countText(value("largest_seqno"))}` :
          "settled: nobody needs them"
    ]);
  const born = value("born"), died = value("died");
  facts.push(["came with", born ? `step ${countText(born)}` : "before the first event"]);
  facts.push(["goes with", died === NEVER ? "– (it stands)" : `step ${countText(died)}`]);
  return facts;
}
