#!/usr/bin/env bash
# A histogram of seconds whose first bucket ends at 5: nearly every answer of a model has the same latency.
#
# Expected: an OpenTelemetry histogram with the unit "s" gets buckets that suit seconds, as the name of the standard
# metric of generative AI, gen_ai.client.operation.duration, is in seconds.
# Seen (opentelemetry-sdk 1.45.2): whatever the unit, the bounds are 0, 5, 10, 25, ... 10,000, made for milliseconds. 0.2,
# 0.9, 3.1 and 4.9 s fall into one bucket. Only who makes the instrument can advise bounds of its own; a collector
# later cannot.
# Why it matters: dashboards draw p50 and p99 out of buckets, so a small model on the device and a large one far away
# have the same latency, 2.5 s by interpolation, until one of them needs more than five.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
python() { "$work/venv/bin/python" "$@"; }
install opentelemetry-sdk==1.45.2
python - >"$work/out" <<'PY'
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
meter = MeterProvider([reader]).get_meter("gateway")
plain = meter.create_histogram("gen_ai.client.operation.duration", unit="s")
advised = meter.create_histogram("advised", unit="s", explicit_bucket_boundaries_advisory=[0.5, 1, 2, 4])
for seconds in (0.2, 0.9, 3.1, 4.9):
    plain.record(seconds)
    advised.record(seconds)
for metric in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics:
    point = metric.data.data_points[0]
    print(*point.explicit_bounds[:5], ":", *point.bucket_counts[:5])
PY
expect 'with advice' '0.5 1 2 4 : 1 1 0 1 1' "$(sed -n 2p "$work/out")"
expect 'bounds and counts, unit s' '0.0 5.0 10.0 25.0 50.0 : 0 4 0 0 0' "$(sed -n 1p "$work/out")"
