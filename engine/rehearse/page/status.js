// The page of a running engine: asks it every other second, and draws what it says.
const main = document.getElementById("status");
const kEvery = 2000, kPatience = 5000, kRowsMost = 200;
const kQuotasEvery = 5; // Of so many times asking; quotas change slowly.
const kOfMetrics = ["Validate", "Smooth", "Metric", "DeadBand", "Combine"]; // What they make is no size yet.

const nameOf = (one) => `${one.namespace}/${one.name}`;
const pathOf = (one) => `${encodeURIComponent(one.namespace)}/${encodeURIComponent(one.name)}`;
const change = (from, to) => from === to ? String(to) : `${from} → ${to}`;
function age(seconds) {
  if (!(seconds >= 0)) return "–";
  if (seconds < 1) return `${number(seconds * 1000, 0)} ms`;
  if (seconds < 120) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  return seconds < 7200 ? `${number(seconds / 60, 0)} min` : `${number(seconds / 3600, 1)} h`;
}
function wordText(kind, by, reason) {
  return kind === "Limited" ? `${by}: ${reason}` : kind === "Held" ? `held: ${reason}` : "as asked";
}
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
async function ask(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(kPatience), cache: "no-store" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error((answer.status === 400 && (await answer.json()).error) || `HTTP status ${answer.status}`);
  return answer.json();
}

// A table whose rows stay the same nodes, so that what is focused stays focused. `cells(item)` makes a
// row's cells and gives a function that shows an item in them.
function liveTable(caption, head, keyOf, cells, attributes) {
  const title = make("caption", {}, caption), body = make("tbody");
  const rows = new Map();
  const place = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", attributes, title,
      make("thead", {}, make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)))), body));
  const show = (items, text) => {
    setText(title, text);
    const wanted = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      row.tr.remove();
      rows.delete(key);
    }
    items.forEach((item, i) => {
      const key = keyOf(item);
      if (!rows.has(key)) {
        const tr = make("tr");
        rows.set(key, { tr, update: cells(tr, item) });
      }
      const { tr, update } = rows.get(key);
      update(item);
      if (body.children[i] !== tr) body.insertBefore(tr, body.children[i] || null);
    });
  };
  return { place, show };
}

function sparkline() {
  const line = make("polyline"), svg = make("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img" }, line);
  let drawn = "";
  return { svg, show: (sizes) => {
    const points = sizes || [];
    const from = points.length ? points[0][0] : 0, until = points.length ? points[points.length - 1][0] : 1;
    const most = Math.max(1, ...points.map((point) => point[2]));
    const x = (t) => ((t - from) / (until - from || 1) * 100).toFixed(1), y = (size) => (23 - size / most * 22).toFixed(1);
    const path = points.map(([t, , size], i) => (i ? `${x(t)},${y(points[i - 1][2])} ` : "") + `${x(t)},${y(size)}`).join(" ");
    if (path === drawn) return;
    drawn = path;
    line.setAttribute("points", path);
    svg.setAttribute("aria-label", points.length ? `replicas lately: from ${points[0][2]} to ${points[points.length - 1][2]}, at most ${most}` : "no decisions yet");
  } };
}

// The fleet.
let chosen = null; // {namespace, name} of the object that is looked at.
const filter = make("input", { type: "search", id: "filter", maxlength: 100, oninput: () => soon(200) });
const order = make("select", { id: "order", onchange: () => soon(0) },
  [["name", "name"], ["attention", "need of a look"], ["change", "change"], ["replicas", "replicas"], ["oldest", "oldest decision"]]
    .map(([value, text]) => make("option", { value }, text)));
const limit = make("select", { id: "limit", onchange: () => soon(0) }, [25, 100, 500].map((count) =>
  make("option", { value: count, selected: count === 100 ? "" : null }, String(count))));
