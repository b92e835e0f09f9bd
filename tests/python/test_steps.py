"""What Python adds to a step (benchmarks/python/steps.py). Processor time, the least of several tries, and again where the
machine was too busy: a bound that is passed once can be kept."""

import steps
from support import BUILD


def holds(check, attempts=4):
    figures = [check()]
    while not figures[-1][0] and len(figures) < attempts:
        figures.append(check())
    print(figures)
    return figures[-1][0]


def test_python_adds_little_to_32_slots():
    def check():
        base, plain, copied, _ = steps.row(BUILD, 32)
        return plain - base <= 1.5 and copied - base <= 6, base, plain, copied

    assert holds(check)


def test_the_ratio_at_1024_slots():
    def check():
        base, plain, _, _ = steps.row(BUILD, 1024)
        return base / plain >= 0.9, base, plain

    assert holds(check)


def test_a_single_environment_is_five_times_a_pure_python_one():
    def check():
        ours, theirs = steps.singles()
        return ours >= 5 * theirs, ours, theirs

    assert holds(check)
