// Makes the README's pictures from the running program: the rota page and a month of it.
//
// node pictures.mjs ONCAL TOOLS FOLDER

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { serve } from "./server.mjs";

const [oncal, tools, folder] = process.argv.slice(2).map((path) => resolve(path));
const load = createRequire(join(tools, "package.json"));
const { default: puppeteer } = await import(load.resolve("puppeteer-core"));

// While everybody still knows the rota of the plan: three weeks before Christmas.
const NOW = "2026-12-01T14:00:00Z";
const PICTURES = [
  ["rota.png", "/data-pipelines/?weeks=4", "main"],
  ["month.png", "/data-pipelines/?view=month&month=2026-12", ".month"],
];

mkdirSync(folder, { recursive: true });
const { url, stop } = await serve(oncal, NOW, { change: false });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1000, height: 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  for (const [name, path, part] of PICTURES) {
    await page.goto(url + path, { waitUntil: "load" });
    const element = await page.$(part);
    await element.screenshot({ path: join(folder, name) });
  }
} finally {
  await browser.close();
  stop();
}
