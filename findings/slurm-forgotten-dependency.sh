#!/usr/bin/env bash
# A job that is to run only after another one has succeeded runs after that one has failed, if it is submitted late.
#
# Expected: with --dependency=afterok:JOB a job never begins where JOB failed; where Slurm does not know JOB any more, sbatch
# refuses.
# Seen (Slurm 22.05.8, Debian 12, no accounting): within MinJobAge (300 s by default, 10 s here) of the failure the job waits
# for ever (DependencyNeverSatisfied). After it the controller has forgotten JOB, sbatch takes the job without a word, the
# dependency is gone, and the job runs at once.
# Why it matters: the step that merges results, submitted again after a look at what failed, merges what is there, as if all
# had gone well. It has to look itself whether everything is there.

set -euo pipefail
. "$(dirname "$0")/slurm-cluster.bash"
cluster_finding 1 MinJobAge=10
cd "$work"
failed=$(sbatch --parsable --output=/dev/null --wrap 'exit 1')
cluster_await '[ "$(squeue -h -j "$failed" -t FAILED -o %T)" = FAILED ]' 60
early=$(sbatch --parsable --output=early --dependency=afterok:"$failed" --wrap 'echo ran')
cluster_await '[ "$(squeue -h -j "$early" -o %r)" = DependencyNeverSatisfied ]' 30
expect 'submitted within MinJobAge' 'PENDING DependencyNeverSatisfied' "$(squeue -h -j "$early" -o '%T %r')"
scancel "$early"
cluster_await '! scontrol show job "$failed" >/dev/null 2>&1' 120
late=$(sbatch --parsable --output=late --dependency=afterok:"$failed" --wrap 'echo ran')
expect 'sbatch of the same after it' '0' "$?"
cluster_await '[ -s late ]' 60
expect 'what becomes of it' 'ran' "$(cat late)"
expect 'its dependency' 'Dependency=(null)' "$(scontrol -o show job "$late" | grep -o 'Dependency=[^ ]*')"
