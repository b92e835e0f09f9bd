"""What Python adds to a step (benchmarks/python/steps.py). Processor time, the least of several tries, of which there are
more where the machine is too busy: a bound that is kept once can be kept."""

import itertools

import steps
from support import BUILD

# Of each figure before it is believed, also of what the bound is relative to; and until it is given up.
TRIES_LEAST, TRIES_MOST = 3, 28


def holds(figures, within):
    """Figures after one more try each, and what they have to be."""
    tried = list(itertools.islice(figures, TRIES_LEAST - 1))
    for figure in itertools.islice(figures, TRIES_MOST - len(tried)):
        if within(*figure):
            print(figure)
            return True
    print(figure)
    return False


def test_python_adds_little_to_32_slots():
    figures = steps.rows(BUILD, 32, (steps.PLAIN, steps.COPIED))
    assert holds(figures, lambda base, plain, copied: plain - base <= 1.5 and copied - base <= 6)


def test_the_ratio_at_1024_slots():
    assert holds(steps.rows(BUILD, 1024, (steps.PLAIN,)), lambda base, plain: base / plain >= 0.9)


def test_a_single_environment_is_five_times_a_pure_python_one():
    assert holds(steps.singles((10_000, 2_000)), lambda ours, theirs: ours >= 5 * theirs)
