// What is true of pages beyond how each of them looks: words that are not broken, copy buttons beside what they copy,
// paper, a screen on the wall, one screen for Christmas, and five questions that one click answers. All in Chromium.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A longer word may be broken where it fits nowhere. */
const SHORT = 18;

/** Short words that stand on two lines, and copy buttons inside what they copy. Runs in the page. */
export function broken(short) {
  const found = [];
  const range = document.createRange();
  const lines = () => {
    const tops = [...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top));
    return new Set(tops).size;
  };
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    // Not the heads of tables that only readers of the screen hear.
    const thead = node.parentElement.closest("thead");
    if (node.parentElement.closest("code, .hidden") || (thead && getComputedStyle(thead).position === "absolute")) continue;
    range.selectNodeContents(node);
    if (lines() < 2) continue;
    for (const { 0: word, index } of node.data.matchAll(/[A-Za-z]+/g)) {
      if (word.length > short) continue;
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (lines() > 1) found.push(`the word ${word} is broken`);
    }
  }
  if (document.querySelector("pre button, code button")) found.push("a copy button lies inside what it copies");
  return found.slice(0, 3);
}

/** The defects of one page as it is shown. */
export async function brokenIn(page) {
  return page.evaluate(broken, SHORT);
}

const PRINTED = [
  ["/rich/", "Growth & Payments Data Platform"],
  ["/rich/coverage", "Growth & Payments Data Platform"],
  ["/rich/?view=month&month=2026-12", "Growth & Payments Data Platform"],
  ["/rich/?view=year&year=2027", "Growth & Payments Data Platform"],
  ["/rich/?view=list&from=2026-12-18", "Growth & Payments Data Platform"],
  ["/rich/fairness", "Growth & Payments Data Platform"],
  ["/data-pipelines/", "Data pipelines"],
  ["/data-pipelines/coverage", "Data pipelines"],
];

