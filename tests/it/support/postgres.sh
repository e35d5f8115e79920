#!/usr/bin/env bash
# A PostgreSQL of the tests' own: `postgres.sh start|stop|kill|pause|go-on DIR [PORT]`. It listens on a socket in DIR; and
# on PORT of 127.0.0.1, to those alone who use TLS, where DIR has server.crt and server.key. `start` makes the database
# where there is none and prints its URL.
set -euo pipefail
verb=$1 folder=$2 port=${3:-}
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
    echo 'fsync = off' >>"$folder/data/postgresql.conf"
  fi
  options="-c listen_addresses= -c unix_socket_directories='$folder'"
  if [ -n "$port" ]; then
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"/server.*; fi
    chmod 600 "$folder/server.key"
    printf 'local all all trust\nhostssl all all 127.0.0.1/32 trust\n' >"$folder/data/pg_hba.conf"
    options="$options -c listen_addresses=127.0.0.1 -c port=$port -c ssl=on"
    options="$options -c ssl_cert_file='$folder/server.crt' -c ssl_key_file='$folder/server.key'"
  fi
  as_postgres "$tools/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 300 -s -o "$options" start
  printf 'postgres://oncal@localhost/postgres?host=%s\n' "$folder"
  ;;
stop) as_postgres "$tools/pg_ctl" -D "$folder/data" -m fast -w -s stop ;;
kill) as_postgres "$tools/pg_ctl" -D "$folder/data" -m immediate -w -s stop ;;
pause | go-on)
  main=$(head -1 "$folder/data/postmaster.pid")
  if [ "$verb" = pause ]; then signal=STOP; else signal=CONT; fi
  # shellcheck disable=SC2046
  kill -s "$signal" "$main" $(cat "/proc/$main/task/$main/children")
  ;;
*) echo "usage: postgres.sh start|stop|kill|pause|go-on DIR [PORT]" >&2 && exit 2 ;;
esac
