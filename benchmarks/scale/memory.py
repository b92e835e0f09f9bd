"""memory.py BUILD [--planned] [TRIALS...]: the peak memory and CPU time of each verb on campaigns of so many trials (multiples of 250;
left out: 1000 10000 50000), and what a further trial takes. The trials are those of campaign.sh 50 RUNS. With --planned one of them is
run, so that what is left is the plan. Memory is that of the largest process of a command, as the kernel says, which does not depend
on what else the machine does."""

import os
import subprocess
import sys
import tempfile

arguments = [one for one in sys.argv[1:] if one != "--planned"]
planned = "--planned" in sys.argv
if not arguments:
    sys.exit(__doc__)
ROWS = 50
bench = os.path.abspath(f"{arguments[0]}/bin/offload-bench")
campaigns = [int(one) for one in arguments[1:]] or [1000, 10000, 50000]
here = os.path.dirname(os.path.abspath(__file__))


def measured(command, folder, statuses=(0,)):
    """Bytes of the largest process, and seconds of CPU time of all. By GNU time: a child of this process would begin with the
    memory of the interpreter."""
    with open(f"{folder}/log", "wb") as log:
        status = subprocess.run(["/usr/bin/time", "-o", "time", "-f", "%M %U %S", *command], cwd=folder, stdout=log, stderr=log)
    if status.returncode not in statuses:
        sys.exit(f"{' '.join(command)}: {status.returncode}\n" + open(f"{folder}/log").read()[-500:])
    kib, user, system = open(f"{folder}/time").read().splitlines()[-1].split()
    return int(kib) * 1024, float(user) + float(system)


def commands(trials):
    part = [] if not planned else ["--shard", f"1/{trials}"]
    run = [bench, "run", "campaign.toml", "--out", "campaign", "--jobs", "2", *part]
    return {
        "run --dry-run": [*run, "--dry-run"],
        "run": run,
        "run, all done": run,
        "show": [bench, "show", "campaign"],
        "report": [bench, "report", "campaign"],
        "verify": [bench, "verify", "campaign", "--jobs", "2"],
        "compare": [bench, "compare", "campaign", "campaign"],
        "export": [bench, "export", "campaign", "--leaderboard", "--out", "table.csv"],
    }


figures = {}
for trials in campaigns:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OFFLOAD_BENCH_CACHE"] = f"{folder}/cache"
        with open(f"{folder}/campaign.toml", "wb") as suite:
            subprocess.run([f"{here}/campaign.sh", str(ROWS), str(trials // ROWS)], stdout=suite, check=True)
        for verb, command in commands(trials).items():
            # Of a report without most of its trials some verbs say that it lacks them.
            figures.setdefault(verb, []).append(measured(command, folder, (0, 1, 6) if planned else (0,)))
            print(f"{trials} {verb}: {figures[verb][-1][0] / 1e6:.1f} MB, {figures[verb][-1][1]:.2f} s", file=sys.stderr)

print("| verb | " + " | ".join(f"{trials:,}" for trials in campaigns) + " | bytes per further trial |")
print("|---" * (len(campaigns) + 2) + "|")
for verb, of in figures.items():
    cells = [f"{memory / 1e6:.1f} MB, {cpu:.2f} s" for memory, cpu in of]
    slopes = [
        f"{(of[i + 1][0] - of[i][0]) / (campaigns[i + 1] - campaigns[i]):,.0f}" for i in range(len(campaigns) - 1)
    ]
    print(f"| {verb} | " + " | ".join(cells) + " | " + ", ".join(slopes) + " |")