let now = 0;
const fleet = liveTable("List of objects", ["object", "replicas", "from–to", "last word", "why", "decided"], nameOf, (tr, first) => {
  const spark = sparkline(), size = make("span"), range = make("td"), word = make("td", { class: "text" }), why = make("td", { class: "why" }), when = make("td");
  const target = make("div", { class: "hint" }), shadow = make("div", { class: "hint" });
  tr.append(make("th", { scope: "row", class: "object" }, make("a", { href: "#" + pathOf(first) }, nameOf(first)), target),
    make("td", {}, spark.svg, size, shadow), range, word, why, when);
  return (row) => {
    const said = row.lastWord || { kind: "Held", reason: "not evaluated yet" };
    tr.classList.toggle("chosen", chosen !== null && nameOf(chosen) === nameOf(row));
    spark.show(row.sizes);
    setText(target, row.target + (row.mode === "Active" ? "" : `, ${row.mode}`));
    setText(size, row.lastWord ? change(row.current, row.desired) : "–");
    setText(shadow, row.shadow ? `would be ${row.shadow.replicas}` : "");
    setText(range, `${row.min}–${row.max}`);
    word.className = `text ${said.kind.toLowerCase()}`;
    setText(word, wordText(said.kind, said.by, said.reason));
    setText(why, arrows(row.summary));
    setText(when, row.t === undefined ? "–" : `${age(now - row.t)} ago`);
  };
}, { id: "fleet", class: "words" });

// Quotas, where there are DynamicQuotas: a row for each resource.
const quotaSection = make("section", { "aria-labelledby": "quota-title", hidden: "" }), quotaTitle = make("h2", { id: "quota-title", tabindex: -1 }, "Quotas");
const quotaButton = make("button", { type: "button", id: "to-quotas", hidden: "", onclick: () => { quotaSection.scrollIntoView(); quotaTitle.focus(); } });
const quotaTable = liveTable("List of quotas", ["quota", "resource", "hard", "used", "wanted", "lacks", "from–to", "last round", "decided"], (one) => `${nameOf(one.quota)} ${one.name}`, (tr, first) => {
  const numbers = ["hard", "used", "wanted", "unmet"].map(() => make("td"));
  const range = make("td"), why = make("td", { class: "why" }), when = make("td"), facts = make("div", { class: "hint" });
  tr.append(make("th", { scope: "row", class: "object" }, nameOf(first.quota), facts), make("td", { class: "text" }, first.name), ...numbers, range, why, when);
  return ({ quota, ...one }) => {
    setText(facts, `${quota.mode}${quota.pool ? `, pool ${quota.pool}` : ""}`);
    ["hard", "used", "wanted", "unmet"].forEach((key, i) => setText(numbers[i], one[key] === null ? "–" : one[key]));
    numbers[3].className = one.numbers && one.numbers.unmet > 0 ? "held" : "";
    setText(range, one.guaranteed || one.max ? `${one.guaranteed || "0"}–${one.max || "∞"}` : "–");
    setText(why, quota.problem ? `${quota.result}: ${quota.problem}` : quota.result);
    setText(when, `${age(Math.max(now - Date.parse(quota.at) / 1000, 0))} ago`); // It may be asked later than the fleet.
  };
}, { class: "words" });
const none = { name: "–", hard: null, used: null, wanted: null, unmet: null }; // Of a quota that could not be decided.
function showQuotas(answer) {
  const words = filter.value.toLowerCase().split(" ");
  const rows = answer.quotas.flatMap((quota) => (quota.resources.length ? quota.resources : [none]).map((one) => ({ ...one, quota })));
  const found = rows.filter(({ quota, name }) => words.every((word) => `${nameOf(quota)} ${name} ${quota.pool} ${quota.mode} ${quota.result}`.toLowerCase().includes(word)));
  quotaSection.hidden = quotaButton.hidden = rows.length === 0;
  const lacking = rows.filter((one) => one.numbers && one.numbers.unmet > 0).length;
  setText(quotaButton, `Quotas: ${number(rows.length)}${lacking ? `, ${number(lacking)} lack` : ""}`);
  quotaTable.show(found.slice(0, Number(limit.value)), `${number(Math.min(found.length, limit.value))} of ${number(rows.length)} resources of quotas`);
}

