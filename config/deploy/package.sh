#!/usr/bin/env bash
# Builds a Debian package and says where it is: config/deploy/package.sh [PROFILE [PROGRAM]]. The profile is `dist` if left
# out, and PROGRAM is one that was built already. It needs cargo-deb (cargo install cargo-deb) and the Debian package
# dpkg-dev.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile=${1:-dist}
cargo=${CARGO_DEB:-cargo-deb}
built=target/$profile
[ "$profile" != dev ] || built=target/debug
program=${2:-$built/oncal}
made=target/package

[ -n "${2:-}" ] || cargo build --quiet --locked --profile "$profile"
rm -rf "$made"
mkdir -p "$made/systemd"

# The program, and the manual pages and completions that it prints.
strip --strip-unneeded -o "$made/oncal" "$program"
"$made/oncal" man "$made/man"
for shell in bash zsh fish; do
  "$made/oncal" completions "$shell" >"$made/oncal.$shell"
done

# The package has a user of its own, so that people can run commands as that user.
sed -e '1,/^\[Unit\]/{/^#/d}' -e 's|/usr/local/bin/oncal|/usr/bin/oncal|' \
  -e 's|^Documentation=.*|Documentation=man:oncal(1)|' -e 's|^DynamicUser=yes|User=oncal\nGroup=oncal|' \
  config/deploy/oncal.service >"$made/systemd/oncal.service"
grep -q '^User=oncal$' "$made/systemd/oncal.service"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
date=$(git log -1 --format=%cD 2>/dev/null || date -R)
maintainer=$(sed -n 's/^maintainer = "\(.*\)"/\1/p' Cargo.toml)
printf 'oncal (%s-1) unstable; urgency=medium\n\n  * See changelog.gz for what changed.\n\n -- %s  %s\n' \
  "$version" "$maintainer" "$date" >"$made/changelog"
gzip -9nc CHANGELOG.md >"$made/changelog.gz"

"$cargo" deb --no-build ${CARGO_DEB_OPTIONS:-}
