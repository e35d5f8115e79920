#!/usr/bin/env bash
# A PostgreSQL of the tests' own: `tests/postgres.sh start|stop DIR`. It listens on a socket in DIR and nowhere else.
# `start` makes the database where there is none and prints its URL.
set -euo pipefail
verb=$1 folder=$2
tools=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

case $verb in
start)
  if [ ! -d "$folder/data" ]; then
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    as_postgres "$tools/initdb" -D "$folder/data" -U oncal --auth=trust --no-sync -E UTF8 --locale=C >/dev/null
  fi
  as_postgres "$tools/pg_ctl" -D "$folder/data" -l "$folder/log" -w -s \
    -o "-c listen_addresses= -c unix_socket_directories='$folder' -c fsync=off" start
  printf 'postgres://oncal@localhost/postgres?host=%s\n' "$folder"
  ;;
stop) as_postgres "$tools/pg_ctl" -D "$folder/data" -m fast -w -s stop ;;
*) echo "usage: tests/postgres.sh start|stop DIR" >&2 && exit 2 ;;
esac
