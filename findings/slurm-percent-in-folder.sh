#!/usr/bin/env bash
# In a folder with a % in its name, jobs that name their output fail before their first line, and say so nowhere.
#
# Expected: %j and the like are replaced in the name that --output gives; the folder that sbatch is called in is taken as it
# is, as its name was never given to Slurm.
# Seen (Slurm 22.05.8, Debian 12): a relative --output is put behind the folder's path and all of it is replaced: in u%u, out.txt
# is looked for in uroot/. The job fails (JobLaunchFailure, 0:53) without having run and without output; where there happens
# to be a folder uroot, the output goes there. A backslash in the path turns replacing off: out-%j.txt stays unreplaced and
# the backslash goes. Without --output all is well.
# Why it matters: folders named 50%update or lr%a by a sweep. sbatch takes the job, and there is no file to look into.

set -euo pipefail
. "$(dirname "$0")/slurm-cluster.bash"
cluster_finding 1
mkdir "$work/u%u" "$work/b\\d"
# What became of a job: its end, whether it ran, and the files named out*.
try() {
  local job
  cd "$work/$1"
  job=$(sbatch --parsable "${@:2}" --wrap "touch $work/ran")
  cluster_await "! squeue -h -j $job -t PENDING,RUNNING,COMPLETING 2>/dev/null | grep -q ." 60
  echo "$(scontrol -o show job "$job" | grep -oE '(JobState|Reason|ExitCode)=[^ ]*' | sed 's/.*=//' | tr '\n' ' ')$(
    [ -e "$work/ran" ] && echo ran || echo 'did not run') $(cd "$work" && find . -name 'out*' | tr '\n' ' ')"
  rm -f "$work/ran"
  find "$work" -name 'out*' -delete
}
expect 'in u%u, --output=out.txt' 'FAILED JobLaunchFailure 0:53 did not run ' "$(try 'u%u' --output=out.txt)"
expect 'in u%u, without --output' 'COMPLETED None 0:0 ran ' "$(try 'u%u')"
mkdir "$work/uroot"
expect 'in u%u, with a folder uroot beside it' 'COMPLETED None 0:0 ran ./uroot/out.txt ' "$(try 'u%u' --output=out.txt)"
mkdir "$work/bd"
expect 'in b\d, --output=out-%j.txt, with a folder bd beside it' 'COMPLETED None 0:0 ran ./bd/out-%j.txt ' \
  "$(try 'b\d' --output=out-%j.txt)"
