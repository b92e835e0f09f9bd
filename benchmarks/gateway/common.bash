# What compare.sh and measure.sh share: `bin`, a `folder` that goes with its jobs, a scripted model's server on 8191, a
# suite and settings whose local and cloud it is, and how to load and look at what serves.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=$PWD/build/release/bin
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
ulimit -n 8192 2>/dev/null || true

# suite ROW: of that one row, as the lines of a [[row]]
suite() {
  cat >"$folder/suite.toml" <<TOML
[suite]
name = "measured"
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0]}
[budgets]
cells = [{name = "open"}]
[[row]]
name = "row"
$1
TOML
}

# serve PORT SYNC: sets `serving`. The cloud costs something, so that each call waits for the disk.
serve() {
  cat >"$folder/$1.toml" <<TOML
[serve]
listen = "127.0.0.1:$1"
suite = "suite.toml"
row = "row"
journal = "journal-$1.jsonl"
journal_sync = $2
[budget]
latency_s = 100000
cost_usd = 100
[tasks]
unknown = "0"
[limits]
connections = 4096
decision_s = 1
[local]
base_url = "http://127.0.0.1:8191/v1"
images = true
in_flight = 4096
[cloud]
base_url = "http://127.0.0.1:8191/v1"
in_flight = 4096
price = {input = 2.5, output = 10}
TOML
  OFFLOAD_BENCH_CACHE=$folder/cache "$bin/offload-bench" serve "$folder/$1.toml" 2>"$folder/$1.txt" &
  serving=$!
  until grep -q "serving on" "$folder/$1.txt"; do
    kill -0 "$serving" 2>/dev/null || { cat "$folder/$1.txt" >&2; exit 1; }
    sleep 0.2
  done
}

# load PORT KIND CONNECTIONS SECONDS [FIELD...]: what gateway-load's client prints
load() { "$bin/gateway-load" client "http://127.0.0.1:$1/v1" "${@:2}"; }
# rate PORT ...: answers per second; no error is one
rate() { load "$@" | awk '{if ($2 > 0) {print "errors: " $2 > "/dev/stderr"; exit 1} printf "%.1f\n", $1 / $4}'; }

"$bin/gateway-load" server 8191 &
