// Draws a report from the JSON in #data.
const page = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("report");

function section(title, ...children) {
  const id = "s" + main.children.length;
  main.append(make("section", { "aria-labelledby": id }, make("h2", { id }, title), ...children.filter(Boolean)));
}
function header() {
  document.title = page.title;
  main.append(make("header", {}, make("h1", {}, page.title), themeButton()));
  if (page.verdict) main.append(make("p", { class: "verdict " + (page.verdict.tone || "") }, page.verdict.text));
  if (page.facts) main.append(make("dl", { class: "facts" }, Object.entries(page.facts).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))])));
}

function figures() {
  for (const kpis of page.figures || []) {
    const best = kpis.columns.map((_, i) => Math.min(...kpis.rows.map((row) => row.values[i])));
    section(kpis.title, table(kpis.caption, [kpis.first || "policy", ...kpis.columns.map((column) => column.label)],
      kpis.rows.map((row) => [make("th", { scope: "row", class: "name" }, row.name), ...row.values.map((value, i) =>
        make("td", { class: value === best[i] && kpis.columns[i].marked !== false ? "best" : null },
          number(value, kpis.columns[i].digits)))])));
  }
}

function timeline() {
  const runs = page.runs;
  if (!runs) return;
  const times = runs.policies[0].ready.map((_, i) => runs.start + i * runs.step);
  const first = runs.needed ? 1 : 0; // Of the policies among the lines.
  const shown = runs.policies.map((_, i) => i < 2 || i === runs.policies.length - 1);
  const shade = (u) => {
    if (!runs.needed) return;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    u.ctx.clip();
    u.ctx.fillStyle = color("--bad");
    u.ctx.globalAlpha = 0.45;
    runs.policies.forEach((policy, k) => {
      if (!shown[k]) return;
      policy.missing.forEach((missing, i) => {
        if (missing <= 0) return;
        const left = u.valToPos(times[i], "x", true);
        const right = u.valToPos(times[i] + runs.step, "x", true);
        const top = u.valToPos(runs.needed[i], "y", true);
        const bottom = u.valToPos(runs.needed[i] - missing, "y", true);
        u.ctx.fillRect(left, top, Math.max(right - left, 1), bottom - top);
      });
    });
    u.ctx.restore();
  };
  const chart = timeChart({ label: runs.needed ? "Replicas needed and serving over time; what was missing is shaded." : "Sizes over time.", axis: "replicas", fromZero: true, shade,
    data: () => [times, ...(runs.needed ? [runs.needed] : []), ...runs.policies.map((policy) => policy.ready)],
    series: () => [...(runs.needed ? [{ label: "needed", stroke: color("--need"), fill: color("--need") + "33" }] : []),
      ...runs.policies.map((policy, k) => ({ label: policy.name, stroke: colors[k % colors.length], width: 1.5, show: shown[k] }))] });
  const boxes = runs.policies.map((policy, k) => {
    const swatch = make("span", { class: "swatch" });
    swatch.style.background = colors[k % colors.length];
    return make("label", {}, make("input", { type: "checkbox", checked: shown[k] ? "" : null, onchange: (event) => {
      shown[k] = event.target.checked;
      chart.show(k + first, shown[k]);
    } }), swatch, policy.name);
  });
  section(runs.title || "Demand and capacity", make("div", { class: "tools" }, boxes, chart.buttons), chart.place,
    make("p", { class: "hint" }, `${runs.hint || `One point is ${number(runs.step, 0)} s: the most that was needed and the least that served then. Red is what was missing.`} Drag to zoom; with the chart focused, arrow keys move, + and - zoom, 0 shows all.`),
    asTable("Replicas over time", ["time (UTC)", ...(runs.needed ? ["needed"] : []), ...runs.policies.flatMap((policy) => policy.missing ? [policy.name, "missing"] : [policy.name])],
      thin(times.length, 240).map((i) => [clock(times[i]), ...(runs.needed ? [runs.needed[i]] : []), ...runs.policies.flatMap((policy) => policy.missing ? [policy.ready[i], policy.missing[i]] : [policy.ready[i]])])));
  chart.start();
}

