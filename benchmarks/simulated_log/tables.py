#!/usr/bin/env python3
"""tables.py FOLDER...: Markdown tables of results of simulated-log.toml, one per logging policy over all its tables."""
import json
import math
import pathlib
import sys

policies = {}
for folder in map(pathlib.Path, sys.argv[1:]):
    log = json.loads((folder / "report.json").read_text())["simulated_log"]
    table = folder.name.removesuffix("-" + log["policy"])
    policies.setdefault(log["policy"], {})[table] = log


def percent(part, whole):
    return f"{100 * part / whole:.0f} % of {whole}" if whole else "-"


for policy, logs in policies.items():
    first = [log["cells"][0] for log in logs.values()]
    print(f"\n**{policy}**, {sum(log['logs'] for log in logs.values())} logs\n")
    print("| estimator |", " | ".join(f"rmse: {table}" for table in logs),
          "| bias | 95 % holds | sign right | sure | sure and wrong |")
    print("|:--|" + "--:|" * (len(logs) + 5))
    for e, named in enumerate(first[0]["estimators"]):
        each = [cell["estimators"][e] for cell in first]
        values = sum(x["values"] for x in each)
        mean = {k: sum(x[k] * x["values"] for x in each) / values for k in ("bias", "interval_holds")}
        total = {k: sum(x[k] for x in each) for k in ("pairs", "sign_right", "sure", "sure_and_wrong")}
        print(f"| {named['estimator']} |", " | ".join(f"{x['rmse']:.4f}" for x in each),
              f"| {mean['bias']:+.4f} | {mean['interval_holds']:.2f} | {percent(total['sign_right'], total['pairs'])} "
              f"| {total['sure']} | {total['sure_and_wrong']} |")
    print("\n| row |", " | ".join(f"{table}: true, simulator, held out, doubly robust; effective" for table in logs), "|")
    print("|:--|" + "--:|" * len(logs))
    for r, named in enumerate(first[0]["rows"]):
        cells = []
        for cell in first:
            row = cell["rows"][r]
            said = {x["estimator"]: x["said"] for x in row["estimators"]}
            cells.append(f"{row['estimators'][0]['truth']:.3f}, {said['simulator / table']:.3f}, {said['held_out / table']:.3f}, "
                         f"{said['doubly robust']:.3f}; {100 * row['effective_share']:.0f} %")
        print(f"| {named['row']} |", " | ".join(cells), "|")
    assert all(math.isfinite(x["rmse"]) for cell in first for x in cell["estimators"])