/** On paper every page is landscape and has the team and the day, no heading ends one, and nothing is about the server. */
async function onPaper(page, url, day) {
  const found = [];
  const folder = mkdtempSync(join(tmpdir(), "oncal-print-"));
  const pages = new Map();
  try {
    for (const [path, team] of PRINTED) {
      await page.goto(url + path, { waitUntil: "load" });
      const headings = await page.$$eval("h1, h2, h3, h4, caption", (all) => all.map(({ textContent }) => textContent.trim()));
      const file = join(folder, "page.pdf");
      writeFileSync(file, await page.pdf({ preferCSSPageSize: true }));
      const [, width, height] = /Page size:\s+([\d.]+) x ([\d.]+)/.exec(execFileSync("pdfinfo", [file], { encoding: "utf8" }));
      if (Number(width) <= Number(height)) found.push(`${path} on paper: not landscape`);
      const sheets = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).split("\f").slice(0, -1);
      pages.set(path, sheets.length);
      for (const [place, text] of sheets.entries()) {
        const where = `${path} on paper, sheet ${place + 1} of ${sheets.length}`;
        if (!text.replace(/\s+/g, " ").includes(`${team}, as of ${day}`)) found.push(`${where}: lacks team and day`);
        const last = text.trimEnd().split("\n").at(-1).trim();
        if (headings.includes(last)) found.push(`${where}: ends with the heading ${last}`);
        if (/[▸▾]/.test(text)) found.push(`${where}: has the sign of something folded`);
        if (/Add to my calendar|Calendar sync|oncal: who is on call/.test(text)) found.push(`${where}: has what is for screens`);
      }
    }
    const month = pages.get("/rich/?view=month&month=2026-12");
    if (month > 2) found.push(`a month takes ${month} sheets`);
    await page.emulateMediaType("print");
    const shown = await page.evaluate(() => {
      const notes = [["section", "alert"], ["p", "note whose"], ["section", "note unknown"]];
      return notes.map(([name, classes]) => {
        const note = document.createElement(name);
        note.className = classes;
        document.querySelector("main").append(note);
        return getComputedStyle(note).display !== "none";
      });
    });
    if (shown.join() !== "false,false,true") found.push(`on paper, notes of the server and of holidays not known: ${shown}`);
    await page.emulateMediaType(null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/** A page that nobody touches is loaded again, one that is in use is not. Time passes a thousand times as fast. */
async function renewed(browser, url) {
  const found = [];
  for (const inUse of [false, true]) {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument((inUse) => {
      const [now, every, start] = [Date.now.bind(Date), window.setInterval.bind(window), Date.now()];
      Date.now = () => start + (now() - start) * 1000;
      window.setInterval = (run, after) => every(run, after / 1000);
      if (inUse) every(() => dispatchEvent(new Event("pointerdown")), 10);
    }, inUse);
    await page.goto(`${url}/data-pipelines/`, { waitUntil: "load" });
    const again = page.waitForNavigation({ timeout: inUse ? 3000 : 30000 }).then(() => true, () => false);
    if ((await again) === inUse) found.push(inUse ? "a page in use is loaded again" : "a page on the wall does not renew itself");
    await page.close();
  }
  return found;
}

/** The weeks around Christmas fit one screen, on the rota and on coverage. */
async function onOneScreen(page, url) {
  const found = [];
  await page.setViewport({ width: 1440, height: 900 });
  const heights = [
    ["/rich/?from=2026-12-18", ".week", /18 – 25 Dec|25 Dec – 1 Jan/],
    ["/rich/coverage", ".coverage tbody tr", /Christmas Day|Boxing Day|New Year's Day/],
  ];
  for (const [path, selector, wanted] of heights) {
    await page.goto(url + path, { waitUntil: "load" });
    const edges = await page.$$eval(selector, (all, source) => {
      const those = all.filter(({ textContent }) => new RegExp(source).test(textContent)).slice(0, 3);
      return those.map((element) => element.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom]);
    }, wanted.source);
    const height = edges.length < 2 ? Infinity : edges.at(-1)[1] - edges[0][0];
    if (height > 900) found.push(`${path}: Christmas takes ${height} pixels`);
  }
  return found;
}

/** What a phone's width may not take away: labels, holidays, names that tell people apart, and days. */
async function onAPhone(page, url) {
  const found = [];
  await page.setViewport({ width: 360, height: 900 });
  const labels = [
    ["/", "tbody tr td", /Primary .*Secondary .*until /],
    ["/data-pipelines/subscribers", ".sync tbody tr td", /fetched .*next expected /],
    ["/data-pipelines/pipelines", ".pipelines tbody tr td", /primary owner.*secondary owner/],
  ];
  for (const [path, selector, wanted] of labels) {
    for (const width of [360, 768]) {
      await page.setViewport({ width, height: 900 });
      await page.goto(url + path, { waitUntil: "load" });
      const text = await page.$$eval(selector, (all) => all.map(({ innerText }) => innerText).join(" ").replace(/\s+/g, " "));
      if (!wanted.test(text)) found.push(`${path} at ${width}: the cells lack the labels ${wanted}`);
    }
  }
  await page.setViewport({ width: 360, height: 900 });
  await page.goto(`${url}/rich/?view=month&month=2026-12`, { waitUntil: "load" });
  const christmas = await page.$eval('.month time[datetime="2026-12-25"]', (day) => getComputedStyle(day).textDecorationLine);
  if (christmas !== "underline") found.push("a month on a phone does not show that Christmas Day is a holiday");
  await page.goto(`${url}/data-pipelines/?from=2026-11-20&weeks=8`, { waitUntil: "load" });
  found.push(...(await page.evaluate(() => {
    const isHidden = (element) => getComputedStyle(element).overflowX !== "visible";
    const isCut = (element) => isHidden(element) && element.scrollWidth > element.clientWidth + 1;
    const days = [...document.querySelectorAll(".days > li")].filter(isCut);
    const names = [...document.querySelectorAll(".lane:not(.away) > li > a")].filter((name) => !name.innerText.includes(": ") && isCut(name));
    const lefts = new Set([...document.querySelectorAll(".week .lanes")].map((lanes) => lanes.getBoundingClientRect().left));
    return [
      ...days.map(({ textContent }) => `the day ${textContent} is cut on a phone`),
      ...names.map(({ innerText }) => `the name ${innerText} is cut on a phone`),
      ...(lefts.size > 1 ? [`the lanes start at ${[...lefts]}`] : []),
    ];
  })));
  return found;
}

/** Each question with the page on which somebody has it, the link that is clicked, and what then answers it. */
const QUESTIONS = [
  ["who is on call now", "/", "Data pipelines", [/On call now\s+Primary/]],
  ["who has Christmas, hour by hour", "/data-pipelines/", "Coverage", [/Christmas Day/, /Data Engineer D \(no backup\) until 10:00, then Data Engineer A \(no backup\)/]],
  ["what must be agreed, by when, how it is recorded", "/rich/", "Sat 26 Dec 00:00–03:00 EST", [/Agree by Fri 11 Dec/, /oncal agree 2026-12-26 kenji --team rich/]],
  ["how do I get my shifts into Outlook", "/data-pipelines/", "Add to my calendar", [/Outlook/]],
  ["why is my Google calendar behind", "/data-pipelines/", "Calendar sync", [/Google Calendar/, /behind|8 to 24 hours/]],
];

async function answered(page, url) {
  const found = [];
  for (const [question, path, link, answers] of QUESTIONS) {
    await page.goto(url + path, { waitUntil: "load" });
    const links = await page.$$("a");
    const texts = await Promise.all(links.map((each) => each.evaluate(({ innerText }) => innerText.trim())));
    const place = texts.findIndex((text) => text.startsWith(link));
    if (place < 0) {
      found.push(`${question}: no link ${link} on ${path}`);
      continue;
    }
    await links[place].evaluate((each) => each.click());
    await page.waitForFunction((from) => location.pathname !== from && document.readyState === "complete", {}, path);
    const text = await page.evaluate(() => document.querySelector("main").innerText);
    for (const answer of answers) {
      if (!answer.test(text)) found.push(`${question}: one click on ${link} does not show ${answer}`);
    }
  }
  return found;
}

/** Everything that is wrong. `day` is the one that pages are of. */
export async function checked(browser, url, day) {
  const page = await browser.newPage();
  const found = [
    ...(await onPaper(page, url, day)),
    ...(await renewed(browser, url)),
    ...(await onOneScreen(page, url)),
    ...(await onAPhone(page, url)),
    ...(await answered(page, url)),
  ];
  await page.goto(`${url}/data-pipelines/subscribe`, { waitUntil: "load" });
  const [sources, buttons] = await page.evaluate(() => ["[data-copy]", ".copy"].map((part) => document.querySelectorAll(part).length));
  if (sources === 0 || sources !== buttons) found.push(`${buttons} copy buttons for ${sources} texts`);
  return found;
}
