"""The parameters of an agent in Python: declared where they are read, refused in the host's words
(framework/plugin/parameters.cpp)."""

import math

from _offload_sources import CONFIG, Refusal


def _number(value):
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(float(value))


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"%s"' % value
    if isinstance(value, list):
        return "[%s]" % ", ".join(_number(number) for number in value)
    return _number(value)


def _range(minimum, maximum):
    if minimum is not None and maximum is not None:
        return " in [%s, %s]" % (_number(minimum), _number(maximum))
    if minimum is not None:
        return " >= %s" % _number(minimum)
    return " <= %s" % _number(maximum) if maximum is not None else ""


def _whole(value):
    return not isinstance(value, bool) and (isinstance(value, int) or isinstance(value, float) and value.is_integer())


def _real(value):
    return not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)


def _within(value, minimum, maximum):
    return not (minimum is not None and value < minimum or maximum is not None and value > maximum)


class Parameters:
    """Handed to __init__. Each method declares a parameter and returns the row's value or the default."""

    def __init__(self, given, owner):
        self._given = {entry["key"]: entry for entry in given}
        self._owner = owner
        self._open = True
        self.declared, self.resolved = {}, {}

    def number(self, key, default, minimum=None, maximum=None, help=""):
        def fits(value):
            return _real(value) and _within(value, minimum, maximum)

        expected = "a number" + _range(minimum, maximum)
        return float(self._value("number", key, float(default), fits, expected, help, minimum, maximum))

    def integer(self, key, default, minimum=None, maximum=None, help=""):
        def fits(value):
            return _whole(value) and _within(value, minimum, maximum)

        expected = "an integer" + _range(minimum, maximum)
        return int(self._value("integer", key, int(default), fits, expected, help, minimum, maximum))

    def boolean(self, key, default, help=""):
        return self._value("boolean", key, bool(default), lambda value: isinstance(value, bool), "true or false", help)

    def text(self, key, default, choices=None, help=""):
        expected = "one of " + ", ".join(choices) if choices else "a text"

        def fits(value):
            return isinstance(value, str) and (not choices or value in choices)

        return self._value("text", key, default, fits, expected, help, choices=choices)

    def numbers(self, key, default, help=""):
        def fits(value):
            return isinstance(value, list) and all(_real(number) for number in value)

        value = self._value("numbers", key, [float(n) for n in default], fits, "a list of finite numbers", help)
        return [float(number) for number in value]

    def _value(self, kind, key, default, fits, expected, help, minimum=None, maximum=None, choices=None):
        if not self._open:
            raise RuntimeError("parameters can be read in __init__ only")
        declared = {"key": key, "type": kind, "default": default, "help": help}
        limits = {"minimum": minimum, "maximum": maximum, "choices": choices and list(choices)}
        declared.update((name, limit) for name, limit in limits.items() if limit is not None)
        self.declared.setdefault(key, declared)
        value = default
        if key in self._given:
            entry = self._given[key]
            value = entry["value"]
            if not fits(value):
                message = "%s of %s is %s; expected %s" % (key, self._owner, _text(value), expected)
                raise Refusal(CONFIG, self._at(entry) + message)
        elif not fits(default):
            raise ValueError("the default of parameter '%s' is %s; expected %s" % (key, _text(default), expected))
        if kind == "number":
            value = float(value)
        self.resolved[key] = int(value) if kind == "integer" else value
        return value

    def finish(self):
        self._open = False
        for key, entry in sorted(self._given.items()):
            if key not in self.declared:
                known = ", ".join(self.declared) or "none"
                words = "unknown key '%s' for %s; known: %s" % (key, self._owner, known)
                raise Refusal(CONFIG, self._at(entry) + words)

    @staticmethod
    def _at(entry):
        return entry["place"] + ": " if entry["place"] else ""
