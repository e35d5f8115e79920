"""Asks a server for all that /openapi.json allows, and for much that it does not, about teams of several kinds.

No answer may be a defect of the server, and each must be as the description says. What /metrics has of it all
afterwards must be what Prometheus reads, with all that the README's alerts are about.
Usage: openapi.py ONCAL TOOLS
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

ONCAL, TOOLS = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
ROOT = pathlib.Path(__file__).resolve().parent.parent
NOW = "2026-11-20T12:00:00Z"
TEAMS = ["data-pipelines", "four-countries-a-year", "nobody-left", "broken"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


def configured(config):
    shutil.copytree(ROOT / "config", config)
    for part in ["teams", "holidays"]:
        shutil.copytree(ROOT / "tests/data/acceptance" / part, config / part, dirs_exist_ok=True)
    (config / "teams/broken.toml").write_text("name = 1\n")
    (config / "oncal.toml").write_text('bind = "127.0.0.1:0"\nadmin_bind = "127.0.0.1:0"\n')


def address(log, message):
    for _ in range(300):
        for line in log.read_text().splitlines():
            fields = json.loads(line)["fields"]
            if fields["message"] == message:
                return f"http://{fields['address']}"
        time.sleep(0.1)
    sys.exit("the server does not start:\n" + log.read_text())


def answered(url, team):
    """Every operation has an answer as it stands, so that what follows is about more than refusals."""
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    for path in paths:
        with urllib.request.urlopen(url + path.replace("{team}", team)) as answer:
            assert json.load(answer), path
    return len(paths)


def asked(url, team, folder):
    settings = folder / "schemathesis.toml"
    settings.write_text(f'[parameters]\n"path.team" = "{team}"\n')
    command = [TOOLS / "venv/bin/schemathesis", "--config-file", settings, "run", f"{url}/openapi.json", "--url", url]
    options = ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "40"]
    # 503 is what a team whose file is broken is answered with, and the description says so.
    if team == "broken":
        options[1] = ",".join(CHECKS[1:])
    seed = os.environ.get("PROPTEST_RNG_SEED", "1")
    done = subprocess.run([*command, *options, "--seed", seed], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{team}:\n{done.stdout}\n{done.stderr}")


def measured(url):
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers
        families = list(text_string_to_metric_families(answer.read().decode()))
    for family in families:
        assert family.type != "unknown" and family.documentation and family.samples, family
    samples = [sample for family in families for sample in family.samples]
    assert len({(sample.name, *sorted(sample.labels.items())) for sample in samples}) == len(samples)
    rules = (ROOT / "config/deploy/alerts.yml").read_text()
    wanted = set(re.findall(r"oncal_\w+", rules))
    assert len(wanted) > 5 and wanted <= {sample.name for sample in samples}, wanted
    return len(samples)


with tempfile.TemporaryDirectory() as temp:
    folder = pathlib.Path(temp)
    configured(folder / "config")
    log = folder / "log"
    command = [ONCAL, "--config", folder / "config", "--state", folder / "state", "--now", NOW, "serve"]
    with log.open("w") as stderr:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        url = address(log, "listening")
        operations = answered(url, TEAMS[0])
        for team in TEAMS:
            asked(url, team, folder)
        samples = measured(address(log, "listening for monitoring"))
    finally:
        server.terminate()
        server.wait()
print(f"{operations} operations, asked about {len(TEAMS)} teams: every answer is as described; {samples} samples of metrics")
