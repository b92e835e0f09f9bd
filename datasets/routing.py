#!/usr/bin/env python3
"""Makes routing.csv and routing.meta.json, the small table of outcomes that comes with OffloadBench.

    python3 datasets/routing.py datasets

Every number is drawn by SHA-256 of its name and rounded by integers, so that any machine makes the same bytes.
What is drawn is described in README.md; nothing here was measured.
"""
import hashlib
import json
import sys

TASKS = {  # name: how hard, per mille
    "chat": 150, "summary": 300, "code": 550, "maths": 700, "tools": 450}
# name, provider, placement, skill per mille, USD per million tokens in micro-USD (input, output),
# microseconds before the first token and per output token
ARMS = [("phone-3b", "on the device", "device", 380, 0, 0, 180_000, 42_000),
        ("cloud-small", "made up", "cloud", 560, 150_000, 600_000, 420_000, 9_000),
        ("cloud-medium", "made up", "cloud", 700, 800_000, 3_200_000, 560_000, 14_000),
        ("cloud-large", "made up", "cloud", 840, 3_000_000, 15_000_000, 830_000, 21_000)]
QUERIES = 200


def draw(*name):
    """Uniform in 0..999999."""
    text = "/".join(map(str, name))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 1_000_000


def decimal(value, places):
    text = f"{value:0{places + 1}d}"
    text = f"{text[:-places]}.{text[-places:]}".rstrip("0")
    return text.rstrip(".")


def query_rows(q):
    # Every tenth query says the one before it again in other words: one prompt group, one part.
    group = q - 1 if q % 10 == 9 else q
    task = list(TASKS)[draw("task", group) % len(TASKS)]
    part = "test" if draw("part", group) < 400_000 else "train"
    hard = min(999, max(0, TASKS[task] + draw("hard", group) // 1000 * 6 // 10 - 300))
    words = 20 + draw("words", q) // 1000 * (1 + hard) // 3000
    told = min(999, max(0, hard + draw("told", q) // 4000 - 125))
    for a, (arm, _, _, skill, price_in, price_out, start, per_token) in enumerate(ARMS):
        chance = min(980_000, max(20_000, 500_000 + 1_100 * (skill - hard)))
        quality = 1 if draw("right", q, arm) < chance else 0
        tokens_in = words * 4 // 3 + 12
        tokens_out = 10 + draw("length", q, arm) * (40 + hard // 4) // 1_000_000
        latency_us = (start * (700 + draw("start", q, arm) * 800 // 1_000_000) // 1000
                      + tokens_out * per_token * (850 + draw("speed", q, arm) * 300 // 1_000_000) // 1000)
        cost_pusd = tokens_in * price_in + tokens_out * price_out
        text = f"Made-up question {group} about {task}, {words} words" if a == 0 else ""
        features = [decimal(told, 3), str(words)] if a == 0 else ["", ""]
        yield ["", "", f"q{q:03d}", task, arm, str(quality), decimal(latency_us, 6),
               decimal(cost_pusd, 12) if cost_pusd else "0", str(tokens_in), str(tokens_out), "1", part,
               f"p{group:03d}", f'"{text}"' if text else "", *features]


def main(folder):
    header = ("session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
              "prompt_group,text,f0,f1")
    rows = [",".join(row) for q in range(QUERIES) for row in query_rows(q)]
    table = "\n".join([header, *rows]) + "\n"
    meta = {"source": "OffloadBench, datasets/routing.py", "commit": "", "sha256": "", "licence": "MIT",
            "quality_scale": [0, 1], "draws_per_cell": 1, "currency": "USD", "latency": "modelled",
            "independence": "independent",
            "arms": [{"name": name, "provider": provider, "placement": placement,
                      "price_usd_per_million": {"input": decimal(price_in, 6), "output": decimal(price_out, 6)}}
                     for name, provider, placement, _, price_in, price_out, _, _ in ARMS],
            "inventions": ["every figure is drawn by a program; nothing was measured"],
            "table_sha256": hashlib.sha256(table.encode()).hexdigest()}
    for name, text in (("routing.csv", table), ("routing.meta.json", json.dumps(meta, indent=1) + "\n")):
        with open(f"{folder}/{name}", "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
