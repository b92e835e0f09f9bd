"""What a plugin in Python is shown: arrays over the memory that it shares with the host. Nothing is copied, nothing but
its answer can be written, and they hold for the call."""

import collections
import math

import numpy

STEP = 0x9E3779B97F4A7C15
WORD = 0xFFFFFFFFFFFFFFFF


class Random:
    """The host's generator (SplitMix64): the same seed, the same numbers as in C++."""

    __slots__ = ("state",)

    def __init__(self, seed):
        self.state = int(seed)

    def bits(self):
        """64 of them, as an int."""
        self.state = value = (self.state + STEP) & WORD
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & WORD
        return value ^ (value >> 31)

    def uniform(self):
        """In [0, 1)."""
        return (self.bits() >> 11) * 2.0**-53

    def below(self, n):
        """Uniform in 0 .. n - 1, without bias."""
        value = self.bits()
        if value < n:
            biased = (1 << 64) % n
            while value < biased:
                value = self.bits()
        return value % n


def array(memory, dtype, offset, shape):
    return numpy.frombuffer(memory, dtype, math.prod(shape), offset).reshape(shape)


class View:
    """n rows: observation f4 (n, D), mask bool (n, A), rng u8 (n,), first bool (n,), slot i4 (n,), limit and spent f8
    (n, K), features f4 (n, F) of the rows' queries, 0 where an episode is over; and action i4 (n,), which act may write
    instead of returning its choice."""

    __slots__ = ("n", "slot", "first", "rng", "observation", "mask", "limit", "spent", "features", "action")

    def __init__(self, memory, offsets, sizes, n):
        actions, observation, budgets, features = sizes
        shapes = [("i4", ()), ("?", ()), ("u8", ()), ("f4", (observation,)), ("?", (actions,))]
        shapes += [("f8", (budgets,))] * 2 + [("f4", (features,))]
        self.n, self.action = n, None
        for name, offset, (dtype, shape) in zip(self.__slots__[1:], offsets, shapes):
            setattr(self, name, array(memory, dtype, offset, (n,) + shape))

    def random(self, row):
        """The only randomness that act may use."""
        return Random(self.rng[row])


class Transition:
    """What came of n actions: before and after (views), action i4 (n,), reward, quality, association f8 (n,), consumed
    f8 (n, K), terminal bool (n,)."""

    __slots__ = ("n", "before", "after", "action", "reward", "quality", "association", "consumed", "terminal")


class Transitions:
    def __init__(self, memory, offsets, sizes, views):
        self.memory, self.offsets, self.budgets, self.views = memory, offsets, sizes[2], views
        self.made = {}

    def of(self, n):
        made = self.made.get(n)
        if made is None:
            made = self.made[n] = Transition()
            made.n, made.before, made.after = n, self.views[0].of(n), self.views[1].of(n)
            dtypes = ("i4", "f8", "f8", "f8", "f8", "?")
            for name, offset, dtype in zip(Transition.__slots__[3:], self.offsets, dtypes):
                shape = (n, self.budgets) if name == "consumed" else (n,)
                setattr(made, name, array(self.memory, dtype, offset, shape))
        return made


class Outcomes:
    """n outcomes of a turn: action i4 (n,), quality, association_raw, association f8 (n,), consumed, consumed_relative,
    limit, total f8 (n, K); and reward f8 (n,), which score may write instead of returning it."""

    __slots__ = ("n", "action", "quality", "association_raw", "association")
    __slots__ += ("consumed", "consumed_relative", "limit", "total", "reward")

    def __init__(self, memory, written, offsets, budgets, n):
        self.n = n
        for name, offset in zip(self.__slots__[1:], offsets):
            shape = (n, budgets) if name in ("consumed", "consumed_relative", "limit", "total") else (n,)
            kept = written if name == "reward" else memory
            setattr(self, name, array(kept, "i4" if name == "action" else "f8", offset, shape))


# One of env.action. placement: "", "device" or "cloud"; provider: "" where it is not stated; arm: who is asked;
# views: numbers of those that are sent along; latency_s, cost_usd: what one turn is declared to take.
Action = collections.namedtuple("Action", "name provider placement arm views latency_s cost_usd")
PLACEMENTS = ("", "device", "cloud")


class Environment:
    """Handed to __init__: actions, modalities, tasks, window, frame, turns_max, observation, budgets, evaluation_slots,
    seed, training_steps (ints), images u4 (A,), consumption f8 (A, K); arms (an int), action (A Actions, by number),
    features (F names)."""

    def __init__(self, asked, world):
        self.__dict__.update(asked)
        self.images = numpy.array(asked["images"], "u4")
        self.consumption = numpy.array([float(n) for n in asked["consumption"]]).reshape(self.actions, self.budgets)
        self.images.setflags(write=False)
        self.consumption.setflags(write=False)
        self.arms, self.features = world["arms"], tuple(world["features"])
        self.action = tuple(self._action(number, world) for number in range(self.actions))

    def _action(self, number, world):
        sent, taken = int(self.images[number]), self.consumption[number]
        return Action(
            world["names"][number],
            world["providers"][number],
            PLACEMENTS[world["placements"][number]],
            world["arm"][number],
            tuple(view for view in range(self.modalities) if sent >> view & 1),
            float(taken[0]),
            float(taken[1]),
        )
