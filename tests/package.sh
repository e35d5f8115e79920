#!/usr/bin/env bash
# Builds a Debian package of PROGRAM, has lintian check it, and installs, runs, upgrades and purges it in a fresh Debian
# root: tests/package.sh [PROGRAM], which is built without optimisation if left out.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/tests/.tools
fail() { printf 'tests/package.sh: %s\n' "$1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "needs root: it installs a package in a folder of its own"

for needed in lintian:lintian mmdebstrap:mmdebstrap dpkg-shlibdeps:dpkg-dev strip:binutils curl:curl systemd-analyze:systemd; do
  command -v "${needed%:*}" >/dev/null || fail "needs ${needed%:*}: install the Debian package ${needed#*:}"
done
cargo_deb=${CARGO_DEB:-$tools/cargo/bin/cargo-deb}
[ -x "$cargo_deb" ] || cargo install --quiet --locked --debug --root "$tools/cargo" --version 3.6.0 cargo-deb ||
  fail "cannot install cargo-deb"

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

CARGO_DEB=$cargo_deb CARGO_DEB_OPTIONS="--fast" config/deploy/package.sh dev "$@" >"$work/built"
package=$(tail -1 "$work/built")

echo "lintian finds nothing"
lintian --allow-root --fail-on error,warning,info "$package" || fail "lintian has complaints"

echo "the unit exposes as little as the one of config/deploy"
dpkg-deb -x "$package" "$work/content"
unit=$(find "$work/content" -name oncal.service)
[ "$(grep -c '^#' "$unit")" -gt 5 ] || fail "the unit has lost its comments"
exposure() { systemd-analyze security --offline=true "$1" | sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p'; }
[ "$(exposure "$unit")" = "$(exposure config/deploy/oncal.service)" ] ||
  fail "exposure $(exposure "$unit") instead of $(exposure config/deploy/oncal.service)"

echo "it has manual pages, completions, copyright and changelogs"
for file in man/man1/oncal.1.gz man/man1/oncal-export.1.gz bash-completion/completions/oncal \
  zsh/vendor-completions/_oncal fish/vendor_completions.d/oncal.fish doc/oncal/copyright doc/oncal/changelog.gz \
  doc/oncal/changelog.Debian.gz; do
  [ -s "$work/content/usr/share/$file" ] || fail "no $file"
done
bash -n "$work/content/usr/share/bash-completion/completions/oncal"

# Downloaded once; each run unpacks it again.
if [ ! -e "$tools/debian.tar" ]; then
  . /etc/os-release
  mmdebstrap --quiet --mode=root --variant=minbase --include=adduser "$VERSION_CODENAME" "$tools/debian-part.tar" ||
    fail "cannot make a Debian root"
  mv "$tools/debian-part.tar" "$tools/debian.tar"
fi
root=$work/root
mkdir "$root"
tar -C "$root" -xf "$tools/debian.tar"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
install() {
  cp "$1" "$root/oncal.deb"
  inside dpkg --force-confold -i /oncal.deb >"$work/log" 2>&1 || { cat "$work/log"; fail "dpkg cannot install it"; }
  rm "$root/oncal.deb"
}
mode() { inside stat -c '%U:%G %a' "$1"; }

# serve FILE: what the unit starts, as its user; the team's feed into FILE.
serve() {
  local command
  command=$(sed -n 's/^ExecStart=//p' "$root/${unit#"$work/content/"}")
  # Without a shell or runuser between, so that the signal reaches it.
  (exec env -i PATH=/usr/sbin:/usr/bin chroot "$root" setpriv --reuid oncal --regid oncal --init-groups $command 2>"$work/log") &
  server=$!
  for _ in $(seq 100); do
    if curl -sf "http://127.0.0.1:$port/data-pipelines/team.ics" >"$1"; then break; fi
    kill -0 "$server" 2>/dev/null || { cat "$work/log"; fail "the server ended"; }
    sleep 0.2
  done
  grep -q '^BEGIN:VEVENT' "$1" || fail "no feed"
  kill "$server"
  wait "$server" || fail "the server did not stop as it should"
  server=
}

echo "it installs, with a user, a configuration and an enabled unit"
install "$package"
[ "$(mode /etc/oncal)" = "root:oncal 750" ] || fail "/etc/oncal is $(mode /etc/oncal)"
[ "$(mode /var/lib/oncal)" = "oncal:oncal 700" ] || fail "/var/lib/oncal is $(mode /var/lib/oncal)"
[ -L "$root/etc/systemd/system/multi-user.target.wants/oncal.service" ] || fail "the unit is not enabled"
inside runuser -u oncal -- oncal --config /etc/oncal check >/dev/null || fail "the configuration has errors"

echo "it serves"
read -r port admin < <(python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[x.getsockname()[1] for x in s])')
sed -i -e "s/^bind = .*/bind = \"127.0.0.1:$port\"/" -e "s/^#admin_bind = .*/admin_bind = \"127.0.0.1:$admin\"/" "$root/etc/oncal/oncal.toml"
sed -i '1i # Edited by an administrator.' "$root/etc/oncal/teams/data-pipelines.toml"
serve "$work/before.ics"
[ "$(mode /var/lib/oncal/journal.sqlite)" = "oncal:oncal 600" ] || fail "the journal is $(mode /var/lib/oncal/journal.sqlite)"

echo "an upgrade keeps what was edited, and what was published"
dpkg-deb -R "$package" "$work/next"
sed -i 's/^Version: \(.*\)$/Version: \1+next/' "$work/next/DEBIAN/control"
for file in oncal.toml teams/data-pipelines.toml; do
  echo "# A later version has another comment here." >>"$work/next/etc/oncal/$file"
done
(cd "$work/next" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | xargs -0 md5sum >DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/next" "$work/next.deb" >/dev/null
install "$work/next.deb"
inside dpkg-query -W -f '${Version}\n' oncal | grep -q '+next$' || fail "it is still the old version"
grep -q "^bind = \"127.0.0.1:$port\"" "$root/etc/oncal/oncal.toml" || fail "the edited oncal.toml was replaced"
grep -q "Edited by an administrator" "$root/etc/oncal/teams/data-pipelines.toml" || fail "the edited team file was replaced"
[ "$(mode /etc/oncal)" = "root:oncal 750" ] || fail "/etc/oncal is $(mode /etc/oncal)"
serve "$work/after.ics"
cmp "$work/before.ics" "$work/after.ics" || fail "the feed changed"

echo "removed, its configuration and its state stay; purged, only what it did not install does"
cp "$root/etc/oncal/teams/data-pipelines.toml" "$root/etc/oncal/teams/own.toml"
inside dpkg -r oncal >"$work/log" 2>&1 || { cat "$work/log"; fail "dpkg cannot remove it"; }
[ -e "$root/etc/oncal/oncal.toml" ] && [ -e "$root/var/lib/oncal/journal.sqlite" ] || fail "removing it removed what is to stay"
[ ! -e "$root/usr/bin/oncal" ] || fail "the program is still there"
inside dpkg -P oncal >"$work/log" 2>&1 || { cat "$work/log"; fail "dpkg cannot purge it"; }
left=$(cd "$root" && find . -path ./proc -prune -o -path ./etc/oncal -prune -o -name '*oncal*' -print)
left+=$(cd "$root" && find etc/oncal -type f ! -path etc/oncal/teams/own.toml)
[ -z "$left" ] || fail "it left $left"
[ -e "$root/etc/oncal/teams/own.toml" ] || fail "it deleted a file of the administrator"
echo "done"
