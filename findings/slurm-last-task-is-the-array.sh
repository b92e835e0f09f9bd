#!/usr/bin/env bash
# In one task of a Slurm array, SLURM_JOB_ID names the whole array.
#
# Expected: every task of an array has a SLURM_JOB_ID of its own, and the array one besides (SLURM_ARRAY_JOB_ID), so that
# a script may requeue, change or cancel itself by SLURM_JOB_ID, as in a job of its own.
# Seen (Slurm 22.05.8, Debian 12): the array's id is the id of its last task. `scontrol requeue $SLURM_JOB_ID` in any other
# task requeues that task; in the last one it requeues all, `scontrol update` changes all and `scancel` ends all.
# Why it matters: a script that requeues itself when its time is up works in every task but one, and there throws back what
# all others were doing. The id with an underscore, ARRAY_TASK, names one task.

set -euo pipefail
. "$(dirname "$0")/slurm-cluster.bash"
cluster_finding 3
cat >"$work/task.sh" <<'SH'
#!/bin/bash
echo "$SLURM_JOB_ID" >"id-$SLURM_ARRAY_TASK_ID"
sleep 300
SH
states() { squeue -h -r -j "$array" -o '%K:%T' | sort | tr '\n' ' ' | sed 's/ $//'; }
settled() { cluster_await '[ -z "$(squeue -h -r -j "$array" -t COMPLETING -o %i)" ]' 60; }
begin() {
  rm -f "$work"/id-*
  array=$(cd "$work" && sbatch --parsable --output=/dev/null --array=1-3 task.sh)
  cluster_await '[ -s "$work/id-1" ] && [ -s "$work/id-2" ] && [ -s "$work/id-3" ]' 60
}
begin
expect 'SLURM_JOB_ID of tasks 1, 2, 3, less the array'"'"'s' '1 2 0' \
  "$(($(cat "$work/id-1") - array)) $(($(cat "$work/id-2") - array)) $(($(cat "$work/id-3") - array))"
scontrol requeue "$(cat "$work/id-1")"
settled
expect 'task 1 requeued by its SLURM_JOB_ID' '1:PENDING 2:RUNNING 3:RUNNING' "$(states)"
scancel "$array"
begin
scontrol requeue "$(cat "$work/id-3")"
settled
expect 'task 3 requeued likewise' '1:PENDING 2:PENDING 3:PENDING' "$(states)"
scancel "$array"
begin
scancel "$(cat "$work/id-3")"
settled
expect 'left of the array after task 3 is cancelled by it' '' "$(states)"
begin
scontrol requeue "${array}_3"
settled
expect 'task 3 requeued as ARRAY_3' '1:RUNNING 2:RUNNING 3:PENDING' "$(states)"
