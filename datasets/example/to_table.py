"""Own answers as a table of known outcomes: python3 to_table.py answers.csv mine.csv

One line per query and model comes in: id,task,model,score,seconds,prompt_tokens,completion_tokens. Change what
follows to the columns that you have; what they mean is in datasets/README.md."""
import csv
import sys

COLUMNS = ("session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
           "prompt_group").split(",")

with open(sys.argv[1], newline="", encoding="utf-8") as source, \
        open(sys.argv[2], "w", newline="", encoding="utf-8") as out:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in csv.DictReader(source):
        on_device = row["model"] == "phone"
        # An empty cost is unknown; --prices fills it in from the tokens. The device's answers cost nothing.
        table.writerow(["", "", row["id"], row["task"], row["model"], row["score"], row["seconds"],
                        "0" if on_device else "", row["prompt_tokens"], row["completion_tokens"], 1, "", ""])
