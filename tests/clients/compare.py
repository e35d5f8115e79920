"""Serves the plan and the worked cases, and has three calendar clients read every feed of every team.

Each must give exactly the shifts and meetings of `oncal schedule --json`, and all three the same events. Also: a feed
fetched twice is the same, and its ETag makes the second answer a 304. The same again from a folder that `oncal export`
wrote, behind the nginx of `config/deploy/nginx-export.conf`.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
ONCAL, TOOLS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
NOW = "2026-06-15T12:00:00Z"
PAST, FUTURE = 8, 52
HOSTILE = r"""
name = "Team 🎄, \"quoted\"; back\\slash\r\nBEGIN:VEVENT\u0007"
time_zone = "America/St_Johns"
holidays = ["us-federal"]
[[engineer]]
id = "a"
name = "Ada; DROP, TABLE\\ \"x\"\nSUMMARY:not mine\r\nEND:VCALENDAR"
[[engineer]]
id = "b"
name = "مهندس 👩‍🚒 %s"
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [{ primary = "a", secondary = "b" }, { primary = "b", secondary = "a" }]
[handover]
day = "friday"
time = 10:00:00
minutes = 30
[[swap]]
week = 2026-07-03
primary = "b"
secondary = "a"
reason = "line one\nline two, three; four\\"
""" % ("x" * 300)


def free_ports():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def configuration(folder):
    shutil.copytree(ROOT / "config", folder, dirs_exist_ok=True)
    for part in ("teams", "holidays"):
        shutil.copytree(ROOT / "tests/data/acceptance" / part, folder / part, dirs_exist_ok=True)
    (folder / "teams/hostile.toml").write_text(HOSTILE, encoding="utf-8")
    port, admin = free_ports()
    (folder / "oncal.toml").write_text(
        f'bind = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:8080"\nadmin_bind = "127.0.0.1:{admin}"\n'
        f"past_weeks = {PAST}\nfuture_weeks = {FUTURE}\n"
    )
    return f"http://127.0.0.1:{port}"


def fetch(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def wait_for(url):
    for _ in range(300):
        try:
            if fetch(url + "/healthz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the server does not answer")


def clients(feed):
    def run(*command):
        done = subprocess.run(command, input=feed, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"{command}: {done.stderr.decode()[:3000]}")
        return done.stdout.decode()

    here = ROOT / "tests/clients"
    lines = run(TOOLS / "libical_client").split("\n")
    names = ("uid", "start", "end", "status", "summary")
    yield "icalendar", json.loads(run(sys.executable, here / "icalendar_client.py"))
    yield "ical.js", json.loads(run("node", here / "icaljs_client.mjs", TOOLS))
    yield "libical", [dict(zip(names, line.split("\t", 4))) for line in lines if line]


def cleaned(name):
    """As far as a name must be recognisable in a summary: its letters and digits."""
    return re.sub(r"[^\w]", "", name)


def exported(folder, config):
    """The folder of an export behind nginx: the address and the process."""
    web, (port, _) = folder / "web", free_ports()
    command = [ONCAL, "--config", config, "--now", NOW, "export", web, "--download"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site = (ROOT / "config/deploy/nginx-export.conf").read_text()
    for part, by in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("/srv/www/oncal;", f"{web};"),
        ("    ssl_certificate /etc/ssl/rota.example.org.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/rota.example.org.key;\n", ""),
        ("    ssl_protocols TLSv1.2 TLSv1.3;\n", ""),
    ):
        assert part in site, part
        site = site.replace(part, by)
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; master_process off; pid {folder}/pid;\nevents {{}}\nhttp {{\n{paths}{site}}}\n"
    (folder / "nginx.conf").write_text(whole)
    command = ["nginx", "-p", folder, "-e", folder / "errors", "-c", folder / "nginx.conf"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return f"http://127.0.0.1:{port}", server
        except OSError:
            assert server.poll() is None, (folder / "errors").read_text()
            time.sleep(0.1)
    sys.exit("nginx does not answer")


def check_headers(url):
    """What nginx must say, and what it must not hand out."""
    _, headers, _ = fetch(f"{url}/data-pipelines/team.ics")
    assert headers["Content-Type"] == "text/calendar; charset=utf-8", headers
    assert headers["Cache-Control"] == "private, no-cache" and headers["Last-Modified"], headers
    assert fetch(f"{url}/data-pipelines/")[1]["Content-Type"] == "text/html; charset=utf-8"
    for path in ("/api/v1/teams", "/api/v1/teams/data-pipelines/schedule", "/api/v1/teams/data-pipelines/changes"):
        status, headers, body = fetch(url + path)
        assert (status, headers["Content-Type"]) == (200, "application/json"), (path, status, headers)
        json.loads(body)
    for path in ("/.oncal-export", "/data-pipelines/engineers/", "/data-pipelines/none.ics", "/api/v1/", "/nothing/"):
        assert fetch(url + path)[0] in (403, 404), path
    assert fetch(f"{url}/data-pipelines")[0] == 200, "people leave out the slash"


def check(team, url, config, is_exported=False):
    base = [ONCAL, "--config", config, "--now", NOW, "schedule", "--team", team, "--json"]
    wide = json.loads(subprocess.run(base + ["--from", "2025-06-01", "--to", "2028-06-01"], check=True, capture_output=True).stdout)
    names = {e: n for e, n in NAMES[team].items()}
    starts = {}
    for shift in wide["shifts"]:
        starts[shift["week"]] = min(shift["start"], starts.get(shift["week"], "9"))
    weeks = sorted(starts)
    current = max(i for i, week in enumerate(weeks) if starts[week] <= NOW)
    first, last = max(0, current - PAST), current + FUTURE
    opens, closes = starts[weeks[first]], starts[weeks[last + 1]]
    inside = [s for s in wide["shifts"] if opens <= s["start"] < closes]
    meetings = [m for m in wide["handovers"] if m["end"] > opens and m["start"] < closes]

    kinds = {"team": lambda s: True, "primary": lambda s: s["role"] == "primary", "secondary": lambda s: s["role"] == "secondary", "coverage": lambda s: False}
    feeds = {f"{kind}.ics": keep for kind, keep in kinds.items()}
    for engineer in names:
        feeds[f"engineers/{engineer}.ics"] = lambda s, e=engineer: s["engineer"] == e
    named = []
    for path, keep in feeds.items():
        served = [f"{path}{query}" for query in ("", "?download=1", "?alarm=15m")]
        exported = [path, path.replace(".ics", ".download.ics")]
        named += [(path, name, keep) for name in (exported if is_exported else served)]

    def check_feed(of):
        path, name, keep = of
        where = f"{url}/{team}/{name}"
        status, headers, body = fetch(where)
        assert status == 200, (where, status, body)
        assert fetch(where)[2] == body, f"{where}: differs from one request to the next"
        assert fetch(where, **{"If-None-Match": headers["ETag"]})[0] == 304, where
        zipped = fetch(where, **{"Accept-Encoding": "gzip"})
        assert gzip.decompress(zipped[2]) == body, where
        lines = body.split(b"\r\n")
        assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines), where
        found = None
        for client, events in clients(body):
            uids = [event["uid"] for event in events]
            assert len(uids) == len(set(uids)), f"{where}: {client}: a UID twice"
            shifts = {e["uid"]: e for e in events if re.match(rf"{re.escape(team)}\.(primary|secondary)\.", e["uid"])}
            wanted = {s["uid"]: s for s in inside if keep(s)}
            assert shifts.keys() == wanted.keys(), f"{where}: {client}: {shifts.keys() ^ wanted.keys()}"
            for uid, shift in wanted.items():
                event = shifts[uid]
                assert (event["start"], event["end"]) == (shift["start"], shift["end"]), (where, client, event, shift)
                assert event["status"].lower() == shift["status"], (where, client, event, shift)
                name = cleaned(names[shift["engineer"]])[:40]
                assert name in cleaned(event["summary"]), (where, client, event, name)
            times = sorted((e["start"], e["end"]) for e in events if f"{team}.handover." in e["uid"])
            if path == "team.ics":
                assert times == sorted((m["start"], m["end"]) for m in meetings), f"{where}: {client}: meetings"
            core = sorted((e["uid"], e["start"], e["end"], e["status"].upper()) for e in events)
            assert found in (None, core), f"{where}: {client} reads other events"
            found = core

    # The clients are processes of their own, so that threads are enough to keep every core at work.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return len(list(pool.map(check_feed, named)))


def engineers(path):
    text = path.read_text(encoding="utf-8")
    import tomllib

    return {e["id"]: e["name"] for e in tomllib.loads(text)["engineer"]}


with tempfile.TemporaryDirectory() as temp:
    config = pathlib.Path(temp) / "config"
    url = configuration(config)
    NAMES = {path.stem: engineers(path) for path in sorted((config / "teams").glob("*.toml"))}
    server = subprocess.Popen([ONCAL, "--config", config, "--now", NOW, "serve"], stderr=subprocess.DEVNULL)
    try:
        wait_for(url)
        picked = ["data-pipelines", "hostile", "override-agreed", "no-midnight-in-cairo", "duty-change-in-the-gap", "four-countries-a-year"]
        total = sum(check(team, url, config) for team in picked)
        static_url, static = exported(pathlib.Path(temp), config)
        try:
            check_headers(static_url)
            for team in picked:
                for path in ("team.ics", "coverage.ics", "primary.ics", "secondary.ics"):
                    one, two = fetch(f"{url}/{team}/{path}")[2], fetch(f"{static_url}/{team}/{path}")[2]
                    assert one == two, f"{team}/{path}: the export differs from the server"
            total += sum(check(team, static_url, config, is_exported=True) for team in picked)
        finally:
            static.terminate()
            static.wait(timeout=20)
        other = pathlib.Path(temp) / "other"
        other_url = configuration(other)
        second = subprocess.Popen([ONCAL, "--config", other, "--now", NOW, "serve"], stderr=subprocess.DEVNULL)
        try:
            wait_for(other_url)
            for team in picked:
                for path in ("team.ics", "coverage.ics", "primary.ics"):
                    one, two = fetch(f"{url}/{team}/{path}"), fetch(f"{other_url}/{team}/{path}")
                    assert one[2] == two[2] and one[1]["ETag"] == two[1]["ETag"], f"{team}/{path}: two servers differ"
        finally:
            second.terminate()
            second.wait(timeout=20)
    finally:
        server.terminate()
        code = server.wait(timeout=20)
    assert code == 0, f"the server ended with {code}"
    print(f"{total} feeds of {len(picked)} teams read alike by three clients")
