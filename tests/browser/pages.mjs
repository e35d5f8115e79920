// Opens every kind of page at three widths, light and dark, with scripts and without: nothing may scroll sideways, be
// logged as an error or be asked of another host, axe and the W3C's validator (vnu) may find nothing, and the Tab key must
// reach all there is to use. Chromium does all of it, and what checks.mjs has; Firefox and WebKit open every page at every
// width. All browsers run at once, each on one page at a time, so that every core has work.
//
// node pages.mjs ONCAL TOOLS; with SHOTS=FOLDER it also leaves a picture of each page there, with ONLY=PATTERN it opens
// only the pages whose path matches, with CHROMIUM_ONLY=1 only Chromium does.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brokenIn, checked } from "./checks.mjs";
import { serve } from "./server.mjs";
import { openInWebKit } from "./webkit.mjs";

const [oncal, tools] = process.argv.slice(2).map((path) => resolve(path));
const load = createRequire(join(tools, "package.json"));
const { default: puppeteer } = await import(load.resolve("puppeteer-core"));
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const vnu = join(tools, "node_modules/vnu-jar/build/dist/vnu.jar");

/** How long a browser may take, in milliseconds: all start at once, perhaps on a busy machine. */
const PATIENCE = { timeout: 180_000, protocolTimeout: 600_000 };

const NOW = "2026-11-20T12:00:00Z";
const DAY = "Fri 20 Nov 2026";
const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"];
const PAGES = [
  "/",
  "/?q=kenji",
  "/?q=nobody-of-that-name",
  "/data-pipelines/",
  "/data-pipelines/?from=2026-12-18&weeks=52&zone=Asia%2FKolkata",
  "/data-pipelines/?weeks=0",
  "/data-pipelines/?view=month&month=2026-12",
  "/data-pipelines/coverage",
  "/data-pipelines/coverage?zone=Asia%2FKolkata&status=unaffected",
  "/data-pipelines/subscribe",
  "/data-pipelines/subscribe?calendar=engineers/a&alarm=1h",
  "/data-pipelines/engineers/a",
  "/data-pipelines/pipelines",
  "/data-pipelines/fairness",
  "/data-pipelines/fairness?years=10",
  "/data-pipelines/changes",
  "/data-pipelines/subscribers",
  "/data-pipelines/run-books/aggregate-profit",
  "/data-pipelines/no-such-page",
  "/rich/",
  "/rich/?from=2026-12-18",
  "/rich/?view=month&month=2026-12",
  "/rich/?view=year&year=2027",
  "/rich/?view=list&from=2026-12-18",
  "/rich/coverage",
  "/rich/subscribe?calendar=engineers/muhammad",
  "/rich/engineers/max",
  "/rich/engineers/muhammad",
  "/rich/pipelines",
  "/rich/fairness",
  "/one-country-strict/",
  "/one-country-strict/coverage",
  "/four-countries-a-year/",
  "/four-countries-a-year/coverage?status=covered",
  "/override-agreed/?from=2026-12-18",
  "/swap-reruns-rules/?from=2026-05-08",
  "/hostile/",
  "/hostile/?view=month&month=2026-12",
  "/hostile/?view=year",
  "/hostile/coverage",
  "/hostile/subscribe",
  "/hostile/engineers/a",
  "/hostile/pipelines",
  "/hostile/fairness?years=3",
  "/hostile/changes",
  "/hostile/subscribers",
  "/hostile/run-books/odd",
  "/broken/",
  "/nothing/here",
].filter((path) => new RegExp(process.env.ONLY ?? "").test(path));

/** What lies further right than the page is wide, if it scrolls because of that. Runs in the page. */
function sideways() {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return "";
  const out = [...document.querySelectorAll("main *")].filter((element) => {
    return !element.closest("pre, .scroll, .skip, thead") && element.getBoundingClientRect().right > most + 1;
  });
  return `scrolls sideways: ${out.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" | ")}`;
}

