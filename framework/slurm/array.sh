
part=${SLURM_ARRAY_TASK_ID:?is set by Slurm: submit by submit.sh beside this script}
if ! [[ $part =~ ^[1-9][0-9]{0,6}$ ]] || [ "$part" -gt "$parts" ]; then
  echo "part $part: there are $parts, from 1; submit by submit.sh" >&2
  exit 2
fi
out=$folder/parts/$part-of-$parts
say() { printf '%s part %s of %s on %s: %s\n' "$(date '+%F %T')" "$part" "$parts" "$(hostname)" "$1"; }
results() { find "$out/trials" "$out/references" -name '*.json' 2>/dev/null | wc -l; }

[ -x "$command" ] || { say "$command is not on this machine; put it where all machines see it"; exit 5; }
cd "$from" || { say "$from is not on this machine"; exit 5; }

# Packed data on a disk of the machine's own, shared by its parts. Nobody else may have laid the folder there.
cache=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/offload-bench-cache-$(id -u)
mkdir -m 700 "$cache" 2>/dev/null
if [ -L "$cache" ] || ! [ -O "$cache" ] || [ "$(stat -c %a "$cache")" != 700 ]; then
  cache=$(mktemp -d) || exit 5
  trap 'rm -rf "$cache"' EXIT
fi
export OFFLOAD_BENCH_CACHE=$cache

before=$(results)
run=
# Once: the running trials end, no other begins. Slurm's second signal, to all processes, ends them at once.
trap '[ -z "$run" ] || kill -TERM "$run" 2>/dev/null' TERM
say "begins with $before results, job ${SLURM_JOB_ID:-none}, restart ${SLURM_RESTART_COUNT:-0}"
"$command" run "$folder/suite.toml" --shard "$part/$parts" --out "$out" \
  --jobs "${SLURM_CPUS_PER_TASK:-1}" "${arguments[@]}" &
run=$!
while :; do
  wait "$run"
  status=$?
  kill -0 "$run" 2>/dev/null || break
done
after=$(results)
say "ended with $after results, status $status"

# Out of time, and nearer to the end than before: again, as often as that is so. Not where somebody cancelled it:
# a requeue would bring it back. Named by array and task: the job id of the last task is the whole array's.
task=${SLURM_ARRAY_JOB_ID:-none}_$part
if [ "$status" -eq 143 ] && [ "$after" -gt "$before" ] &&
  scontrol --oneliner show job "$task" 2>/dev/null | grep -q 'JobState=RUNNING'; then
  say "goes on after a requeue"
  scontrol requeue "$task" && exit 0
fi
exit "$status"
