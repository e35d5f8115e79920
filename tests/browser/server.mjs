// A server for the tests that look at pages: the repository's own configuration, the acceptance teams, the rich team,
// one with hostile names and one that is broken; calendars have fetched, and duty has moved.

import { spawn } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
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

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function until(what, isSo) {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(what);
}

/** Starts `oncal` at `now`; `stop` ends it and removes what it wrote. `change` false: nothing is fetched or moved. */
export async function serve(oncal, now, { change = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "oncal-pages-"));
  const config = join(folder, "config");
  cpSync(join(root, "config"), config, { recursive: true });
  for (const part of ["teams", "holidays"]) {
    cpSync(join(root, "tests/data/acceptance", part), join(config, part), { recursive: true });
  }
  writeFileSync(join(config, "teams/rich.toml"), readFileSync(join(import.meta.dirname, "rich/rich.toml")));
  writeFileSync(join(config, "teams/hostile.toml"), HOSTILE);
  writeFileSync(join(config, "teams/broken.toml"), "name = 1\n");
  cpSync(join(config, "runbooks/data-pipelines"), join(config, "runbooks/hostile"), { recursive: true });
  writeFileSync(join(config, "runbooks/hostile/odd.md"), BOOK);
  const [port, admin] = [await freePort(), await freePort()];
  const settings = [`bind = "127.0.0.1:${port}"`, `public_url = "http://127.0.0.1:${port}"`, `admin_bind = "127.0.0.1:${admin}"`];
  writeFileSync(join(config, "oncal.toml"), settings.join("\n") + "\n");
  const args = ["--config", config, "--state", join(folder, "state"), "--now", now, "serve"];
  const server = spawn(oncal, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await until("the server does not answer", async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok);
  if (change) await move(config, url);
  const stop = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

/** Moves duty in two teams while they are served, and waits until it shows. */
async function move(config, url) {
  for (const [team, path, agent] of FETCHED) {
    await fetch(`${url}/${team}/${path}`, { headers: { "user-agent": agent } });
  }
  appendFileSync(join(config, "teams/hostile.toml"), SWAP);
  appendFileSync(join(config, "teams/data-pipelines.toml"), AGREED);
  for (const team of ["hostile", "data-pipelines"]) {
    await until(`${team}: the change does not show`, async () => {
      return (await (await fetch(`${url}/${team}/changes`)).text()).includes("Published");
    });
  }
}
