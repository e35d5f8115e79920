#!/bin/sh
# oncal against Radicale, a calendar server in Python, each serving the plan's team.ics as it is: requests a second.
# Wants python3 with venv, wrk, curl and taskset (Debian: python3-venv wrk curl util-linux), two cores, network for
# PyPI, and an optimised build.
#
#   cargo build --profile dist && benches/radicale.sh
#
# ONCAL is the program to measure, SECONDS_EACH the length of one run.
set -eu

oncal=${ONCAL:-target/dist/oncal}
seconds=${SECONDS_EACH:-5}
. benches/common.sh

own=http://127.0.0.1:18080/data-pipelines/team.ics
curl -sf -o "$folder/team.ics" $own

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet radicale
# Radicale keeps each event in a file of its own.
calendar=$folder/storage/collection-root/user/calendar
mkdir -p "$calendar"
echo '{"tag": "VCALENDAR"}' >"$calendar/.Radicale.props"
awk -v folder="$calendar" 'BEGIN { RS = "\r\n" }
    /^BEGIN:VEVENT/ { number++; file = folder "/" number ".ics"; printf "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n" >file }
    file { printf "%s\r\n", $0 >file }
    /^END:VEVENT/ { printf "END:VCALENDAR\r\n" >file; close(file); file = "" }' "$folder/team.ics"
cat >"$folder/radicale.conf" <<CONF
[server]
hosts = 127.0.0.1:18083
[auth]
type = none
[rights]
type = authenticated
[storage]
filesystem_folder = $folder/storage
[logging]
level = error
CONF
sed -i 's/^type = authenticated/type = from_file\nfile = '"$(echo "$folder" | sed 's,/,\\/,g')"'\/rights/' "$folder/radicale.conf"
printf '[all]\nuser = .*\ncollection = .*\npermissions = Rr\n' >"$folder/rights"
$server "$folder/venv/bin/python" -m radicale --config "$folder/radicale.conf" 2>"$folder/radicale.log" &
server_pids="$server_pids $!"
other=http://127.0.0.1:18083/user/calendar/
answers $other "$folder/radicale.log"

# rate URL -> requests a second
rate() {
    $load wrk -t1 -c4 --timeout 30s -d"${seconds}s" -H 'Accept-Encoding: identity' "$1" | awk '/Requests\/sec/ { print $2 }'
}
printf 'events: oncal %s, Radicale %s\n' "$(curl -sf $own | grep -c BEGIN:VEVENT)" "$(curl -sf $other | grep -c BEGIN:VEVENT)"
one=$(rate $own)
two=$(rate $other)
awk -v one="$one" -v two="$two" -v version="$("$folder/venv/bin/pip" show radicale | awk '/^Version/ { print $2 }')" \
    'BEGIN { printf "oncal %.0f/s, Radicale %s %.1f/s: %.0f times\n", one, version, two, one / two }'