function scatter() {
  const chart = page.scatter;
  if (!chart || !chart.points.length) return;
  // What is far from all that is marked would only make the rest small.
  const marks = chart.points.filter((point) => point.mark);
  const reach = (key) => Math.max(...marks.map((point) => point[key]));
  const near = (point) => !marks.length || (point.y <= Math.max(3 * reach("y"), 0.5) && point.x <= 1.5 * reach("x"));
  const points = chart.points.filter(near);
  const width = 900, height = 380, left = 64, right = 20, top = 16, bottom = 48;
  const most = (key) => Math.max(...points.map((point) => point[key]), 1e-9);
  const xs = points.map((point) => point.x);
  const low = Math.min(...xs), high = Math.max(...xs), pad = (high - low || high || 1) * 0.06;
  const x = (value) => left + (value - low + pad) / (high - low + 2 * pad) * (width - left - right);
  const ymost = most("y") * 1.08;
  const y = (value) => height - bottom - value / ymost * (height - top - bottom);
  const radius = (value) => 4 + 8 * Math.sqrt(value / most("size"));
  const detail = make("p", { class: "hint", "aria-live": "polite" }, "Choose a policy with the mouse, or focus the chart and use the arrow keys.");
  const nodes = [];
  let chosen = -1;
  const choose = (i) => {
    if (chosen >= 0) nodes[chosen].classList.remove("on");
    chosen = (i + nodes.length) % nodes.length;
    nodes[chosen].classList.add("on");
    const point = points[chosen];
    detail.textContent = `${point.name}: ${number(point.x)} ${chart.x}, ${number(point.y, 3)} ${chart.y}, ${number(point.size)} ${chart.size}. ${point.detail || ""}`;
  };
  const svg = make("svg", { class: "scatter", viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0, "aria-label": `${chart.x} against ${chart.y}, one circle per policy`,
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      choose(chosen + step);
    } });
  for (let i = 0; i <= 4; ++i) {
    const value = ymost * i / 4, across = low - pad + (high - low + 2 * pad) * i / 4;
    svg.append(make("line", { x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      make("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, 3)),
      make("text", { x: x(across), y: height - bottom + 18, "text-anchor": "middle" }, number(across)));
  }
  svg.append(make("text", { x: width / 2, y: height - 8, "text-anchor": "middle" }, chart.x),
    make("text", { x: left, y: 12 }, chart.y));
  points.forEach((point, i) => {
    const node = make("circle", { cx: x(point.x), cy: y(point.y), r: radius(point.size), class: point.mark ? "mark" : null, onclick: () => choose(i), onmouseenter: () => choose(i) }, make("title", {}, point.name));
    nodes.push(node);
    svg.append(node);
    if (!point.mark) return;
    // Names of neighbours stand one above the other, or below where there is no room above.
    const up = 24 + 16 * marks.indexOf(point) + radius(point.size), below = y(point.y) - up < top;
    svg.append(make("line", { x1: x(point.x), x2: x(point.x), y1: y(point.y) + radius(point.size) * (below ? 1 : -1), y2: y(point.y) + (below ? up - 4 : 4 - up) }),
      make("text", { class: "name", x: x(point.x), y: y(point.y) + (below ? up + 8 : -up), "text-anchor": x(point.x) > width / 2 ? "end" : "start" }, point.name));
  });
  const hidden = chart.points.length - points.length;
  section(chart.title, make("div", { class: "scroll" }, svg), detail,
    hidden > 0 ? make("p", { class: "hint" }, `${hidden} policies that are far off are only in the table.`) : null, asTable(chart.title, ["policy", chart.x, chart.y, chart.size],
    chart.points.map((point) => [point.name, number(point.x), number(point.y, 3), number(point.size)])));
}

function heat() {
  const map = page.heat;
  if (!map) return;
  const most = Math.max(...map.policies.flatMap((policy) => policy.minutes.flat()), 1e-9);
  if (most < 1e-6) {
    section("When it was short", make("p", {}, "At no time had any of these policies too few replicas."));
    return;
  }
  const place = make("div", {});
  const show = (index) => {
    const policy = map.policies[index];
    place.replaceChildren(table(`Minutes with too few replicas, ${policy.name}, by day and hour (UTC)`,
      ["day", ...Array.from({ length: 24 }, (_, hour) => String(hour))],
      policy.minutes.map((row, day) => [map.days[day], ...row.map((value) => {
        const cell = make("td", {}, value > 0 ? number(value, value < 1 ? 1 : 0) : "");
        if (value > 0) cell.style.background = `rgba(200, 50, 40, ${0.15 + 0.6 * value / most})`;
        return cell;
      })]), { class: "heat" }));
  };
  const select = make("select", { "aria-label": "Policy of the heat map", onchange: (event) => show(event.target.value) },
    map.policies.map((policy, i) => make("option", { value: i }, policy.name)));
  section("When it was short", make("div", { class: "tools" }, select), place);
  const worst = map.policies.findIndex((policy) => policy.minutes.flat().some((value) => value > 0));
  select.value = worst;
  show(worst);
}

function sensitivity() {
  if (!page.sensitivity || !page.sensitivity.length) return;
  const most = Math.max(...page.sensitivity.flatMap((one) => [one.lower, one.higher]).filter(Boolean).flatMap((side) => [Math.abs(side.cost), Math.abs(side.under)]), 1e-9);
  const cell = (value) => {
    const bar = make("span", { class: "bar " + (value > 0 ? "more" : "less") });
    bar.style.width = `${Math.abs(value) / most * 5}rem`;
    return make("td", { class: "text" }, bar, ` ${value > 0 ? "+" : ""}${number(value, 3)} %`);
  };
  const rows = page.sensitivity.flatMap((one) => [one.lower, one.higher].filter(Boolean).map((side) =>
    [one.setting, make("td", { class: "text" }, one.chosen), make("td", { class: "text" }, side.value), cell(side.cost), cell(side.under)]));
  section("What each setting does", table("The tuned policy with one setting moved to a neighbouring value: replica-hours in percent, time short in percent of all time",
    ["setting", "tuned", "instead", "replica-hours", "time short"], rows, { class: "words" }));
}

function log() {
  const entries = page.log;
  if (!entries || !entries.length) return;
  const place = make("div", {});
  const explained = entries.some((entry) => entry.why);
  const show = (text) => {
    const words = text.toLowerCase();
    const found = entries.filter((entry) => `${entry.policy} ${entry.stage} ${entry.reason} ${entry.why} ${clock(entry.t)}`.toLowerCase().includes(words));
    place.replaceChildren(table(`${Math.min(found.length, 300)} of ${found.length} changes of size`, ["time (UTC)", page.who || "policy", "from", "to", "last word", "because", ...(explained ? ["explanation"] : [])],
      found.slice(0, 300).map((entry) => [clock(entry.t), make("td", { class: "text name" }, entry.policy), entry.from, entry.to,
        make("td", { class: "text" }, entry.stage || "–"), make("td", { class: "text" }, entry.reason || "–"),
        ...(explained ? [make("td", { class: "text why" }, arrows(entry.why || "–"))] : [])]), { class: "words" }));
  };
  section("Decisions", make("div", { class: "tools" }, make("label", {}, "Filter ", make("input", { type: "search", id: "filter", oninput: (event) => show(event.target.value) }))), place);
  show("");
}

function patch() {
  if (page.patch) {
    const text = make("pre", { tabindex: 0, id: "patch" }, page.patch);
    section("Patch", make("button", { type: "button", onclick: (event) => {
      const range = document.createRange();
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      event.target.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    } }, "Copy"), text);
  }
  if (page.command) section("Again", make("pre", { tabindex: 0 }, page.command));
}

header();
figures();
scatter();
timeline();
heat();
sensitivity();
log();
patch();
document.documentElement.dataset.ready = "true";
