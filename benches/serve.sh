#!/bin/sh
# oncal against nginx's static file: requests a second, medians of alternated pairs, and user instructions per request
# where perf can count them. Wants nginx, wrk, curl and taskset (Debian: nginx-light wrk curl util-linux), two cores and
# an optimised build.
#
#   cargo build --profile dist && benches/serve.sh
#
# ONCAL is the program to measure, PAIRS the number of pairs, SECONDS_EACH the length of one run.
set -eu

oncal=${ONCAL:-target/dist/oncal}
pairs=${PAIRS:-11}
seconds=${SECONDS_EACH:-3}
feed=data-pipelines/team.ics
. benches/common.sh

mkdir -p "$folder/www/$(dirname $feed)" "$folder/temp"
curl -sf -o "$folder/www/$feed" "http://127.0.0.1:18080/$feed"
gzip -6 -k "$folder/www/$feed"
cat >"$folder/nginx.conf" <<NGINX
daemon off;
user $(id -un) $(id -gn);
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;
    types { text/calendar ics; }
    charset utf-8;
    charset_types text/calendar;
    client_body_temp_path $folder/temp;
    proxy_temp_path $folder/temp;
    fastcgi_temp_path $folder/temp;
    uwsgi_temp_path $folder/temp;
    scgi_temp_path $folder/temp;
    server {
        listen 127.0.0.1:18082;
        root $folder/www;
        gzip_static on;
        gzip_vary on;
        add_header Cache-Control "public, max-age=60";
        add_header X-Content-Type-Options nosniff;
        add_header X-Robots-Tag noindex;
    }
}
NGINX
$server nginx -c "$folder/nginx.conf" &
nginx_master=$!
server_pids="$server_pids $nginx_master"
answers "http://127.0.0.1:18082/$feed" "$folder/nginx.log"
nginx_pid=$(pgrep -P $nginx_master | head -n 1)

# rate PORT HEADER... -> requests a second
rate() {
    port=$1
    shift
    $load wrk -t1 -c16 -d"${seconds}s" "$@" "http://127.0.0.1:$port/$feed" >"$folder/wrk"
    if grep -q 'Socket errors' "$folder/wrk"; then cat "$folder/wrk" >&2; exit 1; fi
    awk '/Requests\/sec/ { print $2 }' "$folder/wrk"
}

# instructions PID PORT HEADER... -> user instructions per request
instructions() {
    pid=$1
    shift
    perf stat -x, -e instructions:u -p "$pid" -o "$folder/perf" -- sleep "$seconds" 2>/dev/null &
    counting=$!
    per_second=$(rate "$@")
    wait $counting || { echo "-"; return; }
    awk -F, -v rate="$per_second" -v seconds="$seconds" \
        '/instructions/ { if ($1 + 0 > 0) printf "%.0f\n", $1 / (rate * seconds); else print "-" }' "$folder/perf"
}

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

etag() { curl -sf -o /dev/null -D - "$@" | tr -d '\r' | awk 'tolower($1) == "etag:" { print $2 }'; }

# compare NAME HEADER ONCAL_HEADER NGINX_HEADER: the first header goes to both, then to each its own
compare() {
    name=$1
    : >"$folder/ratios"
    : >"$folder/oncal"
    : >"$folder/nginx"
    pair=0
    while [ $pair -lt "$pairs" ]; do
        one=$(rate 18080 -H "$2" -H "$3")
        other=$(rate 18082 -H "$2" -H "$4")
        echo "$one" >>"$folder/oncal"
        echo "$other" >>"$folder/nginx"
        awk -v one="$one" -v other="$other" 'BEGIN { print one / other }' >>"$folder/ratios"
        pair=$((pair + 1))
    done
    own=$(instructions $oncal_pid 18080 -H "$2" -H "$3")
    theirs=$(instructions "$nginx_pid" 18082 -H "$2" -H "$4")
    printf '%-10s oncal %8.0f/s %7s instructions   nginx %8.0f/s %7s instructions   ratio %.2f\n' "$name" \
        "$(median <"$folder/oncal")" "$own" "$(median <"$folder/nginx")" "$theirs" "$(median <"$folder/ratios")"
}

own_tag=$(etag -H 'Accept-Encoding: gzip' "http://127.0.0.1:18080/$feed")
nginx_tag=$(etag -H 'Accept-Encoding: gzip' "http://127.0.0.1:18082/$feed")
compare 304 'Accept-Encoding: gzip' "If-None-Match: $own_tag" "If-None-Match: $nginx_tag"
compare gzip 'Accept-Encoding: gzip' 'Accept: */*' 'Accept: */*'
compare identity 'Accept-Encoding: identity' 'Accept: */*' 'Accept: */*'
