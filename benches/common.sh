# What the benchmarks share: a folder that is removed at the end, servers that are stopped, and oncal on the plan. Sourced
# by the others, which set `oncal`.

folder=$(mktemp -d)
server_pids=

stop() {
    for pid in $server_pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM

# answers URL LOG: waits until the server does, a minute at most
answers() {
    tries=0
    until curl -sf -o /dev/null "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { cat "$2" >&2; exit 1; }
        sleep 0.1
    done
}

# The server under test has one core, the load the other.
server="taskset -c 0"
load="taskset -c 1"

cp -r config "$folder/config"
cat >"$folder/config/oncal.toml" <<TOML
bind = "127.0.0.1:18080"
admin_bind = "127.0.0.1:18081"
public_url = "http://127.0.0.1:18080"
TOML
$server "$oncal" --config "$folder/config" serve 2>"$folder/oncal.log" &
oncal_pid=$!
server_pids=$oncal_pid
answers http://127.0.0.1:18080/data-pipelines/team.ics "$folder/oncal.log"
