// The reports as people get them: opened from a file in a browser, with names in them that would be
// markup if they were not taken for text, in both colour schemes, wide and narrow, by keyboard.
"use strict";
const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [binary, recorder, examples] = process.argv.slice(2);
const work = fs.mkdtempSync(path.join(os.tmpdir(), "hpaplus-page-"));
const kPageMost = 150 * 1024;
const kNasty = "<img src=x onerror=alert(1)><!--<script>";

function report(name, command, ...more) {
  const trace = path.join(work, kNasty + ".csv");
  const spec = path.join(work, kNasty + ".yaml");
  fs.copyFileSync(path.join(examples, "day.csv"), trace);
  fs.copyFileSync(path.join(examples, "web.yaml"), spec);
  const file = path.join(work, name + ".html");
  try {
    fs.writeFileSync(file, execFileSync(binary, [command, command === "plan" ? "-f" : "--spec", spec, "--trace", trace,
      "--capacity-per-replica", "20", "-o", "html", ...more]));
  } catch (error) {
    if (error.status !== 2) throw error; // Nothing better was found, which is no matter here.
    fs.writeFileSync(file, error.stdout);
  }
  return file;
}

function replay(name, ...more) {
  const recording = path.join(work, kNasty + ".hpar");
  if (!fs.existsSync(recording)) execFileSync(recorder, [recording, kNasty]);
  const file = path.join(work, name + ".html");
  fs.writeFileSync(file, execFileSync(binary, ["replay", recording, "-o", "html", ...more]));
  return file;
}

async function open(browser, file, options) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => problems.push("dialog " + dialog.message()));
  page.on("request", (request) => {
    if (request.url() !== "file://" + encodeURI(file)) problems.push("request " + request.url());
  });
  await page.goto("file://" + file);
  await page.waitForSelector("html[data-ready]", { timeout: 10000 });
  return { page, problems, close: () => context.close() };
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
// How many different colours the chart has; an empty one has one.
const coloursOfChart = (page) => page.evaluate(() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 4).join());
  return seen.size;
});

const tests = {
  async "it needs nothing else, and no name in it becomes markup"(browser, file) {
    const html = fs.readFileSync(file, "utf8");
    const data = html.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
    assert(html.length - data.length <= kPageMost, "the page has " + (html.length - data.length));
    assert(!data.includes("<"));
    const { page, problems, close } = await open(browser, file);
    assert.strictEqual(await page.locator("img").count(), 0);
    assert.strictEqual(await page.locator("script").count(), 2);
    const named = file.includes("plan") ? ".facts" : "h1"; // A plan is called after its object.
    assert((await page.locator(named).textContent()).includes(kNasty));
    assert.match(await page.locator("meta[http-equiv]").getAttribute("content"),
      /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; /);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "charts are drawn, and every chart has a table"(browser, file) {
    const { page, close } = await open(browser, file);
    assert(await coloursOfChart(page) > 10);
    const tables = await page.locator("details table").count();
    assert(tables >= (file.includes("tune") ? 2 : 1));
    assert(await page.locator("table tbody tr").count() > 5);
    await close();
  },
  async "the keyboard moves the chart and filters the log"(browser, file) {
    const { page, problems, close } = await open(browser, file);
    const picture = () => page.evaluate(() => document.querySelector("canvas").toDataURL());
    const before = await picture();
    await page.locator(".chart").focus();
    await page.keyboard.press("+");
    await page.waitForFunction((old) => document.querySelector("canvas").toDataURL() !== old, before);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("0");
    await page.waitForFunction((old) => document.querySelector("canvas").toDataURL() === old, before);
    await page.locator("#filter").fill("no such thing");
    assert.match(await page.locator("caption", { hasText: "changes of size" }).textContent(), /^0 of 0/);
    if (file.includes("tune")) {
      await page.locator("svg").focus();
      await page.keyboard.press("ArrowRight");
      assert.strictEqual(await page.locator("circle.on").count(), 1);
    }
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "a replay says in words which loop it is, how it came out, and why each size"(browser, file) {
    if (!file.includes("replay")) return;
    const { page, problems, close } = await open(browser, file);
    const verdict = await page.locator(".verdict").textContent();
    const facts = await page.locator(".facts").textContent();
    if (file.includes("open")) {
      assert.match(verdict, /^Open loop: all 14\d\d decisions, .* came out the same, byte for byte\.$/);
      assert.match(await page.locator(".verdict").getAttribute("class"), /good/);
      assert.match(facts, /open loop: whether this program decides as that one did/);
    } else {
      assert.match(verdict, /^Closed loop: on the demand that is found in cpu, .* Recorded: .* replicas are \d+\.\d % off/);
      assert.match(facts, /serves 10, and takes 30s to start/);
      assert.match(facts, /Fit.*% off those recorded/);
    }
    assert((await page.locator("h2", { hasText: "Recorded against decided" }).count()) === 1);
    assert.match(await page.locator(".u-legend").textContent(), /recorded/);
    await page.locator("#filter").fill("cpu asks for");
    const why = page.locator("td.why");
    assert(await why.count() > 20);
    assert.match(await why.first().textContent(), /^cpu asks for \d+ \((Above|Below)Target, [\d.]+ of its target\)/);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "it is dark where that is wanted, and by its switch"(browser, file) {
    const dark = await open(browser, file, { colorScheme: "dark" });
    assert.strictEqual(await background(dark.page), "rgb(13, 17, 23)");
    await dark.page.locator("#theme").press("Enter");
    assert.strictEqual(await background(dark.page), "rgb(255, 255, 255)");
    assert.deepStrictEqual(dark.problems, []);
    await dark.close();
    const light = await open(browser, file, { colorScheme: "light" });
    assert.strictEqual(await background(light.page), "rgb(255, 255, 255)");
    await light.close();
  },
  async "axe finds nothing, and a telephone needs no scrolling sideways"(browser, file) {
    for (const [colorScheme, width] of [["light", 1200], ["dark", 1200], ["light", 390]]) {
      const { page, close } = await open(browser, file, { colorScheme, viewport: { width, height: 800 } });
      assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "width " + width);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepStrictEqual(violations.map((one) => one.id + " " + one.nodes.map((node) => node.html).slice(0, 3)), []);
      await close();
    }
  },
};

(async () => {
  const files = [report("simulate", "simulate", "--repeat", "hpa-default", "--repeat", "oracle"),
    report("tune", "tune", "--candidates", "64", "--progress", "none"),
    report("plan", "plan", "--against", path.join(examples, "..", "plan", "web.yaml")),
    replay("replay-open"),
    replay("replay-closed", "--closed-loop", "--capacity-per-replica", "10", "--repeat", "hpa-default")];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  let failed = 0;
  for (const file of files) {
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test(browser, file);
        console.log(`ok      ${path.basename(file)}: ${name}`);
      } catch (error) {
        ++failed;
        console.log(`FAILED  ${path.basename(file)}: ${name}\n${error.stack}`);
      }
    }
  }
  await browser.close();
  fs.rmSync(work, { recursive: true });
  process.exit(failed ? 1 : 0);
})();