// One object.
const view = make("section", { id: "view", "aria-labelledby": "object-title", hidden: "" });
let shown = null; // What stands in `view`.
function lines(history) {
  const row = (value) => history.t.map(() => value);
  return [history.t, history.current, history.recommended, history.desired, row(history.min), row(isNear(history) ? history.max : null)];
}
// A bound far above would only make the rest small.
const isNear = ({ max, current, recommended, desired }) => max <= 3 * Math.max(...current, ...recommended, ...desired);
function replicasChart(state) {
  return timeChart({ label: "Replicas over time: current, asked for by the metrics, decided, and the bounds.", axis: "replicas", height: 260, fromZero: true,
    data: () => lines(state.history),
    series: () => [{ label: "current", stroke: color("--need"), fill: color("--need") + "33" },
      { label: "asked for", stroke: colors[1], width: 1.5 }, { label: "decided", stroke: colors[0], width: 2 },
      { label: "min", stroke: color("--soft"), dash: [4, 4] },
      { label: "max", stroke: color("--soft"), dash: [4, 4] }] });
}
function signalChart(state, index) {
  const metric = () => state.history.metrics[index];
  const row = (value) => state.history.t.map(() => value);
  const bounds = [["scaleUp", "grows above", "--bad"], ["scaleDown", "shrinks below", "--good"]].filter(([key]) => metric()[key] !== null);
  return timeChart({ label: `Metric ${metric().name} over time, with its target and thresholds.`, axis: metric().unit || "value", height: 190,
    data: () => [state.history.t, metric().value, metric().target, ...bounds.map(([key]) => row(metric()[key]))],
    series: () => [{ label: metric().name, stroke: colors[0], width: 2 }, { label: "target", stroke: colors[1], dash: [6, 4] },
      ...bounds.map(([, label, name]) => ({ label, stroke: color(name), dash: [2, 4] }))] });
}

// Who had the last word when: a strip that arrow keys walk along.
function limiterStrip(state) {
  const palette = new Map();
  const svg = make("svg", { class: "strip", viewBox: "0 0 1000 20", preserveAspectRatio: "none", tabindex: 0, role: "slider",
    "aria-label": "Last word over time; arrow keys choose a decision, Enter explains it", "aria-valuemin": 1 });
  const legend = make("div", { class: "tools" }), said = make("p", { class: "hint" });
  let at = -1, rects = [];
  const fill = (kind, by) => {
    if (kind === "Asked") return color("--line");
    if (kind === "Held") return color("--bad");
    if (!palette.has(by)) palette.set(by, colors[palette.size % colors.length]);
    return palette.get(by);
  };
  const choose = (index) => {
    if (rects[at]) rects[at].classList.remove("on");
    at = Math.min(Math.max(index, 0), rects.length - 1);
    rects[at].classList.add("on");
    const { t, current, desired, lastWord } = state.history;
    const text = `${clock(t[at])}: ${change(current[at], desired[at])}, ${wordText(...lastWord[at])}`;
    setText(said, text);
    svg.setAttribute("aria-valuenow", at + 1);
    svg.setAttribute("aria-valuetext", text);
  };
  const draw = () => {
    const { t, lastWord, id } = state.history;
    const from = t[0], until = t[t.length - 1] + (t.length > 1 ? (t[t.length - 1] - from) / (t.length - 1) : 1);
    const x = (time) => (time - from) / (until - from) * 1000;
    const kept = at >= 0 && at < rects.length - 1 ? rects[at].dataset.id : null;
    rects = t.map((time, i) => {
      const rect = make("rect", { x: x(time), y: 0, height: 20, width: Math.max(x(i + 1 < t.length ? t[i + 1] : until) - x(time), 0.5), fill: fill(lastWord[i][0], lastWord[i][1]), "data-id": id[i],
        onclick: () => { choose(i); drawer.open(state, id[i]); } }, make("title", {}, `${clock(time)} ${wordText(...lastWord[i])}`));
      return rect;
    });
    svg.replaceChildren(...rects);
    svg.setAttribute("aria-valuemax", t.length);
    choose(kept && id.includes(kept) ? id.indexOf(kept) : t.length - 1);
    const names = new Map();
    lastWord.forEach(([kind, by]) => names.set(kind === "Limited" ? by : kind === "Held" ? "held" : "as asked", fill(kind, by)));
    legend.replaceChildren(...[...names].map(([name, paint]) => {
      const swatch = make("span", { class: "swatch" });
      swatch.style.background = paint;
      return make("label", {}, swatch, name);
    }));
  };
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -1e6, End: 1e6 }[event.key];
    if (step) choose(at + step);
    else if (event.key === "Enter") drawer.open(state, state.history.id[at]);
    else return;
    event.preventDefault();
  });
  return { parts: [svg, legend, said], draw };
}

function decisionsTable(state) {
  return liveTable("Decisions", ["time (UTC)", "replicas", "asked for", "last word", "written", "all of it"], (one) => one.id, (tr, first) => {
    const word = make("td", { class: "text" }), written = make("td", { class: "why" });
    tr.append(make("th", { scope: "row" }, clock(first.t)), make("td", { class: first.current === first.desired ? null : "changed" }, change(first.current, first.desired)),
      make("td", {}, number(first.recommended)), word, written,
      make("td", {}, make("button", { type: "button", "aria-label": `Explain ${clock(first.t)}`, onclick: () => drawer.open(state, first.id) }, "Explain")));
    return (one) => {
      word.className = `text ${one.word[0].toLowerCase()}`;
      setText(word, wordText(...one.word));
      setText(written, arrows(one.written || ""));
    };
  }, { class: "words" });
}

