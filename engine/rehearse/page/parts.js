// What all pages are made of. Everything that comes from outside becomes text nodes, so that no name
// can become markup.
const colors = ["#0b7fd0", "#d9730d", "#7a5af0", "#0f9d74", "#c2338b", "#8a6d00"];

function make(tag, attributes, ...children) {
  const svg = ["svg", "circle", "line", "text", "title", "g", "rect", "polyline"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
                   : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const number = (value, digits = 1) => value === null || value === undefined ? "–"
  : Number(value).toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const arrows = (text) => String(text).replaceAll(" -> ", " → ");
const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
function thin(count, most) {
  const every = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
}

function table(caption, head, rows, attributes) {
  const body = rows.map((row) => make("tr", {}, row.map((cell, i) => {
    const node = cell instanceof Node ? cell : make(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, String(cell));
    return node;
  })));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", attributes, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, body)));
}
const asTable = (caption, head, rows) =>
  make("details", {}, make("summary", {}, "As a table"), table(caption, head, rows));

const redraws = new Set(); // What has to be drawn again when colours change.
function themeButton() {
  const dark = () => document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
  const button = make("button", { type: "button", id: "theme", onclick: () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    show();
    redraws.forEach((redraw) => redraw());
  } });
  show();
  return button;
}

// Lines over time, UTC, with zoom by mouse and keyboard. `data()` and `series()` are what uPlot wants,
// the latter without the time's; they are asked for every drawing, because colours change. Sizes are
// drawn `fromZero`, so that a height is what it seems.
function timeChart({ label, axis, height = 320, fromZero = false, data, series, shade }) {
  const place = make("div", { class: "chart", tabindex: 0, role: "img",
    "aria-label": `${label} Arrow keys move, plus and minus zoom, 0 shows all.` });
  let plot = null;
  const width = () => Math.max(place.clientWidth - 12, 260);
  const ends = () => ({ min: plot.data[0][0], max: plot.data[0][plot.data[0].length - 1] });
  const draw = () => {
    const range = plot ? { min: plot.scales.x.min, max: plot.scales.x.max } : null;
    if (plot) plot.destroy();
    const line = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 } };
    const paths = uPlot.paths.stepped({ align: 1 });
    plot = new uPlot({
      width: width(), height, scales: fromZero ? { y: { range: (u, low, high) => [0, Math.max(high, 1) * 1.06] } } : {}, tzDate: (t) => uPlot.tzDate(new Date(t * 1000), "UTC"),
      axes: [{ ...line, values: (u, splits, _, space, step) => splits.map((t, i) => {
        const text = clock(t);
        const day = i === 0 || clock(splits[i - 1]).slice(0, 10) !== text.slice(0, 10);
        return step >= 86400 ? text.slice(5, 10) : text.slice(11, step < 60 ? 19 : 16) + (day ? "\n" + text.slice(5, 10) : "");
      }) }, { ...line, label: axis }], cursor: { drag: { x: true, y: false } },
      series: [{ label: "time (UTC)", value: (u, t) => t === null ? "–" : clock(t) },
        ...series().map((one) => ({ paths, points: { show: false }, ...one }))],
      hooks: shade ? { draw: [shade] } : {},
    }, data(), place);
    if (range && range.min !== null) plot.setScale("x", range);
  };
  // The same lines, later: what shows all goes on to show all.
  const update = () => {
    const { min, max } = plot.scales.x;
    const is = ends();
    plot.setData(data(), min <= is.min && max >= is.max);
    if (min > is.min || max < is.max) plot.redraw();
  };
  const zoom = (factor, shift) => {
    const { min, max } = plot.scales.x;
    const half = (max - min) / 2 * factor;
    const middle = (min + max) / 2 + (max - min) * shift;
    plot.setScale("x", { min: Math.max(middle - half, ends().min), max: Math.min(middle + half, ends().max) });
  };
  const closer = () => zoom(0.5, 0), farther = () => zoom(2, 0), all = () => plot.setScale("x", ends());
  const keys = { "+": closer, "=": closer, "-": farther, ArrowLeft: () => zoom(1, -0.2), ArrowRight: () => zoom(1, 0.2), 0: all };
  place.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const buttons = [["Zoom in", closer], ["Zoom out", farther], ["All", all]].map(([text, onclick]) =>
    make("button", { type: "button", onclick }, text));
  const sized = new ResizeObserver(() => { if (Math.abs(width() - plot.width) > 2) plot.setSize({ width: width(), height }); });
  // To be called once `place` stands in the page.
  const start = () => {
    draw();
    redraws.add(draw);
    sized.observe(place);
  };
  const end = () => {
    sized.disconnect();
    redraws.delete(draw);
    plot.destroy();
  };
  return { place, buttons, start, end, update, show: (index, show) => plot.setSeries(index + 1, { show }) };
}
