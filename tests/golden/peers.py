#!/usr/bin/env python3
"""Golden numbers of nAUC, Gain and Gap as published, in exact fractions, by other code than ours: peers.json.

  python3 tests/golden/peers.py > tests/golden/peers.json

nAUC: MMR-Bench, github.com/Hunter-Wrynn/MMR-Bench, src/mmrbench/eval.py of commit 494e8c82: points by ascending cost, of
equal costs the better first, those that are better than all before stay; trapezoids over cost, divided by the
costs' range; undefined where that is 0.
Gain@R, Gain@B, Gap@O: LLMRouterBench, github.com/ynulihao/LLMRouterBench, README.md ("relative improvement over
Random / Best Single", "gap to Oracle") and arXiv 2601.07206, section 3.2, of which only quotations were at hand
(Acc / Acc_R - 1, Acc / Acc_B - 1, 1 - Acc / Acc_O). Random takes every model alike, the oracle is right where any
model is. Theirs is a mean over data sets; here each table is one.
"""
import json
from fractions import Fraction

state = 20261129


def draw(below):
    """A whole number below; the same on every machine."""
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % below


def nauc(points):
    frontier = []
    for cost in sorted({cost for cost, _ in points}):
        quality = max(q for c, q in points if c == cost)
        if all(quality > q for _, q in frontier):
            frontier.append((cost, quality))
    if len(frontier) < 2:
        return None
    area = sum((frontier[i + 1][0] - frontier[i][0]) * (frontier[i + 1][1] + frontier[i][1]) / 2
               for i in range(len(frontier) - 1))
    return float(area / (frontier[-1][0] - frontier[0][0]))


def gains(right, taken):
    """right [queries][arms] of 0 or 1; taken [queries] arms."""
    queries, arms = len(right), len(right[0])
    accuracy = Fraction(sum(row[a] for row, a in zip(right, taken)), queries)
    of_arm = [Fraction(sum(row[a] for row in right), queries) for a in range(arms)]
    chance, best = sum(of_arm) / arms, max(of_arm)
    oracle = Fraction(sum(max(row) for row in right), queries)
    return {"gain_at_random": float(accuracy / chance - 1), "gain_at_best": float(accuracy / best - 1),
            "gap_at_oracle": float(1 - accuracy / oracle)}


# Plain, falling, of one cost, tied in cost, tied in quality, one point, and drawn ones.
curves = [
    [(1, 40), (2, 55), (4, 70), (8, 90)],
    [(1, 90), (2, 55), (4, 30)],
    [(3, 40), (3, 80)],
    [(1, 40), (1, 50), (5, 50), (5, 90), (7, 90)],
    [(2, 60), (6, 60), (6, 61)],
    [(2, 60)],
] + [[(1 + draw(40), draw(101)) for _ in range(3 + draw(20))] for _ in range(12)]
tables = []
for queries, arms in [(10, 2), (50, 3), (200, 6)]:
    right = [[int(draw(100) < 30 + 10 * a) for a in range(arms)] for _ in range(queries)]
    taken = [draw(arms) for _ in range(queries)]
    tables.append({"right": right, "taken": taken, **gains(right, taken)})
print(json.dumps({
    "curves": [{"points": [[cost / 1000, quality / 100] for cost, quality in curve],
                "nauc": nauc([(Fraction(cost, 1000), Fraction(quality, 100)) for cost, quality in curve])}
               for curve in curves],
    "tables": tables}))
