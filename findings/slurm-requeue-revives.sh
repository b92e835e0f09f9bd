#!/usr/bin/env bash
# A script that requeues itself on SIGTERM cannot be cancelled.
#
# Expected: scancel is final: what was cancelled or has ended is refused by `scontrol requeue`, so that a script may requeue
# itself whenever it is told to stop.
# Seen (Slurm 22.05.8, Debian 12): scancel sends SIGTERM to the script as the end of its time does, and `scontrol requeue` of
# the cancelled job, from the script or by hand, succeeds: it is pending again and runs. Likewise of a job that has
# completed.
# Why it matters: the usual trap "on TERM requeue myself" makes a job that comes back after every scancel. It has to ask
# first whether its JobState is still RUNNING.

set -euo pipefail
. "$(dirname "$0")/slurm-cluster.bash"
cluster_finding 1
mkdir "$work/jobs"
cd "$work/jobs"
cat >again.sh <<'SH'
#!/bin/bash
again() {
  if scontrol -o show job "$SLURM_JOB_ID" | grep -q 'JobState=RUNNING'; then echo yes; else echo no; fi >running
  scontrol requeue "$SLURM_JOB_ID"
  echo $? >status
  exit
}
trap again TERM
echo begun >>runs
sleep 300 &
wait
SH
state() { scontrol -o show job "$1" | grep -oE '(JobState|Restarts)=[^ ]*' | tr '\n' ' ' | sed 's/ $//'; }
completed=$(sbatch --parsable --output=/dev/null --wrap 'echo x >>completed')
cluster_await '[ "$(squeue -h -j "$completed" -t COMPLETED -o %T)" = COMPLETED ]' 60
scontrol requeue "$completed"
scontrol update JobId="$completed" StartTime=now
cluster_await '[ "$(wc -l <completed)" = 2 ]' 180
expect 'times that a completed job ran after a requeue' '2' "$(wc -l <completed)"
job=$(sbatch --parsable --output=/dev/null again.sh)
cluster_await '[ -s runs ]' 60
scancel "$job"
cluster_await '[ -s status ] && [ "$(squeue -h -j "$job" -t PENDING -o %T)" = PENDING ]' 60
expect 'is it RUNNING, asked in the script that is cancelled' 'no' "$(cat running)"
expect 'status of scontrol requeue in it' '0' "$(cat status)"
expect 'the job after scancel' 'JobState=PENDING Restarts=1' "$(state "$job")"
scontrol update JobId="$job" StartTime=now
cluster_await '[ "$(wc -l <runs)" = 2 ]' 60
expect 'times that it ran' '2' "$(wc -l <runs)"