// What charts and tables are made for; with another one they are made anew.
const shapeOf = (history) => JSON.stringify([nameOf(history), ...history.metrics.map(({ name, unit, scaleUp, scaleDown }) => [name, unit, scaleUp === null, scaleDown === null])]);
// Where a dry run would have led.
const shadowText = (shadow) => !shadow ? "" : `. If it had written since ${clock(Date.parse(shadow.since) / 1000)}: ${shadow.replicas} replicas, ${shadow.readyReplicas} of them ready${
  shadow.holds ? "; held: too much is unknown" : ""}${shadow.demandHidden ? "; at least: the real pods are saturated" : ""}`;
// Where the size or who gave it becomes another one.
const isTurn = ({ current, desired, lastWord }, i) => i === 0 || current[i] !== desired[i] || lastWord[i].join() !== lastWord[i - 1].join();
function openObject(history) {
  const state = { history, shape: shapeOf(history) };
  const summary = make("p", { class: "verdict" });
  const every = make("input", { type: "checkbox", id: "every", onchange: () => show() });
  const replicas = replicasChart(state), strip = limiterStrip(state), decisions = decisionsTable(state);
  const signals = history.metrics.map((metric, i) => ({ metric, chart: signalChart(state, i) }));
  const signalTable = liveTable("Signals", ["time (UTC)", ...history.metrics.flatMap((metric) => [metric.name, "target"])], (i) => history.t[i], (tr, i) => {
    const cell = (value) => make("td", {}, number(value, 3));
    tr.append(make("th", { scope: "row" }, clock(state.history.t[i])), ...state.history.metrics.flatMap((metric) => [cell(metric.value[i]), cell(metric.target[i])]));
    return () => {};
  });
  view.replaceChildren(make("div", { class: "tools" }, make("h2", { id: "object-title", tabindex: -1 }, nameOf(history)), make("a", { href: "#" }, "Close")), summary,
    make("h3", {}, "Replicas"), make("div", { class: "tools" }, replicas.buttons), replicas.place,
    make("h3", {}, "Who had the last word"), ...strip.parts,
    make("h3", {}, "Signals"), make("div", { class: "signals" }, signals.map(({ metric, chart }) => make("div", {}, make("h3", {}, `${metric.name}${metric.unit ? ` (${metric.unit})` : ""}`), chart.place))),
    make("details", {}, make("summary", {}, "As a table"), signalTable.place),
    make("h3", {}, "Decisions"), make("div", { class: "tools" }, make("label", {}, every, "also those that changed nothing")), decisions.place);
  view.hidden = false;
  const charts = [replicas, ...signals.map(({ chart }) => chart)];
  charts.forEach((chart) => chart.start());
  redraws.add(strip.draw);
  const show = () => {
    const { t } = state.history;
    setText(summary, arrows(state.history.summary) + shadowText(state.history.shadow));
    strip.draw();
    const { id, current, desired, recommended, lastWord, written } = state.history;
    const newest = t.map((_, i) => i).reverse();
    const told = newest.filter((i) => every.checked || isTurn(state.history, i)).slice(0, kRowsMost);
    signalTable.show(newest.slice(0, kRowsMost), `${Math.min(t.length, kRowsMost)} of ${t.length} decisions`);
    decisions.show(told.map((i) => ({ id: id[i], t: t[i], current: current[i], desired: desired[i], recommended: recommended[i], word: lastWord[i], written: written[i] })),
      `${told.length} of ${t.length} decisions that are kept, the newest first`);
  };
  show();
  return { state, update: (later) => {
    state.history = later;
    charts.forEach((chart) => chart.update());
    show();
  }, close: () => {
    charts.forEach((chart) => chart.end());
    redraws.delete(strip.draw);
    view.hidden = true;
    view.replaceChildren();
  } };
}

