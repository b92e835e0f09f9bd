"""folders.py DIR COUNT OUT: the results folder DIR as COUNT people would have it, each with rows of his own: OUT/1 is DIR's
own results, OUT/2 and so on the same trials under other rows and keys, sealed anew. For measuring `report OUT/*`."""

import hashlib
import json
import os
import re
import sys

HEAD = re.compile(rb'^\{"format":"offload-trial/1","sha256":"[0-9a-f]{64}","trial":\n(.*)\n\}\n$', re.DOTALL)
source, count, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
plan = json.load(open(f"{source}/suite.json"))
payloads = {}
for trial in plan["trials"]:
    text = open(f"{source}/trials/{trial['key']}.json", "rb").read()
    payloads[trial["key"]] = HEAD.match(text).group(1)
for person in range(1, count + 1):
    folder = f"{out}/{person}"
    os.makedirs(f"{folder}/trials")

    def name(row):
        return row if person == 1 else f"{row}-{person}"

    def key_of(key):
        return key if person == 1 else hashlib.sha256(f"{person} {key}".encode()).hexdigest()

    own = json.loads(json.dumps(plan))
    for row in own["rows"] + own["resolved"]["rows"]:
        row["name"] = name(row["name"])
    for trial in own["trials"]:
        old = trial["key"]
        key, row = key_of(old), name(trial["row"])
        payload = payloads[old].replace(old.encode(), key.encode())
        payload = payload.replace(b'"row":' + json.dumps(trial["row"]).encode(), b'"row":' + json.dumps(row).encode())
        digest = hashlib.sha256(payload).hexdigest().encode()
        with open(f"{folder}/trials/{key}.json", "wb") as file:
            file.write(b'{"format":"offload-trial/1","sha256":"' + digest + b'","trial":\n' + payload + b"\n}\n")
        trial["key"], trial["row"] = key, row
    with open(f"{folder}/suite.json", "w") as file:
        json.dump(own, file)
