// Writes npm-date-holidays.csv from what npm package `date-holidays` has: npm install date-holidays@3.37.0 in a folder
// outside the repository, then `node make.mjs FOLDER`.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const builtin = new URL("../../../src/holidays/builtin/", import.meta.url);
const load = createRequire(resolve(process.argv[2], "index.js"));
const Holidays = load("date-holidays");
const { version } = load("date-holidays/package.json");

const NAMED = { "us-federal": ["US"] };
// It has no list of Canada's federal holidays, and of India's none that follow the moon.
const LEFT_OUT = ["ca-federal", "in"];
const DAY = 24 * 60 * 60 * 1000;

const lines = [
  `# Public holidays as npm package date-holidays ${version} (licence ISC AND CC-BY-3.0, by commenthol and contributors:`,
  "# github.com/commenthol/date-holidays) has them, its type `public`, for 2020 to 2050 or, where dates are",
  "# decreed, to 2035. Made by make.mjs. Dates only, one line a calendar and year. Not here: ca-federal, which it has",
  "# only by province, and in, of whose holidays by the moon it knows none.",
];

/** The dates from the first instant of a holiday to its last, both as its own country's clock has them. */
function dates({ date, start, end }) {
  const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  const count = Math.max(1, Math.round((end - start) / DAY));
  return Array.from({ length: count }, (_, day) => new Date(first + day * DAY).toISOString().slice(0, 10));
}

for (const file of readdirSync(builtin).filter((name) => name.endsWith(".toml")).sort()) {
  const calendar = file.slice(0, -".toml".length);
  if (LEFT_OUT.includes(calendar)) continue;
  const confirmed = /^confirmed_through = (\d+)/m.exec(readFileSync(new URL(file, builtin), "utf8"));
  const last = !confirmed || Number(confirmed[1]) >= 2050 ? 2050 : 2035;
  const source = new Holidays();
  source.init(...(NAMED[calendar] ?? calendar.toUpperCase().split("-")));
  const all = [];
  for (let year = 2019; year <= last + 1; year++) {
    const off = source.getHolidays(year).filter(({ type }) => type === "public");
    all.push(...off.flatMap(dates));
  }
  for (let year = 2020; year <= last; year++) {
    const days = [...new Set(all)].filter((date) => date.startsWith(`${year}-`)).sort();
    lines.push(`${calendar},${year},${days.map((date) => date.slice(5)).join(" ")}`);
  }
}
writeFileSync(new URL("npm-date-holidays.csv", import.meta.url), `${lines.join("\n")}\n`);