function showObject(history) {
  if (!history || !history.t) {
    if (shown) shown.close();
    shown = null;
    view.hidden = chosen === null;
    if (chosen) view.replaceChildren(make("h2", { id: "object-title" }, nameOf(chosen)), make("p", {}, history ? "It has not been evaluated yet." : "There is no such object."));
    return;
  }
  const same = shown && shown.state.shape === shapeOf(history);
  if (same) {
    if (shown.state.history.id.join() !== history.id.join() || shown.state.history.written.join() !== history.written.join()) shown.update(history);
    return;
  }
  if (shown) shown.close();
  shown = openObject(history);
  document.getElementById("object-title").focus();
}

// One decision, in a drawer that keeps the focus until it is closed.
const drawer = (() => {
  const content = make("div");
  const dialog = make("dialog", { id: "decision", "aria-labelledby": "decision-title" }, content);
  let state = null, id = null;
  const evidence = (step) => Object.entries(step).filter(([key]) => !["stage", "before", "after", "reason", "metric", "schedule"].includes(key))
    .map(([key, value]) => `${key} ${typeof value === "number" ? number(value, 4) : value}`).join(", ");
  const text = (value, attributes) => make("td", { class: "why", ...attributes }, value === undefined || value === null ? "" : String(value));
  const draw = (decision) => {
    const at = Date.parse(decision.evaluatedAt);
    const metrics = decision.metrics.map((metric) => [metric.name, make("td", {}, number(metric.proposal)), text(metric.text + (metric.problem ? `: ${metric.problem}` : "")),
      make("td", {}, metric.oldestSample ? age((at - Date.parse(metric.oldestSample)) / 1000) : "–")]);
    const steps = decision.steps.map((step, i) => {
      const changed = step.before !== step.after && !kOfMetrics.includes(step.stage);
      return [make("th", { scope: "row" }, `${i + 1} ${step.stage}`), text(step.schedule || step.metric, { class: "text" }), make("td", {}, String(step.before)), make("td", { class: changed ? "changed" : null }, changed ? `→ ${step.after}` : String(step.after)),
        text(step.reason, { class: "text" }), text(evidence(step))];
    });
    const conditions = decision.conditions.map((one) => [one.type, text(one.status, { class: "text" }), text(one.reason, { class: "text" }), text(one.message)]);
    content.replaceChildren(head(clock(at / 1000)), make("p", { class: "verdict" }, arrows(decision.summary)),
      decision.written ? make("p", {}, arrows(decision.written)) : "",
      make("h3", {}, "Metrics"), table("What each metric asked for", ["metric", "asks for", "because", "oldest sample"], metrics, { class: "words" }),
      make("h3", {}, "Stages"), table("From what was asked to what was decided", ["stage", "about", "before", "after", "reason", "evidence"], steps, { class: "words", id: "stages" }),
      ...(decision.counterfactuals ? [make("h3", {}, "What would change it"), make("ul", { id: "alternatives" },
        (decision.counterfactuals.length ? decision.counterfactuals.map((one) => one.text) : ["nothing within reach"]).map((line) => make("li", {}, line))), whatIf(decision)] : []),
      make("h3", {}, "Conditions"), table("What this evaluation set", ["condition", "status", "reason", "message"], conditions, { class: "words" }),
      make("p", { class: "hint" }, `Decision ${decision.id}. The same in a terminal: hpaplus explain ${nameOf(decision)} --decision ${decision.id} --url ${location.origin}`));
  };
  // The same decision under another setting, which only the engine can make.
  const whatIf = (decision) => {
    const setting = make("input", { type: "text", id: "what-if", maxlength: 200, placeholder: "maxReplicas=20", spellcheck: "false" });
    const said = make("p", { "aria-live": "polite" });
    const decide = async (event) => {
      event.preventDefault();
      if (!setting.value) return;
      try {
        const answer = await ask(`v1/decisions/${pathOf(decision)}?id=${encodeURIComponent(decision.id)}&whatIf=${encodeURIComponent(setting.value)}`);
        const other = answer && answer.decisions.length ? answer.decisions[0].whatIf : null;
        setText(said, other ? `With ${other.change}: ${arrows(other.summary)}` : "What this decision was made from is not kept any more.");
      } catch (error) {
        setText(said, error.message);
      }
    };
    return make("form", { onsubmit: decide }, make("div", { class: "tools" }, make("label", {}, "What if ", setting), make("button", { type: "submit" }, "Decide again")), said);
  };
  const head = (title) => make("header", {}, make("h2", { id: "decision-title", tabindex: -1 }, `${nameOf(state.history)}, ${title}`),
    make("div", { class: "tools" }, make("button", { type: "button", onclick: () => move(-1) }, "Older"), make("button", { type: "button", onclick: () => move(1) }, "Newer"),
      make("button", { type: "button", onclick: () => dialog.close() }, "Close")));
  const show = async (wanted) => {
    id = wanted;
    const [ns, name] = [state.history.namespace, state.history.name];
    try {
      const answer = await ask(`v1/decisions/${pathOf({ namespace: ns, name })}?id=${encodeURIComponent(wanted)}`);
      if (id !== wanted) return;
      if (answer && answer.decisions.length) draw(answer.decisions[0]);
      else content.replaceChildren(head("gone"), make("p", {}, "This decision is not kept any more."));
    } catch (error) {
      content.replaceChildren(head("unknown"), make("p", { role: "alert" }, `The engine does not answer: ${error.message}`));
    }
    document.getElementById("decision-title").focus();
  };
  const move = (step) => {
    const ids = state.history.id;
    const next = ids[Math.max(ids.indexOf(id), 0) + step];
    if (next) show(next);
  };
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest(".scroll, input")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(step);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  return { dialog, open: async (of, wanted) => {
    state = of;
    await show(wanted);
    if (!dialog.open) dialog.showModal();
    document.getElementById("decision-title").focus();
  } };
})();

