"""Makes an agent or a reward of the class or function that was named, and calls it."""

import importlib.util
import inspect
import math
import operator
import os
import sys
import tempfile

import numpy

import _offload_sources as sources
from _offload_arrays import Environment
from _offload_parameters import Parameters
from _offload_sources import REFUSED, Refusal

# No folder can be written to, and packages that ask for one as they are imported would fail for want of a name.
tempfile.tempdir = "/tmp"

NOT_ASKED_FOR = {"agent": "an agent, not a reward", "reward": "a reward, not an agent"}

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

    def save(self, name):
        saved = getattr(self.named, name)()
        if not isinstance(saved, (bytes, bytearray)):
            raise TypeError("%s gives %s; expected bytes" % (name, type(saved).__name__))
        return bytes(saved)

    def load(self, name, saved):
        getattr(self.named, name)(saved)

    def read_scalars(self):
        values = self.named.scalars() if self.scalar_names else {}
        return numpy.array([values.get(name, math.nan) for name in self.scalar_names], "f8").tobytes()

    def describe(self):
        has = lambda name: hasattr(self.named, name)
        for one, other in (("save", "load"), ("save_policy", "load_policy")):
            if has(one) != has(other):
                lacking = other if has(one) else one
                raise TypeError("has %s and no %s; write both, or neither" % (one if has(one) else other, lacking))
        return dict(
            description_of("agent", self.named, self.described, self.parameters),
            training_slots=operator.index(getattr(self.named, "slots", 1)),
            trained=has("observe"),
            checkpoint=has("save") and has("load"),
            policy=has("save_policy") and has("load_policy"),
            scalars=[str(name) for name in self.scalar_names],
        )


class Reward:
    """Of a class, or a function of outcomes."""

    def __init__(self, named, described, parameters):
        self.named, self.described, self.parameters = named, described, parameters
        self.scored = getattr(named, "score", named)

    def score(self, outcomes):
        answer = self.scored(outcomes)
        if answer is not None:
            if type(answer) is not numpy.ndarray or answer.dtype != numpy.float64 or answer.shape != (outcomes.n,):
                answer = checked_rewards(answer, outcomes.n)
            outcomes.reward[:] = answer

    def describe(self):
        return description_of("reward", self.named, self.described, self.parameters)


def checked_rewards(answer, n):
    """As the host takes them, which says itself what is not finite."""
    rewards = numpy.asarray(answer)
    if rewards.shape != (n,):
        raise ValueError("score gives shape %s; expected (%d,), a reward a row" % (rewards.shape, n))
    if rewards.dtype.kind not in "fiu":
        raise TypeError("score gives %s; expected numbers" % rewards.dtype)
    return rewards


def description_of(kind, named, described, parameters):
    """Of whatever kind; of a reward, what is an agent's is as it is for most of them."""
    return {
        "kind": kind,
        "id": sources.id_of(described),
        "version": str(getattr(named, "version", "0")),
        "summary": summary_of(kind, named),
        "training_slots": 1,
        "trained": False,
        "checkpoint": False,
        "policy": False,
        "portable_bits": False,
        "scalars": [],
        "facts": sources.facts(),
        "parameters": parameters.resolved,
        "declared": list(parameters.declared.values()),
    }


def summary_of(kind, named):
    summary = getattr(named, "summary", None)
    if summary is None:
        documented = named if inspect.isfunction(named) else type(named)
        summary = (documented.__doc__ or "").strip().partition("\n")[0]
    return str(summary) or ("an agent in Python" if kind == "agent" else "a reward in Python")


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


def needed_by(function):
    """The names of its arguments without a default."""
    return [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]


def kind_of(named, name, shown):
    """What the class or function is: one that scores outcomes is a reward."""
    if not inspect.isclass(named):
        needed = needed_by(named)
        if needed == ["outcomes"]:
            return "reward"
        if not 1 <= len(needed) <= 3:
            expected = "(view), (view, explore) or (observation, mask, rng), and a reward's (outcomes)"
            words = "%s: function '%s' takes %d arguments; expected %s" % (shown, name, len(needed), expected)
            raise Refusal(REFUSED, words)
        return "agent"
    has = [callable(getattr(named, method, None)) for method in ("act", "score")]
    if has == [False, False]:
        words = "%s: class '%s' has neither act(self, view, explore) nor a reward's score(self, outcomes); write one"
        raise Refusal(REFUSED, words % (shown, name))
    return "agent" if has[0] else "reward"


def create(name, asked, owner_of):
    file = sources.file()
    shown = os.path.basename(file)
    module = module_of(file)
    named = getattr(module, name, None)
    if not callable(named):
        raise Refusal(REFUSED, "%s: has no class or function '%s'; it has %s" % (shown, name, callables_of(module)))
    kind = kind_of(named, name, shown)
    if asked["kind"] not in ("", kind):
        words = "%s: '%s' is %s; name another" % (shown, name, NOT_ASKED_FOR[kind])
        raise Refusal(REFUSED, words)
    parameters = Parameters(asked["parameters"], owner_of(kind))
    environment = Environment(asked["environment"], asked["world"])
    if inspect.isclass(named):
        made = named() if named.__init__ is object.__init__ else named(environment, parameters)
    elif kind == "agent":
        made = Function(named, len(needed_by(named)))
    else:
        made = named
    parameters.finish()
    return Agent(made, name, parameters, environment.actions) if kind == "agent" else Reward(made, name, parameters)
