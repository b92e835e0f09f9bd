"""Makes an agent of the class or function that was named, and calls it. The arrays that it sees lie in the memory that
it shares with the host: nothing is copied, nothing can be written, and they hold for the call."""

import importlib.util
import inspect
import math
import operator
import os
import sys
import tempfile

import numpy

import _offload_sources as sources
from _offload_parameters import Parameters
from _offload_sources import REFUSED, Refusal

# No folder can be written to, and packages that ask for one as they are imported would fail for want of a name.
tempfile.tempdir = "/tmp"

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
    (n, K); and action i4 (n,), which act may write instead of returning its choice."""

    __slots__ = ("n", "slot", "first", "rng", "observation", "mask", "limit", "spent", "action")

    def __init__(self, memory, offsets, sizes, n):
        actions, observation, budgets = sizes
        shapes = [("i4", ()), ("?", ()), ("u8", ()), ("f4", (observation,)), ("?", (actions,))]
        shapes += [("f8", (budgets,))] * 2
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


class Environment:
    """Handed to __init__: actions, modalities, tasks, window, frame, turns_max, observation, budgets, evaluation_slots,
    seed, training_steps (ints), images u4 (A,), consumption f8 (A, K)."""

    def __init__(self, asked):
        self.__dict__.update(asked)
        self.images = numpy.array(asked["images"], "u4")
        self.consumption = numpy.array([float(n) for n in asked["consumption"]]).reshape(self.actions, self.budgets)
        self.images.setflags(write=False)
        self.consumption.setflags(write=False)


def checked_actions(answer, n, actions):
    """As the host takes them, which says itself what is out of range."""
    chosen = numpy.asarray(answer)
    if chosen.shape != (n,):
        raise ValueError("act gives shape %s; expected (%d,), an action a row" % (chosen.shape, n))
    if not numpy.issubdtype(chosen.dtype, numpy.integer):
        raise TypeError("act gives %s; expected integers" % chosen.dtype)
    if chosen.dtype != numpy.int32:
        for row in numpy.flatnonzero((chosen < 0) | (chosen >= actions))[:1]:
            raise ValueError("row %d: action %d is outside 0..%d" % (row, chosen[row], actions - 1))
    return chosen


class Agent:
    """Of a class, or what a function was wrapped into. Calls what is there."""

    def __init__(self, named, described, parameters, actions):
        self.named, self.described, self.parameters, self.actions = named, described, parameters, actions
        self.choose = named.act
        self.observe = getattr(named, "observe", None)
        self.scalar_names = list(named.scalars()) if hasattr(named, "scalars") else []

    def act(self, view, explore, action):
        answer = self.choose(view, explore)
        if answer is not None:
            n = len(action)
            if type(answer) is not numpy.ndarray or answer.dtype != numpy.int32 or answer.shape != (n,):
                answer = checked_actions(answer, n, self.actions)
            action[:] = answer

    def update(self):
        steps = self.named.update() if hasattr(self.named, "update") else 0
        return 0 if steps is None else operator.index(steps)

    def save(self):
        saved = self.named.save()
        if not isinstance(saved, (bytes, bytearray)):
            raise TypeError("save gives %s; expected bytes" % type(saved).__name__)
        return bytes(saved)

    def load(self, saved):
        self.named.load(saved)

    def read_scalars(self):
        values = self.named.scalars() if self.scalar_names else {}
        return numpy.array([values.get(name, math.nan) for name in self.scalar_names], "f8").tobytes()

    def describe(self):
        named, has = self.named, lambda name: hasattr(self.named, name)
        return {
            "id": sources.id_of(self.described),
            "version": str(getattr(named, "version", "0")),
            "summary": summary_of(named),
            "training_slots": operator.index(getattr(named, "slots", 1)),
            "trained": has("observe"),
            "checkpoint": has("save") and has("load"),
            "portable_bits": False,
            "scalars": [str(name) for name in self.scalar_names],
            "facts": sources.facts(),
            "parameters": self.parameters.resolved,
            "declared": list(self.parameters.declared.values()),
        }


def summary_of(named):
    summary = getattr(named, "summary", None)
    if summary is None:
        summary = (type(named).__doc__ or "").strip().partition("\n")[0]
    return str(summary) or "an agent in Python"


class Function:
    """An agent that is one function: of a view (and whether it explores), or of one row's observation, mask and rng."""

    def __init__(self, function, parameters):
        self.summary = (function.__doc__ or "").strip().partition("\n")[0]
        self.version = getattr(function, "version", "0")
        self.act = {1: lambda view, _: function(view), 2: function, 3: self.rows}[parameters]
        self.function = function

    def rows(self, view, _):
        for i in range(view.n):
            view.action[i] = self.one(view, i)

    def one(self, view, i):
        answer = self.function(view.observation[i], view.mask[i], view.random(i))
        try:
            chosen = operator.index(answer)
        except TypeError:
            raise TypeError("row %d: %r is no action; expected an integer" % (i, answer)) from None
        if not 0 <= chosen < view.mask.shape[1]:
            raise ValueError("row %d: action %d is outside 0..%d" % (i, chosen, view.mask.shape[1] - 1))
        return chosen


def module_of(file):
    name = os.path.basename(file)[: -len(".py")]
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    # So that helpers that import it, and pickles of its classes, find this one.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def callables_of(module):
    own = [name for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")]
    return ", ".join(own[:20]) or "none"


def create(name, asked, owner):
    file = sources.file()
    shown = os.path.basename(file)
    module = module_of(file)
    named = getattr(module, name, None)
    if not callable(named):
        raise Refusal(REFUSED, "%s: has no class or function '%s'; it has %s" % (shown, name, callables_of(module)))
    parameters = Parameters(asked["parameters"], owner)
    environment = Environment(asked["environment"])
    if inspect.isclass(named):
        if not callable(getattr(named, "act", None)):
            raise Refusal(REFUSED, "%s: class '%s' has no act(self, view, explore); write it" % (shown, name))
        made = named() if named.__init__ is object.__init__ else named(environment, parameters)
    else:
        needed = [p for p in inspect.signature(named).parameters.values() if p.default is p.empty]
        if not 1 <= len(needed) <= 3:
            expected = "(view), (view, explore) or (observation, mask, rng)"
            words = "%s: function '%s' takes %d arguments; expected %s" % (shown, name, len(needed), expected)
            raise Refusal(REFUSED, words)
        made = Function(named, len(needed))
    parameters.finish()
    return Agent(made, name, parameters, environment.actions)