// Asking.
const stateLine = make("p", { id: "state" }), problem = make("p", { id: "problem", role: "alert", hidden: "" });
const pause = make("button", { type: "button", "aria-pressed": "false", onclick: () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  soon(0);
} }, "Pause");
let paused = false, timer = null, asked = 0, quotas = null;
function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}
async function refresh() {
  const mine = ++asked;
  if (!document.hidden && !paused) {
    const query = new URLSearchParams({ q: filter.value, sort: order.value, limit: limit.value });
    try {
      const [status, history, told] = await Promise.all([ask(`v1/status?${query}`), chosen ? ask(`v1/history/${pathOf(chosen)}`) : undefined,
        !quotas || mine % kQuotasEvery === 0 ? ask("v1/quotas") : undefined]);
      if (mine !== asked) return; // A later one is under way.
      showStatus(status);
      quotas = told || quotas;
      if (quotas) showQuotas(quotas);
      if (chosen || shown) showObject(history);
      problem.hidden = true;
    } catch (error) {
      if (mine !== asked) return;
      problem.hidden = false;
      setText(problem, `The engine does not answer: ${error.message}. What stands here is from ${now ? clock(now) : "before"}.`);
    }
    document.documentElement.dataset.ready = "true";
  }
  soon(kEvery);
}
function showStatus(status) {
  now = status.now;
  setText(stateLine, `${number(status.objects)} objects, ${number(status.held)} held, ${number(status.limited)} limited${status.dryRun ? "; dry run: nothing is written" : ""}. HPAPlus ${status.version}, ${clock(now)} UTC.`);
  fleet.show(status.rows, `${number(status.rows.length)} of ${number(status.matched)} objects`);
  setText(keptLine, status.kept ? `The last ${number(status.kept.perObject)} decisions of each object are kept, ${number(status.kept.decisions)} in all, ${number(status.kept.bytes / 1048576, 1)} of ${number(status.kept.maxBytes / 1048576)} MiB.` : "Only the last decision of each object is kept.");
}
function follow() {
  const parts = location.hash.match(/^#([\w.-]+)\/([\w.-]+)$/); // Names of objects have no other signs.
  chosen = parts ? { namespace: parts[1], name: parts[2] } : null;
  main.classList.toggle("looking", chosen !== null); // Then the fleet leaves room.
  document.title = chosen ? `${nameOf(chosen)} – HPAPlus` : "HPAPlus";
  if (!chosen) showObject(null);
  soon(0);
}

fleet.place.classList.add("fleet");
quotaSection.append(quotaTitle, quotaTable.place);
const keptLine = make("p", { class: "hint" });
main.replaceChildren(make("header", {}, make("h1", {}, "HPAPlus"), themeButton()),
  make("div", { class: "tools" }, stateLine, pause, quotaButton), problem,
  make("section", { "aria-labelledby": "fleet-title" }, make("h2", { id: "fleet-title" }, "Objects"),
    make("div", { class: "tools" }, make("label", {}, "Filter ", filter), make("label", {}, "Sort by ", order), make("label", {}, "Rows ", limit)), fleet.place, keptLine),
  view, quotaSection, drawer.dialog);
addEventListener("hashchange", follow);
document.addEventListener("visibilitychange", () => soon(0));
follow();
