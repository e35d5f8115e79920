#!/usr/bin/env bash
# Installs what the tests need beyond cargo, each only if missing, and runs all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/tests/.tools
export PYTHONDONTWRITEBYTECODE=1
mkdir -p "$tools"

stage() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
fail() { printf 'tests/run.sh: %s\n' "$1" >&2; exit 1; }

# debian COMMAND-OR-FILE PACKAGE [SERVICE]: installs PACKAGE unless the command or file is there. Its SERVICE does not
# start, neither now nor with the machine: the tests start their own.
updated=
policy=/usr/sbin/policy-rc.d
debian() {
  if command -v "$1" >/dev/null 2>&1 || [ -e "$1" ]; then return; fi
  [ "$(id -u)" = 0 ] || fail "needs $1: install the Debian package $2 and run this again"
  if [ -z "$updated" ]; then
    apt-get update -qq || fail "cannot reach Debian's packages, needed for $2"
    updated=yes
  fi
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null ||
    fail "cannot install the Debian package $2"
  if [ -n "$(trap -p EXIT)" ]; then
    rm -f "$policy"
    trap - EXIT
  fi
  if [ -z "${3:-}" ]; then return; fi
  rm -f "/etc/systemd/system/multi-user.target.wants/$3.service"
  [ ! -e "/etc/init.d/$3" ] || update-rc.d "$3" disable
}

stage "tools"
command -v cargo >/dev/null || fail "needs Rust: see https://rustup.rs"
debian cc gcc
debian python3 python3
debian node nodejs
debian npm npm
debian chromium chromium
debian firefox-esr firefox-esr
debian WebKitWebDriver webkit2gtk-driver
debian Xvfb xvfb
debian java default-jre-headless
debian pdftotext poppler-utils
debian pkg-config pkg-config
debian nginx nginx-light nginx
debian caddy caddy caddy
debian openssl openssl
debian promtool prometheus prometheus
debian setpriv util-linux
debian prlimit util-linux
debian strace strace
debian faketime faketime
debian sqlite3 sqlite3
debian systemd-analyze systemd
debian curl curl
debian lintian lintian
debian mmdebstrap mmdebstrap
debian dpkg-shlibdeps dpkg-dev
debian strip binutils
debian /usr/sbin/postfix postfix postfix
debian saslpasswd2 sasl2-bin saslauthd
debian "/usr/lib/$(uname -m)-linux-gnu/sasl2/libplain.so" libsasl2-modules
debian "/usr/lib/$(uname -m)-linux-gnu/libnss_wrapper.so" libnss-wrapper
debian /usr/include/libical/ical.h libical-dev
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || debian initdb postgresql postgresql
if [ ! -x "$tools/venv/bin/pip" ]; then
  python3 -c 'import ensurepip' 2>/dev/null || debian ensurepip python3-venv
  python3 -m venv "$tools/venv" || fail "cannot make a Python environment in tests/.tools"
fi
python=$tools/venv/bin/python
if ! cmp -s tests/requirements.txt "$tools/requirements.txt"; then
  "$python" -m pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.txt ||
    fail "cannot install the PyPI packages of tests/requirements.txt"
  cp tests/requirements.txt "$tools/requirements.txt"
fi
if ! cmp -s tests/clients/package.json "$tools/package.json"; then
  cp tests/clients/package.json "$tools/package.json"
  (cd "$tools" && npm install --silent --no-audit --no-fund --no-package-lock) || {
    rm -f "$tools/package.json"
    fail "cannot install the npm packages of tests/clients/package.json"
  }
fi
cc -Wall -Wextra -Werror -o "$tools/libical_client" tests/clients/libical_client.c $(pkg-config --cflags --libs libical)

stage "what zoneinfo makes of every zone"
"$python" tests/zones/expect.py "$tools/zones.txt"

stage "unit, laws, acceptance, HTTP, command line, zones, journal"
export ONCAL_ZONES=$tools/zones.txt
# Random tests try the same cases in each run; another number tries others, which every change deserves once.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-1}
later=(reload:: limits:: response_times:: soak:: chaos::)
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --no-fail-fast --run-ignored all -E "not test(/^($(IFS='|' && echo "${later[*]}"))/)"
else
  cargo test --no-fail-fast --lib --bins --test it -- --include-ignored "${later[@]/#/--skip=}"
fi
cargo test --doc

stage "response times beside hostile clients"
cargo test --test it -- --include-ignored --test-threads 1 --nocapture response_times::

# Most of the next tests wait most of the time. They run beside the stages that follow, which leave them the processor
# when they need it, and what they print is shown at the end. ONCAL_CHAOS_SECONDS=3600 has the random faults go on for an
# hour; another ONCAL_CHAOS_SEED tries other faults.
beside=
folder=$(mktemp -d)
# A PostgreSQL ends by itself once its folder is gone.
end() {
  if [ -n "$beside" ]; then kill -- "-$beside" 2>/dev/null || true; fi
  rm -rf "$folder" 2>/dev/null || true
}
trap end EXIT
chmod 755 "$folder"
TMPDIR=$folder setsid cargo test --test it -- --include-ignored --test-threads 4 --nocapture reload:: limits:: chaos:: \
  >"$folder/shown" 2>&1 &
beside=$!
renice -n 5 $$ >/dev/null

# ONCAL_SOAK_SECONDS=600 goes on for ten minutes.
stage "a minute of load and changes"
cargo test --test it -- --include-ignored --nocapture soak::

# What the tests above ran: `cargo build` would compile oncal once more, since tests have crates with more features.
program=target/debug/oncal

stage "it compiles without the features that tests add to its crates"
cargo check --quiet

# Another ONCAL_ORACLE_SEED tries other teams.
stage "a second implementation of the rules agrees"
"$python" tests/oracle/compare.py "$program"

stage "calendar clients read every feed"
"$python" tests/clients/compare.py "$program" "$tools"
"$python" tests/clients/downloads.py "$program"

stage "the API answers as its description says"
"$python" tests/openapi.py "$program" "$tools"

stage "a browser opens every page"
node tests/browser/pages.mjs "$program" "$tools"

stage "the Debian package installs, serves, upgrades and is purged"
if [ "$(id -u)" = 0 ]; then tests/package.sh "$program"; else echo "left out: it needs root"; fi

stage "files that change under the running program, hostile clients, and two minutes of random faults"
if wait "$beside"; then ended=0; else ended=$?; fi
beside=
cat "$folder/shown"
[ "$ended" = 0 ] || fail "one of the tests above failed"

stage "done"
