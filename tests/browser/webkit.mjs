// Opens pages in WebKitGTK through its WebDriver, on a screen that nobody sees. Its automated browser cannot be narrower
// than its window's minimum, so what counts is the width that it reports.

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const LIBRARIES = "/usr/lib";

/** The browser that WebKitGTK's own packages ship. */
function miniBrowser() {
  for (const machine of readdirSync(LIBRARIES)) {
    for (const version of ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"]) {
      const path = join(LIBRARIES, machine, version, "MiniBrowser");
      if (existsSync(path)) return path;
    }
  }
  throw new Error("WebKitGTK has no MiniBrowser here: install webkit2gtk-driver");
}

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function ask(base, method, path, body) {
  const answer = await fetch(base + path, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`WebKit: ${method} ${path}: ${value.message}`);
  return value;
}

/** What `sideways` finds on each of `pages` at each of `widths`. */
export async function openInWebKit(url, pages, widths, sideways) {
  const port = await freePort();
  const display = `:${90 + (port % 100)}`;
  const screen = spawn("Xvfb", [display, "-screen", "0", "1600x1000x24", "-nolisten", "tcp"], { stdio: "ignore" });
  const env = { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_COMPOSITING_MODE: "1" };
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "ignore", env });
  const base = `http://127.0.0.1:${port}`;
  const found = [];
  let session;
  try {
    for (let tries = 0; tries < 600; tries++) {
      if ((await fetch(`${base}/status`).catch(() => undefined))?.ok) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
    const { sessionId } = await ask(base, "POST", "/session", { capabilities });
    session = `/session/${sessionId}`;
    for (const width of widths) {
      await ask(base, "POST", `${session}/window/rect`, { width, height: 900 });
      for (const path of pages) {
        await ask(base, "POST", `${session}/url`, { url: url + path });
        const script = `return (${sideways})()`;
        const wide = await ask(base, "POST", `${session}/execute/sync`, { script, args: [] });
        if (wide) found.push(`${path} at ${width} in WebKit: ${wide}`);
      }
    }
    const agent = await ask(base, "POST", `${session}/execute/sync`, { script: "return navigator.userAgent", args: [] });
    if (!agent.includes("AppleWebKit")) throw new Error(`this is not WebKit: ${agent}`);
  } finally {
    if (session) await ask(base, "DELETE", session).catch(() => undefined);
    driver.kill();
    screen.kill();
  }
  return found;
}