/** Everything that is wrong with one page as Chromium shows it. */
async function defects(page, url, path, width, scheme) {
  const found = [];
  const onConsole = (message) => {
    const expected = /status of (400|404|503)/.test(message.text());
    if (["error", "warn"].includes(message.type()) && !expected) found.push(`console: ${message.text()}`);
  };
  const onRequest = (request) => {
    // A browser draws the sign of its own fields from data.
    const isOwn = request.url().startsWith(url) || request.url().startsWith("data:");
    if (!isOwn) found.push(`asks ${request.url()}`);
  };
  const onError = (error) => found.push(`error: ${error.message}`);
  page.on("console", onConsole).on("request", onRequest).on("pageerror", onError);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(url + path, { waitUntil: "load" });
  if (process.env.SHOTS) {
    const name = path.replace(/[^a-z0-9]+/gi, "_");
    await page.screenshot({ path: join(process.env.SHOTS, `${name}-${width}-${scheme}.png`), fullPage: true });
  }
  found.push(await page.evaluate(sideways));
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  const unfolded = await page.evaluate(sideways);
  if (unfolded) found.push(`unfolded, ${unfolded}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  for (const { id, nodes } of violations) {
    found.push(`axe ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
  if (scheme === SCHEMES[0]) found.push(...(await brokenIn(page)));
  if (width === WIDTHS[0] && scheme === SCHEMES[0]) found.push(...(await unreachable(page)));
  page.off("console", onConsole).off("request", onRequest).off("pageerror", onError);
  return found.filter((defect) => defect !== "").map((defect) => `${path} at ${width} ${scheme}: ${defect}`);
}

/** What can be used but is not reached with the Tab key. */
async function unreachable(page) {
  const count = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, pre, .scroll");
    window.unreached = new Set(all);
    document.addEventListener("focusin", (event) => window.unreached.delete(event.target));
    document.body.tabIndex = -1;
    document.body.focus();
    return all.length;
  });
  // A field for a date has several stops of its own.
  for (let presses = 0; presses < count + 12; presses++) await page.keyboard.press("Tab");
  const left = await page.evaluate(() => [...window.unreached].map((element) => element.outerHTML.slice(0, 120)));
  return left.length > 0 ? [`Tab does not reach ${left.slice(0, 3).join(" | ")}`] : [];
}

/** What `look` finds with a Chromium of its own, whose page has the keyboard. */
async function inChromium(look) {
  const browser = await puppeteer.launch({
    ...PATIENCE,
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    return await look(browser);
  } finally {
    await browser.close();
  }
}

async function newPage(browser) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE.timeout);
  return page;
}

/** Everything that is wrong with `pages`, first with scripts and then without. */
async function opened(browser, url, pages) {
  const found = [];
  const page = await newPage(browser);
  for (const path of pages) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) found.push(...(await defects(page, url, path, width, scheme)));
    }
  }
  await page.setJavaScriptEnabled(false);
  for (const path of pages) {
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      await page.goto(url + path, { waitUntil: "load" });
      const wide = await page.evaluate(sideways);
      const buttons = await page.$$eval("button:not(form button)", (all) => all.length);
      if (wide) found.push(`${path} at ${width} without scripts: ${wide}`);
      if (buttons > 0) found.push(`${path} without scripts: a button that does nothing`);
    }
  }
  return found;
}

async function inFirefox(url) {
  const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
  const browser = await puppeteer.launch({ ...PATIENCE, browser: "firefox", executablePath, headless: true });
  const found = [];
  try {
    const page = await newPage(browser);
    for (const path of PAGES) {
      for (const width of WIDTHS) {
        await page.setViewport({ width, height: 900 });
        await page.goto(url + path, { waitUntil: "load" });
        const wide = await page.evaluate(sideways);
        if (wide) found.push(`${path} at ${width} in Firefox: ${wide}`);
        if (width !== WIDTHS[2]) continue;
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document));
        found.push(...violations.map(({ id, nodes }) => `${path} in Firefox: axe ${id}: ${nodes[0].html.slice(0, 160)}`));
      }
    }
  } finally {
    await browser.close();
  }
  return found;
}

/** What the W3C's validator finds in each page as it is sent. */
async function validated(url) {
  const folder = mkdtempSync(join(tmpdir(), "oncal-vnu-"));
  const names = new Map();
  for (const [place, path] of PAGES.entries()) {
    const name = join(folder, `page-${place}.html`);
    writeFileSync(name, await (await fetch(url + path)).text());
    names.set(name, path);
  }
  try {
    await promisify(execFile)("java", ["-jar", vnu, "--errors-only", "--format", "json", ...names.keys()]);
    return [];
  } catch (error) {
    const { messages } = JSON.parse(error.stderr);
    return messages.map((message) => {
      const file = (message.url ?? "").replace(/^file:/, "");
      return `${names.get(file) ?? file}: vnu: ${message.message}: ${(message.extract ?? "").slice(0, 120)}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { url, stop } = await serve(oncal, NOW);
const everySecond = (rest) => PAGES.filter((_, place) => place % 2 === rest);
const parts = [
  validated(url),
  inChromium((browser) => opened(browser, url, everySecond(0))),
  inChromium((browser) => opened(browser, url, everySecond(1))),
];
if (!process.env.ONLY) parts.push(inChromium((browser) => checked(browser, url, DAY)));
if (!process.env.CHROMIUM_ONLY) parts.push(inFirefox(url), openInWebKit(url, PAGES, WIDTHS, sideways));
// Each closes its browser also where another fails.
const ended = await Promise.allSettled(parts);
stop();
const failed = ended.find(({ status }) => status === "rejected");
if (failed) throw failed.reason;
const found = ended.flatMap(({ value }) => value);
if (found.length > 0) {
  console.error(found.join("\n"));
  process.exit(1);
}
console.log(`${PAGES.length} pages at ${WIDTHS.join(", ")} pixels, light and dark, with scripts and without: nothing to complain about`);
