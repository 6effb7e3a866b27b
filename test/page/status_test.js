// The status page of an engine that runs: `hpaplus run --offline` with a source whose number the test
// sets, looked at by a browser, in both colour schemes, wide and narrow, by keyboard.
"use strict";
const assert = require("node:assert");
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [binary] = process.argv.slice(2);
const work = fs.mkdtempSync(path.join(os.tmpdir(), "hpaplus-status-"));
const kOthers = 130; // More objects than the page shows at first.
const kNasty = "<img src=x onerror=alert(1)>";
const kPageMost = 100 * 1024;
const kPatience = 15000;

let depth = 100;
const source = http.createServer((request, answer) => {
  answer.setHeader("content-type", "application/json");
  answer.end(JSON.stringify({ queue: { depth } }));
});

const object = (name, query, period) => ({ apiVersion: "autoscaling.hpaplus.io/v1alpha1", kind: "HPAPlus", metadata: { name, namespace: "shop" },
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, minReplicas: 2, maxReplicas: 50, evaluation: { period },
    metrics: [{ type: "Source", name: "depth", source: { ref: { name: "orders" }, query, target: { type: "AverageValue", averageValue: "30" } } }] } });

async function startEngine(port) {
  const file = path.join(work, "objects.json");
  const items = [{ apiVersion: "autoscaling.hpaplus.io/v1alpha1", kind: "MetricSource", metadata: { name: "orders", namespace: "shop" }, spec: { type: "HTTP", endpoint: `http://127.0.0.1:${port}/stats` } },
    object("worker", "queue.depth", "1s"), object("nasty", `queue.${kNasty}`, "1s")];
  for (let i = 0; i < kOthers; ++i) items.push(object(`other-${i}`, "queue.depth", "5s"));
  fs.writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const engine = spawn(binary, ["run", "--offline", file, "--http-listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of readline.createInterface({ input: engine.stderr })) {
    if (!line.startsWith("{")) throw new Error(line);
    const said = JSON.parse(line);
    if (said.msg !== "started") continue;
    engine.stderr.resume();
    return { engine, url: `http://127.0.0.1:${said.http_port}` };
  }
  throw new Error("the engine did not start");
}

async function open(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(kPatience);
  const problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => problems.push("dialog " + dialog.message()));
  page.on("request", (request) => { if (new URL(request.url()).origin !== new URL(url).origin) problems.push("request " + request.url()); });
  const answer = await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return { page, problems, answer, close: () => context.close() };
}
const rowOf = (page, name) => page.locator("#fleet tbody tr", { hasText: `shop/${name}` });
const replicasOf = async (page, name) => Number((await rowOf(page, name).locator("td").first().textContent()).split(" ").pop());
async function until(what, condition) {
  for (const end = Date.now() + kPatience; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(what + " did not come about");
}
async function openObject(page) {
  await page.locator("#filter").fill("worker");
  await until("the filter", async () => await page.locator("#fleet tbody tr").count() === 1);
  await page.locator("#fleet a").press("Enter");
  await page.waitForSelector(".strip rect");
}

const tests = {
  async "it shows the fleet, finds an object, and asks nobody but the engine"(browser, url) {
    const { page, problems, answer, close } = await open(browser, url);
    const policy = answer.headers()["content-security-policy"];
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; /);
    assert.match(policy, /connect-src 'self'; frame-ancestors 'none'$/);
    assert((await answer.text()).length < kPageMost);
    assert.strictEqual(await page.locator("#fleet tbody tr").count(), 100);
    await page.locator("#limit").selectOption("500");
    await until("more rows", async () => await page.locator("#fleet tbody tr").count() === kOthers + 2);
    await page.locator("#order").selectOption("attention");
    await until("the order", async () => (await page.locator("#fleet tbody tr").first().textContent()).includes("shop/nasty"));
    await page.locator("#filter").fill("DEPLOYMENT/worker");
    await until("the filter", async () => await page.locator("#fleet tbody tr").count() === 1);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "no text from outside becomes markup"(browser, url) {
    const { page, problems, close } = await open(browser, url + "/#shop/nasty");
    await page.waitForSelector(".strip rect");
    assert((await page.locator("#view .verdict").textContent()).includes(kNasty));
    await page.locator("#view td button").first().click();
    await page.waitForSelector("dialog[open] #stages");
    assert((await page.locator("dialog").textContent()).includes(kNasty));
    await page.evaluate((hash) => { location.hash = hash; }, `#${kNasty}/x`);
    await page.waitForSelector("#view", { state: "hidden" });
    assert.strictEqual(await page.locator("img").count(), 0);
    assert.strictEqual(await page.locator("script").count(), 1);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "news arrive, and nothing that is focused loses it"(browser, url) {
    const { page, problems, close } = await open(browser, url);
    await openObject(page);
    const before = await replicasOf(page, "worker");
    const picture = () => page.evaluate(() => document.querySelector("canvas").toDataURL());
    const old = await picture();
    await page.locator("#fleet a").focus();
    depth = 100 + 60 * before;
    await until("a larger size", async () => await replicasOf(page, "worker") > before);
    await until("another picture", async () => await picture() !== old);
    assert.strictEqual(await page.evaluate(() => document.activeElement.textContent), "shop/worker");
    await page.locator("button", { hasText: "Pause" }).press("Enter");
    const still = await page.locator("#state").textContent();
    await page.waitForTimeout(2500);
    assert.strictEqual(await page.locator("#state").textContent(), still);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "the keyboard opens a decision, walks to the one before, and closes it"(browser, url) {
    const { page, problems, close } = await open(browser, url);
    await openObject(page);
    await until("a few decisions", async () => await page.locator(".strip rect").count() > 3);
    await page.locator("button", { hasText: "Pause" }).press("Enter");
    await page.locator(".strip").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    const said = await page.locator(".strip").getAttribute("aria-valuetext");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] #stages");
    const title = await page.locator("#decision-title").textContent();
    assert.strictEqual(title, `shop/worker, ${said.slice(0, 19)}`);
    assert.match(await page.locator("#stages").textContent(), /Metric.*Combine.*Bounds/);
    assert.match(await page.locator("dialog .verdict").textContent(), /depth \d+ (over|under|at) 30 each/);
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction((old) => document.getElementById("decision-title").textContent !== old, title);
    assert(await page.evaluate(() => document.querySelector("dialog").contains(document.activeElement)));
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    assert.strictEqual(await page.evaluate(() => document.activeElement.getAttribute("class")), "strip");
    await page.locator("#every").check();
    assert(await page.locator("#view table").last().locator("tbody tr").count() > 3);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "a decision says what would change it, and is made again with another setting"(browser, url) {
    const { page, problems, close } = await open(browser, url);
    await openObject(page);
    const explained = async () => {
      await page.locator(".strip").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open] #stages");
      if (await page.locator("#alternatives li").count() > 0) return true;
      await page.keyboard.press("Escape");
      return false;
    };
    await until("a decision from after somebody looked", explained);
    assert.match(await page.locator("#alternatives").textContent(), /\d+ replicas? if/);
    await page.locator("#what-if").fill("maxReplicas=3");
    await page.keyboard.press("ArrowLeft"); // Moves in the text, not to another decision.
    await page.keyboard.press("Enter");
    const said = page.locator("dialog form p");
    await until("the other decision", async () => /^With maxReplicas=3: \d+ → 3: /.test(await said.textContent()));
    assert.deepStrictEqual(problems, []);
    await page.locator("#what-if").fill(kNasty);
    await page.keyboard.press("Enter");
    await until("why not", async () => (await said.textContent()).includes("maxReplicas"));
    assert.strictEqual(await page.locator("img").count(), 0);
    await close();
  },
  async "quotas have a table where there are any"(browser, url) {
    const { page, problems, close } = await open(browser, url);
    assert(await page.locator("#quota-title").isHidden());
    const amounts = { hard: "12", used: "11500m", wanted: "16", unmet: "4", guaranteed: "4", max: "20", numbers: { unmet: 4 } };
    await page.route("**/v1/quotas", (route) => route.fulfill({ json: { schema: "hpaplus.io/v1/quotas", pools: [], quotas: [
      { namespace: "shop", name: "team", pool: "web", mode: "Auto", at: new Date().toISOString(), result: "Decided", problem: null, resources: [{ name: "requests.cpu", ...amounts }, { name: "pods", ...amounts, unmet: "0", numbers: { unmet: 0 } }] },
      { namespace: "shop", name: "lost", pool: null, mode: "DryRun", at: new Date().toISOString(), result: "QuotaNotFound", problem: kNasty, resources: [] }] } }));
    await page.reload();
    const rows = page.locator("section", { has: page.locator("#quota-title") }).locator("tbody tr");
    await until("quotas", async () => await rows.count() === 3);
    assert.match(await rows.first().textContent(), /shop\/teamAuto, pool webrequests.cpu1211500m1644–20Decided/);
    assert((await rows.last().textContent()).includes(`QuotaNotFound: ${kNasty}`));
    assert.strictEqual(await page.locator("img").count(), 0);
    if (process.env.HPAPLUS_SCREENSHOTS) await page.screenshot({ path: path.join(process.env.HPAPLUS_SCREENSHOTS, "status-quotas.png"), fullPage: true });
    await page.locator("#filter").fill("cpu");
    await until("the filter", async () => await rows.count() === 1);
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "it is dark where that is wanted, and by its switch"(browser, url) {
    const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const { page, problems, close } = await open(browser, url + "/#shop/worker", { colorScheme: "dark" });
    await page.waitForSelector(".strip rect");
    assert.strictEqual(await background(page), "rgb(13, 17, 23)");
    await page.locator("#theme").press("Enter");
    assert.strictEqual(await background(page), "rgb(255, 255, 255)");
    assert.deepStrictEqual(problems, []);
    await close();
  },
  async "axe finds nothing, and a telephone needs no scrolling sideways"(browser, url) {
    for (const [colorScheme, width] of [["light", 1200], ["dark", 1200], ["light", 390]]) {
      const { page, close } = await open(browser, url + "/#shop/worker", { colorScheme, viewport: { width, height: 800 } });
      await page.waitForSelector(".strip rect");
      await page.evaluate(axe);
      for (const drawer of [false, true]) {
        if (drawer) {
          await page.locator("#view td button").first().click();
          await page.waitForSelector("dialog[open] #stages");
        }
        assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "width " + width);
        const { violations } = await page.evaluate(() => window.axe.run());
        assert.deepStrictEqual(violations.map((one) => one.id + " " + one.nodes.map((node) => node.html).slice(0, 3)), []);
        if (process.env.HPAPLUS_SCREENSHOTS) {
          await page.screenshot({ path: path.join(process.env.HPAPLUS_SCREENSHOTS, `status-${colorScheme}-${width}${drawer ? "-drawer" : ""}.png`), fullPage: !drawer });
        }
      }
      await close();
    }
  },
  async "explain has the same from the engine"(browser, url) {
    const explain = (...more) => JSON.parse(execFileSync(binary, ["explain", "shop/worker", "--url", url, "-o", "json", ...more])).decisions;
    const last = explain("--last", "3");
    assert.strictEqual(last.length, 3);
    assert(last[0].evaluatedAt < last[1].evaluatedAt && last[1].evaluatedAt < last[2].evaluatedAt);
    assert.deepStrictEqual(explain("--decision", last[0].id), [last[0]]);
    assert.deepStrictEqual(explain("--at", last[1].evaluatedAt), [last[1]]);
    assert.strictEqual(explain().length, 1);
    const refused = (...more) => {
      try {
        explain(...more);
      } catch (error) {
        return error.status;
      }
      return 0;
    };
    assert.strictEqual(refused("--decision", "0000000000000000"), 1);
    assert.strictEqual(refused("--at", "2020-01-01T00:00:00Z"), 1);
    const [other] = explain("--what-if", "maxReplicas=3");
    assert(other.counterfactuals.length > 0);
    assert.strictEqual(other.whatIf.change, "maxReplicas=3");
    assert.strictEqual(other.whatIf.desiredReplicas, 3);
    assert.strictEqual(refused("--what-if", "size=5"), 64);
    const first = explain("--last", "1000")[0];
    assert.strictEqual(refused("--decision", first.id, "--what-if", "maxReplicas=3"), first.counterfactuals ? 0 : 1);
  },
  async "it says so when the engine does not answer any more"(browser, url, engine) {
    const { page, close } = await open(browser, url);
    engine.kill();
    await page.waitForSelector("#problem:not([hidden])");
    assert.match(await page.locator("#problem").textContent(), /^The engine does not answer: .* is from 20/);
    assert.strictEqual(await page.locator("#fleet tbody tr").count(), 100);
    await close();
  },
};

(async () => {
  await new Promise((resolve) => source.listen(0, "127.0.0.1", resolve));
  const { engine, url } = await startEngine(source.address().port);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(browser, url, engine);
      console.log(`ok      ${name}`);
    } catch (error) {
      ++failed;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  await browser.close();
  engine.kill();
  source.close();
  fs.rmSync(work, { recursive: true });
  process.exit(failed ? 1 : 0);
})();
