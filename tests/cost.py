#!/usr/bin/python3
"""What the tests of a built preset cost in processor time, one after another, the dearest first:
tests/cost.py PRESET [REGEX [LINES]]; without a regex all but fuzzing. Waits for every process that a test leaves behind."""

import collections
import ctypes
import json
import os
import re
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


def cost_s(test):
    """Processor seconds, user and system, of a test and of all that it started; and its exit status."""
    properties = {each["name"]: each["value"] for each in test.get("properties", [])}
    variables = dict(one.split("=", 1) for one in properties.get("ENVIRONMENT", []))
    before = os.times()
    ended = subprocess.run(test["command"], cwd=properties.get("WORKING_DIRECTORY"), env={**os.environ, **variables},
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, ended.returncode


def main(preset, pattern=r"^(?!Fuzz\.)", lines="30"):
    listed = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"], check=True, capture_output=True).stdout
    tests = [test for test in json.loads(listed)["tests"] if re.search(pattern, test["name"]) and test.get("command")]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    by_test, by_program, failed = {}, collections.Counter(), []
    for test in tests:
        spent, status = cost_s(test)
        by_test[test["name"]] = spent
        by_program[os.path.basename(test["command"][0])] += spent
        if status not in (0, 77):
            failed.append(test["name"])
    for name, spent in by_program.most_common():
        print(f"{spent:8.2f} s  {name}")
    print()
    for name, spent in sorted(by_test.items(), key=lambda each: -each[1])[: int(lines)]:
        print(f"{spent:8.2f} s  {name}")
    print(f"\n{sum(by_test.values()):8.2f} s of processor time for {len(tests)} tests; failed: {', '.join(failed) or 'none'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
