// Opens every kind of page in Chromium at three widths, light and dark: nothing may scroll sideways, be logged as an
// error or be asked of another host, axe may find nothing, and the Tab key must reach all there is to use.
//
// node pages.mjs ONCAL TOOLS; with SHOTS=FOLDER it also leaves a picture of each page there.

import { spawn } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [oncal, tools] = process.argv.slice(2).map((path) => resolve(path));
const root = resolve(import.meta.dirname, "../..");
const load = createRequire(join(tools, "package.json"));
const { default: puppeteer } = await import(load.resolve("puppeteer-core"));
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");

const NOW = "2026-11-20T12:00:00Z";
const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"];
const PAGES = [
  "/",
  "/data-pipelines/",
  "/data-pipelines/?from=2026-12-18&weeks=52&zone=Asia%2FKolkata",
  "/data-pipelines/?weeks=0",
  "/data-pipelines/coverage",
  "/data-pipelines/coverage?zone=Asia%2FKolkata&status=unaffected",
  "/data-pipelines/?alarm=1h",
  "/data-pipelines/pipelines",
  "/data-pipelines/fairness",
  "/data-pipelines/fairness?years=12",
  "/data-pipelines/changes",
  "/data-pipelines/subscribers",
  "/data-pipelines/run-books/aggregate-profit",
  "/one-country-strict/",
  "/one-country-strict/coverage",
  "/four-countries-a-year/",
  "/four-countries-a-year/coverage?status=covered",
  "/override-agreed/?from=2026-12-18",
  "/swap-reruns-rules/?from=2026-05-08",
  "/hostile/",
  "/hostile/coverage",
  "/hostile/pipelines",
  "/hostile/fairness?years=3",
  "/hostile/changes",
  "/hostile/subscribers",
  "/hostile/run-books/odd",
  "/broken/",
  "/nothing/here",
];
const LONG = "Wolfeschlegelsteinhausenbergerdorff".repeat(3);
const HOSTILE = `
name = "<script>alert(1)</script> & \\"quoted\\" \\u202Ereversed ${LONG}"
time_zone = "America/St_Johns"
holidays = ["us-federal"]
[[engineer]]
id = "a"
name = "<img src=x onerror=alert(1)> ${LONG}"
[[engineer]]
id = "b"
name = "مهندس \\u200F👩‍🚒"
time_zone = "Pacific/Kiritimati"
holidays = []
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [{ primary = "a", secondary = "b" }, { primary = "b", secondary = "a" }]
[holiday_policy]
secondary_on_holiday = "unavailable"
[[swap]]
week = 2026-11-20
primary = "b"
secondary = "a"
reason = "'\\"><svg onload=alert(1)>"
[[pipeline]]
id = "odd"
name = "${LONG}"
area = "${LONG}"
primary = "a"
secondary = "b"
run_book = "odd.md"
`;
const FETCHED = [
  ["data-pipelines", "team.ics", "Google-Calendar-Importer"],
  ["data-pipelines", "team.ics", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"],
  ["data-pipelines", "engineers/a.ics", "iOS/18.0 (22A3354) dataaccessd/1.0"],
  ["hostile", "team.ics", "Microsoft.Exchange/15.20 (Windows NT 10.0; Win64; x64)"],
];
const SWAP = `
[[swap]]
week = 2026-12-04
primary = "b"
secondary = "a"
reason = "${LONG} <b>"
`;
const AGREED = `
[[override]]
from = 2026-11-19
to = 2026-11-22
primary = "d"
reason = "Conference"
agreed_on = 2026-11-02
[[swap]]
week = 2027-01-15
primary = "a"
secondary = "d"
`;
const BOOK = `# Odd <b>

<script>alert(1)</script> ${LONG}

| ${"wide column | ".repeat(12)}
|${"---|".repeat(12)}
| ${"x | ".repeat(12)}

\`\`\`
${"long line ".repeat(40)}
\`\`\`

## One
- [ ] to do
- [x] [done](javascript:alert(1))
## Two
`;

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function serve(folder) {
  const config = join(folder, "config");
  cpSync(join(root, "config"), config, { recursive: true });
  for (const part of ["teams", "holidays"]) {
    cpSync(join(root, "tests/data/acceptance", part), join(config, part), { recursive: true });
  }
  writeFileSync(join(config, "teams/hostile.toml"), HOSTILE);
  writeFileSync(join(config, "teams/broken.toml"), "name = 1\n");
  cpSync(join(config, "runbooks/data-pipelines"), join(config, "runbooks/hostile"), { recursive: true });
  writeFileSync(join(config, "runbooks/hostile/odd.md"), BOOK);
  const [port, admin] = [await freePort(), await freePort()];
  const settings = [`bind = "127.0.0.1:${port}"`, `public_url = "http://127.0.0.1:${port}"`, `admin_bind = "127.0.0.1:${admin}"`];
  writeFileSync(join(config, "oncal.toml"), settings.join("\n") + "\n");
  const args = ["--config", config, "--state", join(folder, "state"), "--now", NOW, "serve"];
  const server = spawn(oncal, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) {
      await change(config, url);
      return { server, url };
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the server does not answer");
}

/** Moves duty in two teams while they are served, and waits until it shows. */
async function change(config, url) {
  for (const [team, path, agent] of FETCHED) {
    await fetch(`${url}/${team}/${path}`, { headers: { "user-agent": agent } });
  }
  appendFileSync(join(config, "teams/hostile.toml"), SWAP);
  appendFileSync(join(config, "teams/data-pipelines.toml"), AGREED);
  for (const team of ["hostile", "data-pipelines"]) {
    for (let tries = 0; ; tries++) {
      const page = await (await fetch(`${url}/${team}/changes`)).text();
      if (page.includes("Published")) break;
      if (tries > 300) throw new Error(`${team}: the change does not show`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** All that is wrong with one page as it is shown. */
async function defects(page, url, path, width, scheme) {
  const found = [];
  const onConsole = (message) => {
    const expected = /status of (400|404|503)/.test(message.text());
    if (["error", "warn"].includes(message.type()) && !expected) found.push(`console: ${message.text()}`);
  };
  const onRequest = (request) => {
    if (!request.url().startsWith(url)) found.push(`asks ${request.url()}`);
  };
  const onError = (error) => found.push(`error: ${error.message}`);
  page.on("console", onConsole).on("request", onRequest).on("pageerror", onError);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(url + path, { waitUntil: "load" });
  const wide = await page.evaluate(() => {
    const most = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll("main *")].filter((element) => {
      if (element.closest("pre, .scroll, .skip, thead, svg svg")) return false;
      return element.getBoundingClientRect().right > most + 1;
    });
    const scrolls = document.documentElement.scrollWidth > most;
    return scrolls ? `scrolls sideways: ${out.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" | ")}` : "";
  });
  if (wide) found.push(wide);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  if (scrolls) found.push("scrolls sideways once all is unfolded");
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  for (const { id, nodes } of violations) {
    found.push(`axe ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
  if (width === WIDTHS[0] && scheme === SCHEMES[0]) found.push(...(await unreachable(page)));
  if (process.env.SHOTS) {
    await page.goto(url + path, { waitUntil: "load" });
    const name = path.replace(/[^a-z0-9]+/gi, "_");
    await page.screenshot({ path: join(process.env.SHOTS, `${name}-${width}-${scheme}.png`), fullPage: true });
  }
  page.off("console", onConsole).off("request", onRequest).off("pageerror", onError);
  return found.map((defect) => `${path} at ${width} ${scheme}: ${defect}`);
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
  for (let presses = 0; presses < count + 2; presses++) await page.keyboard.press("Tab");
  const left = await page.evaluate(() => [...window.unreached].map((element) => element.outerHTML.slice(0, 120)));
  return left.length > 0 ? [`Tab does not reach ${left.slice(0, 3).join(" | ")}`] : [];
}

const folder = mkdtempSync(join(tmpdir(), "oncal-pages-"));
const { server, url } = await serve(folder);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const found = [];
try {
  const page = await browser.newPage();
  for (const path of PAGES) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) found.push(...(await defects(page, url, path, width, scheme)));
    }
  }
} finally {
  await browser.close();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
if (found.length > 0) {
  console.error(found.join("\n"));
  process.exit(1);
}
console.log(`${PAGES.length} pages at ${WIDTHS.join(", ")} pixels, light and dark: nothing to complain about`);
