#!/usr/bin/env bash
# compare.sh [ROUNDS [SECONDS]]: the gateway beside nginx as a plain proxy, in one interleaved run: processor time per
# chunk of 500 paced streams (at most 1.5 times nginx's), saturated streams (.8 of its answers at least), JSON (.35), 256 KB
# of images (.5), and how much later the median chunk of 1 and of 50 streams comes than without anything between (goal:
# 1.5 times what nginx adds). Needs nginx and build/release; prints each round's ratio to nginx and the medians.
set -euo pipefail
rounds=${1:-5} seconds=${2:-6}
. "$(dirname "$0")/common.bash"

cat >"$folder/nginx.conf" <<CONF
worker_processes 1;
daemon off;
error_log stderr crit;
pid $folder/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  keepalive_requests 1000000;
  client_body_temp_path $folder/b; proxy_temp_path $folder/p; fastcgi_temp_path $folder/f; uwsgi_temp_path $folder/u; scgi_temp_path $folder/s;
  upstream model { server 127.0.0.1:8191; keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:8192;
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }
  }
}
CONF
# Two of three images go on, as a policy may choose.
suite 'plugin = "constant"
parameters = {action = 5}'
serve 8193 true
nginx -c "$folder/nginx.conf" -e stderr &
until [ -s "$folder/nginx.pid" ]; do sleep 0.1; done
worker=$(pgrep -P "$(cat "$folder/nginx.pid")")

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# run PORT PID KIND CONNECTIONS: answers per second, microseconds of PID's processor time per piece of an answer, errors
run() {
  local before after out
  before=$(ticks "$2")
  out=$(load "$1" "$3" "$4" "$seconds")
  after=$(ticks "$2")
  awk -v o="$out" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN {split(o, a, " "); printf "%.2f %.3f %d\n", a[1] / a[4], t / hz * 1e6 / (a[3] ? a[3] : 1), a[2]}'
}
for kind in "paced 500" "stream 50" "json 50" "images 8"; do
  set -- $kind
  for round in $(seq "$rounds"); do
    n=($(run 8192 "$worker" "$1" "$2")) g=($(run 8193 "$serving" "$1" "$2"))
    echo "$1 $2 round $round: nginx ${n[*]}, gateway ${g[*]} (answers/s, us per piece, errors)" >&2
    if [ "$1" = paced ]; then awk "BEGIN {print \"$1\", ${g[1]} / ${n[1]}}"; else awk "BEGIN {print \"$1\", ${g[0]} / ${n[0]}}"; fi
  done
done | sort -k1,1 -k2,2n | awk '{v[$1] = v[$1] " " $2} END {for (k in v) {n = split(v[k], a, " "); print k ": median ratio to nginx " a[int((n + 1) / 2)] ", all:" v[k]}}'
# How late the median chunk is, in microseconds: of the server itself, nginx, the gateway.
lag() { load "$1" brisk "$2" "$seconds" | awk '{print $5}'; }
for connections in 1 50; do
  for round in $(seq "$rounds"); do
    echo "$connections $(lag 8191 "$connections") $(lag 8192 "$connections") $(lag 8193 "$connections")"
  done
done | awk '
  function median(list, a, n, i, j, t) {
    n = split(list, a, " ")
    for (i = 2; i <= n; ++i) for (j = i; j > 1 && a[j - 1] > a[j]; --j) {t = a[j]; a[j] = a[j - 1]; a[j - 1] = t}
    return a[int((n + 1) / 2)]
  }
  {nginx[$1] = nginx[$1] " " $3 - $2; ours[$1] = ours[$1] " " $4 - $2}
  END {
    for (c in ours) printf "added chunk p50 at %d: nginx %.0f us, gateway %.0f us (medians), ratio %.2f\n", c, median(nginx[c]), median(ours[c]), median(ours[c]) / median(nginx[c])
  }'
echo "memory: $(awk '/VmHWM/ {print $2}' "/proc/$serving/status") kB at most"
