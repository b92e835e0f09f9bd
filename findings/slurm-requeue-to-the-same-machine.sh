#!/usr/bin/env bash
# A job that was lost with its machine, and begins again on that machine, is held for ever.
#
# Expected: a machine fails, Slurm requeues its job, the machine comes back, and the job begins again there or elsewhere.
# Seen (Slurm 22.05.8, Debian 12): elsewhere it does. On the machine that it was lost on it finds the spool folder of its
# first try ("slurm_script: File exists"), and is requeued and held (JobHeldAdmin, "launch failed requeued held"): it stays
# pending, and whatever depends on it as well, until somebody releases it. Then it runs, as the failure has cleaned up.
# Why it matters: after a power cut everything comes back but for the jobs that begin where they were. squeue says so to
# who asks; nobody is told.

set -euo pipefail
. "$(dirname "$0")/slurm-cluster.bash"
cluster_finding 1
mkdir "$work/jobs"
cd "$work/jobs"
printf '#!/bin/bash\necho begun >>runs\nsleep 300\n' >job.sh
job=$(sbatch --parsable --output=/dev/null job.sh)
cluster_await '[ -s runs ]' 60
node_kill n1
cluster_await '[ "$(squeue -h -j "$job" -o %T)" = PENDING ]' 120
node_begin n1
cluster_await '[ "$(sinfo -h -t idle -o %D)" = 1 ]' 60
scontrol update JobId="$job" StartTime=now
cluster_await '[ "$(squeue -h -j "$job" -o %r)" = "launch failed requeued held" ]' 60
expect 'requeued to the machine that it was lost on' 'PENDING, launch failed requeued held' \
  "$(squeue -h -j "$job" -o '%T, %r')"
expect 'times that it began' '1' "$(wc -l <runs)"
scontrol release "$job"
scontrol update JobId="$job" StartTime=now
cluster_await '[ "$(wc -l <runs)" = 2 ]' 120
expect 'times that it began, once released' '2' "$(wc -l <runs)"
