#!/usr/bin/env bash
# compare.sh [ROUNDS [SECONDS]]: the gateway beside nginx as a plain proxy, in one interleaved run: processor time per
# chunk of 500 paced streams, saturated streams, JSON, 256 KB of images. Needs nginx and build/release; prints each
# round's ratio to nginx and the medians.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-6}
build=$PWD/build/release bin=$PWD/build/release/bin
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
ulimit -n 8192 2>/dev/null || true

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
# Two of three images go on, as a policy may choose. The cloud costs something, so that each call waits for the disk.
cat >"$folder/suite.toml" <<TOML
[suite]
name = "compare"
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0]}
[budgets]
cells = [{name = "open"}]
[[row]]
name = "two-views"
plugin = "constant"
parameters = {action = 5}
TOML
cat >"$folder/serve.toml" <<TOML
[serve]
listen = "127.0.0.1:8193"
suite = "suite.toml"
row = "two-views"
journal = "journal.jsonl"
[budget]
latency_s = 100000
cost_usd = 100
[tasks]
unknown = "0"
[limits]
connections = 4096
[local]
base_url = "http://127.0.0.1:8191/v1"
images = true
in_flight = 4096
[cloud]
base_url = "http://127.0.0.1:8191/v1"
in_flight = 4096
price = {input = 2.5, output = 10}
TOML
"$bin/gateway-load" server 8191 &
nginx -c "$folder/nginx.conf" -e stderr &
OFFLOAD_BENCH_CACHE=$folder/cache "$bin/offload-bench" serve "$folder/serve.toml" 2>"$folder/serve.txt" &
serve=$!
until grep -q "serving on" "$folder/serve.txt"; do sleep 0.2; done
worker=$(pgrep -P "$(cat "$folder/nginx.pid")")

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# run PORT PID KIND CONNECTIONS: answers per second, microseconds of PID's processor time per piece of an answer, errors
run() {
  local before after out
  before=$(ticks "$2")
  out=$("$bin/gateway-load" client "http://127.0.0.1:$1/v1" "$3" "$4" "$seconds")
  after=$(ticks "$2")
  awk -v o="$out" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN {split(o, a, " "); printf "%.2f %.3f %d\n", a[1] / a[4], t / hz * 1e6 / (a[3] ? a[3] : 1), a[2]}'
}
for kind in "paced 500" "stream 50" "json 50" "images 8"; do
  set -- $kind
  for round in $(seq "$rounds"); do
    n=($(run 8192 "$worker" "$1" "$2")) g=($(run 8193 "$serve" "$1" "$2"))
    echo "$1 $2 round $round: nginx ${n[*]}, gateway ${g[*]} (answers/s, us per piece, errors)" >&2
    if [ "$1" = paced ]; then awk "BEGIN {print \"$1\", ${g[1]} / ${n[1]}}"; else awk "BEGIN {print \"$1\", ${g[0]} / ${n[0]}}"; fi
  done
done | sort -k1,1 -k2,2n | awk '{v[$1] = v[$1] " " $2} END {for (k in v) {n = split(v[k], a, " "); print k ": median ratio to nginx " a[int((n + 1) / 2)] ", all:" v[k]}}'
echo "memory: $(awk '/VmHWM/ {print $2}' "/proc/$serve/status") kB at most"
